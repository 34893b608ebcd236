// The flags of the timeline, and the one whose card is open.
import type { State } from '../engine/protocol';

type Flag = State['flags'][number];

class Flags {
  chosen = $state.raw<Flag | null>(null);
}
export const flags = new Flags();

// What was changed twice at one step has one flag: from what stood before the first change to what stood after the last.
export function oneAStep(all: Flag[]): Flag[] {
  const made: Flag[] = [];
  for (const flag of all) {
    const last = made.at(-1);
    if (last?.before && flag.before && last.step === flag.step)
      made[made.length - 1] = { step: flag.step, changes: { ...last.changes, ...flag.changes }, before: { ...flag.before, ...last.before } };
    else made.push(flag);
  }
  return made;
}
