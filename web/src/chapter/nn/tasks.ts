// The chapter's exercises: what each sets up, and which numbers of the engine answer it.
import * as protocol from '../../engine/protocol';
import { lab } from '../../engine/run.svelte';
import { meanAndDeviation } from '../../frame/compare';
import { byDistance, byFactor, different, firstReached, largest, type Verdict } from '../../part/judge';
import { make, reach, read, tasks as kept, type Setup, type Task } from '../../part/tasks.svelte';
import { count, percent, short, speech } from '../../words/words.svelte';
import { recipe } from './recipe';

const places = (n: number) => Array.from({ length: n }, (_, i) => i);
const seeds = [1, 2, 3];

// One bird a step: the gradient of a weight is then this bird's alone, what enters it times the blame behind it.
const whoIsToBlame: Task = {
  name: 'who-is-to-blame',
  async begin() {
    const run = await make('penguins', { arch: 'dense 4 tanh | dense 3', optimizer: 'sgd', lr: 0.02, batch: 1, init: 'glorot' }, { steps: 400 });
    const step = 30;
    await reach(run.id, step);
    const deltas = await Promise.all(places(3).map((k) => read(run.id, step, `layer2.delta[${k}]@batch/0`, run.network!.outputs[k])));
    const out = largest(deltas.map((d) => d.value)).at;
    const weights = await Promise.all(places(4).map((j) => read(run.id, step, `layer2.w[${j},${out}]`)));
    return {
      runs: [run.id], step, shown: [deltas[out], ...weights], fill: { output: run.network!.outputs[out] },
      guess: { kind: 'choice', options: weights.map((w, j) => ({ value: String(j), label: w.q })) },
    };
  },
  async answer({ runs: [run], step, shown, guess: asked }, guess) {
    const out = shown[1].q.replace(/.*,(\d+)\]/, '$1');
    await reach(run, step + 1);
    const entered = await Promise.all(places(4).map((j) => read(run, step, `layer1.a[${j}]@batch/0`)));
    const gradients = await Promise.all(places(4).map((j) => read(run, step + 1, `layer2.dw[${j},${out}]`)));
    const { at, second, isClear } = largest(gradients.map((g) => g.value));
    const verdict: Verdict = !isClear ? 'open' : guess === String(at) ? 'right' : guess === String(second) ? 'close' : 'wrong';
    const name = asked.kind === 'choice' ? asked.options[at].label : '';
    return { truth: name, shown: gradients.flatMap((g, j) => [entered[j], g]), verdict, why: isClear ? 'so' : 'tie', fill: { weight: name, a: short(entered[at].value), delta: short(shown[0].value) } };
  },
};

const saturatedSigmoid: Task = {
  name: 'saturated-sigmoid',
  async begin() {
    const both = await Promise.all(['cross-entropy', 'squared'].map((loss) => make('xor', { arch: 'dense 4 tanh | dense 1 sigmoid', optimizer: 'sgd', lr: 0.1, batch: 16, loss }, { steps: 200 })));
    const blame = await protocol.quantity(both[0].id, 0, 'layer2.delta[0]@train/0');
    const bias = blame.value > 0 ? 5 : -5; // away from the truth
    const values = { 'layer2.b[0]': bias, ...Object.fromEntries(places(4).map((j) => [`layer2.w[${j},0]`, 0])) };
    for (const run of both) await protocol.command(run.id, { do: 'act', name: 'edit', values });
    const [z, a] = await Promise.all(['z', 'a'].map((what) => read(both[0].id, 0, `layer2.${what}[0]@train/0`)));
    return { runs: both.map((r) => r.id), step: 0, shown: [z, a], fill: { z: short(z.value), a: short(a.value, 4), t: bias > 0 ? '0' : '1' }, guess: { kind: 'slider', low: 0.1, high: 10000, log: true } };
  },
  async answer({ runs }, guess) {
    const [entropy, squared] = await Promise.all(runs.map((run, i) => read(run, 0, 'layer2.delta[0]@train/0', `layer2.delta[0], ${['cross-entropy', 'squared'][i]}`)));
    const truth = entropy.value / squared.value;
    await Promise.all(runs.map((run) => reach(run, 200)));
    const after = await Promise.all(runs.map((run, i) => read(run, 200, 'output[0]@train/0', `output[0], ${['cross-entropy', 'squared'][i]}`)));
    return { truth, shown: [entropy, squared, ...after], verdict: byFactor(Number(guess), truth, 1.25, 2), why: Number.isFinite(truth) ? 'so' : 'none', fill: { ratio: short(truth) } };
  },
};

