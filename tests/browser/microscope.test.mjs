// The microscope: every number of a sample's way forwards and back on the network that is training, against a reference
// in float64 and the engine's exact values; the page's own gradient check; and stepping by operation, there and back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { draw, fingerprint, launch, Lab, press, seed, stands, step, token } from './lab.mjs';
import { address, choose, numbers, rest } from './plate.mjs';
import { Reference } from './reference.mjs';

let browser, lab;
before(async () => {
  browser = await launch();
  lab = await new Lab().start();
});
after(async () => {
  await browser.close();
  await lab.stop();
  lab.remove();
});

const settings = { arch: 'dense 3 tanh | dense 3', optimizer: 'sgd', lr: 0.3, schedule: 'constant', weight_decay: 0, batch: 12 };
const near = (a, b, what) => assert.ok(Math.abs(a - b) <= 1e-4 * Math.max(Math.abs(b), 1e-2), `${what}: the page has ${a}, the reference ${b}`);

// Three clouds drawn here, handed in as a file.
async function cloud(of) {
  const rows = Array.from({ length: 90 }, (_, i) => [i % 3, (i % 3) * 1.4 + draw(1000) / 900, ((i * 2) % 3) + draw(1000) / 700]);
  const text = ['x,y,kind', ...rows.map(([k, x, y]) => `${x},${y},${'abc'[k]}`)].join('\n');
  const answer = await fetch(`${of.origin}/api/data?name=cloud.csv`, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: text });
  return { name: (await answer.json()).name, rows };
}
async function opened(of, plus = {}, unit = '1.0') {
  const data = await cloud(of);
  const run = await of.create({ ...settings, target: 'kind', ...plus }, { data: data.name, seed });
  return { run, data, page: await of.open(browser, address(run.id, unit)) };
}
const values = async (of, run, at, names) => (await of.ask(`/runs/${run}/steps/${at}/quantities`, { names })).values.map((v) => v.value);
const grid = (n, m) => Array.from({ length: n }, (_, i) => Array.from({ length: m }, (_, j) => [i, j])).flat();
const folded = (flat, m) => Array.from({ length: flat.length / m }, (_, i) => flat.slice(i * m, (i + 1) * m));
async function weightsOf(of, run, at) {
  const get = (name, indices) => values(of, run, at, indices.map((i) => `${name}[${i}]`));
  return { w1: folded(await get('layer1.w', grid(2, 3)), 3), b1: await get('layer1.b', [0, 1, 2]), w2: folded(await get('layer2.w', grid(3, 3)), 3), b2: await get('layer2.b', [0, 1, 2]) };
}

