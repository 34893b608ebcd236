// Which steps of a run have a ridge.
import type { State } from '../../engine/protocol';

const most = 30, few = 8; // steps that are asked for; kept states that say little by themselves

// Every n-th of the kept states, so that the steps of a longer run are among those of a shorter one. A run that kept few
// was short, and while it stands still the engine walks through all of it in an instant.
export function steps(s: Pick<State, 'snapshots' | 'start' | 'head' | 'state'>): number[] {
  let every = 1, stride = 1;
  while (s.snapshots.length / every > most) every *= 2;
  while ((s.head - s.start) / stride > most / 2) stride *= 2;
  const kept = s.snapshots.filter((_, i) => i % every === 0).map((n) => (n === s.start ? n : Math.min(n + 1, s.head)));
  const between = s.state !== 'playing' && s.snapshots.length <= few ? Array.from({ length: Math.floor((s.head - s.start) / stride) }, (_, i) => s.start + (i + 1) * stride) : [];
  return [...new Set([...kept, ...between])].sort((a, b) => a - b);
}
