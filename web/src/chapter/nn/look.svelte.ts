// What the reader looks at in the chapter: the lens, the unit, the sample under study, the two features of the map.
import type { ArrayOf, Prediction, State } from '../../engine/protocol';
import { lab } from '../../engine/run.svelte';

export type Lens = 'weights' | 'activity' | 'blame';
export const plates = ['network', 'microscope', 'histograms', 'mistakes'] as const; // what the stage shows, one at a time
export type Plate = (typeof plates)[number] | 'maps' | 'kernel' | 'filters' | 'explain' | 'moves' | 'ascent' | 'ablate'; // those behind the first of networks of planes
export const most = 12; // units of a layer that are drawn

class Look {
  plate = $state<Plate>('network');
  lens = $state<Lens>('weights');
  unit = $state.raw<[number, number] | null>(null); // column (0: the inputs) and place in it
  sample = $state('train/0');
  across = $state(0);
  up = $state(1);
  cell = $state.raw<[number, number] | null>(null); // the rows of the gallery: of which class, taken for which
  drawn = $state.raw<Prediction | null>(null); // what the network says of the drawn digit
  isDrawn = $state(false); // there is ink on the pad
  ink = $state.raw<number[] | null>(null); // the drawn picture as the network takes it
  #of = '';

  // images, a plane (two numeric features and classes or a number to predict over them), or a list of features.
  kind = $derived.by((): 'images' | 'plane' | 'list' => {
    const s = lab.state;
    if (!s || s.network!.inputs.length === 0) return 'images';
    return this.numeric(s).length >= 2 ? 'plane' : 'list';
  });
  numeric(s: State): number[] {
    return s.network!.inputs.flatMap((input, i) => (input.name.includes(' = ') ? [] : [i]));
  }

  // A run of other data begins at the front; a branch keeps what was looked at.
  follow(s: State) {
    const key = s.data + s.network!.inputs.length;
    const columns = s.network!.layers.length;
    if (this.unit && (this.unit[0] > columns || (this.unit[0] > 0 && this.unit[1] >= s.network!.layers[this.unit[0] - 1].units))) this.unit = null;
    if (key === this.#of) return;
    const isFirst = this.#of === ''; // the address may have said what to look at
    this.#of = key;
    const numeric = this.numeric(s);
    this.across = numeric[0] ?? 0;
    this.up = (s.data === 'penguins' ? numeric[2] : numeric[1]) ?? 1;
    if (!isFirst) this.unit = null;
    this.cell = null;
    this.sample = 'train/0';
    this.drawn = null;
    this.isDrawn = false;
  }

  // What the pictures and the microscope are of: within a step, a row of its batch.
  get studied(): string {
    return this.plate === 'microscope' && lab.state!.op > 0 && !this.sample.startsWith('batch/') ? 'batch/0' : this.sample;
  }
  // The sample's numbers of a layer, or those of the drawn digit; undefined where they were not given.
  numbers(layer: string, what: 'z' | 'a' | 'delta'): ArrayLike<number> | undefined {
    if (this.isDrawn) return what === 'a' ? this.drawn?.layers.find((l) => l.name === layer)?.a : undefined;
    return (lab.focus?.pictures.sample?.arrays[`${layer}.${what}`] as ArrayOf<Float32Array> | undefined)?.values;
  }
  output(): ArrayLike<number> | undefined {
    if (this.isDrawn) return this.drawn?.output;
    return (lab.focus?.pictures.sample?.arrays.output as ArrayOf<Float32Array> | undefined)?.values;
  }
  // What is said of a number, in its own unit.
  prediction(): number | undefined {
    if (this.isDrawn) return this.drawn?.output[0];
    return (lab.focus?.pictures.sample?.arrays.prediction as ArrayOf<Float32Array> | undefined)?.values[0];
  }
  label(): number | null {
    if (this.isDrawn) return null;
    return lab.focus?.pictures.sample?.head.label ?? null;
  }
  get step(): number {
    return (this.isDrawn ? this.drawn?.step : lab.focus?.pictures.sample?.head.step) ?? 0;
  }
}
export const look = new Look();
