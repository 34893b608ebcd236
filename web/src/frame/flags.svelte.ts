// The flag whose card is open.
import type { State } from '../engine/protocol';

class Flags {
  chosen = $state.raw<State['flags'][number] | null>(null);
}
export const flags = new Flags();
