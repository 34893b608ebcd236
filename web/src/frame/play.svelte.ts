// Playing and stepping, as buttons and keys ask for it: how fast, until what, and whether branches go side by side.
import type { Condition } from '../engine/protocol';
import { lab, type RunView } from '../engine/run.svelte';

export type Unit = 'op' | 'batch' | 'epoch';

const isPlaying = (run: RunView | null) => run?.state.state === 'playing';
const isOver = (run: RunView) => run.state.state === 'done' || run.state.state === 'failed';
// The run in focus plays; of a race any of them.
export const playing = () => isPlaying(lab.focus) || (lab.races && lab.family.some(isPlaying));
// The one that is told what all that play together shall do.
const leader = () => (lab.races ? (lab.family.find(isPlaying) ?? lab.family.find((r) => !isOver(r)) ?? lab.focus) : lab.focus);

class Wishes {
  speed = $state<number | null>(null); // steps a second; null: as fast as it goes
  together = $state(true); // the branches on the page play too
  until = $state.raw<Condition | number | null>(null);
}
export const wishes = new Wishes();

export function play() {
  const first = leader();
  if (playing()) return lab.do({ do: 'pause' }, first);
  const others = wishes.together ? lab.family.filter((r) => r !== first && !isOver(r)).map((r) => r.id) : [];
  return lab.do({
    do: 'play',
    ...(wishes.speed ? { speed: wishes.speed } : {}),
    ...(wishes.until !== null ? { until: wishes.until } : {}),
    ...(others.length ? { together: others } : {}),
  }, first);
}

// Every run of a race goes to the step, or as near as it comes.
async function raceTo(to: number) {
  await Promise.all(lab.family.map((run) => {
    const { start, head, step } = run.state, at = Math.max(start, to);
    if (at === step || (step === head && at > head && isOver(run))) return null;
    return lab.do(at <= head || isOver(run) ? { do: 'seek', step: Math.min(at, head) } : { do: 'step', unit: 'batch', count: at - step }, run);
  }));
}
// One move of a race after the other: each begins where the last one left all of it.
let moved: Promise<unknown> = Promise.resolve();
const inTurn = (move: () => Promise<unknown>) => (moved = moved.then(move, move));
// The run in focus stands at a step; all of a race do.
export const seek = (to: number) => (lab.races ? inTurn(() => raceTo(to)) : lab.do({ do: 'seek', step: to }));
export const step = (unit: Unit, count: number) =>
  lab.races ? inTurn(() => raceTo(lab.now + count * (unit === 'epoch' ? 10 : 1))) : lab.do({ do: 'step', unit, count });

export function setSpeed(speed: number | null) {
  wishes.speed = speed;
  if (playing()) lab.do({ do: 'speed', speed }, leader());
}
