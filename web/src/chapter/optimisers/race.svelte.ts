// The race: which runs take part, how they look, and how one begins. The first racer is a run, the others are its branches
// at the start, so that all stand at the same point by construction. How anybody moves is the engine's.
import type { Recipe, Settings } from '../../engine/protocol';
import * as protocol from '../../engine/protocol';
import { lab, type RunView } from '../../engine/run.svelte';
import { inWords } from '../../frame/family';
import { play, seek } from '../../frame/play.svelte';
import { racers as usual } from './landscapes';
import { isMinimiser, looks, parametersOf, type Look } from './methods';
import { words } from './words';

export const plates = ['race', 'cockpit', 'plane', 'search', 'matrices', 'phase', 'range'] as const;
export const platesOf = (isNet: boolean): readonly Plate[] => plates.filter((p) => !(isNet ? ['phase'] : ['cockpit', 'plane', 'range']).includes(p)); // momentum's map is of a function, a plane through many weights of a network
export type Plate = (typeof plates)[number];
export const axes = ['steps', 'evaluations', 'seconds'] as const;

export const methodOf = (run: RunView) => String(run.state.settings.optimizer);

class Race {
  plate = $state<Plate>('race');
  axis = $state<(typeof axes)[number]>('steps');
  view = $state.raw<[number, number, number] | null>(null); // centre and height of what the map shows; null: the landscape's own
  #key = $derived(lab.racers.map((r) => `${r.id} ${methodOf(r)}`).join('\n'));
  #looks = $derived.by(() => {
    const rows = this.#key.split('\n').map((row) => row.split(' ')), all = looks(rows.map((r) => r[1]));
    return Object.fromEntries(rows.map(([id], i) => [id, all[i]]));
  });
  #twins = $derived.by(() => {
    const seen: Record<string, number> = {};
    return Object.fromEntries(this.#key.split('\n').map((row) => row.split(' ')).map(([id, m]) => [id, (seen[m] = (seen[m] ?? 0) + 1)]));
  });

  // Whether somebody has come below zero, where a log scale has no place.
  isBelow = $derived(lab.family.some((r) => { void r.heard; const v = r.columns.value; return v?.length > 0 && v.span(0, v.length).low < 0; }));

  look(run: RunView): Look {
    return this.#looks[run.id] ?? { ink: '--ink', dash: [] };
  }
  short(run: RunView): string {
    const w = words(), method = methodOf(run), short = w.short[method];
    return short ? this.name(run).replace(w.method[method], short) : this.name(run);
  }
  name(run: RunView): string {
    const w = words(), method = methodOf(run), name = w.method[method] ?? method;
    if (run.state.start > 0) return `${name} ${w.from.replace('{n}', String(run.state.start))}`;
    return this.#twins[run.id] > 1 ? `${name} ${this.#twins[run.id]}` : name;
  }
  change(patch: Settings): string {
    const { optimizer, ...rest } = patch, name = words().method[String(optimizer)] ?? String(optimizer);
    return optimizer === undefined ? inWords(patch) : `→ ${name}${Object.keys(rest).length && rest.lr === undefined ? `, ${inWords(rest)}` : ''}`;
  }
}
export const race = new Race();

// A racer's name in a sentence: Latin and Chinese letters keep a space between them.
const han = '[\u4e00-\u9fff]', latin = '[A-Za-z0-9]', seam = new RegExp(`(?<=${latin})(?=${han})|(?<=${han})(?=${latin})`, 'g');
export const named = (text: string, run: RunView) => text.replace('{name}', race.name(run)).replace(seam, ' ');

// Where a run stood: at the start of a branch what its parent has of that step.
export function pointAt(run: RunView, step: number): [number, number] | undefined {
  const { start, parent, function: f } = run.state;
  if (step > start) {
    const x = run.at(step, 'x[0]'), y = run.at(step, 'x[1]');
    return x === undefined || y === undefined ? undefined : [x, y];
  }
  if (step === 0) return f && f.start.length > 1 ? [f.start[0], f.start[1]] : undefined;
  const before = parent && lab.find(parent.id);
  return before ? pointAt(before, step) : undefined;
}
// Of a network the journal has the loss of the rows with which a step began.
export const valueAt = (run: RunView, step: number) => (run.state.network ? run.at(step + 1) ?? run.at(step) : step > run.state.start ? run.at(step, 'value') : run.at(step + 1));

