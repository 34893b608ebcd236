// The number whose receipt is shown: asked of the engine, which computes that step again where it must.
import * as protocol from './protocol';
import { run } from './run.svelte';

class Asked {
  of = $state.raw<{ q: string; step: number; value: number; hex: string; receipt: protocol.Slip | null } | null>(null);
  refusal = $state.raw<{ what: string; hint: string } | null>(null);
  async about(q: string, step: number) {
    if (!run.state) return;
    try {
      this.refusal = null;
      this.of = { q, step, ...(await protocol.receipt(run.state.id, step, q)) };
    } catch (error) {
      if (error instanceof protocol.Refused) this.refusal = { what: error.message, hint: error.hint };
    }
  }
}
export const asked = new Asked();
