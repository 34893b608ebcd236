// Which map is looked at, and which place of it; the picture that is studied, a sample or a drawn one.
import type { Frame, Plane, State } from '../../engine/protocol';
import { lab } from '../../engine/run.svelte';
import { speech } from '../../words/words.svelte';
import { look } from '../nn/look.svelte';
import { words } from './words';

export const plates = ['maps', 'kernel', 'filters', 'explain', 'moves', 'ascent', 'ablate', 'histograms', 'mistakes'] as const;
export type Plate = (typeof plates)[number];
export const plateName = (p: string) => words().plates[p] ?? speech.words.plateOf[p as 'mistakes'];
export const plate = () => plates.find((p) => p === look.plate) ?? 'maps';
export const planes = (): Plane[] => lab.state?.network?.planes ?? [];

class Chosen {
  layer = $state(''); // the first, until one is chosen
  channel = $state(0);
  at = $state.raw<[number, number]>([0, 0]); // row, column
  split = $state<'valid' | 'test'>('valid'); // of the confusion matrix

  plane = $derived.by((): Plane | undefined => planes().find((p) => p.name === this.layer) ?? planes()[0]);

  choose(layer: string, channel: number, at: [number, number] = this.at) {
    const plane = planes().find((p) => p.name === layer);
    if (!plane) return void ([this.layer, this.channel, this.at] = [layer, channel, at]); // there is no run yet
    const [height, width, channels] = plane.shape.length === 3 ? plane.shape : [1, 1, plane.shape[0]];
    const within = (v: number, most: number) => Math.max(0, Math.min(most - 1, Math.floor(v) || 0));
    this.layer = layer;
    this.channel = within(channel, channels);
    this.at = [within(at[0], height), within(at[1], width)];
    const column = lab.state!.network!.layers.findIndex((l) => l.name === layer);
    look.unit = column < 0 ? null : [column + 1, this.channel]; // what cut and freeze mean
  }
  follow(_: State) {
    const first = planes()[0];
    if (planes().some((p) => p.name === this.layer)) this.choose(this.layer, this.channel, this.at);
    else if (first) this.choose(first.name, 0, middle(first));
  }
}
// Where a network is opened: in the middle of the map, where there is ink.
export const middle = (p: Plane): [number, number] => [Math.floor(p.shape[0] / 2), Math.floor((p.shape[1] ?? 1) / 2)];
export const chosen = new Chosen();

// The drawn picture in bytes, as a file of it would have it.
export const bytes = (): number[] => look.ink?.map((v) => Math.round(255 * v)) ?? [];

// The maps of what is studied, once they are there.
export function maps(): Frame | null {
  const frame = lab.focus?.pictures.maps;
  if (!frame) return null;
  return look.isDrawn === (frame.head.of === null) ? frame : null;
}
