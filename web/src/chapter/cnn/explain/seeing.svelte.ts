// What the network looks at in one picture, by three methods, asked one after the other: where the run stands at its
// step, and while it trains of the newest, a few times a second.
import { explain, type Explanations, type Picture } from '../../../engine/explain';
import { Refused } from '../../../engine/protocol';
import { Newest } from '../../../part/newest.svelte';

export const methods = ['occlusion', 'saliency', 'grad-cam'] as const;
type Seen = (typeof methods)[number];
export type Found = { [M in Seen]?: Explanations[M] };
export interface Wish { run: string; step: number; isPlaying: boolean; picture: Picture; class: number | null; patch: number; stride: number }

// What is asked beside the method.
export const of = (method: Seen, { picture, class: k, patch, stride }: Omit<Wish, 'run' | 'step' | 'isPlaying'>) => ({ ...picture, ...(k === null ? {} : { class: k }), ...(method === 'occlusion' ? { patch, stride } : {}) });
const keyOf = (wish: Wish) => JSON.stringify([wish.run, wish.picture, wish.class, wish.patch, wish.stride]);

export class Seeing extends Newest<Wish> {
  found = $state.raw<Found>({});
  refusals = $state.raw<{ [M in Seen]?: string }>({});
  #key = '';

  protected async answer(wish: Wish) {
    for (const method of methods) if (!this.isOutdated || wish.isPlaying) await this.#ask(wish, method);
  }
  async #ask(wish: Wish, method: Seen) {
    const refused = { ...this.refusals };
    delete refused[method];
    try {
      const answer = await explain(wish.run, wish.isPlaying ? 'now' : wish.step, method, of(method, wish));
      this.found = { ...(this.#key === keyOf(wish) ? this.found : {}), [method]: answer };
    } catch (error) {
      if (!(error instanceof Refused)) return; // the engine is lost
      refused[method] = `${error.message}. ${error.hint}`;
      this.found = { ...(this.#key === keyOf(wish) ? this.found : {}), [method]: undefined };
    }
    this.#key = keyOf(wish);
    this.refusals = refused;
  }
}
