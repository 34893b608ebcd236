// What every chapter must pass: its numbers are the engine's, of the step that it says, and nothing else moves them.
// A check is given a lab, `at(run, options)`, which opens the chapter on a run, and the chapter's row of pages.mjs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { draw, fingerprint, fromHex, openFile, press, seed, shown, stands, step, until } from './lab.mjs';
import { Reference } from './reference.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const plain = { optimizer: 'momentum', momentum: 0.9, lr: 0.25, schedule: 'constant', weight_decay: 0, batch: 12 };
export const small = { arch: 'dense 12 tanh | dense 2', schedule: 'constant', batch: 32 };
const near = (a, b, what) => assert.ok(Math.abs(a - b) <= 1e-4 * Math.max(Math.abs(b), 1e-3), `${what}: the page has ${a}, the reference ${b}`);
const isOther = (page, id) => page.waitForFunction((was) => document.querySelector('[data-q="fingerprint"]').dataset.run !== was, id);
const list = async (size, act) => {
  const all = [];
  for (let i = 0; i < size; i++) all.push(await act(i));
  return all;
};

// Three batches of a tiny network, against the reference. Which rows a batch has is read from the page: its samples'
// inputs, found again among the points.
async function compare(page, run, points, { mean, deviation }) {
  const value = async (name) => (await shown(page, name)).value;
  const x = points.x.map((v, i) => [(v - mean[0]) / deviation[0], (points.y[i] - mean[1]) / deviation[1]]);
  const sample = async (name) => {
    const input = [await value(`input[0]@${name}`), await value(`input[1]@${name}`)];
    const row = x.findIndex((v) => Math.hypot(v[0] - input[0], v[1] - input[1]) < 1e-5);
    assert.ok(row >= 0, `${name}: the page has ${input}, the reference no such row`);
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

async function oracle({ lab, at }) {
  const run = await lab.create({ ...plain, arch: 'dense 3 tanh | dense 2' }, { seed });
  const page = await at(run.id), inputs = run.network.inputs;
  await compare(page, run, await lab.ask(`/runs/${run.id}/points?x=0&y=1`), { mean: inputs.map((i) => i.mean), deviation: inputs.map((i) => i.deviation) });
}

// What is replayed: a run, some of its numbers, one that is set by hand, and numbers that its report has.
const dense = {
  make: (lab, more = {}) => lab.create({ ...small, optimizer: 'adam' }, { seed, ...more }),
  some: () => [`layer1.w[${draw(2)},${draw(12)}]`, `layer2.b[${draw(2)}]`, `layer2.dw[${draw(12)},${draw(2)}]`, 'train.loss',
    `layer1.z[${draw(12)}]@train/${draw(50)}`, `layer1.a[${draw(12)}]@valid/${draw(20)}`, `layer1.delta[${draw(12)}]@batch/${draw(30)}`,
    `layer2.z[${draw(2)}]@test/${draw(20)}`, `layer1.b[${draw(12)}]`, 'valid.accuracy'],
  edited: 'layer1.w[1,2]', reports: ['valid.confusion[1,0]', 'layer1.w[1,11]'],
};

// Twenty numbers of a run that was trained, changed, edited and branched, and those in sight, against `limn replay` and
// against the value over HTTP; and again in a lab that was started anew.
async function replay({ lab, at, chapter }) {
  const { make, some, edited } = chapter.replayed ?? dense;
  const run = await make(lab);
  const page = await at(run.id), seen = [];
  const look = async (id, n) => {
    await stands(page, n);
    for (const name of some()) {
      const { hex } = await shown(page, name);
      assert.equal(hex, (await lab.quantity(id, n, name)).hex, `${name} at step ${n} over HTTP`);
      seen.push([id, n, name, hex]);
    }
    const visible = await page.$$eval('.readout [data-x], .outputs [data-x]', (all) => all.map((e) => [e.dataset.run, Number(e.dataset.step), e.dataset.q, e.dataset.x]));
    assert.ok(visible.length >= 1);
    seen.push(...visible.filter(([, at, , x]) => at === n && x));
  };
  await lab.do(run.id, { do: 'step', count: 7 });
  await look(run.id, 7);
  await lab.do(run.id, { do: 'set', settings: { lr: 0.02 } });
  await lab.do(run.id, { do: 'step', count: 20 });
  await lab.do(run.id, { do: 'act', name: 'edit', values: { [edited]: -0.7 } });
  await lab.do(run.id, { do: 'step', count: 13 });
  await look(run.id, 40);
  await lab.do(run.id, { do: 'seek', step: 27 });
  await stands(page, 27);
  await press(page, 'branch');
  await isOther(page, run.id);
  const branch = await page.locator('[data-q="fingerprint"]').getAttribute('data-run');
  await lab.do(branch, { do: 'set', settings: { momentum: 0.5 } });
  await lab.do(branch, { do: 'step', count: 13 });
  await look(branch, 40);
  await lab.stop(); // and opens it again: a run that was resumed
  await lab.start(lab.port);
  await page.waitForSelector('.app:not([data-state="disconnected"])');
  await press(page, 'batch');
  await stands(page, 41);
  await look(branch, 41);
  await lab.stop();
  for (const [id, n] of [...new Set(seen.map(([id, n]) => JSON.stringify([id, n])))].map((text) => JSON.parse(text))) {
    const mine = seen.filter(([of, at]) => of === id && at === n);
    const replayed = lab.replay(id, n, [...new Set(mine.map(([, , name]) => name))]);
    for (const [, , name, hex] of mine) assert.equal(hex, replayed[name], `${name} at step ${n}`);
  }
  await lab.start(lab.port);
  await page.waitForSelector('.app:not([data-state="disconnected"])');
}

// Data that nobody has seen before: two clouds drawn here, handed in by the page's own tray.
async function fresh({ lab, at }) {
  const page = await at('');
  const normal = () => Math.sqrt(-2 * Math.log((draw(1e6) + 1) / 1e6)) * Math.cos((2 * Math.PI * draw(1e6)) / 1e6);
  const centres = [[draw(100), -draw(100)], [draw(100) - 200, draw(50)]];
  const rows = Array.from({ length: 80 }, (_, i) => [...centres[i % 2].map((c) => (c + 9 * normal()).toFixed(3)), i % 2 ? 'right' : 'left']);
  await page.locator('[data-do="data"]').click();
  await page.setInputFiles('[data-do="upload"]', { name: 'clouds.csv', mimeType: 'text/csv', buffer: Buffer.from(['across,upward,side', ...rows.map((r) => r.join(','))].join('\n')) });
  await page.waitForSelector('[data-param="target"]');
  assert.equal(await page.locator('[data-param="target"]').inputValue(), 'side');
  assert.deepEqual(await page.locator('.tray tbody tr').first().locator('td').allInnerTexts(), rows[0]);
  const before = await page.locator('[data-q="fingerprint"]').getAttribute('data-run');
  await press(page, 'train-upload');
  await isOther(page, before);
  const id = await page.locator('[data-q="fingerprint"]').getAttribute('data-run');
  const state = await lab.do(id, { do: 'pause' });
  const points = await lab.ask(`/runs/${id}/points?x=0&y=1`);
  assert.equal(points.x.length, rows.length, 'the page has other rows');
  const names = state.network.outputs;
  points.x.forEach((x, i) => assert.ok(rows.some((r) => Math.abs(r[0] - x) < 1e-3 && Math.abs(r[1] - points.y[i]) < 1e-3 && r[2] === names[points.label[i]]), `the page has ${x}, ${points.y[i]}, the reference no such row`));
  const train = (axis) => points[axis].filter((_, i) => points.split[i] === 'train'), mean = (v) => v.reduce((a, b) => a + b) / v.length;
  const means = [mean(train('x')), mean(train('y'))], deviations = ['x', 'y'].map((axis, k) => Math.sqrt(mean(train(axis).map((v) => (v - means[k]) ** 2))));
  state.network.inputs.forEach((input, k) => { near(input.mean, means[k], 'mean'); near(input.deviation, deviations[k], 'deviation'); });
  const run = await lab.create({ ...plain, arch: 'dense 3 tanh | dense 2', target: 'side' }, { seed: state.seed, data: state.data }); // split alike
  await compare(await at(run.id), run, points, { mean: means, deviation: deviations });
}

async function kill({ lab, at, chapter }) {
  const run = await chapter.begin(lab, {}, { play: true });
  const page = await at(run.id);
  await until(page, 20);
  await lab.stop();
  await page.waitForSelector('.app[data-state="disconnected"]', { timeout: 2000 });
  const stood = await page.evaluate(() => new Promise((ok) => { // what the page says over sixty of its frames
    const all = new Set();
    const look = (n) => { all.add(document.querySelector('.dock').innerText); return n ? requestAnimationFrame(() => look(n - 1)) : ok([...all]); };
    look(60);
  }));
  const last = await step(page);
  await lab.start(lab.port);
  assert.equal(stood.length, 1, `the page went on by itself: ${stood.slice(0, 3)}`);
  await page.waitForSelector('.app:not([data-state="disconnected"])');
  await until(page, last);
  await press(page, 'play');
  await until(page, last + 50);
}

// What a run that plays brings, the stream brings: nothing is asked for with every frame.
async function streams({ lab, at, chapter }) {
  const run = await chapter.begin(lab, {}, { play: true, data: 'moons' });
  const page = await at(run.id), asked = [];
  await until(page, 20);
  page.on('request', (r) => asked.push(new URL(r.url()).pathname));
  await page.evaluate(() => new Promise((ok) => { let n = 60; const wait = () => (n-- ? requestAnimationFrame(wait) : ok()); wait(); }));
  assert.ok(asked.length < 6, `in 60 frames the page asks for ${asked}`);
}

async function seeds({ lab, at, chapter }) {
  const end = async (s) => {
    const page = await at((await chapter.begin(lab, {}, { seed: s })).id);
    for (const n of [1, 2]) {
      await press(page, 'batch');
      await stands(page, n);
    }
    return fingerprint(page);
  };
  assert.equal(await end(seed), await end(seed));
  assert.notEqual(await end(seed), await end(seed + 1));
}

async function travel({ lab, at, chapter }) {
  const run = await chapter.begin(lab, {}, { seed });
  const page = await at(run.id);
  const go = async (n) => {
    await lab.do(run.id, { do: 'step', unit: 'batch', count: n - (await step(page)) });
    await stands(page, n);
    return fingerprint(page);
  };
  const there = await go(200), early = await go(50);
  assert.notEqual(there, early);
  assert.equal(await go(200), there, 'there and back is not where it was');
  await go(50);
  await press(page, 'back-batch');
  await stands(page, 49);
  await press(page, 'batch');
  await stands(page, 50);
  assert.equal(await fingerprint(page), early);
  if (run.operations.length) { // a function has none
    for (let n = 0; n < run.operations.length; n++) await press(page, 'op');
    await stands(page, 51);
    for (let n = 0; n < run.operations.length; n++) await press(page, 'back-op');
    await stands(page, 50);
    assert.equal(await fingerprint(page), early);
  }
  const epoch = chapter.epoch ?? run.steps_per_epoch;
  await press(page, 'epoch');
  await stands(page, (Math.floor(50 / epoch) + 1) * epoch);
  await press(page, 'back-epoch');
  await stands(page, Math.floor(50 / epoch) * epoch);
  await go(50);
  await press(page, 'branch');
  await isOther(page, run.id);
  assert.equal(await fingerprint(page), early);
  await press(page, 'play');
  await until(page, 200);
  const branch = await page.locator('[data-q="fingerprint"]').getAttribute('data-run');
  assert.equal((await lab.do(branch, { do: 'seek', step: 200 })).fingerprint, there, 'a branch without a change is not its parent');
}

// A branch with another rate and its parent play side by side: both curves grow, and they come to stand level.
async function together({ lab, at }) {
  const run = await lab.create(small, { seed });
  await lab.do(run.id, { do: 'step', count: 60 });
  await lab.do(run.id, { do: 'seek', step: 40 });
  const page = await at(run.id);
  await press(page, 'branch');
  await isOther(page, run.id);
  const branch = await page.locator('[data-q="fingerprint"]').getAttribute('data-run');
  await lab.do(branch, { do: 'set', settings: { lr: 0.3 } });
  await press(page, 'play');
  await until(page, 600);
  await press(page, 'pause');
  await page.waitForSelector('.app[data-state="paused"]');
  const [a, b] = [await lab.ask(`/runs/${run.id}`), await lab.ask(`/runs/${branch}`)];
  assert.equal(a.step, b.step);
  for (const of of [run.id, branch]) await page.waitForSelector(`.chart .end [data-run="${of}"]`);
  const parents = await lab.quantity(run.id, 41, 'input[0]@batch/3'), own = await lab.quantity(branch, 41, 'input[0]@batch/3');
  assert.equal(parents.hex, own.hex, 'the batches are not the same');
}

async function links({ lab, at, chapter }) {
  const run = await chapter.begin(lab, chapter.other, { seed, steps: 500 });
  await lab.do(run.id, { do: 'step', count: 30 });
  const page = await at(run.id);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.bringToFront();
  await press(page, 'link');
  const address = await page.waitForFunction(() => navigator.clipboard.readText()).then((h) => h.jsonValue());
  const other = await at('', { hash: new URL(address).hash });
  const made = await other.locator('[data-q="fingerprint"]').getAttribute('data-run');
  assert.notEqual(made, run.id);
  await lab.do(made, { do: 'seek', step: 0 });
  assert.equal((await lab.do(made, { do: 'step', count: 30 })).fingerprint, (await lab.ask(`/runs/${run.id}`)).fingerprint);
}

// The serious findings of axe on a page.
export async function findings(page) {
  await page.evaluate(axe); // the page's own policy lets no foreign script in
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
  return serious.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(' ')}`);
}

async function readable({ lab, at, chapter, language, theme }) {
  const run = await chapter.begin(lab, {}, { play: true });
  const page = await at(run.id, { language, theme });
  assert.equal(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme].join()), `${language},${theme}`);
  await until(page, 50);
  await press(page, 'pause');
  await lab.do(run.id, { do: 'set', settings: { lr: 0.01 } }); // a flag, a receipt and the text are looked at too
  await shown(page, chapter.number);
  await page.getByRole('button', { name: language === 'en' ? 'Text' : '讲解', exact: true }).click();
  assert.deepEqual(await findings(page), []);
}

// Nothing is wider than the window, and no word leaves the box that it stands in; `long`: with words 40 % longer.
async function fits({ lab, at, chapter, long = false }) {
  const run = await chapter.begin(lab, {}, { play: true });
  for (const width of [1440, 1200, 768, 360]) {
    const page = await at(run.id, { width, height: 800, search: long ? '&long' : '' });
    await until(page, 20);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `the page is wider than ${width} px`);
    const out = await page.evaluate((most) => [...document.querySelectorAll('button, label, .lab, h1, h2, summary, caption, .foot > span, .readout p, figcaption')]
      .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.list, .units, .vh') && getComputedStyle(e).textOverflow !== 'ellipsis')
      .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' || (e.getBoundingClientRect().right > most + 1))
      .map((e) => `${e.tagName}.${e.className} "${e.textContent.trim().slice(0, 40)}" ${e.scrollWidth} > ${e.clientWidth}`), width);
    assert.deepEqual(out, [], `words leave their boxes at ${width} px`);
  }
}

async function keyboard({ lab, at, chapter }) {
  const run = await chapter.begin(lab);
  const page = await at(run.id);
  await page.keyboard.press('Shift+ArrowRight');
  await stands(page, 1);
  await page.keyboard.press(' ');
  await until(page, 100);
  await page.keyboard.press(' ');
  await page.waitForSelector('.app[data-state="paused"]');
  const wanted = `[data-param="${chapter.control.param}"]`;
  const isThere = () => page.evaluate((s) => document.activeElement?.matches(s), wanted);
  for (let n = 0; n < 120 && !(await isThere()); n++) await page.keyboard.press('Tab');
  assert.ok(await isThere(), 'Tab does not reach the control');
  const before = await page.locator(wanted).inputValue();
  for (const key of chapter.control.keys) await page.keyboard.press(key);
  await page.waitForFunction(([s, v]) => document.querySelector(s).value !== v, [wanted, before]);
  await page.waitForSelector('[data-view="timeline"] .flag'); // the engine has journalled it
  assert.ok(chapter.control.param in (await lab.ask(`/runs/${run.id}`)).flags.at(-1).changes);
  await page.keyboard.press('b');
  await isOther(page, run.id);
}

async function learns({ at }) {
  const begun = performance.now();
  const page = await at('');
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  console.log(`first paint after ${Math.round(paint)} ms, first engine number after ${Math.round(performance.now() - begun)} ms`);
  await until(page, 10);
}

// What the page gives out of a branched run whose settings were changed opens from the disk, with the engine stopped and
// nobody to ask, and says what `limn replay` says, number for number.
async function keeps({ lab, at, chapter }) {
  const { make, reports } = chapter.replayed ?? dense;
  const run = await make(lab, { steps: 320 });
  await lab.do(run.id, { do: 'step', count: 37 });
  await lab.do(run.id, { do: 'set', settings: { lr: 0.02 } });
  await lab.do(run.id, { do: 'step', count: 320 - 37 });
  const branch = await lab.do(run.id, { do: 'branch', step: 150, settings: { lr: 0.1 } });
  await lab.do(branch.id, { do: 'step', count: 100 });
  const page = await at(run.id);
  await press(page, 'save');
  const [download] = await Promise.all([page.waitForEvent('download'), press(page, 'save-report')]);
  assert.equal(download.suggestedFilename(), `limn-${run.id}.html`);
  const said = await lab.ask(`/runs/${run.id}`), file = join(lab.runs, 'report.html');
  await download.saveAs(file);
  await lab.stop();
  const { report, errors } = await openFile(page.context().browser(), file);
  try {
    for (const all of await report.locator('summary').all()) await all.click();
    assert.equal(await fingerprint(report), said.fingerprint);
    const numbers = await report.$$eval('[data-x]', (all) => all.map((e) => [e.dataset.run, Number(e.dataset.step), e.dataset.q, e.dataset.x, e.textContent]));
    for (const of of [run.id, branch.id]) assert.ok(numbers.some(([id, , q]) => id === of && q === 'valid.accuracy'), 'a run of the family is not there');
    for (const q of ['train.loss', 'test.loss', ...reports]) assert.ok(numbers.some((n) => n[2] === q), `the report has no ${q}`);
    for (const place of new Set(numbers.map(([id, n]) => JSON.stringify([id, n])))) {
      const [id, n] = JSON.parse(place), mine = numbers.filter(([of, step]) => of === id && step === n);
      const replayed = lab.replay(id, n, [...new Set(mine.map(([, , q]) => q))]);
      for (const [, , q, hex, text] of mine) {
        assert.equal(hex, replayed[q], `${q} at step ${n}`);
        const shown = parseFloat(text.replaceAll('−', '-').replaceAll(',', '')) / (text.includes('%') ? 100 : 1), digits = text.includes('%') ? 1e-3 : 1e-2 * Math.abs(shown);
        assert.ok(Math.abs(shown - fromHex(hex)) <= digits, `${q}: ${text} is not ${fromHex(hex)}`);
      }
    }
    assert.deepEqual(errors, []);
  } finally {
    await report.context().close();
  }
}

export const replays = [
  { name: 'G2 its numbers are those of limn replay and of HTTP', check: replay, page: ['other bits'] },
  { name: 'G10 its report opens by itself and has the numbers of limn replay', check: keeps, page: ['touched up'] },
];
// By name: the check, what else it is given, and the faults that it must notice, of the engine and of the page.
const ofNetworks = [
  { name: 'G1 its numbers are those of a reference in float64', check: oracle, engine: ['gradient-sign', 'stale-momentum', 'wrong-batch', 'off-by-one'], page: ['frozen'] },
  ...replays,
  { name: 'G3 of data that it never saw its numbers are those of a reference', check: fresh, page: ['canned data'] },
  { name: 'branches train side by side on the same batches', check: together },
];
export const general = [
  { name: 'G4 when the engine is gone it says so and nothing counts on', check: kill, page: ['counts on'] },
  { name: 'streaming brings all of a run that plays', check: streams, page: ['asks again'] },
  { name: 'G6 the seed decides all', check: seeds, engine: ['hidden-randomness'] },
  { name: 'G7 back and forth is where it was; a branch without a change is its parent', check: travel, engine: ['half-restore'] },
  { name: 'its link begins the same run', check: links },
  { name: 'G8 it opens learning, and asks nobody else', check: learns, page: ['calls out'] },
  ...['en', 'zh-CN'].flatMap((language) => ['light', 'dark'].map((theme) => ({
    name: `G9 axe finds nothing serious, ${language}, ${theme}`, check: readable, with: { language, theme }, page: language === 'en' && theme === 'light' ? ['unnamed'] : [] }))),
  { name: 'G9 nothing is wider than its window', check: fits, page: ['wide'] },
  { name: 'G9 words 40 % longer stay in their boxes', check: fits, with: { long: true }, page: ['cramped'] },
  { name: 'G9 a whole task by keyboard alone', check: keyboard, page: ['mouse only'] },
];
export const checks = [...ofNetworks, ...general];
