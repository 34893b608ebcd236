// What every chapter must pass: its numbers are the engine's, of the step that it says, and nothing else moves them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { draw, fingerprint, launch, Lab, press, seed, shown, stands, step } from './lab.mjs';
import { pages } from './pages.mjs';
import { Reference } from './reference.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const plain = { optimizer: 'momentum', momentum: 0.9, lr: 0.25, schedule: 'constant', weight_decay: 0, batch: 12 };
const small = { arch: 'dense 12 tanh | dense 2', schedule: 'constant', batch: 32 };
let browser, lab;
before(async () => { browser = await launch(); });
after(() => browser.close());

// A test of one chapter, with a lab of its own; at its end the page has asked nobody else and has had no error.
function of(chapter, name, act, { fault } = {}) {
  test(`${chapter.name}: ${name}`, { timeout: 120000 }, async () => {
    lab = await new Lab(fault).start();
    const open = [];
    const at = (run, more) => lab.open(browser, `${chapter.hash}${run ? `?run=${run}` : ''}`, more).then((p) => (open.push(p), p));
    try {
      await act(at);
      for (const page of open) assert.deepEqual(page.errors, []);
    } finally {
      for (const page of open) await page.close();
      await lab.stop();
    }
    lab.remove(); // of a test that failed it stays
  });
}
const near = (a, b, what) => assert.ok(Math.abs(a - b) <= 1e-4 * Math.max(Math.abs(b), 1e-3), `${what}: the page has ${a}, the reference ${b}`);
const until = (page, n) => page.waitForFunction((m) => Number(document.querySelector('[data-q="fingerprint"]').dataset.step) >= m, n);

// Three batches of a tiny network, against the reference. Which rows a batch has is read from the page: its samples'
// inputs, found again among the points.
async function oracle(at) {
  const run = await lab.create({ ...plain, arch: 'dense 3 tanh | dense 2' }, { seed });
  const page = await at(run.id);
  const value = async (name) => (await shown(page, name)).value;
  const list = async (size, act) => {
    const all = [];
    for (let i = 0; i < size; i++) all.push(await act(i));
    return all;
  };
  const points = await lab.ask(`/runs/${run.id}/points?x=0&y=1`);
  const [ix, iy] = run.network.inputs;
  const x = points.x.map((v, i) => [(v - ix.mean) / ix.deviation, (points.y[i] - iy.mean) / iy.deviation]);
  const sample = async (name) => {
    const input = [await value(`input[0]@${name}`), await value(`input[1]@${name}`)];
    const row = x.findIndex((v) => Math.hypot(v[0] - input[0], v[1] - input[1]) < 1e-5);
    assert.ok(row >= 0, `${name} is none of the page's points`);
    return { x: x[row], label: points.label[row] };
  };
  const reference = new Reference({
    w1: await list(2, (i) => list(3, (j) => value(`layer1.w[${i},${j}]`))), b1: await list(3, (j) => value(`layer1.b[${j}]`)),
    w2: await list(3, (i) => list(2, (j) => value(`layer2.w[${i},${j}]`))), b2: await list(2, (j) => value(`layer2.b[${j}]`)),
  }, plain.lr, plain.momentum);
  for (let n = 1; n <= 3; n++) {
    const batch = await list(plain.batch, (r) => sample(`batch/${r}`));
    const { loss, w1, b2 } = reference.step(batch);
    await press(page, 'batch');
    await stands(page, n);
    const [i, j, k] = [draw(2), draw(3), draw(2)];
    near(await value('train.loss'), loss, `loss ${n}`);
    near(await value(`layer1.dw[${i},${j}]`), w1[i][j], `layer1.dw ${n}`);
    near(await value(`layer2.db[${k}]`), b2[k], `layer2.db ${n}`);
    near(await value(`layer1.w[${i},${j}]`), reference.w1[i][j], `layer1.w ${n}`);
    near(await value(`layer2.w[${j},${k}]`), reference.w2[j][k], `layer2.w ${n}`);
    const { delta1, delta2 } = reference.blame(await sample('train/0'));
    near(await value(`layer1.delta[${j}]@train/0`), delta1[j], `layer1.delta ${n}`);
    near(await value(`layer2.delta[${k}]@train/0`), delta2[k], `layer2.delta ${n}`);
  }
}

