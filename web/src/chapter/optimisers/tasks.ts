// The chapter's exercises: each sets up a race of its own, and the engine's numbers answer.
import * as protocol from '../../engine/protocol';
import type { Settings, State } from '../../engine/protocol';
import { byDistance, byFactor, type Verdict } from '../../part/judge';
import { reach, read, tasks as kept, type Task } from '../../part/tasks.svelte';
import { count, short, speech } from '../../words/words.svelte';
import { words } from './words';

const method = (name: string) => words().method[name] ?? name;
const make = (settings: Settings, steps: number) => protocol.create({ experiment: 'function', data: 'none', seed: 1, steps, settings });
const join = (run: State, settings: Settings) => protocol.command(run.id, { do: 'branch', step: 0, settings });

// Plays until f is below the bound where a step begins, or to the run's end.
async function until(id: string, bound: number): Promise<State> {
  await protocol.command(id, { do: 'play', until: { name: 'train.loss', below: bound } });
  for (;;) {
    const s = await protocol.state(id);
    if (s.state !== 'playing') return s;
    await new Promise((ok) => setTimeout(ok, 100));
  }
}
const value = (id: string, step: number, label: string) => read(id, step, 'value', label);
const options = (names: string[]) => names.map((n) => ({ value: n, label: method(n) }));

const bound = 1e-6;
const raceEvaluations: Task = {
  name: 'race-evaluations',
  async begin() {
    const names = ['adam', 'bfgs', 'nesterov'], first = await make({ function: 'rosenbrock', optimizer: names[0] }, 4000);
    const others = [];
    for (const n of names.slice(1)) others.push(await join(first, { optimizer: n }));
    return { runs: [first.id, ...others.map((r) => r.id)], step: 0, shown: [], fill: { bound: '10⁻⁶', n: count(4000) }, guess: { kind: 'choice', options: options(names) } };
  },
  async answer({ runs, guess: asked }, guess) {
    const names = asked.kind === 'choice' ? asked.options.map((o) => o.value) : [];
    const ends = [];
    for (const [i, id] of runs.entries()) {
      const s = await until(id, bound), low = await value(id, s.step, 'f');
      const spent = await read(id, s.step, 'optim.evaluations', method(names[i]));
      ends.push({ name: names[i], spent, isThere: low.value < bound });
    }
    const there = ends.filter((e) => e.isThere).sort((a, b) => a.spent.value - b.spent.value);
    const winner = there[0], isClear = winner && (there.length < 2 || winner.spent.value < there[1].spent.value);
    const verdict: Verdict = !isClear ? 'open' : guess === winner.name ? 'right' : there[1] && guess === there[1].name ? 'close' : 'wrong';
    return { truth: winner ? method(winner.name) : '–', shown: ends.map((e) => e.spent), verdict, why: isClear ? 'so' : 'open', fill: { name: winner ? method(winner.name) : '', n: count(winner?.spent.value ?? 0), of: String(there.length) } };
  },
};

const biasCorrection: Task = {
  name: 'bias-correction',
  async begin() {
    const on = await make({ function: 'rosenbrock', optimizer: 'adam', lr: 0.01 }, 50), off = await make({ function: 'rosenbrock', optimizer: 'adam', lr: 0.01, bias_correction: 'off' }, 50);
    return { runs: [off.id, on.id], step: 0, shown: [], fill: { b1: short(Number(on.settings.momentum)), b2: short(Number(on.settings.beta2)) }, guess: { kind: 'slider', low: 0.05, high: 20, log: true } };
  },
  async answer({ runs: [off, on] }, guess) {
    await reach(off, 1);
    await reach(on, 1);
    const without = await read(off, 1, 'step[0]'), corrected = await read(on, 1, 'step[0]'), m = await read(off, 1, 'adam.m/x[0]'), v = await read(off, 1, 'adam.v/x[0]');
    const ratio = corrected.value ? Math.abs(without.value / corrected.value) : NaN;
    return { truth: ratio, shown: [corrected, without, m, v], verdict: Number.isFinite(ratio) ? byFactor(Number(guess), ratio, 1.25, 2) : 'open', why: ratio > 1 ? 'longer' : 'shorter', fill: { ratio: short(ratio) } };
  },
};

