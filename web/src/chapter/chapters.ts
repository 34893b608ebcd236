// The chapters that are built. A chapter declares itself by such a record; the frame does the rest.
import type { Component } from 'svelte';
import type { DataSet, Experiment, Recipe, State } from '../engine/protocol';
import type { RunView, View } from '../engine/run.svelte';
import type { Group } from '../part/Controls.svelte';
import type { ChartSpec } from '../part/Chart.svelte';
import type { Task } from '../part/tasks.svelte';
import { nn } from './nn/chapter';

export interface Chapter {
  name: 'nn';
  experiment: string;
  sets: string[]; // offered to begin with, where they are on this machine
  groups: Group[]; // of the learning's parameters
  first: (sets: DataSet[]) => Recipe; // what it opens with
  recipe: (set: string) => Recipe; // what a set begins with
  views: (state: State) => View[]; // the pictures that it takes of the run in focus
  charts: (runs: RunView[]) => ChartSpec[];
  follow: (state: State) => void; // another run has come into focus
  unit: () => string | undefined; // what is looked at closely, as the address names it
  zoom: (unit: string | null) => void; // looks at it; null: out again
  closer: () => boolean; // from what is looked at to its formula; false: nothing is
  tasks: () => Promise<Task[]>; // its exercises
  plates: readonly string[]; // the pictures that its stage can show
  plate: () => string | undefined; // the one that it shows, as the address names it; undefined: the first
  show: (plate: string) => void; // another of them
  activations: (experiment: Experiment) => string[];
  Thumb: Component; Tools: Component; Figure: Component; Numbers: Component; Text: () => Promise<Component>;
}

export const chapters: Chapter[] = [nn];
