// The chapter of convolutional networks: what does this filter care about?
import type { DataSet, State } from '../../engine/protocol';
import { lab, type View } from '../../engine/run.svelte';
import { about, charts, sentence } from '../../frame/learning';
import { speech } from '../../words/words.svelte';
import type { Chapter } from '../chapters';
import { look } from '../nn/look.svelte';
import Standing from '../nn/Standing.svelte';
import Thumb from '../nn/Thumb.svelte';
import './cnn.css';
import Figure from './Figure.svelte';
import Numbers from './Numbers.svelte';
import { offered, recipe } from './recipe';
import Setup from './Setup.svelte';
import Tools from './Tools.svelte';
import { bytes, chosen, plate, plateName, plates } from './view.svelte';

const channels = 16; // of a layer, that are drawn

function views(state: State): View[] {
  const isDrawn = look.isDrawn && look.ink && plate() === 'maps';
  const maps: View = { view: 'maps', channels, ...(isDrawn ? { x: bytes().map((v) => v / 255) } : { of: look.sample }) };
  const sample: View = { view: 'sample', of: look.sample, units: 12 };
  const confusion: View[] = state.task === 'classify' ? [{ view: 'confusion', split: chosen.split }] : [];
  const always: View[] = [sample, ...confusion, { view: 'tiles', units: 6 }];
  const hasPlanes = state.network!.planes.length > 0;
  if (plate() === 'histograms') return [{ view: 'histograms' }, ...always];
  if (plate() === 'mistakes') return [{ view: 'mistakes', count: 48, ...(look.cell ? { truth: look.cell[0], answer: look.cell[1] } : {}) }, ...always];
  if (!hasPlanes) return always;
  if (plate() === 'filters') return [{ view: 'filters', channels }, ...always];
  return plate() === 'maps' || plate() === 'kernel' ? [maps, ...always] : always;
}

const isThere = (sets: DataSet[], name: string) => sets.some((d) => d.name === name && d.present);

export const cnn: Chapter = {
  name: 'cnn', experiment: 'cnn',
  pace: null,
  offered: (sets) => offered.filter((name) => isThere(sets, name)).map((name) => ({ name, label: speech.words.sets[name] ?? name, isOn: lab.state?.data === name })),
  groups: [
    { title: 'learning', parameters: ['lr', 'momentum', 'batch', 'loss', 'schedule'] },
    { title: 'regularisation', parameters: ['weight_decay', 'l1', 'augment'] },
  ],
  elsewhere: ['arch', 'init', 'optimizer', 'weights', 'target', 'split'],
  first: (sets) => recipe(isThere(sets, 'mnist') ? 'mnist' : 'drawn-digits'),
  recipe, start: (given) => lab.create(given), about, sentence, setup: () => ({}), views,
  charts: (runs) => (['maps', 'filters', 'histograms', 'mistakes'].includes(plate()) ? charts(runs) : charts(runs).slice(0, 1)), // numbers want the room
  follow: (state) => {
    look.plate = plate();
    look.follow(state);
    chosen.follow(state);
  },
  unit: () => (plate() === 'kernel' ? [chosen.layer, chosen.channel, ...chosen.at].join('.') : undefined),
  zoom: (unit) => {
    const [layer, ...numbers] = unit?.split('.') ?? [];
    if (layer) chosen.choose(layer, Number(numbers[0]), [Number(numbers[1]), Number(numbers[2])]);
    else if (plate() !== 'maps') look.plate = 'maps';
    else look.unit = null;
  },
  closer: () => {
    if (plate() === 'kernel') return false;
    look.plate = 'kernel';
    return true;
  },
  tasks: () => import('./tasks').then(async (m) => (await speech.ready(m)).tasks), plates, plateName,
  plate: () => (plate() === 'maps' ? undefined : plate()),
  show: (name) => { look.plate = plates.find((p) => p === name) ?? 'maps'; },
  Thumb, Tools, Figure, Numbers, Setup, Standing, Text: () => import('./Text.svelte').then(async (m) => (await speech.ready(m)).default),
};