// f = (κ x² + y²)/2 with the rates that theory calls best, so that neither is at a disadvantage.
const kappa = 100, less = 1e-8;
const momentumWorth: Task = {
  name: 'momentum-worth',
  async begin() {
    const on = { function: `(${kappa}*x^2 + y^2)/2`, start: '1, 1' }, root = Math.sqrt(kappa);
    const plain = await make({ ...on, optimizer: 'sgd', lr: 2 / (kappa + 1) }, 5000);
    const moved = await make({ ...on, optimizer: 'momentum', lr: 4 / (root + 1) ** 2, momentum: ((root - 1) / (root + 1)) ** 2 }, 5000);
    return { runs: [plain.id, moved.id], step: 0, shown: [], fill: { k: String(kappa), less: '10⁻⁸' }, guess: { kind: 'slider', low: 1, high: 1000, log: true } };
  },
  async answer({ runs }, guess) {
    const begun = await value(runs[0], 0, 'f'), ends = [];
    for (const [i, id] of runs.entries()) {
      const s = await until(id, begun.value * less);
      ends.push({ steps: s.step, isThere: s.reached !== null, low: await value(id, s.step, `${method(i ? 'momentum' : 'sgd')}, ${speech.words.step} ${count(s.step)}`) });
    }
    const isClear = ends.every((e) => e.isThere), truth = ends[0].steps / ends[1].steps;
    return { truth, shown: ends.map((e) => e.low), verdict: isClear ? byFactor(Number(guess), truth, 1.3, 2) : 'open', why: isClear ? 'so' : 'open', fill: { a: count(ends[0].steps), b: count(ends[1].steps), ratio: short(truth), root: short(Math.sqrt(kappa)) } };
  },
};

const cgSteps: Task = {
  name: 'cg-steps',
  async begin() {
    const run = await make({ function: 'sum(i=1..n, 4^i*x[i]^2)/2 + (sum(i=1..n, x[i]))^2/2', constants: 'n=6', start: '1, 1, 1, 1, 1, 1', optimizer: 'cg' }, 200);
    return { runs: [run.id], step: 0, shown: [], fill: { n: '6' }, guess: { kind: 'slider', low: 1, high: 60, log: true, whole: true } };
  },
  async answer({ runs: [id] }, guess) {
    const s = await until(id, 1e-18), all = [];
    let first = -1;
    for (let k = 1; k <= s.step && first < 0; k++) {
      const g = await read(id, k, 'optim.gradient_norm', `max |g|, ${speech.words.step} ${k}`);
      all.push(g);
      if (g.value < 1e-6) first = k;
    }
    return { truth: first < 0 ? s.step : first, shown: all.slice(-6), verdict: first < 0 ? 'open' : byDistance(Number(guess), first, 0, 2), why: first < 0 ? 'open' : 'so', fill: { k: count(first), n: '6' } };
  },
};

const noiseWinner: Task = {
  name: 'noise-winner',
  async begin() {
    const names = ['bfgs', 'momentum', 'adam'], on = { function: '(20*x^2 + y^2)/2', start: '3, 3', noise: 1 };
    const first = await make({ ...on, optimizer: names[0] }, 300), others = [];
    for (const n of names.slice(1)) others.push(await join(first, { optimizer: n }));
    return { runs: [first.id, ...others.map((r) => r.id)], step: 0, shown: [], fill: { n: '300' }, guess: { kind: 'choice', options: options(names) } };
  },
  async answer({ runs, guess: asked }, guess) {
    const names = asked.kind === 'choice' ? asked.options.map((o) => o.value) : [], ends = [];
    for (const [i, id] of runs.entries()) {
      const s = await protocol.state(id).then(async (now) => (now.state === 'done' ? now : until(id, -1e300)));
      const last = Math.max(1, s.head), each = [];
      for (let k = 0; k < 5; k++) each.push(await value(id, Math.max(0, last - 5 * k), `${method(names[i])}, ${speech.words.step} ${count(Math.max(0, last - 5 * k))}`));
      ends.push({ name: names[i], each, typical: [...each].sort((a, b) => a.value - b.value)[2] }); // one step alone may be luck
    }
    const order = [...ends].sort((a, b) => a.typical.value - b.typical.value);
    const verdict: Verdict = guess === order[0].name ? 'right' : guess === order[1].name ? 'close' : 'wrong';
    return { truth: method(order[0].name), shown: ends.map((e) => e.typical), verdict, why: order[0].name === 'bfgs' ? 'other' : 'so', fill: { name: method(order[0].name), last: method(order[2].name) } };
  },
};

export const tasks: Task[] = [raceEvaluations, momentumWorth, biasCorrection, cgSteps, noiseWinner];
kept.learn(speech.learn({ en: () => import('./tasks.en').then((m) => m.en), zh: () => import('./tasks.zh').then((m) => m.zh) }));
