// The data tray: the reader's own data as a table, as pictures and painted. What the page trains is what the command
// line trains on the same bytes, and what a reference in float64 has.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { png, zip } from './files.mjs';
import { draw, Lab, launch, press, seed, shown, stands } from './lab.mjs';
import { Reference } from './reference.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const limn = resolve(process.env.LIMN ?? 'build/release/limn');
let lab, browser, folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'limn-tray-'));
  [lab, browser] = await Promise.all([new Lab().start(), launch()]);
});
after(async () => {
  await browser.close();
  await lab.stop();
  lab.remove();
  rmSync(folder, { recursive: true });
});

const normal = () => Math.sqrt(-2 * Math.log((draw(1e6) + 1) / 1e6)) * Math.cos((2 * Math.PI * draw(1e6)) / 1e6);
async function open(options) {
  const page = await lab.open(browser, '#/nn', options);
  await press(page, 'data');
  await page.waitForSelector('.tray .store');
  return page;
}
const of = (page) => page.locator('[data-q="fingerprint"]').getAttribute('data-run');
// The run that the page began, standing still.
async function begun(page, before) {
  await page.waitForFunction((was) => document.querySelector('[data-q="fingerprint"]').dataset.run !== was, before);
  return lab.do(await of(page), { do: 'pause' });
}
const clean = (page) => assert.deepEqual(page.errors.filter((e) => !/status of 400/.test(e)), []);
// The same bytes through the command line, with the same settings: the fingerprint after so many steps.
function byCommand(bytes, name, { settings = {}, runSeed = 1, steps = 40 } = {}) {
  const out = join(folder, `run-${readdirSync(folder).length}`), file = join(folder, name);
  writeFileSync(file, bytes);
  const lines = execFileSync(limn, ['train', 'mlp', '--data', file, '--seed', String(runSeed), '--epochs', '200', '--json', '--out', out, ...Object.entries(settings).flatMap(([n, v]) => ['--set', `${n}=${v}`])], { encoding: 'utf8' });
  assert.ok(lines.includes('"done"'));
  const replay = execFileSync(limn, ['replay', out, '--step', String(steps), '--json'], { encoding: 'utf8' });
  return JSON.parse(replay.trim().split('\n').at(-1)).fingerprint;
}
const kept = (state) => readFileSync(join(lab.runs, 'uploads', state.data));
async function atStep(id, n) {
  await lab.do(id, { do: 'seek', step: 0 });
  return (await lab.do(id, { do: 'step', count: n })).fingerprint;
}
// Two batches on the page against the reference; `rows` has {x, label} as the network should see them.
async function compare(state, rows, inputs) {
  const plain = { optimizer: 'momentum', momentum: 0.9, lr: 0.25, schedule: 'constant', weight_decay: 0, batch: 8, arch: 'dense 3 tanh | dense 2' };
  const given = Object.fromEntries(['target', 'split'].filter((n) => state.settings[n] !== undefined && state.settings[n] !== '').map((n) => [n, state.settings[n]]));
  const run = await lab.create({ ...plain, ...given }, { data: state.data, seed: state.seed });
  const at = await lab.open(browser, `#/nn?run=${run.id}`);
  const value = async (name) => (await shown(at, name)).value;
  const grid = async (r, c, name) => Promise.all(Array.from({ length: r }, (_, i) => Promise.all(Array.from({ length: c }, async (_, j) => (await lab.quantity(run.id, 0, `${name}[${i},${j}]`)).value))));
  const line = async (n, name) => Promise.all(Array.from({ length: n }, async (_, i) => (await lab.quantity(run.id, 0, `${name}[${i}]`)).value));
  const reference = new Reference({ w1: await grid(inputs, 3, 'layer1.w'), b1: await line(3, 'layer1.b'), w2: await grid(3, 2, 'layer2.w'), b2: await line(2, 'layer2.b') }, plain.lr, plain.momentum);
  for (let n = 1; n <= 2; n++) {
    const batch = [];
    for (let r = 0; r < plain.batch; r++) {
      const input = await Promise.all(Array.from({ length: inputs }, async (_, i) => (await lab.quantity(run.id, n - 1, `input[${i}]@batch/${r}`)).value));
      const row = rows.find(({ x }) => Math.max(...x.map((v, i) => Math.abs(v - input[i]))) < 1e-5);
      assert.ok(row, `no such row was handed in: ${input}`);
      batch.push(row);
    }
    const { loss } = reference.step(batch);
    await press(at, 'batch');
    await stands(at, n);
    for (const [name, mine] of [['train.loss', loss], ['layer2.b[1]', reference.b2[1]], [`layer1.w[${inputs - 1},2]`, reference.w1[inputs - 1][2]]]) {
      const theirs = await value(name);
      assert.ok(Math.abs(theirs - mine) <= 1e-4 * Math.max(Math.abs(mine), 1e-3), `${name} at ${n}: the page has ${theirs}, the reference ${mine}`);
    }
  }
  clean(at);
  await at.close();
}
// Rows of a table as the network sees them: standardised by what the engine says of its training rows.
const standardised = (rows, state) => rows.map(([x, y, c]) => ({ x: [x, y].map((v, k) => (v - state.network.inputs[k].mean) / state.network.inputs[k].deviation), label: state.network.outputs.indexOf(c) }));

