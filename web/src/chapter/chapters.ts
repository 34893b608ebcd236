// The chapters that are built. A chapter declares itself by such a record; the frame does the rest. The first one is
// there at once, the others are loaded when they are opened.
import type { Component } from 'svelte';
import type { DataSet, Experiment, Recipe, State } from '../engine/protocol';
import type { RunView, View } from '../engine/run.svelte';
import type { Group } from '../part/Controls.svelte';
import type { ChartSpec } from '../part/Chart.svelte';
import type { Task } from '../part/tasks.svelte';
import { speech } from '../words/words.svelte';
import { nn } from './nn/chapter';

export interface Chapter {
  name: 'nn' | 'cnn' | 'optimisers';
  experiment: string;
  pace: number | null; // steps a second to begin with; null: as fast as it goes
  offered: (sets: DataSet[]) => { name: string; label: string; isOn: boolean }[]; // to begin with, where they are on this machine
  groups: Group[]; // of the learning's parameters
  elsewhere: string[]; // parameters that have another place than these groups
  first: (sets: DataSet[]) => Recipe; // what it opens with
  recipe: (set: string) => Recipe; // what one that is offered begins with
  start: (recipe: Recipe) => Promise<unknown>; // begins it
  about: (state: State) => string; // what the run learns from, in words
  sentence: () => string | null; // how it goes, in words; null: nothing to say yet
  setup: () => Record<string, string>; // what a link to the set-up has beside the run's settings
  views: (state: State) => View[]; // the pictures that it takes of the run in focus
  charts: (runs: RunView[]) => ChartSpec[];
  follow: (state: State) => void; // another run has come into focus
  unit: () => string | undefined; // what is looked at closely, as the address names it
  zoom: (unit: string | null) => void; // looks at it; null: out again
  closer: () => boolean; // from what is looked at to its formula; false: nothing is
  tasks: () => Promise<Task[]>; // its exercises
  plates: readonly string[]; // the pictures that its stage can show
  plateName?: (plate: string) => string; // of one that all chapters' words have none for
  plate: () => string | undefined; // the one that it shows, as the address names it; undefined: the first
  show: (plate: string) => void; // another of them
  Thumb: Component; Tools: Component; Figure: Component; Numbers: Component; Text: () => Promise<Component>;
  Setup: Component<{ experiment: Experiment }>; // what is chosen before the learning's parameters
  Standing: Component; // in the readout: how low it has come
}

// `also`: another experiment whose runs it shows where the address names it. `glyph`: what stands for the chapter while another is open, a drawing of 56 by 40.
export interface Entry { name: Chapter['name']; experiment: string; also?: string; glyph: string; load: () => Promise<Chapter> }
export const entries: Entry[] = [
  { name: 'nn', experiment: 'mlp', glyph: 'M12 10L28 8M12 10L28 20M12 10L28 32M12 30L28 8M12 30L28 20M12 30L28 32M28 8L44 20M28 20L44 20M28 32L44 20', load: async () => nn },
  { name: 'cnn', experiment: 'cnn', glyph: 'M4 6H28V30H4ZM10 6V30M16 6V30M22 6V30M4 12H28M4 18H28M4 24H28M28 12L40 17M28 24L40 19M40 12H52V24H40Z', load: () => import('./cnn/chapter').then(async (m) => (await speech.ready(m)).cnn) },
  { name: 'optimisers', experiment: 'function', also: 'mlp', glyph: 'M6 4C10 44 40 44 50 4M14 4C18 32 36 32 42 4M21 4C24 20 31 20 35 4', load: () => import('./optimisers/chapter').then(async (m) => (await speech.ready(m)).optimisers) },
];
export const isOf = (entry: Entry, experiment: string) => entry.experiment === experiment || entry.also === experiment;
export const opened: Record<string, Chapter> = { nn }; // without a wait
