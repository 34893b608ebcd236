// The chapter's exercises: what each sets up, and which counts of the engine answer it.
import { explain } from '../../engine/explain';
import * as protocol from '../../engine/protocol';
import type { State } from '../../engine/protocol';
import { meanAndDeviation } from '../../frame/compare';
import { byDistance, largest, type Verdict } from '../../part/judge';
import { reach, read, tasks as kept, type Shown, type Task } from '../../part/tasks.svelte';
import { count, percent, short, speech } from '../../words/words.svelte';
import { curveOf, moved, type Curve } from './explain/moves.svelte';
import { twin } from './layers';

const seeds = [1, 2, 3], steps = 300, far = 3; // pixels
const pooled = 'conv 8 5x5 relu | pool 2 | conv 16 3x3 relu | pool 2 | dense 10', bare = pooled.replaceAll(' | pool 2', '');
const make = (arch: string, seed = 1, data = 'drawn-digits') => protocol.create({ experiment: 'cnn', data, seed, steps: 2 * steps, settings: { arch, schedule: 'constant', weight_decay: 0 } });
const pairs = async (one: string, other: string) => {
  const runs: State[] = [];
  for (const seed of seeds) for (const arch of [one, other]) runs.push(await make(arch, seed));
  return runs.map((r) => r.id);
};
const at = (curve: Curve, by: number) => curve.points.find((p) => p.by === by)!.accuracy;

const poolingShift: Task = {
  name: 'pooling-shift',
  begin: async () => ({ runs: await pairs(pooled, bare), step: 0, shown: [], fill: { n: count(steps), far: String(far) }, guess: { kind: 'slider', low: -30, high: 30, points: true } }),
  // What the curves to the right and down lose from 0 to `far` pixels to either side, on the average.
  async answer({ runs }, guess) {
    const lost: number[] = [], shown = [];
    for (const [i, id] of runs.entries()) {
      const run = await reach(id, steps), curves = [await curveOf(run, 'test', 'right', steps), await curveOf(run, 'test', 'down', steps)];
      if (i < 2) for (const curve of curves) moved.put(curve);
      lost.push(100 * (at(curves[0], 0) - meanAndDeviation(curves.flatMap((c) => [at(c, -far), at(c, far)])).mean));
      shown.push(await read(id, steps, 'test.accuracy', `${i % 2 ? '–' : 'pool 2'}, ${speech.words.seed} ${seeds[Math.floor(i / 2)]}`, { share: true }));
    }
    const bought = seeds.map((_, s) => lost[2 * s + 1] - lost[2 * s]), { mean, deviation } = meanAndDeviation(bought), isClear = Math.abs(mean) > deviation;
    const of = (which: number) => short(meanAndDeviation(lost.filter((_, i) => i % 2 === which)).mean);
    return { truth: mean, shown, verdict: isClear ? byDistance(Number(guess), mean, 2, 5) : 'open', why: !isClear ? 'open' : mean > 0 ? 'helps' : 'hurts', fill: { far: String(far), pooled: of(0), bare: of(1), mean: short(mean), deviation: short(deviation) } };
  },
};

const units = 6, [truth, answer] = [1, 7];
const whichFilter: Task = {
  name: 'which-filter',
  async begin() {
    const run = await make(`conv ${units} 5x5 relu | pool 2 | conv 12 3x3 relu | pool 2 | dense 10`);
    await reach(run.id, steps);
    const shown = [await read(run.id, steps, `test.confusion[${truth},${answer}]`), await read(run.id, steps, `test.confusion[${answer},${truth}]`)];
    return { runs: [run.id], step: steps, shown, fill: { n: count(steps) }, guess: { kind: 'choice', options: Array.from({ length: units }, (_, k) => ({ value: String(k), label: `layer1[${k}]` })) } };
  },
  async answer({ runs: [run], step }, guess) {
    const more: number[] = [];
    let before = 0;
    for (let k = 0; k < units; k++) {
      const e = await explain(run, step, 'ablate', { split: 'test', channels: `layer1.unit[${k}]` }), of = (c: number[][]) => c[truth][answer] + c[answer][truth];
      before = of(e.confusion_before);
      more.push(of(e.confusion) - before);
    }
    const { at: best, second, isClear } = largest(more.map((v) => Math.max(0, v)));
    const verdict: Verdict = !isClear ? 'open' : guess === String(best) ? 'right' : guess === String(second) ? 'close' : 'wrong';
    return { truth: `layer1[${best}]`, shown: [], verdict, why: isClear ? 'so' : 'tie', fill: { filter: `layer1[${best}]`, from: count(before), to: count(before + more[best]), all: more.map((v, k) => `layer1[${k}] ${v > 0 ? '+' : ''}${count(v)}`).join(', ') } };
  },
};

const denseLoses: Task = {
  name: 'dense-loses',
  async begin() {
    const run = await make(pooled), other = twin(run.parameters, run.network!.sample.reduce((a, b) => a * b, 1), run.network!.outputs.length)!;
    return { runs: await pairs(pooled, other.arch), step: 0, shown: [], fill: { n: count(2 * steps), m: count(run.parameters), d: count(other.parameters) }, guess: { kind: 'slider', low: -20, high: 20, points: true } };
  },
  async answer({ runs }, guess) {
    const ends: Shown[] = [];
    for (const [i, id] of runs.entries()) {
      await reach(id, 2 * steps);
      ends.push(await read(id, 2 * steps, 'test.accuracy', `${i % 2 ? 'dense' : 'conv'}, ${speech.words.seed} ${seeds[Math.floor(i / 2)]}`, { share: true }));
    }
    const { mean, deviation } = meanAndDeviation(seeds.map((_, s) => 100 * (ends[2 * s].value - ends[2 * s + 1].value))), isClear = Math.abs(mean) > deviation;
    const of = (which: number) => percent(meanAndDeviation(ends.filter((_, i) => i % 2 === which).map((e) => e.value)).mean);
    return { truth: mean, shown: ends, verdict: isClear ? byDistance(Number(guess), mean, 1, 3) : 'open', why: !isClear ? 'open' : mean > 0 ? 'loses' : 'wins', fill: { conv: of(0), dense: of(1), mean: short(mean), deviation: short(deviation) } };
  },
};

export const tasks: Task[] = [poolingShift, whichFilter, denseLoses];
kept.learn(speech.learn({ en: () => import('./tasks.en').then((m) => m.en), zh: () => import('./tasks.zh').then((m) => m.zh) }));