test('a table of names long, Chinese and empty, with a seed and a split', async () => {
  const page = await open(), was = await of(page);
  const long = 'how far it is from here to the end of the garden, in metres';
  const rows = Array.from({ length: 60 }, (_, i) => [+(normal() + 3 * (i % 2)).toFixed(3), +(normal() * 5).toFixed(3), i % 2 ? '右' : '左']);
  const bytes = Buffer.from([`"${long}",,方向`, ...rows.map((r) => r.join(','))].join('\n'));
  await page.setInputFiles('[data-do="upload"]', { name: '花园.csv', mimeType: 'text/csv', buffer: bytes });
  await page.waitForSelector('.given');
  assert.deepEqual(await page.locator('.tray thead .name').allInnerTexts(), [long, 'column2', '方向']);
  assert.match(await page.locator('.tray thead').innerText(), /60 different|59 different/);
  await page.selectOption('[data-param="split"]', '0.6/0.2/0.2');
  await page.fill('[data-param="data-seed"]', String(seed % 1000));
  await press(page, 'train-upload');
  const state = await begun(page, was);
  assert.deepEqual([state.split, state.seed, state.data.startsWith('花园-')], [{ train: 36, valid: 12, test: 12 }, seed % 1000, true]);
  await page.waitForSelector('[data-view="map"]');
  assert.equal(await atStep(state.id, 40), byCommand(bytes, 'garden.csv', { settings: { split: '0.6/0.2/0.2', target: '方向' }, runSeed: seed % 1000 }));
  await compare(state, standardised(rows, state), 2);
  clean(page);
  await page.close();
});

test('a zip of pictures in folders', async () => {
  const page = await open(), was = await of(page);
  const pictures = Array.from({ length: 40 }, (_, i) => [`${i % 2 ? 'bright' : 'dark'}/${i}.png`, Array.from({ length: 20 }, () => Math.max(0, Math.min(255, Math.round(90 + 70 * (i % 2) + 40 * normal()))))]);
  const bytes = zip(pictures.map(([name, pixels]) => [name, png(5, 4, pixels)]));
  await page.setInputFiles('[data-do="upload"]', { name: 'lights.zip', mimeType: 'application/zip', buffer: bytes });
  await page.waitForSelector('[data-view="pictures"]');
  assert.equal(await page.locator('[data-do="source-pictures"]').getAttribute('aria-selected'), 'true');
  assert.match(await page.locator('.given .classes').innerText(), /bright 20\s*dark 20/);
  await press(page, 'train-upload');
  const state = await begun(page, was);
  assert.deepEqual([state.network.sample, state.network.outputs], [[4, 5], ['bright', 'dark']]);
  await page.waitForSelector('[data-view="pad"]');
  assert.equal(await atStep(state.id, 40), byCommand(bytes, 'lights.zip'));
  await compare(state, pictures.map(([name, pixels]) => ({ x: pixels.map((v) => v / 255), label: name.startsWith('dark') ? 1 : 0 })), 20);
  clean(page);
  await page.close();
});

