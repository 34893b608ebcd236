// Exercises with the prediction first. A chapter declares each: how its runs are set up, what is asked, and how the
// engine's own numbers answer. Nothing here knows an answer; what was guessed and what was true goes to the notebook.
import type { Note, Settings, State } from '../engine/protocol';
import * as protocol from '../engine/protocol';
import { lab } from '../engine/run.svelte';
import { lesson } from '../frame/lesson.svelte';
import { filled, type Verdict } from './judge';

// An engine number that a task shows, with its name for the reader where the quantity's own does not do.
export interface Shown { label: string; q: string; run: string; step: number; value: number; hex: string; share?: boolean }
export type Guess =
  | { kind: 'slider'; low: number; high: number; log?: boolean; whole?: boolean; share?: boolean; points?: boolean }
  | { kind: 'choice'; options: { value: string; label: string }[] };
export interface Setup { runs: string[]; step: number; guess: Guess; shown: Shown[]; fill: Record<string, string> } // fill: what the question's {…} say
export interface Answer { truth: number | string; shown: Shown[]; verdict: Verdict; why: string; fill: Record<string, string> } // why: a key of the task's words

export interface Task {
  name: string;
  begin: () => Promise<Setup>;
  answer: (setup: Setup, guess: number | string) => Promise<Answer>;
}

export interface TaskWords { title: string; about: string; question: string; why: Record<string, string> }

interface Kept { stage: 'set' | 'locked' | 'told'; setup: Setup; guess: number | string | null; answer: Answer | null }

class Tasks {
  kept = $state.raw<Record<string, Kept>>(JSON.parse(localStorage.getItem('tasks') ?? '{}'));
  busy = $state<string | null>(null);
  refusal = $state.raw<{ task: string; what: string; hint: string } | null>(null);

  // The words of exercises come with their chapter's.
  #learnt = $state.raw<(() => Record<string, TaskWords>)[]>([]);

  constructor() {
    this.#hold();
  }
  learn(words: () => Record<string, TaskWords>) {
    this.#learnt = [...this.#learnt, words];
  }
  wordsOf(name: string): TaskWords | undefined {
    return this.#learnt.map((words) => words()[name]).find((words) => words);
  }
  // Tasks whose runs are gone are forgotten.
  async check() {
    const there = new Set((await protocol.runs()).map((r) => r.id));
    for (const [name, { setup }] of Object.entries(this.kept)) if (this.busy !== name && !setup.runs.every((id) => there.has(id))) this.drop(name);
  }
  #put(name: string, to: Kept | null) {
    const { [name]: _, ...rest } = this.kept;
    this.kept = to ? { ...rest, [name]: to } : rest;
    localStorage.setItem('tasks', JSON.stringify(this.kept));
    this.#hold();
  }
  #hold() {
    lesson.guessing = Object.values(this.kept).filter((k) => k.stage === 'set').flatMap((k) => k.setup.runs);
  }
  drop(name: string) {
    this.#put(name, null);
  }
  guess(name: string, guess: number | string) {
    this.#put(name, { ...this.kept[name], guess });
  }
  begin(task: Task) {
    return this.#trying(task.name, async () => {
      const setup = await task.begin();
      this.#put(task.name, { stage: 'set', setup, guess: null, answer: null });
      await lab.open(setup.runs[0]);
    });
  }
  // The guess stands from here on; then the engine runs to where it is decided.
  lock(task: Task) {
    return this.#trying(task.name, async () => {
      const { setup, guess } = this.kept[task.name];
      await protocol.note({ ...this.#where(task.name, setup), kind: 'guess', guess: guess! });
      this.#put(task.name, { ...this.kept[task.name], stage: 'locked' });
      await this.#answer(task);
    });
  }
  go(task: Task) {
    return this.#trying(task.name, () => this.#answer(task));
  }
  async #answer(task: Task) {
    const kept = this.kept[task.name], { setup, guess } = kept;
    const answer = await task.answer(setup, guess!);
    const note: Note = { ...this.#where(task.name, setup), kind: 'truth', guess: guess!, truth: answer.truth, note: filled(this.wordsOf(task.name)!.why[answer.why], answer.fill) };
    await protocol.note(answer.verdict === 'open' ? note : { ...note, right: answer.verdict === 'right' });
    this.#put(task.name, { ...kept, stage: 'told', answer });
  }
  #where = (task: string, setup: Setup) => ({ task, run: setup.runs[0], step: setup.step });

  async #trying(name: string, act: () => Promise<void>) {
    if (this.busy) return;
    this.busy = name;
    this.refusal = null;
    try {
      await act();
    } catch (error) {
      if (!(error instanceof protocol.Refused)) throw error;
      this.refusal = { task: name, what: error.message, hint: error.hint };
    } finally {
      this.busy = null;
    }
  }
}
export const tasks = new Tasks();

// ---------- what the declarations are made of ----------
export const make = (data: string, settings: Settings, length: { epochs: number } | { steps: number }, seed = 1) =>
  protocol.create({ experiment: 'mlp', data, seed, ...length, settings: { schedule: 'constant', weight_decay: 0, ...settings } });

// Trains the run until it has taken `step` steps; one that has been there stays where it is.
export async function reach(id: string, step: number): Promise<State> {
  const s = await protocol.state(id);
  if (s.head >= step) return s;
  if (s.step < s.head) await protocol.command(id, { do: 'seek', step: s.head });
  return protocol.command(id, { do: 'step', unit: 'batch', count: step - s.head });
}
export async function read(run: string, step: number, q: string, label = q, more: Partial<Shown> = {}): Promise<Shown> {
  const { value, hex } = await protocol.quantity(run, step, q);
  return { label, q, run, step, value, hex, ...more };
}
