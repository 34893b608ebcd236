// Which numbers the chapter's text means by the reader's choice, and what its buttons do.
import { lab } from '../../engine/run.svelte';
import type { Act, Guide } from '../../part/book/guide';
import { next } from '../../part/wishes.svelte';
import { count, short } from '../../words/words.svelte';
import { look } from '../nn/look.svelte';
import Exercise from './Exercise.svelte';
import * as arch from './layers';
import { chosen, plates, type Plate } from './view.svelte';

// LAYER, Y, X and C: the place of a map that is chosen. What a network without convolutions has not is left open.
function resolve(name: string): string | null {
  const plane = chosen.plane;
  if (!lab.state) return null;
  if (!/LAYER/.test(name)) return name.replace('SAMPLE', look.sample);
  if (!plane || !plane.name.startsWith('layer') || plane.shape.length !== 3) return null;
  const said: Record<string, string | number> = { LAYER: plane.name, Y: chosen.at[0], X: chosen.at[1], C: chosen.channel, SAMPLE: look.sample };
  return name.replace(/\b[A-Z]+\b/g, (word) => String(said[word] ?? word));
}
function now(word: string): string {
  if (!lab.state) return '';
  if (word === 'map') return chosen.plane ? `${chosen.plane.name}[${chosen.channel}]` : '–';
  if (word === 'size') return chosen.plane?.shape.join('×') ?? '–';
  if (word === 'parameters') return count(lab.state.parameters);
  const value = lab.state.settings[word];
  return typeof value === 'number' ? short(value) : String(value ?? '–');
}
const wishes: Record<string, (layers: string[], value: string) => string[]> = { pooling: arch.withPooling, kernel: arch.withKernel, stride: arch.withStride, padding: arch.withPadding };
function act(wish: string): Act | null {
  const [, verb, name, value] = /^(?:(set|next) )?(\w+)=(\S+)$/.exec(wish) ?? [];
  if (verb === 'set') return { note: `${name} = ${value}`, isFlagged: true, run: () => lab.do({ do: 'set', settings: { [name]: value } }) };
  if (verb === 'next') return { note: `${name} = ${value}`, run: () => next.set(name, value) };
  if (name === 'plate' && plates.includes(value as Plate)) return { note: '', run: () => { look.plate = value as Plate; } };
  if (wishes[name]) return { note: `${name} = ${value}`, run: () => next.set('arch', arch.write(wishes[name](arch.read(next.value('arch')), value))) };
  // A row of the confusion matrix, in the gallery.
  if (name === 'cell') return { note: '', run: () => { look.cell = value.split('.').map(Number) as [number, number]; look.plate = 'mistakes'; } };
  return null;
}
export const guide: Guide = { resolve, now, act, blocks: { task: Exercise } };
