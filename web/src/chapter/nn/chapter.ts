// The chapter of neural networks: who is to blame?
import type { DataSet, State } from '../../engine/protocol';
import { lab, type View } from '../../engine/run.svelte';
import { about, charts, sentence } from '../../frame/learning';
import { speech } from '../../words/words.svelte';
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
  first, recipe, start: (given) => lab.create(given), about, sentence, setup: () => ({}), views,
  charts: (runs) => (look.plate === 'microscope' ? charts(runs).slice(0, 1) : charts(runs)), // formulas want the room
  follow: (state) => {
    look.plate = plates.find((p) => p === look.plate) ?? 'network'; // another chapter has others
    look.follow(state);
  },
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
  tasks: () => import('./tasks').then(async (m) => (await speech.ready(m)).tasks), plates,
  plate: () => (look.plate === 'network' ? undefined : look.plate),
  show: (plate) => { look.plate = plates.find((p) => p === plate) ?? 'network'; },
  Thumb, Tools, Figure, Numbers, Setup, Standing, Text: () => import('./Text.svelte').then(async (m) => (await speech.ready(m)).default),
};
