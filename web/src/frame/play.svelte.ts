// Playing and stepping, as buttons and keys ask for it: how fast, until what, and whether branches go side by side.
import type { Condition } from '../engine/protocol';
import { lab } from '../engine/run.svelte';

export type Unit = 'op' | 'batch' | 'epoch';

export const playing = () => lab.state?.state === 'playing';

class Wishes {
  speed = $state<number | null>(null); // steps a second; null: as fast as it goes
  together = $state(true); // the branches on the page play too
  until = $state.raw<Condition | number | null>(null);
}
export const wishes = new Wishes();

export function play() {
  if (playing()) return lab.do({ do: 'pause' });
  const others = wishes.together ? lab.others.filter((r) => r.state.state !== 'done' && r.state.state !== 'failed').map((r) => r.id) : [];
  return lab.do({
    do: 'play',
    ...(wishes.speed ? { speed: wishes.speed } : {}),
    ...(wishes.until !== null ? { until: wishes.until } : {}),
    ...(others.length ? { together: others } : {}),
  });
}
export const step = (unit: Unit, count: number) => lab.do({ do: 'step', unit, count });

export function setSpeed(speed: number | null) {
  wishes.speed = speed;
  if (playing()) lab.do({ do: 'speed', speed });
}
