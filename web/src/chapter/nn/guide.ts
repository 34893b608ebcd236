// Which numbers the chapter's text means by the reader's choice, and what its buttons do.
import { lab } from '../../engine/run.svelte';
import { next } from '../../part/wishes.svelte';
import type { Act, Guide } from '../../part/book/guide';
import { short } from '../../words/words.svelte';
import Exercise from './Exercise.svelte';
import { look, plates, type Lens } from './look.svelte';

// The chosen unit, else the first; of the inputs, which have no sum, the first unit that they enter.
function unit() {
  const layers = lab.state!.network!.layers, [column, place] = look.unit?.[0] ? look.unit : [1, 0];
  return { layer: layers[Math.min(column, layers.length) - 1], from: column > 1 ? `${layers[column - 2].name}.a` : 'input', last: layers.at(-1)!, place };
}
// The place of what enters the unit with the largest size, for the sample under study.
function loudest(from: string): number {
  const { sample } = lab.focus!.pictures, values = Array.from((sample?.arrays[from]?.values ?? []) as Float32Array, Math.abs);
  return Math.max(0, values.indexOf(Math.max(...values)));
}
function resolve(name: string): string | null {
  if (!lab.state) return null;
  const { layer, from, last, place } = unit();
  const said: Record<string, () => string | number> = {
    LAYER: () => layer.name, LAST: () => last.name, FROM: () => from, J: () => place, I: () => loudest(from), SAMPLE: () => look.sample,
    TRUE: () => (lab.state!.task === 'classify' && last.units > 1 ? (lab.focus!.pictures.sample?.head.label ?? 0) : 0),
  };
  return name.replace(/\b[A-Z]+\b/g, (word) => String(said[word]()));
}
function now(word: string): string {
  if (!lab.state) return '';
  const { layer, place } = unit(), { settings } = lab.state;
  if (word === 'unit') return `${layer.name}[${place}]`;
  if (word === 'sample') return look.sample;
  if (word === 'activation') return layer.activation;
  const value = settings[word];
  return typeof value === 'number' ? short(value) : String(value ?? '–');
}
function act(wish: string): Act | null {
  const [, verb, name, value] = /^(?:(set|next) )?(\w+)=(\S+)$/.exec(wish) ?? [];
  const note = `${name} = ${value}`;
  if (verb === 'set') return { note, isFlagged: true, run: () => lab.do({ do: 'set', settings: { [name]: value } }) };
  if (verb === 'next') return { note, run: () => next.set(name, value) };
  const plate = plates.find((p) => p === (name === 'plate' ? value : 'network'));
  if (!plate) return null;
  return {
    note: '',
    run: () => {
      look.plate = plate;
      if (name === 'lens') look.lens = value as Lens;
      if (name === 'unit') look.unit = value.split('.').map(Number) as [number, number];
    },
  };
}
export const guide: Guide = { resolve, now, act, blocks: { task: Exercise } };