test('points painted by mouse are the rows of the table that is trained on', async () => {
  const page = await open(), was = await of(page);
  await press(page, 'source-paint');
  const sown = [];
  for (const [k, name] of ['A', 'B'].entries()) {
    await page.locator(`[data-param="paint-class-${name}"]`).check({ force: true });
    for (let i = 0; i < 12; i++) {
      const box = await page.locator('[data-view="paint"]').boundingBox();
      const at = [0.1 + 0.5 * k + 0.03 * draw(10), 0.1 + 0.08 * draw(10)];
      await page.mouse.click(box.x + at[0] * box.width, box.y + at[1] * box.height);
      sown.push([at[0] * 4 - 2, 2 - at[1] * 4, name]);
    }
  }
  await press(page, 'undo-points');
  sown.pop();
  await press(page, 'train-points');
  const state = await begun(page, was), bytes = kept(state);
  const rows = bytes.toString().trim().split('\n').slice(1).map((r) => r.split(',')).map(([x, y, c]) => [Number(x), Number(y), c]);
  assert.equal(rows.length, sown.length);
  rows.forEach((r, i) => assert.ok(Math.abs(r[0] - sown[i][0]) < 0.03 && Math.abs(r[1] - sown[i][1]) < 0.03 && r[2] === sown[i][2], `${r} is not ${sown[i]}`));
  await page.waitForSelector('[data-view="map"]');
  assert.equal(await atStep(state.id, 40), byCommand(bytes, 'painted.csv'));
  await compare(state, standardised(rows, state), 2);
  clean(page);
  await page.close();
});

test('points with values, by keyboard alone, are regressed', async () => {
  const page = await open(), was = await of(page);
  const tab = async (selector, key = 'Tab') => { for (let n = 0; n < 60 && !(await page.evaluate((s) => document.activeElement?.matches(s), selector)); n++) await page.keyboard.press(key); };
  await tab('.sources [aria-selected="true"]');
  for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowRight');
  await tab('[data-param="paint-class-mode"]');
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('#paint-value');
  for (let i = 0; i < 10; i++) {
    await tab('[data-view="paint"]', 'Shift+Tab');
    await page.keyboard.press('Shift+ArrowRight');
    if (i % 4 === 3) for (const key of ['Shift+ArrowDown', ...Array(5).fill('Shift+ArrowLeft')]) await page.keyboard.press(key);
    await page.keyboard.press('Enter');
    await tab('#paint-value');
    await page.keyboard.press('ArrowLeft');
  }
  await tab('[data-do="train-points"]');
  await page.keyboard.press('Enter');
  const state = await begun(page, was), bytes = kept(state);
  assert.equal(state.task, 'regress');
  assert.equal(bytes.toString().trim().split('\n').length, 11);
  assert.equal(await atStep(state.id, 20), byCommand(bytes, 'values.csv', { steps: 20 }));
  clean(page);
  await page.close();
});

test('pictures drawn by hand become a set of their own', async () => {
  const page = await open(), was = await of(page);
  await press(page, 'source-paint');
  await page.locator('[data-param="paint-pictures"]').check({ force: true });
  for (let n = 0; n < 8; n++) {
    await page.fill('[data-param="paint-label"]', n % 2 ? '横' : 'stroke');
    const box = await page.locator('[data-view="paint-picture"]').boundingBox();
    const along = (t) => (n % 2 ? [t, 0.3 + 0.05 * n] : [0.3 + 0.05 * n, t]);
    for (const t of [0.2, 0.5, 0.8]) {
      const [x, y] = along(t);
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
      if (t === 0.2) await page.mouse.down();
    }
    await page.mouse.up();
    await press(page, 'add-picture');
  }
  await press(page, 'train-pictures');
  const state = await begun(page, was);
  assert.deepEqual([state.network.sample, state.network.outputs], [[28, 28], ['stroke', '横']]);
  const pixels = (await lab.ask(`/data/${encodeURIComponent(state.data)}`)).pictures.find((p) => p.class === '横').pixels.match(/../g).map((h) => parseInt(h, 16));
  const inked = pixels.map((v, i) => [v, Math.floor(i / 28)]).filter(([v]) => v > 0).map(([, y]) => y);
  assert.ok(inked.length > 20 && Math.max(...inked) - Math.min(...inked) <= 5, 'a line across has few rows');
  assert.equal(await atStep(state.id, 20), byCommand(kept(state), 'drawn.zip', { steps: 20 }));
  clean(page);
  await page.close();
});

