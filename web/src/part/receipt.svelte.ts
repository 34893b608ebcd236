// The number whose receipt is shown: asked of the engine, which computes that step again where it must.
import * as protocol from '../engine/protocol';
import { lab } from '../engine/run.svelte';

// A number that a request of its own made, such as one pixel of a saliency map: how, and how to make it again.
export interface Source { why: string; command: string; again: () => Promise<number> }
export interface Asked extends protocol.Receipt { q: string; step: number; run: string; source?: Source }
export const exact = (value: number) => protocol.hexFloat(Math.fround(value));

class Asking {
  of = $state.raw<Asked | null>(null);
  trail = $state.raw<{ q: string; step: number; run: string }[]>([]); // what was asked before it, to go back
  refusal = $state.raw<{ what: string; hint: string } | null>(null);
  waiting = $state(false);
  count = $state(0); // of answers a reader asked for: the page shows where they stand
  #last = 0;

  async about(q: string, step: number, run = lab.focus?.id ?? '', quietly = false) {
    const mine = ++this.#last, before = this.of;
    this.waiting = true;
    try {
      const answer = await protocol.receipt(run, step, q);
      if (mine !== this.#last) return;
      this.refusal = null;
      if (before && before.q !== q && !quietly) this.trail = [...this.trail.slice(-9), { q: before.q, step: before.step, run: before.run }];
      this.of = { q, step, run, ...answer };
      if (!quietly) this.count++;
    } catch (error) {
      if (mine === this.#last && error instanceof protocol.Refused) this.refusal = { what: error.message, hint: error.hint };
    } finally {
      if (mine === this.#last) this.waiting = false;
    }
  }
  told(q: string, step: number, run: string, value: number, source: Source) {
    this.#last++;
    this.waiting = false;
    this.refusal = null;
    this.of = { q, step, run, value, hex: exact(value), receipt: null, why: source.why, source };
    this.count++;
  }
  back() {
    const to = this.trail.at(-1);
    if (!to) return;
    this.trail = this.trail.slice(0, -1);
    this.of = null;
    this.about(to.q, to.step, to.run);
  }
}
export const asked = new Asking();
