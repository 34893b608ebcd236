// How accuracy falls when all pictures of a split are moved alike: curves of this run and of others, as they were
// measured, each of its run and step.
import { explain, type Explanations, type Move } from '../../../engine/explain';
import * as protocol from '../../../engine/protocol';
import type { State } from '../../../engine/protocol';
import { lab } from '../../../engine/run.svelte';
import type { Source } from '../../../part/receipt.svelte';
import { source } from './source';

export const alongs = ['right', 'down', 'degrees'] as const;
export type Along = (typeof alongs)[number];
export interface Curve { run: string; step: number; arch: string; data: string; split: string; along: Along; points: { by: number; accuracy: number }[] }

const method = (along: Along) => (along === 'degrees' ? 'rotate' : 'shift');
const wish = (split: string, along: Along) => ({ split, ...(along === 'degrees' ? { most: 45, by: 15 } : { along, most: 4, by: 1 }) });
const pointOf = (along: Along) => (m: Move) => ({ by: m[along], accuracy: m.accuracy });

export async function curveOf(run: State, split: string, along: Along, step: number | 'now' = run.step): Promise<Curve> {
  const e = await explain(run.id, step, method(along), wish(split, along));
  return { run: run.id, step: e.step, arch: String(run.settings.arch), data: run.data, split, along, points: e.moves.map(pointOf(along)) };
}
// Where the n-th accuracy of a curve comes from; the one of pictures that stay is a metric of the run.
export function sourceOf({ run, step, split, along, points }: Curve, n: number): Source | undefined {
  if (points[n].by === 0) return undefined;
  const flags = ` --split ${split}${along === 'degrees' ? ' --most 45 --by 15' : ` --along ${along} --most 4 --by 1`}`;
  return source(run, step, method(along), wish(split, along), flags, (e: Explanations['shift']) => e.moves[n].accuracy);
}

class Moved {
  curves = $state.raw<Curve[]>([]);
  busy = $state(false);

  async measure(run: State, split: string, along: Along) {
    await this.#trying(async () => this.put(await curveOf(run, split, along)));
  }
  // The same network but for its architecture, from the same seed, after as many steps; both curves.
  async beside(run: State, arch: string, split: string, along: Along) {
    await this.#trying(async () => {
      this.put(await curveOf(run, split, along));
      const settings = Object.fromEntries(Object.entries(run.settings).filter(([n]) => !['weights', 'split', 'cut', 'freeze'].includes(n)));
      const made = await protocol.create({ experiment: 'cnn', data: run.data, seed: run.seed, steps: run.total_steps, settings: { ...settings, arch } });
      this.put(await curveOf(run.step ? await protocol.command(made.id, { do: 'step', unit: 'batch', count: run.step }) : made, split, along));
    });
  }
  remove(curve: Curve) {
    this.curves = this.curves.filter((c) => c !== curve);
  }
  put(curve: Curve) {
    this.curves = [...this.curves.filter((c) => c.run !== curve.run || c.along !== curve.along || c.split !== curve.split), curve].slice(-18);
  }
  async #trying(act: () => Promise<void>) {
    this.busy = true;
    await lab.trying(act);
    this.busy = false;
  }
}
export const moved = new Moved();