for (const chapter of pages) {
  of(chapter, 'G1 its numbers are those of a reference in float64', (at) => oracle(at));

  for (const fault of ['gradient-sign', 'stale-momentum', 'wrong-batch', 'off-by-one'])
    of(chapter, `G5 the reference notices ${fault}`, (at) => assert.rejects(oracle(at), /the page has .*, the reference/), { fault });

  of(chapter, 'G5 a receipt notices a gradient of the wrong sign', async (at) => {
    const page = await at((await lab.create({ ...plain, arch: 'dense 3 tanh | dense 2' }, { seed })).id);
    await press(page, 'batch');
    await stands(page, 1);
    await shown(page, 'layer1.dw[0,1]');
    assert.match(await page.locator('.slip tfoot').innerText(), /differs/);
  }, { fault: 'gradient-sign' });

  of(chapter, 'G2 its numbers are those of limn replay', async (at) => {
    const run = await lab.create({ ...small, optimizer: 'adam' }, { seed });
    const page = await at(run.id), seen = [];
    for (const n of [7, 40]) {
      await lab.do(run.id, { do: 'seek', step: 0 });
      await lab.do(run.id, { do: 'step', unit: 'batch', count: n });
      await stands(page, n);
      const names = [`layer1.w[${draw(2)},${draw(12)}]`, `layer2.b[${draw(2)}]`, `layer2.dw[${draw(12)},${draw(2)}]`, 'train.loss',
        `layer1.z[${draw(12)}]@train/${draw(50)}`, `layer1.a[${draw(12)}]@valid/${draw(20)}`, `layer1.delta[${draw(12)}]@batch/${draw(30)}`,
        `layer2.z[${draw(2)}]@test/${draw(20)}`, `layer1.b[${draw(12)}]`, `layer2.w[${draw(12)},1]`];
      for (const name of names) seen.push([n, name, (await shown(page, name)).hex]);
      const visible = await page.$$eval('.readout [data-x]', (all) => all.map((e) => [Number(e.dataset.step), e.dataset.q, e.dataset.x]));
      assert.equal(visible.length, 1);
      seen.push(...visible);
    }
    await lab.stop();
    for (const n of [7, 40]) {
      const mine = seen.filter(([at]) => at === n);
      const replayed = lab.replay(run.id, n, [...new Set(mine.map(([, name]) => name))]);
      for (const [, name, hex] of mine) assert.equal(hex, replayed[name], `${name} at step ${n}`);
    }
    await lab.start(lab.port);
    await page.waitForSelector('.app:not([data-state="disconnected"])');
  });

  of(chapter, 'G4 when the engine is gone it says so and nothing counts on', async (at) => {
    const run = await lab.create(small, { play: true });
    const page = await at(run.id);
    await until(page, 20);
    await lab.stop();
    await page.waitForSelector('.app[data-state="disconnected"]', { timeout: 2000 });
    const stood = await page.evaluate(() => new Promise((ok) => { // what the page says over sixty of its frames
      const all = new Set();
      const look = (n) => { all.add(document.querySelector('.dock').innerText); return n ? requestAnimationFrame(() => look(n - 1)) : ok([...all]); };
      look(60);
    }));
    assert.equal(stood.length, 1);
    const last = await step(page);
    await lab.start(lab.port);
    await page.waitForSelector('.app:not([data-state="disconnected"])');
    await until(page, last);
    await press(page, 'play');
    await until(page, last + 50);
  });

  of(chapter, 'G6 the seed decides all', async (at) => {
    const end = async (s) => {
      const page = await at((await lab.create(small, { seed: s })).id);
      await press(page, 'batch');
      await press(page, 'batch');
      await stands(page, 2);
      return fingerprint(page);
    };
    assert.equal(await end(seed), await end(seed));
    assert.notEqual(await end(seed), await end(seed + 1));
  });

  of(chapter, 'G7 back and forth is where it was; a branch without a change is its parent', async (at) => {
    const run = await lab.create(small, { seed });
    const page = await at(run.id);
    const go = async (n) => {
      await lab.do(run.id, { do: 'step', unit: 'batch', count: n - (await step(page)) });
      await stands(page, n);
      return fingerprint(page);
    };
    const there = await go(200), early = await go(50);
    assert.notEqual(there, early);
    assert.equal(await go(200), there);
    await go(50);
    await press(page, 'back-batch');
    await stands(page, 49);
    await press(page, 'batch');
    await stands(page, 50);
    assert.equal(await fingerprint(page), early);
    for (let n = 0; n < run.operations.length; n++) await press(page, 'op');
    await stands(page, 51);
    for (let n = 0; n < run.operations.length; n++) await press(page, 'back-op');
    await stands(page, 50);
    assert.equal(await fingerprint(page), early);
    await press(page, 'branch');
    await page.waitForFunction((id) => document.querySelector('[data-q="fingerprint"]').dataset.run !== id, run.id);
    assert.equal(await fingerprint(page), early);
    await press(page, 'play');
    await until(page, 200);
    const branch = await page.locator('[data-q="fingerprint"]').getAttribute('data-run');
    assert.equal((await lab.do(branch, { do: 'seek', step: 200 })).fingerprint, there);
  });

  for (const language of ['en', 'zh-CN'])
    for (const theme of ['light', 'dark'])
      of(chapter, `G9 axe finds nothing serious, ${language}, ${theme}`, async (at) => {
        const run = await lab.create(small, { play: true });
        const page = await at(run.id, { language, theme });
        assert.equal(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme].join()), `${language},${theme}`);
        await until(page, 50);
        await press(page, 'pause');
        await page.evaluate(axe); // the page's own policy lets no foreign script in
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
        const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
        assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(' ')}`), []);
      });

  of(chapter, 'G9 no page is wider than its window', async (at) => {
    const run = await lab.create(small, { play: true });
    for (const width of [1440, 1200, 768, 360]) {
      const page = await at(run.id, { width, height: 800 });
      await until(page, 20);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `at ${width} px`);
    }
  });

  of(chapter, 'G9 a whole task by keyboard alone', async (at) => {
    const run = await lab.create(small);
    const page = await at(run.id);
    await page.keyboard.press('Shift+ArrowRight');
    await stands(page, 1);
    await page.keyboard.press(' ');
    await until(page, 100);
    await page.keyboard.press(' ');
    await page.waitForSelector('.app[data-state="paused"]');
    const wanted = `[data-param="${chapter.control.param}"]`;
    const isThere = () => page.evaluate((s) => document.activeElement?.matches(s), wanted);
    for (let n = 0; n < 200 && !(await isThere()); n++) await page.keyboard.press('Tab');
    assert.ok(await isThere(), 'Tab does not reach the control');
    const before = await page.locator(wanted).inputValue();
    for (const key of chapter.control.keys) await page.keyboard.press(key);
    await page.waitForFunction(([s, v]) => document.querySelector(s).value !== v, [wanted, before]);
    await page.waitForSelector('[data-view="timeline"] .flag'); // the engine has journalled it
    assert.ok(chapter.control.param in (await lab.ask(`/runs/${run.id}`)).flags.at(-1).changes);
    await page.keyboard.press('b');
    await page.waitForFunction((id) => document.querySelector('[data-q="fingerprint"]').dataset.run !== id, run.id);
  });

  of(chapter, 'it opens learning', async (at) => {
    const begun = performance.now();
    const page = await at('');
    console.log(`first engine number after ${Math.round(performance.now() - begun)} ms`);
    await until(page, 10);
  });
}