test('every number on the plate is the reference’s, and its bits are the engine’s', { timeout: 120000 }, async () => {
  const { run, data, page } = await opened(lab);
  const inputs = run.network.inputs, classes = run.network.outputs;
  const known = data.rows.map(([k, x, y]) => ({ x: [(x - inputs[0].mean) / inputs[0].deviation, (y - inputs[1].mean) / inputs[1].deviation], label: classes.indexOf('abc'[k]) }));
  const sample = (x) => known.find((s) => Math.hypot(s.x[0] - x[0], s.x[1] - x[1]) < 1e-5) ?? assert.fail(`no such row: ${x}`);
  const reference = new Reference(await weightsOf(lab, run.id, 0), settings.lr, 0);
  let last, earlier;
  for (let n = 0; n < 3; n++) {
    const batch = folded(await values(lab, run.id, n, Array.from({ length: 12 }, (_, r) => [`input[0]@batch/${r}`, `input[1]@batch/${r}`]).flat()), 2);
    earlier = { w1: reference.w1, b1: reference.b1, w2: reference.w2, b2: reference.b2 };
    last = reference.step(batch.map(sample));
    await press(page, 'batch');
    await stands(page, n + 1);
  }
  let seen = 0;
  for (const of of ['train/0', `train/${draw(40)}`, `valid/${draw(8)}`, `test/${draw(8)}`, `batch/${draw(12)}`])
    for (const unit of ['1.0', '1.1', '1.2', '2.0', '2.1', '2.2']) {
      await choose(page, { unit, sample: of });
      const all = await numbers(page), x = [0, 1].map((i) => all.find((n) => n.q === `input[${i}]@${of}`)?.value);
      const its = sample(x[0] === undefined ? await values(lab, run.id, 3, [`input[0]@${of}`, `input[1]@${of}`]) : x);
      const { z1, a1, p } = reference.forward(its.x), { delta1, delta2, loss } = reference.blame(its), z2 = z1.map(() => 0);
      z2.forEach((_, k) => { z2[k] = a1.reduce((sum, v, j) => sum + v * reference.w2[j][k], reference.b2[k]); });
      const by = { input: its.x, output: p, loss: [loss], 'layer1.z': z1, 'layer1.a': a1, 'layer2.z': z2, 'layer2.a': z2, 'layer1.delta': delta1, 'layer2.delta': delta2 };
      const slope = { 'layer1.dw': (i, j) => its.x[i] * delta1[j], 'layer1.db': (j) => delta1[j], 'layer2.dw': (i, j) => a1[i] * delta2[j], 'layer2.db': (j) => delta2[j] };
      for (const { q, step: at, hex, value } of all) {
        assert.equal(hex, (await lab.quantity(run.id, at, q)).hex, q);
        const [, name, index, ofSample] = /^([^[]+)\[([\d,]+)\](@.*)?$/.exec(q), place = index.split(',').map(Number);
        const [, layer, what] = /^layer(\d)\.(d?[wb])$/.exec(name) ?? [];
        const table = (m) => (place.length === 2 ? m[place[0]][place[1]] : m[place[0]]);
        const wanted = ofSample ? (slope[name]?.(...place) ?? table(by[name])) : table(what.startsWith('d') ? last[`${what[1]}${layer}`] : (at === 3 ? reference : earlier)[`${what}${layer}`]);
        near(value, wanted, `${q} at ${at}`);
        seen++;
      }
      for (const q of [`layer${unit[0]}.z[${unit[2]}]@${of}`, `layer${unit[0]}.delta[${unit[2]}]@${of}`, `layer${unit[0]}.db[${unit[2]}]@${of}`, `layer${unit[0]}.dw[1,${unit[2]}]@${of}`, `layer${unit[0]}.w[1,${unit[2]}]`, `layer${unit[0]}.dw[1,${unit[2]}]`])
        assert.ok(all.some((n) => n.q === q), `${q} is not on the plate`);
    }
  assert.ok(seen > 500, `${seen} numbers`);
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('the gradient check holds, and so does a numerical gradient made from what is displayed', { timeout: 60000 }, async () => {
  const { run, page } = await opened(lab);
  await lab.do(run.id, { do: 'step', count: 7 });
  await stands(page, 7);
  const weights = await weightsOf(lab, run.id, 7);
  for (const layer of [1, 2])
    for (const j of [0, 1, 2]) {
      await choose(page, { unit: `${layer}.${j}`, sample: `train/${draw(40)}` });
      const of = await page.inputValue('[data-param="sample"]');
      await press(page, 'gradient-check');
      const verdict = page.locator('[data-param="gradient-check"]');
      assert.equal(await verdict.getAttribute('data-check'), 'agrees');
      const relative = Number(await verdict.getAttribute('data-relative'));
      assert.ok(relative < 1e-3, `${relative}`);
      assert.equal(await page.locator('[data-checked]').getAttribute('data-checked'), layer === 1 ? '9' : '12');

      const [x0, x1, loss] = await values(lab, run.id, 7, [`input[0]@${of}`, `input[1]@${of}`, `loss[0]@${of}`]);
      const lossAt = (w, label) => -Math.log(Math.max(1e-300, new Reference(w, 0, 0).forward([x0, x1]).p[label]));
      const label = [0, 1, 2].find((k) => Math.abs(lossAt(weights, k) - loss) < 1e-4);
      for (const row of await page.locator('[data-part="gradient"] tbody tr:has([data-numerical])').all()) {
        const shown = { q: await row.locator('[data-q*="@"]').first().getAttribute('data-q') };
        const [, name, index] = /\.d([wb])\[([\d,]+)\]/.exec(shown.q), place = index.split(',').map(Number), h = 1e-5;
        const moved = (by) => {
          const w = structuredClone(weights), table = w[`${name}${layer}`];
          place.length === 2 ? (table[place[0]][place[1]] += by) : (table[place[0]] += by);
          return lossAt(w, label);
        };
        const numerical = (moved(h) - moved(-h)) / (2 * h), analytic = (await lab.quantity(run.id, 7, shown.q)).value;
        const apart = (v) => Math.abs(v - numerical) / Math.max(Math.abs(v), Math.abs(numerical), 1e-6);
        assert.ok(apart(analytic) < 1e-3, `${shown.q}: the engine has ${analytic}, the difference is ${numerical}`);
        const its = Number(await row.locator('[data-numerical]').getAttribute('data-numerical'));
        assert.ok(apart(its) < 1e-3, `${shown.q}: the page's difference is ${its}, here it is ${numerical}`);
      }
    }
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('G5 with gradients of the wrong sign the page’s own check says that it differs', { timeout: 60000 }, async () => {
  const wrong = await new Lab('gradient-sign').start();
  const { page } = await opened(wrong);
  try {
    await press(page, 'batch');
    await stands(page, 1);
    await choose(page, { unit: '1.1', sample: 'train/3' });
    await press(page, 'gradient-check');
    assert.equal(await page.locator('[data-param="gradient-check"]').getAttribute('data-check'), 'differs');
  } finally {
    await page.close();
    await wrong.stop();
    wrong.remove();
  }
});

test('walking all operations there and back comes to the same numbers', { timeout: 90000 }, async () => {
  const { run, page } = await opened(lab, { arch: 'dense 3 tanh | dense 4 relu | dense 3' });
  await lab.do(run.id, { do: 'step', count: 5 });
  await stands(page, 5);
  const { operations } = await lab.ask(`/runs/${run.id}`);
  await choose(page, { unit: '1.1', sample: 'batch/1' });
  await page.evaluate(() => document.activeElement.blur()); // a field keeps its arrows
  const look = async (op) => {
    await page.waitForFunction(([n]) => document.querySelector('[data-view="microscope"]')?.dataset.op === n, [String(op)]);
    await rest(page, { op });
    return { unit: await page.getAttribute('[data-view="microscope"]', 'data-unit'), fingerprint: await fingerprint(page), all: (await numbers(page)).map((n) => `${n.q} ${n.step} ${n.hex}`).sort() };
  };
  const seen = [await look(0)];
  for (let op = 1; op < operations.length; op++) {
    await page.keyboard.press('ArrowRight');
    seen.push(await look(op));
    const [, layer] = /^layer(\d)/.exec(operations[op - 1]) ?? [];
    if (layer) assert.equal(seen[op].unit.split('.')[0], layer, operations[op - 1]);
    assert.equal(await page.getAttribute('.ops [aria-current]', 'data-op'), operations[op - 1]);
  }
  assert.deepEqual(await page.$$eval('.lens.dim', (all) => all.map((e) => e.dataset.part)), [], 'all parts are there before the update');
  await page.keyboard.press('ArrowRight');
  await stands(page, 6);
  assert.notEqual((await look(0)).fingerprint, seen[0].fingerprint);
  await page.keyboard.press('ArrowLeft');
  await stands(page, 5);
  for (let op = operations.length - 1; op >= 0; op--) {
    assert.deepEqual(await look(op), seen[op], `back at operation ${op}`);
    if (op > 0) await page.keyboard.press('ArrowLeft');
  }
  await page.click(`.ops [data-op="layer2.z"]`); // the strip goes there too: not yet blamed
  await look(2);
  assert.deepEqual(await page.$$eval('.lens.dim', (all) => all.map((e) => e.dataset.part)), ['blame', 'gradient']);
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('whatever the network is, what is shown are its numbers', { timeout: 120000 }, async () => {
  const cases = [
    ['spirals', { arch: 'dense 3 tanh | dense 1' }], ['spirals', { arch: 'dense 3 sigmoid | dense 1 sigmoid', loss: 'squared' }],
    ['spirals', { arch: 'dense 12 relu | bn tanh | dropout 0.3 | dense 9 gelu | ln selu | dense 2' }], ['waves', { arch: 'dense 20 leaky_relu | dense 1' }],
    ['penguins', { arch: 'dense 70 swish | dense 70 tanh | dense 9 tied 1 elu | dense 3', optimizer: 'adam' }], ['drawn-digits', { arch: 'dense 12 relu | dense 10' }],
  ];
  for (const [data, its] of cases) {
    const run = await lab.create({ batch: 20, schedule: 'constant', ...its }, { data, seed });
    await lab.do(run.id, { do: 'step', count: 6 });
    const depth = run.network.layers.length, page = await lab.open(browser, address(run.id, '1.0'));
    for (let k = 1; k <= depth; k++) {
      const j = draw(run.network.layers[k - 1].units);
      await choose(page, { unit: `${k}.${j}`, sample: `test/${draw(20)}` });
      const all = await numbers(page);
      for (const what of ['z', 'a', 'delta']) assert.ok(all.some((n) => n.q.startsWith(`layer${k}.${what}[${j}]@`)), `${its.arch}: no ${what} of layer ${k}`);
      for (const { q, step: at, hex } of all) assert.equal(hex, (await lab.quantity(run.id, at, q)).hex, `${its.arch}: ${q}`);
      await press(page, 'gradient-check');
      await page.waitForSelector('[data-checked]');
      assert.equal(await page.locator('[data-check="differs"]').count(), 0, `${its.arch}: layer ${k}`);
    }
    assert.deepEqual(page.errors, []);
    await page.close();
  }
});

test('a pixel is a term of the sum', { timeout: 60000 }, async () => {
  const run = await lab.create({ arch: 'dense 6 tanh | dense 10', batch: 50, schedule: 'constant' }, { data: 'drawn-digits', seed });
  await lab.do(run.id, { do: 'step', count: 3 });
  const page = await lab.open(browser, address(run.id, '1.2'));
  await rest(page, { unit: '1.2' });
  await page.focus('.sample-image canvas');
  const [rows, columns] = run.network.sample, y = 2, x = 1 + draw(3);
  for (const [key, times] of [['ArrowDown', y], ['ArrowRight', x]]) for (let n = 0; n < times; n++) await page.keyboard.press(key);
  const pixel = y * columns + x;
  assert.ok(pixel < rows * columns);
  await page.waitForSelector(`tr.lit [data-q="layer1.w[${pixel},2]"]`);
  await page.waitForSelector(`tr.lit [data-q="input[${pixel}]@train/0"]`);
  assert.ok((await page.locator('[data-part="gradient"] tr.lit').innerText()).includes(`w[${pixel},2]`));
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('while it trains one request is under way at a time, and the numbers move on', { timeout: 60000 }, async () => {
  const run = await lab.create({ ...settings, arch: 'dense 3 tanh | dense 2', lr: 0.01 }, { data: 'spirals', seed });
  const page = await lab.open(browser, address(run.id, '1.1'));
  await rest(page, { unit: '1.1' });
  let now = 0, most = 0;
  const counts = (r) => r.url().includes('/quantities');
  page.on('request', (r) => { if (counts(r)) most = Math.max(most, ++now); });
  for (const event of ['requestfinished', 'requestfailed']) page.on(event, (r) => { if (counts(r)) now--; });
  await press(page, 'play');
  let before = -1;
  for (let n = 0; n < 4; n++) {
    await page.waitForFunction((b) => Number(document.querySelector('[data-view="microscope"]')?.dataset.step) > b, before);
    before = Number(await page.getAttribute('[data-view="microscope"]', 'data-step'));
  }
  assert.equal(most, 1);
  await press(page, 'pause');
  await page.waitForSelector('.app[data-state="paused"]');
  await rest(page);
  const at = await step(page);
  for (const { q, step: of, hex } of await numbers(page)) {
    assert.ok(of === at || of === at - 1, q);
    assert.equal(hex, (await lab.quantity(run.id, of, q)).hex, q);
  }
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('it is the third level of zoom, and the receipt leads back to the word', { timeout: 60000 }, async () => {
  const run = await lab.create({ arch: 'dense 8 tanh | dense 5 relu | dense 2', batch: 20 }, { data: 'moons', seed });
  const page = await lab.open(browser, `#/nn?run=${run.id}`);
  await page.keyboard.press('+');
  await page.waitForFunction(() => location.hash.includes('unit='));
  await page.keyboard.press('+');
  await rest(page);
  assert.match(page.url(), /unit=\d\.\d+&plate=microscope/);
  await choose(page, { unit: '2.3', sample: 'valid/1' });
  await page.click('[data-part="forward"] tfoot [data-q="layer2.z[3]@valid/1"]');
  await page.waitForSelector('.receipt .big [data-q="layer2.z[3]@valid/1"]');
  await page.click('.origin summary');
  assert.equal(await page.innerText('.origin mark'), 'dense 5 relu');
  assert.match(await page.innerText('.nodes'), /matmul[\s\S]*layer2[\s\S]*nn\/layer\.cpp/);
  await page.keyboard.press('Escape');
  await page.waitForSelector('[data-view="network"]');
  assert.doesNotMatch(page.url(), /plate/);
  await page.close();
  for (const [width, language, theme] of [[360, 'en', 'light'], [360, 'zh-CN', 'dark'], [768, 'en', 'dark']]) {
    const small = await lab.open(browser, address(run.id, '2.3'), { width, language, theme, search: '&long' });
    await rest(small, { unit: '2.3' });
    assert.ok(await small.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} ${language}`);
    assert.deepEqual(small.errors, []);
    await small.close();
  }
});
