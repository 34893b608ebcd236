// Which numbers the chapter's text means of the racer in focus, and what its buttons do.
import { lab } from '../../engine/run.svelte';
import type { Act, Guide } from '../../part/book/guide';
import { percent, short } from '../../words/words.svelte';
import Exercise from './Exercise.svelte';
import { recipe } from './landscapes';
import { losses } from './plane.svelte';
import { add, axes, methodOf, plates, race, start, type Plate } from './race.svelte';
import { words } from './words';

// LAST: the last component. What a racer has no number of is left open.
function resolve(name: string): string | null {
  const n = lab.state?.function?.variables.length ?? (/^(value|gradient|eigenvalue)/.test(name) ? lab.state?.parameters : undefined);
  return n && (lab.state?.function || n <= 512) ? name.replace('LAST', String(n - 1)) : null;
}
function now(word: string): string {
  if (!lab.focus) return '';
  if (word === 'method') return race.name(lab.focus);
  const shadow = losses.known?.trails.find((t) => t.run === lab.focus!.id);
  if (word === 'off_plane') return short(shadow?.distance.at(-1));
  if (word === 'in_plane') return percent(shadow?.share);
  const value = lab.focus.state.settings[word];
  return typeof value === 'number' ? short(value) : String(value ?? '–');
}
function act(wish: string): Act | null {
  const [, verb, name, value] = /^(?:(set) )?(\w+)=(\S+)$/.exec(wish) ?? [];
  if (verb === 'set') return { note: `${name} = ${value}`, isFlagged: true, run: () => lab.do({ do: 'set', settings: { [name]: value } }) };
  if (name === 'plate' && (plates as readonly string[]).includes(value)) return { note: '', run: () => { race.plate = value as Plate; } };
  if (name === 'axis') { const axis = axes.find((a) => a === value); return axis ? { note: '', run: () => { race.axis = axis; } } : null; }
  if (name === 'function') return { note: words().newRace, run: () => start(recipe(value)) };
  // One who races already is chosen instead.
  if (name === 'add') {
    const there = lab.racers.find((r) => methodOf(r) === value);
    return there ? { note: '', run: () => lab.open(there.id) } : { note: words().joins, run: () => add(value) };
  }
  return null;
}
export const guide: Guide = { resolve, now, act, blocks: { task: Exercise } };
