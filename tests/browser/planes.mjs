// What the chapter of convolutions must pass beside the checks of all chapters: a tiny network of planes against a
// reference in float64.
import assert from 'node:assert/strict';
import { Convolution } from './convolution.mjs';
import { draw, press, seed, shown, stands } from './lab.mjs';

const small = { arch: 'conv 2 5x5 stride 4 relu | pool 2 | dense 10', schedule: 'constant', batch: 16 };
const data = { experiment: 'cnn', data: 'drawn-digits' };
const near = (a, b, what) => assert.ok(Math.abs(a - b) <= 1e-4 * Math.max(Math.abs(b), 1e-2), `${what}: the page has ${a}, the reference ${b}`);
const range = (n) => Array.from({ length: n }, (_, i) => i);

// A tensor of the run, by the names of its numbers.
async function read(lab, id, at, name, shape, sample = '') {
  const places = shape.reduce((all, n) => all.flatMap((p) => range(n).map((i) => [...p, i])), [[]]), values = [];
  for (let i = 0; i < places.length; i += 512)
    values.push(...(await lab.ask(`/runs/${id}/steps/${at}/quantities`, { names: places.slice(i, i + 512).map((p) => `${name}[${p}]${sample}`) })).values);
  const cut = (flat, [n, ...rest]) => (rest.length ? range(n).map((i) => cut(flat.slice((i * flat.length) / n, ((i + 1) * flat.length) / n), rest)) : flat);
  return cut(values.map((v) => v.value), shape);
}

async function oracle({ lab, at }) {
  const its = { lr: 0.05, momentum: 0.9 }, batch = 5;
  const run = await lab.create({ ...small, ...its, optimizer: 'momentum', weight_decay: 0, batch }, { ...data, seed, steps: 1000 });
  const page = await at(run.id), value = async (name) => (await shown(page, name)).value;
  const weights = Object.fromEntries(await Promise.all([['w1', 'layer1.w', [5, 5, 1, 2]], ['b1', 'layer1.b', [2]], ['w2', 'layer2.w', [18, 10]], ['b2', 'layer2.b', [10]]]
    .map(async ([name, q, shape]) => [name, await read(lab, run.id, 0, q, shape)])));
  const reference = new Convolution(weights, run.network.planes[0].window, its.lr, its.momentum);
  const sample = async (n, of) => ({ x: await read(lab, run.id, n, 'layer1.in', [28, 28, 1], `@${of}`), label: run.network.outputs.indexOf(await labelOf(page, of)) });
  for (let n = 1; n <= 3; n++) {
    const rows = [];
    for (const r of range(batch)) rows.push(await sample(n - 1, `batch/${r}`));
    const { loss, w1, b1, w2 } = reference.step(rows);
    await press(page, 'batch');
    await stands(page, n);
    const [dy, dx, c, i, k] = [draw(5), draw(5), draw(2), draw(18), draw(10)];
    near(await value('train.loss'), loss, `loss ${n}`);
    near(await value(`layer1.dw[${dy},${dx},0,${c}]`), w1[dy][dx][0][c], `layer1.dw ${n}`);
    near(await value(`layer1.db[${c}]`), b1[c], `layer1.db ${n}`);
    near(await value(`layer2.dw[${i},${k}]`), w2[i][k], `layer2.dw ${n}`);
    near(await value(`layer1.w[${dy},${dx},0,${c}]`), reference.w1[dy][dx][0][c], `layer1.w ${n}`);
    const [y, x] = [draw(7), draw(7)], studied = await sample(n, 'train/0'), { z1 } = reference.forward(studied.x), { delta1, delta2 } = reference.blame(studied);
    near(await value(`layer1.z[${y},${x},${c}]@train/0`), z1[y][x][c], `layer1.z ${n}`);
    near(await value(`layer1.delta[${y},${x},${c}]@train/0`), delta1[y][x][c], `layer1.delta ${n}`);
    near(await value(`layer2.delta[${k}]@train/0`), delta2[k], `layer2.delta ${n}`);
  }
}
// The class of a sample: where its blame at the output is negative, p - 1.
async function labelOf(page, of) {
  const all = await page.evaluate(async ([id, at, names]) => (await (await fetch(`api/runs/${id}/steps/${at}/quantities`, { method: 'POST', body: JSON.stringify({ names }) })).json()).values.map((v) => v.value),
    [await page.locator('[data-q="fingerprint"]').getAttribute('data-run'), await page.locator('[data-q="fingerprint"]').getAttribute('data-step'), range(10).map((k) => `layer2.delta[${k}]@${of}`)]);
  return String(all.findIndex((v) => v < 0));
}

export const convolutions = [
  { name: 'G1 its numbers are those of a reference in float64', check: oracle, engine: ['gradient-sign', 'stale-momentum', 'wrong-batch', 'off-by-one', 'flipped-kernel'], page: ['frozen'] },
];
export const image = {
  begin: (lab, settings = {}, more = {}) => lab.create({ ...small, ...settings }, { ...more, ...data }),
  replayed: {
    make: (lab, more = {}) => lab.create({ ...small, batch: 128, optimizer: 'adam' }, { ...data, seed, ...more }),
    some: () => [`layer1.w[${draw(5)},${draw(5)},0,${draw(2)}]`, `layer2.b[${draw(10)}]`, `layer1.dw[${draw(5)},${draw(5)},0,${draw(2)}]`, 'train.loss',
      `layer1.z[${draw(7)},${draw(7)},${draw(2)}]@train/${draw(50)}`, `pool1.a[${draw(3)},${draw(3)},${draw(2)}]@valid/${draw(20)}`, `layer1.delta[${draw(7)},${draw(7)},${draw(2)}]@batch/${draw(10)}`,
      `layer2.z[${draw(10)}]@test/${draw(20)}`, `layer1.in[${draw(28)},${draw(28)},0]@valid/${draw(9)}`, 'valid.accuracy'],
    edited: 'layer1.w[1,2,0,1]', reports: ['valid.confusion[1,1]', 'layer1.w[1,2,0,1]'],
  },
};
