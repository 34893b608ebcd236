// The chapter of neural networks: who is to blame?
import type { DataSet, State } from '../../engine/protocol';
import { lab, type RunView, type View } from '../../engine/run.svelte';
import { lookOf, nameOf } from '../../frame/family';
import type { ChartSpec, Line } from '../../part/Chart.svelte';
import { count, short, speech } from '../../words/words.svelte';
import type { Chapter } from '../chapters';
import Figure from './Figure.svelte';
import { look, plates } from './look.svelte';
import Numbers from './Numbers.svelte';
import Setup from './Setup.svelte';
import Standing from './Standing.svelte';
import { recipe } from './recipe';
import Thumb from './Thumb.svelte';
import Tools from './Tools.svelte';
import './views.css';

// Validation in full ink, training in grey; other runs of the family in their hue and dash.
function charts(runs: RunView[]): ChartSpec[] {
  const w = speech.words, [focus, ...others] = runs;
  const isClass = focus.state.task === 'classify', metric = isClass ? 'valid.accuracy' : 'valid.r2';
  // Where nothing was evaluated yet, the others are compared by their training loss.
  const isEvaluated = runs.some((r) => r.evals.length > 0);
  const other = (q: string): Line[] => others.map((run) => ({ run, q, label: nameOf(run), ...lookOf(run), weight: 2, dense: q === 'train.loss' }));
  const loss = String(focus.state.settings.loss);
  const all: ChartSpec[] = [
    { name: 'loss', title: w.loss, note: loss === 'auto' ? (isClass ? w.crossEntropy : w.squared) : loss, height: isClass ? 148 : 120, log: true, lines: [
      { run: focus, q: 'valid.loss', label: w.valid, ink: '--ink', weight: 2.5, dash: [], dense: false },
      { run: focus, q: 'train.loss', label: w.train, ink: '--ink-3', weight: 1.5, dash: [], dense: true },
      ...other(isEvaluated ? 'valid.loss' : 'train.loss'),
    ] },
    { name: 'accuracy', title: isClass ? w.accuracy : 'R²', note: w.ofValid, height: isClass ? 92 : 78, share: isClass, lines: [
      { run: focus, q: metric, label: w.valid, ink: '--ink', weight: 2.5, dash: [], dense: false },
      ...other(metric),
    ] },
    ...(isClass ? [] : [{ name: 'rmse', title: 'RMSE', note: w.ofValid, height: 78, lines: [
      { run: focus, q: 'valid.rmse', label: w.valid, ink: '--ink', weight: 2.5, dash: [], dense: false },
      ...other('valid.rmse'),
    ] }]),
  ];
  return look.plate === 'microscope' ? all.slice(0, 1) : all; // formulas want the room
}

function views(state: State): View[] {
  const sample: View = { view: 'sample', of: look.studied, units: 12 };
  const confusion: View[] = state.task === 'classify' ? [{ view: 'confusion' }] : [];
  const plane = { x: look.across, y: look.up };
  const thumb: View[] = look.kind === 'images' ? [{ view: 'tiles', units: 6 }] : look.kind === 'plane' ? [{ view: 'map', ...plane, size: 24 }] : [];
  if (look.plate === 'histograms') return [{ view: 'histograms' }, sample, ...confusion, ...thumb];
  if (look.plate === 'mistakes') return [{ view: 'mistakes', count: 48, ...(look.cell ? { truth: look.cell[0], answer: look.cell[1] } : {}) }, sample, ...confusion, ...thumb];
  if (look.kind === 'images') return [{ view: 'tiles', units: 12 }, { view: 'weights', units: 12 }, { view: 'histograms' }, ...confusion, sample];
  return [
    { view: 'weights', units: 12 }, sample, { view: 'histograms' },
    ...(look.kind === 'plane' ? [{ view: 'units', ...plane, size: 28 }, { view: 'map', ...plane, size: 96 }] : []),
    ...confusion,
  ];
}

function about(s: State): string {
  const w = speech.words, classes = s.network!.outputs.length;
  return `${s.data.replace(/^.*\//, '')} · ${w.rowsOf.replace('{n}', count(s.split.train))}${classes ? `, ${w.classesOf.replace('{n}', String(classes))}` : ''}`;
}
function sentence(): string | null {
  const run = lab.focus;
  if (!run || run.losses.length < 20) return null;
  const n = run.losses.length, part = Math.max(1, Math.floor(n / 10)), w = speech.words;
  const isFalling = run.losses.span(n - part, n).mean <= run.losses.span(n - 2 * part, n - part).mean;
  return w.sentence.replace('{step}', count(run.state.step)).replace('{loss}', short(run.state.loss)).replace('{trend}', isFalling ? w.falling : w.rising);
}

const first = (sets: DataSet[]) => recipe(sets.some((d) => d.name === 'mnist' && d.present) ? 'mnist' : 'drawn-digits');

export const nn: Chapter = {
  name: 'nn', experiment: 'mlp',
  pace: null,
  offered: (sets) => ['xor', 'moons', 'spirals', 'penguins', 'mnist', 'drawn-digits'].filter((n) => sets.some((d) => d.name === n && d.present))
    .map((name) => ({ name, label: speech.words.sets[name] ?? name, isOn: lab.state?.data === name })),
  groups: [
    { title: 'learning', parameters: ['lr', 'momentum', 'batch', 'loss', 'schedule'] },
    { title: 'regularisation', parameters: ['weight_decay', 'l1'] },
  ],
  elsewhere: ['arch', 'init', 'optimizer', 'weights', 'target', 'split'],
  first, recipe, start: (given) => lab.create(given), about, sentence, setup: () => ({}), views, charts, follow: (state) => look.follow(state),
  unit: () => look.unit?.join('.'),
  zoom: (unit) => {
    if (unit) look.unit = unit.split('.').map(Number) as [number, number];
    else if (look.plate !== 'network') look.plate = 'network';
    else look.unit = null;
  },
  closer: () => {
    if (look.unit) look.plate = 'microscope';
    return look.unit !== null;
  },
  tasks: () => import('./tasks').then((m) => m.tasks), plates,
  plate: () => (look.plate === 'network' ? undefined : look.plate),
  show: (plate) => { look.plate = plates.find((p) => p === plate) ?? 'network'; },
  Thumb, Tools, Figure, Numbers, Setup, Standing, Text: () => import('./Text.svelte').then((m) => m.default),
};