test('a mistake in a file is shown with its line, column and cell', async () => {
  const page = await open(), line = 5 + draw(20);
  const rows = Array.from({ length: 40 }, (_, i) => `${i / 7},${i === line - 2 ? '12.5.1' : i / 3},${'ab'[i % 2]}`);
  await page.setInputFiles('[data-do="upload"]', { name: 'bad.csv', mimeType: 'text/csv', buffer: Buffer.from(['size,price,kind', ...rows].join('\n')) });
  await page.waitForSelector('.refusal');
  assert.equal(await page.locator('[data-place="line"]').innerText(), String(line));
  assert.equal(await page.locator('[data-place="column"]').innerText(), '2 · price');
  assert.equal(await page.locator('[data-place="cell"]').innerText(), '12.5.1');
  assert.equal(await page.locator('.refusal .excerpt').innerText(), rows[line - 2]);
  assert.equal(await page.locator('.given').count(), 0);
  await page.close();
});

test('a file is removed only when that is confirmed, and not while a run learns from it', async () => {
  const bytes = (n) => Buffer.from(['x,y,c', ...Array.from({ length: 40 }, (_, i) => `${i + n / 7},${i * i},${'ab'[i % 2]}`)].join('\n'));
  const page = await open();
  for (const n of [seed % 97, (seed % 97) + 1]) {
    await page.setInputFiles('[data-do="upload"]', { name: 'mine.csv', mimeType: 'text/csv', buffer: bytes(n) });
    await page.waitForSelector('.given');
  }
  const names = (await lab.ask('/data')).data.filter((d) => d.name.startsWith('mine-')).map((d) => d.name);
  await lab.create({ arch: 'dense 2' }, { data: names[0] });
  await press(page, 'source-sets');
  const row = (name) => page.locator('.own', { has: page.locator(`[data-upload="${name}"]`) });
  for (const name of names) await row(name).locator('[data-do="ask-remove"]').click().then(() => row(name).locator('[data-do="remove-upload"]').click());
  await page.waitForFunction((n) => !document.querySelector(`[data-upload="${n}"]`), names[1]);
  assert.deepEqual((await lab.ask('/data')).data.filter((d) => d.name.startsWith('mine-')).map((d) => d.name), [names[0]]);
  await page.close();
});

for (const [width, theme, language] of [[1440, 'light', 'en'], [1440, 'dark', 'zh-CN'], [360, 'light', 'en'], [360, 'dark', 'zh-CN']])
  test(`axe finds nothing serious and nothing is too wide: ${width}, ${theme}, ${language}`, async () => {
    const page = await lab.open(browser, '#/nn', { width, theme, language, search: language === 'en' ? '&long' : '' });
    await press(page, 'data');
    await page.waitForSelector('.tray .store');
    await page.evaluate(axe);
    const look = async (what) => {
      const { violations } = await page.evaluate(() => globalThis.axe.run(document.querySelector('dialog'), { resultTypes: ['violations'] }));
      const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
      assert.deepEqual(serious.map((v) => `${what}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' ')}`), []);
      const out = await page.evaluate((most) => [...document.querySelectorAll('dialog, dialog button, dialog label, dialog canvas, dialog p')].filter((e) => e.checkVisibility() && (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' && getComputedStyle(e).textOverflow !== 'ellipsis' || e.getBoundingClientRect().right > most + 1)).map((e) => `${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 40)}`), width);
      assert.deepEqual(out, [], what);
    };
    await look('sets');
    await page.setInputFiles('[data-do="upload"]', { name: 'bad.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2,3\n') });
    await page.waitForSelector('.refusal');
    await look('refusal');
    await page.setInputFiles('[data-do="upload"]', { name: 'good.csv', mimeType: 'text/csv', buffer: Buffer.from(`${'long '.repeat(30)},${'价'.repeat(40)},c\n` + Array.from({ length: 40 }, (_, i) => `${i},${i % 3 ? i : ''},${'ab'[i % 2]}`).join('\n')) });
    await page.waitForSelector('.given');
    await look('table');
    await page.setInputFiles('[data-do="upload"]', { name: 'p.zip', mimeType: 'application/zip', buffer: zip(Array.from({ length: 24 }, (_, i) => [`${'ab'[i % 2]}${'x'.repeat(50)}/${i}.png`, png(3, 3, Array(9).fill(i * 10))])) });
    await page.waitForSelector('[data-view="pictures"]');
    await look('pictures');
    await press(page, 'source-paint');
    await look('points');
    await page.locator('[data-param="paint-number-mode"]').check({ force: true });
    await look('numbers');
    await page.locator('[data-param="paint-pictures"]').check({ force: true });
    await page.locator('[data-view="paint-picture"]').click();
    await press(page, 'add-picture');
    await look('drawing');
    clean(page);
    await page.close();
  });