const zeroInit: Task = {
  name: 'zero-init',
  async begin() {
    const run = await make('xor', { arch: 'dense 6 sigmoid | dense 2', optimizer: 'sgd', lr: 0.5, batch: 16, init: 'zeros' }, { steps: 200 });
    return { runs: [run.id], step: 0, shown: [await read(run.id, 0, 'layer1.w[0,0]'), await read(run.id, 0, 'layer1.w[0,5]')], fill: {}, guess: { kind: 'slider', low: 1, high: 6, whole: true } };
  },
  async answer({ runs: [run] }, guess) {
    await reach(run, 200);
    const names = (j: number) => [`layer1.w[0,${j}]`, `layer1.w[1,${j}]`, `layer1.b[${j}]`, `layer2.w[${j},0]`, `layer2.w[${j},1]`];
    const units = await Promise.all(places(6).map((j) => Promise.all(names(j).map((q) => read(run, 200, q)))));
    const truth = different(units.map((u) => u.map((n) => n.hex)));
    return { truth, shown: units.map((u) => u[0]), verdict: Number(guess) === truth ? 'right' : 'wrong', why: truth === 1 ? 'so' : 'other', fill: { n: String(truth) } };
  },
};

const xorUnits: Task = {
  name: 'xor-units',
  async begin() {
    const usual = recipe('xor').settings!;
    const runs = [];
    for (const units of [1, 2, 3, 4])
      for (const seed of seeds) runs.push(await make('xor', { ...usual, arch: `dense ${units} tanh | dense 2` }, { epochs: 80 }, seed));
    return { runs: runs.map((r) => r.id), step: 0, shown: [], fill: { n: count(runs[0].total_steps) }, guess: { kind: 'choice', options: [1, 2, 3, 4, 5].map((n) => ({ value: String(n), label: n < 5 ? String(n) : '> 4' })) } };
  },
  async answer({ runs }, guess) {
    const ends = await Promise.all(runs.map(async (id, i) => {
      const end = (await protocol.state(id)).total_steps;
      await reach(id, end);
      return read(id, end, 'valid.accuracy', `${Math.floor(i / 3) + 1} × tanh, ${speech.words.seed} ${seeds[i % 3]}`, { share: true });
    }));
    const { at, of } = firstReached([0, 3, 6, 9].map((from) => ends.slice(from, from + 3).map((e) => e.value)), 0.95);
    const truth = at < 0 ? 5 : at + 1;
    return { truth: truth < 5 ? truth : '> 4', shown: ends, verdict: byDistance(Number(guess), truth, 0, 1), why: at < 0 ? 'never' : of < 3 ? 'some' : 'all', fill: { n: String(truth), of: String(of) } };
  },
};

const dropoutHelps: Task = {
  name: 'dropout-helps',
  async begin() {
    const runs = [];
    for (const seed of seeds)
      for (const arch of ['dense 32 relu | dense 3', 'dense 32 relu | dropout 0.5 | dense 3'])
        runs.push(await make('penguins', { arch, optimizer: 'adam', lr: 0.01, batch: 16, split: '0.08/0.6/0.32' }, { steps: 600 }, seed));
    return { runs: runs.map((r) => r.id), step: 0, shown: [], fill: { rows: String(runs[0].split.train), n: count(600) }, guess: { kind: 'slider', low: -10, high: 10, points: true } };
  },
  async answer({ runs }, guess) {
    const ends = await Promise.all(runs.map(async (id, i) => {
      await reach(id, 600);
      return read(id, 600, 'valid.accuracy', `${speech.words.seed} ${seeds[Math.floor(i / 2)]}, dropout ${i % 2 ? 0.5 : 0}`, { share: true });
    }));
    const { mean, deviation } = meanAndDeviation(seeds.map((_, s) => 100 * (ends[2 * s + 1].value - ends[2 * s].value)));
    const isClear = Math.abs(mean) > deviation;
    return { truth: mean, shown: ends, verdict: isClear ? byDistance(Number(guess), mean, 1, 3) : 'open', why: !isClear ? 'open' : mean > 0 ? 'helps' : 'hurts', fill: { mean: short(mean), deviation: short(deviation) } };
  },
};

// Of any chapter: a set-up of its own for the data in focus, and what will come of it.
const nextAccuracy: Task = {
  name: 'next-accuracy',
  async begin(): Promise<Setup> {
    const { data, task } = lab.state!, { settings } = recipe(data);
    const run = await protocol.create({ experiment: 'mlp', data, seed: 1, steps: 1000, settings });
    const isClass = task === 'classify';
    return { runs: [run.id], step: 0, shown: [], fill: { data: data.replace(/^.*\//, ''), n: count(1000), metric: isClass ? 'accuracy' : 'R²', arch: String(run.settings.arch) }, guess: { kind: 'slider', low: 0, high: isClass ? 100 : 1, share: isClass } };
  },
  async answer({ runs: [run], guess: asked }, guess) {
    const isClass = asked.kind === 'slider' && asked.share === true;
    await reach(run, 1000);
    const end = await read(run, 1000, isClass ? 'valid.accuracy' : 'valid.r2', undefined, { share: isClass });
    const truth = isClass ? 100 * end.value : end.value;
    return { truth, shown: [end], verdict: byDistance(Number(guess), truth, isClass ? 2 : 0.02, isClass ? 6 : 0.06), why: 'so', fill: { truth: isClass ? percent(end.value) : short(truth) } };
  },
};

export const tasks: Task[] = [nextAccuracy, whoIsToBlame, saturatedSigmoid, zeroInit, xorUnits, dropoutHelps];
kept.learn(speech.learn({ en: () => import('./tasks.en').then((m) => m.en), zh: () => import('./tasks.zh').then((m) => m.zh) }));
