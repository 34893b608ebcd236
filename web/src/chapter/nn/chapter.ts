// The chapter of neural networks: who is to blame?
import type { DataSet, Recipe, Settings, State } from '../../engine/protocol';
import type { RunView, View } from '../../engine/run.svelte';
import { lookOf, nameOf } from '../../frame/family';
import type { ChartSpec, Line } from '../../part/Chart.svelte';
import { speech } from '../../words/words.svelte';
import type { Chapter } from '../chapters';
import Figure from './Figure.svelte';
import { look } from './look.svelte';
import Numbers from './Numbers.svelte';
import Text from './Text.svelte';
import Thumb from './Thumb.svelte';
import Tools from './Tools.svelte';
import './views.css';

const recipes: Record<string, { epochs: number; settings: Settings }> = {
  xor: { epochs: 200, settings: { arch: 'dense 4 tanh | dense 2', optimizer: 'momentum', lr: 0.1, batch: 16 } },
  moons: { epochs: 200, settings: { arch: 'dense 8 tanh | dense 2', optimizer: 'momentum', lr: 0.1, batch: 16 } },
  spirals: { epochs: 1000, settings: { arch: 'dense 12 tanh | dense 8 tanh | dense 2', optimizer: 'momentum', lr: 0.05, batch: 16 } },
  penguins: { epochs: 200, settings: { arch: 'dense 8 tanh | dense 5 tanh | dense 3', optimizer: 'momentum', lr: 0.02, batch: 16 } },
  mnist: { epochs: 200, settings: { arch: 'dense 32 relu | dense 10' } },
  'drawn-digits': { epochs: 500, settings: { arch: 'dense 32 relu | dense 10' } },
};
// A constant rate, so that nothing but the reader's own changes bends the curves. Other sets: the experiment's defaults.
function recipe(set: string): Recipe {
  const { epochs, settings } = recipes[set] ?? { epochs: 200, settings: {} };
  return { experiment: 'mlp', data: set, seed: 1, epochs, play: true, settings: { schedule: 'constant', ...settings } };
}

// Validation in full ink, training in grey; other runs of the family in their hue and dash.
function charts(runs: RunView[]): ChartSpec[] {
  const w = speech.words, [focus, ...others] = runs;
  const isClass = focus.state.task === 'classify', metric = isClass ? 'valid.accuracy' : 'valid.r2';
  // Where nothing was evaluated yet, the others are compared by their training loss.
  const isEvaluated = runs.some((r) => r.evals.length > 0);
  const other = (q: string): Line[] => others.map((run) => ({ run, q, label: nameOf(run), ...lookOf(run), weight: 2, dense: q === 'train.loss' }));
  const loss = String(focus.state.settings.loss);
  return [
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
}

function views(state: State): View[] {
  const sample: View = { view: 'sample', of: look.sample, units: 12 };
  const confusion: View[] = state.task === 'classify' ? [{ view: 'confusion' }] : [];
  if (look.plate === 'histograms') return [{ view: 'histograms' }, sample, ...confusion];
  if (look.plate === 'mistakes') return [{ view: 'mistakes', count: 48, ...(look.cell ? { truth: look.cell[0], answer: look.cell[1] } : {}) }, sample, ...confusion];
  if (look.kind === 'images') return [{ view: 'tiles', units: 12 }, { view: 'weights', units: 12 }, { view: 'histograms' }, ...confusion, sample];
  const plane = { x: look.across, y: look.up };
  return [
    { view: 'weights', units: 12 }, sample, { view: 'histograms' },
    ...(look.kind === 'plane' ? [{ view: 'units', ...plane, size: 28 }, { view: 'map', ...plane, size: 96 }] : []),
    ...confusion,
  ];
}

const first = (sets: DataSet[]) => recipe(sets.some((d) => d.name === 'mnist' && d.present) ? 'mnist' : 'drawn-digits');

export const nn: Chapter = {
  name: 'nn', experiment: 'mlp',
  sets: ['xor', 'moons', 'spirals', 'penguins', 'mnist', 'drawn-digits'],
  groups: [
    { title: 'learning', parameters: ['lr', 'momentum', 'batch', 'loss', 'schedule'] },
    { title: 'regularisation', parameters: ['weight_decay', 'l1'] },
  ],
  activations: () => ['tanh', 'relu', 'sigmoid', 'linear', 'leaky_relu', 'elu', 'selu', 'gelu', 'swish'],
  first, recipe, views, charts, follow: (state) => look.follow(state),
  unit: () => look.unit?.join('.'), zoom: (unit) => { look.unit = unit ? (unit.split('.').map(Number) as [number, number]) : null; },
  Thumb, Tools, Figure, Numbers, Text,
};