// Begins a race on the recipe's function or network; its setting `racers` names who takes part.
export function start(recipe: Recipe) {
  const { racers, optimizer, ...settings } = recipe.settings ?? {};
  const names = String(racers ?? '').split(',').map((n) => n.trim()).filter(Boolean);
  const list = names.length ? names : optimizer ? [String(optimizer)] : usual;
  if (recipe.experiment === 'function') return begin({ ...recipe, settings }, list.map((name) => ({ optimizer: name })));
  // A minimiser's batch is all rows: it begins, so that all have it. What the link says of one racer's steps is of no other.
  list.sort((a, b) => Number(isMinimiser(b)) - Number(isMinimiser(a)));
  const own = Object.fromEntries(Object.entries(settings).filter(([n]) => names.length < 2 || net.includes(n)));
  return begin({ ...recipe, settings: own }, list.map((name) => ({ optimizer: name })));
}
async function begin(recipe: Recipe, racers: Settings[]) {
  race.view = null;
  await lab.create({ ...recipe, play: false, settings: { ...recipe.settings, ...racers[0] } }, async (made) => {
    const batch = made.network ? { batch: made.settings.batch } : {};
    for (const { memory: _, ...settings } of racers.slice(1)) await protocol.command(made.id, { do: 'branch', step: 0, settings: { ...settings, ...batch } }); // what a run keeps no branch may name
    return protocol.state(made.id);
  });
  if (recipe.play && !lab.refusal) await play();
}

// What a racer has chosen, but for where it races.
const place = ['function', 'constants', 'start'];
const net = ['arch', 'weight_decay', 'batch', 'init', 'loss', 'split', 'target'];
const pick = (of: Settings, names: string[]): Settings => Object.fromEntries(names.filter((n) => of[n] !== undefined).map((n) => [n, of[n]]));
export const chosen = (run: RunView): Settings => run.state.network
  ? pick(run.state.settings, ['optimizer', ...parametersOf(methodOf(run)).filter((n) => n !== 'lr' || Number(run.state.settings.lr) > 0)])
  : Object.fromEntries(Object.entries(run.state.settings).filter(([n]) => !place.includes(n)));
export const here = (): Settings => Object.fromEntries(Object.entries(lab.state!.settings).filter(([n]) => (lab.state!.network ? net : place).includes(n)));
const runners = () => lab.racers.filter((r) => r.state.start === 0);
const length = () => ({ experiment: lab.state!.experiment, data: lab.state!.data, seed: lab.state!.seed, steps: lab.state!.total_steps, play: true });

// The same racers, as they are now, from another point; or, without one, from where they began.
export async function again(x?: number[]) {
  const view = race.view, first = lab.focus!.state.start === 0 ? lab.focus! : runners()[0];
  const all = [first, ...runners().filter((r) => r !== first)];
  await begin({ ...length(), settings: { ...here(), ...(x ? { start: x.join(', ') } : {}) } }, all.map(chosen));
  if (!lab.refusal) race.view = view;
}
// The same methods on another function, or another network on these data, each with the rate that suits it there.
export const elsewhere = (settings: Settings) => {
  const names = runners().map(methodOf);
  if (!lab.state!.network) return begin({ ...length(), settings }, names.map((optimizer) => ({ optimizer })));
  return start({ ...length(), settings: { ...here(), ...settings, racers: names.join(',') } });
};
// What one who joins shares with the others beside the point: the rows of a step.
const shared = (): Settings => (lab.state!.network ? pick(lab.state!.settings, ['batch']) : {});

// One more racer from the same start, which is brought to where the others stand.
export async function add(optimizer: string, more: Settings = {}) {
  const now = lab.now;
  await lab.do({ do: 'branch', step: 0, settings: { optimizer, ...more, ...shared() } }, runners()[0]);
  if (!lab.refusal && now > 0) await seek(now);
}
export const isKept = (run: RunView) => run.state.parent === null || run.state.branches.length > 0;
export async function remove(run: RunView) {
  const other = run === lab.focus ? (lab.find(run.state.parent!.id) ?? lab.others[0]) : lab.focus!;
  await lab.trying(async () => {
    await protocol.remove(run.id);
    const parent = lab.find(run.state.parent!.id);
    if (parent) parent.state = await protocol.state(parent.id);
    await lab.open(other.id);
  });
}
// The racer in focus goes on by another method from where it stands.
export const switchTo = (optimizer: string) => lab.do({ do: 'branch', step: lab.state!.step, settings: { optimizer, ...shared() } });
