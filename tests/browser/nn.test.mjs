// What the chapter of neural networks claims, by the numbers that it shows: why squared errors learn slowly from a
// saturated output, what identical units do, and how many digits are read after one epoch.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { draw, launch, Lab, limn, press, seed, shown, stands, token } from './lab.mjs';
import { address, choose, numbers, rest } from './plate.mjs';

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

async function twoClouds() {
  const text = ['x,y,side', ...Array.from({ length: 60 }, (_, i) => `${(i % 2) * 2 + draw(1000) / 500},${draw(1000) / 500},${i % 2 ? 'right' : 'left'}`)].join('\n');
  const answer = await fetch(`${lab.origin}/api/data?name=sides.csv`, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: text });
  return (await answer.json()).name;
}
const one = async (page, name) => (await numbers(page)).find((n) => n.q === name).value;

test('at a saturated output the blame of cross-entropy is 1/(2a(1 − a)) times that of the squared error', { timeout: 60000 }, async () => {
  const data = await twoClouds(), its = { schedule: 'constant', batch: 10, target: 'side' };
  const runs = [
    await lab.create({ ...its, arch: 'dense 3 tanh | dense 1', loss: 'cross-entropy' }, { data, seed }),
    await lab.create({ ...its, arch: 'dense 3 tanh | dense 1 sigmoid', loss: 'squared' }, { data, seed }),
  ];
  for (const bias of [-7, -3, 0, 4, 6]) { // badly wrong, or well right, by the sample's class
    const said = [];
    for (const run of runs) {
      const values = Object.fromEntries([0, 1, 2].flatMap((j) => [[`layer1.w[0,${j}]`, 0.3 - 0.2 * j], [`layer1.w[1,${j}]`, 0.1 * j], [`layer1.b[${j}]`, 0.05], [`layer2.w[${j},0]`, 0.2 * (j - 1)]]));
      const { id } = await lab.do(run.id, { do: 'act', name: 'edit', values: { ...values, 'layer2.b[0]': bias } });
      const page = await lab.open(browser, address(id, '2.0'));
      for (const sample of ['train/0', 'train/1', 'train/2', 'train/3']) {
        await choose(page, { unit: '2.0', sample });
        said.push({ run, sample, a: await one(page, `output[0]@${sample}`), delta: await one(page, `layer2.delta[0]@${sample}`) });
      }
      assert.deepEqual(page.errors, []);
      await page.close();
    }
    for (let i = 0; i < 4; i++) {
      const [ce, mse] = [said[i], said[i + 4]], { a } = ce;
      assert.ok(Math.abs(a - mse.a) < 1e-6, `${ce.sample}: ${a} and ${mse.a} are the same weights`);
      const ratio = ce.delta / mse.delta, wanted = 1 / (2 * a * (1 - a)); // the error is (y − t)² without a half
      assert.ok(Math.abs(ratio - wanted) < 1e-3 * wanted, `bias ${bias}, ${ce.sample}: ${ratio}, not ${wanted}`);
      if (Math.abs(bias) > 5) assert.ok(ratio > 50, `bias ${bias}: a saturated output is ${ratio} times slower`);
    }
  }
});

// The bits of what enters each unit of layer 1, and leaves it, as the plate shows them.
async function units(page, count) {
  const all = [];
  for (let j = 0; j < count; j++) {
    await choose(page, { unit: `1.${j}` });
    const bits = Object.fromEntries((await numbers(page)).map((n) => [`${n.q} ${n.step}`, n.hex])), at = (await page.getAttribute('[data-view="microscope"]', 'data-step'));
    all.push([0, 1].map((i) => bits[`layer1.w[${i},${j}] ${at}`]).concat(bits[`layer1.b[${j}] ${at}`], [0, 1].map((k) => bits[`layer2.w[${j},${k}] ${at}`])));
    assert.ok(all[j].every(Boolean), String(all[j]));
  }
  return all;
}

test('units that begin alike stay alike, bit for bit', { timeout: 60000 }, async () => {
  for (const start of ['zeros', 'alike', 'he']) {
    const run = await lab.create({ arch: 'dense 4 tanh | dense 2', init: start === 'alike' ? 'zeros' : start, schedule: 'constant', batch: 16, optimizer: 'momentum', lr: 0.1 }, { data: 'moons', seed });
    const page = await lab.open(browser, address(run.id, '1.0'));
    if (start === 'alike') {
      const values = Object.fromEntries([0, 1, 2, 3].flatMap((j) => [[`layer1.w[0,${j}]`, 0.4], [`layer1.w[1,${j}]`, -0.7], [`layer2.w[${j},0]`, 0.3], [`layer2.w[${j},1]`, -0.2]]));
      await lab.do(run.id, { do: 'act', name: 'edit', values });
      await rest(page);
    }
    const before = await units(page, 4);
    await lab.do(run.id, { do: 'step', count: 50 });
    await stands(page, 50);
    const all = await units(page, 4);
    if (start === 'alike') assert.notDeepEqual(all, before, 'they do learn');
    for (const unit of all.slice(1)) (start === 'he' ? assert.notDeepEqual : assert.deepEqual)(unit, all[0], start);
    assert.deepEqual(page.errors, []);
    await page.close();
  }
});

test('one epoch of MNIST reads 93 in 100 digits, the very ones that the command line says', { timeout: 180000 }, async (t) => {
  const { data } = await lab.ask('/data');
  if (!data.some((d) => d.name === 'mnist' && d.present)) return t.skip('the data set mnist is not on this machine: limn data get mnist');
  const settings = { arch: 'dense 64 relu | dense 10', batch: 64 };
  const run = await lab.ask('/runs', { experiment: 'mlp', data: 'mnist', seed, epochs: 1, settings });
  const page = await lab.open(browser, `#/nn?run=${run.id}`);
  page.setDefaultTimeout(120000);
  await press(page, 'play');
  await page.waitForSelector('.app[data-state="done"]');
  const { value } = await shown(page, 'test.accuracy'), { test: rows } = run.split;
  assert.ok(value >= 0.93, `${value}`);
  const told = execFileSync(limn, ['train', 'mlp', '--data', 'mnist', '--seed', String(seed), '--epochs', '1', '--json', '--out', `${lab.runs}/by-command`,
    ...Object.entries(settings).flatMap(([n, v]) => ['--set', `${n}=${v}`])], { encoding: 'utf8' });
  const { metrics, fingerprint } = JSON.parse(told.trim().split('\n').at(-1));
  assert.equal(Math.round(value * rows), Math.round(metrics['test.accuracy'] * rows));
  assert.equal(await page.locator('[data-q="fingerprint"]').innerText(), fingerprint);
  assert.deepEqual(page.errors, []);
  await page.close();
});
