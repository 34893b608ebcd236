// The chapter of optimisers: who reaches the bottom first?
import type { State } from '../../engine/protocol';
import { lab, type RunView } from '../../engine/run.svelte';
import { clock } from '../../frame/clock.svelte';
import { tellApart } from '../../frame/family';
import type { ChartSpec } from '../../part/Chart.svelte';
import { count, short, speech } from '../../words/words.svelte';
import type { Chapter } from '../chapters';
import { axisOf } from './axis';
import { exact } from './exact.svelte';
import Figure from './Figure.svelte';
import { landscapes, networks, recipe } from './landscapes';
import Numbers from './Numbers.svelte';
import { methodOf, plates, race, start, valueAt, type Plate } from './race.svelte';
import './race.css';
import Setup from './Setup.svelte';
import Standing from './Standing.svelte';
import Thumb from './Thumb.svelte';
import Tools from './Tools.svelte';
import { words } from './words';

tellApart('function', { look: (run) => race.look(run), name: (run) => race.short(run), change: (patch) => race.change(patch) });

function charts(runs: RunView[]): ChartSpec[] {
  const w = words(), focus = runs[0], net = focus.state.network;
  const isLog = !race.isBelow && (focus.state.function?.minima.every((m) => m.value >= 0) ?? true);
  const isTimed = runs.some((r) => r.state.seconds > 0);
  const isEarly = (run: RunView) => run.state.state === 'done' && run.state.head < run.state.total_steps;
  const ended = (run: RunView) => (isEarly(run) ? `${race.short(run)} · ${w.doneAt.replace('{n}', count(run.state.head))}` : undefined);
  return [{
    name: 'value', title: net ? speech.words.loss : `f(${focus.state.function?.variables.slice(0, 2).join(', ') ?? ''}${(focus.state.function?.variables.length ?? 0) > 2 ? ', …' : ''})`,
    note: net ? w.network.chartNote : race.axis === 'seconds' && !isTimed ? w.tooShort : isLog ? w.chartNote : w.chartLinear, height: race.plate === 'race' && net ? (clock.window >= 1200 ? Math.max(240, innerHeight - (race.axis === 'steps' ? 250 : 278)) : 300) : race.plate === 'race' && innerHeight >= 820 ? 196 : 150, log: isLog, decades: 12,
    lines: runs.map((run) => ({ run, q: net ? 'train.loss' : 'value', label: race.short(run), ended: ended(run), ...race.look(run), weight: run === focus ? 3 : 2, dense: true, ...(net ? {} : { exact: (step: number) => exact.at(run, step) }) })),
    ...(race.axis === 'steps' ? {} : { axis: axisOf(race.axis) }),
  }];
}

function about({ function: f, network, data, settings, parameters }: State): string {
  const w = words();
  if (network) return w.network.about.replace('{data}', speech.words.sets[data] ?? data.replace(/^.*\//, '')).replace('{arch}', String(settings.arch)).replace('{n}', count(parameters));
  if (!f) return '';
  const name = f.problem ? (w.landscape[f.problem] ?? f.problem) : f.formula.length > 48 ? w.aFormula : f.formula;
  const all = f.start.slice(0, 3).map((v) => short(v)).join(', ');
  return `${name}, ${w.startAt.replace('{x}', f.start.length > 3 ? `${all}, …` : all)}`;
}
function sentence(): string | null {
  const all = lab.family.map((run) => ({ run, v: valueAt(run, run.state.step) ?? Infinity })).sort((a, b) => a.v - b.v)[0];
  return all && words().told.replace('{step}', count(lab.now)).replace('{name}', race.name(all.run)).replace('{f}', short(all.v));
}

export const optimisers: Chapter = {
  name: 'optimisers', experiment: 'function', pace: 20,
  offered: (sets) => [
    ...landscapes.map((name) => ({ name, label: words().landscape[name] ?? name, isOn: lab.state?.function?.problem === name })),
    ...Object.entries(networks).filter(([, n]) => sets.some((d) => d.name === n.data && d.present)).map(([name, n]) => ({ name, label: words().landscape[name], isOn: lab.state?.data === n.data && lab.state?.settings.arch === n.settings.arch })),
  ],
  groups: [], elsewhere: [],
  first: () => recipe('rosenbrock'), recipe, start, about, sentence,
  // The one whose settings the link has comes first.
  setup: () => ({ racers: lab.family.filter((r) => r.state.start === 0).map(methodOf).join(',') }),
  views: (state) => (state.network ? [{ view: 'histograms' }] : []), charts, follow: () => {},
  unit: () => undefined,
  zoom: (unit) => { if (unit === null) race.plate = 'race'; },
  closer: () => true,
  tasks: () => import('./tasks').then(async (m) => (await speech.ready(m)).tasks), plates,
  plate: () => (race.plate === 'race' ? undefined : race.plate),
  show: (plate) => { race.plate = (plates as readonly string[]).includes(plate) ? (plate as Plate) : 'race'; },
  Thumb, Tools, Figure, Numbers, Setup, Standing, Text: () => import('./Text.svelte').then(async (m) => (await speech.ready(m)).default),
};
