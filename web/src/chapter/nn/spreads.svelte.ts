// How the layers' numbers are spread, step by step: the present one as the stream brings it, those before from the steps
// behind the run's snapshots, which cost the engine one step each.
import * as protocol from '../../engine/protocol';
import type { Frame, Histogram, Spread } from '../../engine/protocol';

export const parts = ['weights', 'activations', 'gradients'] as const;
export type Part = (typeof parts)[number];

export function spreadsOf({ head, arrays }: Frame): Spread[] {
  const whole = (layer: string, part: Part, h: Histogram | null) => {
    const count = arrays[`${layer}.${part}`]?.values;
    return h && count ? { ...h, count: Array.from(count) } : null;
  };
  return (head.layers as Spread[]).map((l) => ({ ...l, weights: whole(l.name, 'weights', l.weights), activations: whole(l.name, 'activations', l.activations), gradients: whole(l.name, 'gradients', l.gradients) }));
}

class Spreads {
  #asked = new Map<string, Set<number>>();
  #busy = false;
  known = $state.raw<Record<string, Record<number, Spread[]>>>({}); // by run and step

  of(run: string): Record<number, Spread[]> {
    return this.known[run] ?? {};
  }
  // One question at a time, the beginning and the newest first; what is wanted may change meanwhile. While the run plays
  // there are pauses between them, so that training is not held up.
  async fill(run: string, wanted: () => number[], plays: () => boolean) {
    if (this.#busy) return;
    this.#busy = true;
    const asked = this.#asked.get(run) ?? new Set<number>();
    this.#asked.set(run, asked);
    for (;;) {
      const all = wanted().filter((n) => !asked.has(n));
      if (!all.length) break;
      const step = asked.size === 0 ? all[0] : all.at(-1)!;
      asked.add(step);
      const begun = performance.now();
      try {
        const { layers } = await protocol.histograms(run, step);
        this.known = { ...this.known, [run]: { ...this.of(run), [step]: layers } };
      } catch {
        asked.delete(step); // the engine is lost, or the run: asked again when there is news of it
        break;
      }
      const took = performance.now() - begun;
      if (plays()) await new Promise((ok) => setTimeout(ok, Math.min(2000, 9 * took)));
    }
    this.#busy = false;
  }
}
export const spreads = new Spreads();
