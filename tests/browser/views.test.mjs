// The plates beside the network, in a real browser: what they show is what the engine answers over HTTP, and units that
// are dead, saturated, cut and frozen are counted and can be had back.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { fromHex, Lab, launch, press, stands, step } from './lab.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

let lab, browser;
before(async () => { lab = await new Lab().start(); browser = await launch(); });
after(async () => {
  await browser.close();
  await lab.stop();
  lab.remove();
});

const open = async (id, options) => lab.open(browser, `#/nn?run=${id}`, options);
const plate = (page, name) => page.locator(`[data-param="plate-${name}"]`).check({ force: true });
const clean = async (page) => { assert.deepEqual(page.errors, []); await page.close(); };
const setting = (page, id, name, wanted) => page.waitForFunction(async ([id, name, wanted]) => (await (await fetch(`/api/runs/${id}`)).json()).settings[name] === wanted, [id, name, wanted]);

test('a planted dead unit is counted, listed and marked, and its number has a receipt', { timeout: 60000 }, async () => {
  const { id } = await lab.create({ arch: 'dense 8 relu | dense 6 tanh | dense 2' });
  await lab.do(id, { do: 'step', count: 20 });
  await lab.do(id, { do: 'act', name: 'edit', values: { 'layer1.b[3]': -100, 'layer2.b[1]': 50 } });
  const { layers } = await lab.ask(`/runs/${id}/steps/20/histograms`);
  assert.ok(layers[0].units.dead_units.includes(3) && layers[1].units.saturated_units.includes(1));
  const page = await open(id);
  for (const [q, count] of [['layer1.dead', layers[0].units.dead], ['layer2.saturated', layers[1].units.saturated]]) {
    const number = page.locator(`.key [data-q="${q}"]`);
    assert.equal(await number.innerText(), String(count));
    assert.equal(fromHex(await number.getAttribute('data-x')), count);
  }
  assert.match(await page.locator('#unit-1-3').getAttribute('aria-label'), /dead/);
  assert.match(await page.locator('#unit-2-1').getAttribute('aria-label'), /saturated/);
  assert.equal(await page.locator('#unit-1-0').getAttribute('title'), layers[0].units.dead_units.includes(0) ? 'dead' : null);
  await page.locator('.key [data-q="layer1.dead"]').click();
  await page.locator('.receipt .big [data-q="layer1.dead"]').waitFor();
  assert.equal(await page.locator('.receipt [data-check]').first().getAttribute('data-check'), 'agrees');
  await clean(page);
});

test('a unit is cut and stays so, and what was done can be undone', { timeout: 60000 }, async () => {
  const { id } = await lab.create({ arch: 'dense 6 tanh | dense 4 tanh | dense 2' });
  await lab.do(id, { do: 'step', count: 10 });
  const page = await open(id);
  await page.locator('#unit-1-2').click();
  await press(page, 'cut-unit');
  await setting(page, id, 'cut', 'layer1.unit[2]');
  await page.locator('[data-do="uncut-unit"]').waitFor();
  await press(page, 'freeze-unit');
  await setting(page, id, 'freeze', 'layer1.w[*,2] layer1.b[2]');
  assert.match(await page.locator('#unit-1-2').getAttribute('aria-label'), /cut, frozen/);
  for (const at of [11, 12]) {
    await lab.do(id, { do: 'step', count: 1 });
    await stands(page, at);
    for (const name of ['layer1.w[0,2]', 'layer1.w[1,2]', 'layer1.b[2]', 'layer2.w[2,0]', 'layer2.w[2,3]'])
      assert.equal((await lab.quantity(id, at, name)).value, 0, name);
  }
  await page.locator('#unit-1-4').click(); // another unit: the list has the way back
  await press(page, 'freeze-unit');
  await setting(page, id, 'freeze', 'layer1.w[*,2] layer1.b[2] layer1.w[*,4] layer1.b[4]');
  await page.locator('[data-do="undo-freeze"]').first().click();
  await setting(page, id, 'freeze', 'layer1.w[*,4] layer1.b[4]');
  const held = (await lab.quantity(id, 12, 'layer1.w[0,4]')).hex;
  await press(page, 'undo-cut');
  await setting(page, id, 'cut', '');
  await lab.do(id, { do: 'step', count: 3 });
  assert.equal((await lab.quantity(id, 15, 'layer1.w[0,4]')).hex, held);
  const { flags } = await lab.ask(`/runs/${id}`);
  assert.deepEqual(flags.map((f) => Object.keys(f.changes)[0]), ['cut', 'freeze', 'freeze', 'freeze', 'cut']);

  await lab.do(id, { do: 'seek', step: 5 }); // before the head a cut makes a branch
  await stands(page, 5);
  await page.locator('#unit-2-1').click();
  await press(page, 'cut-unit');
  await page.waitForFunction((id) => !location.hash.includes(id), id);
  const branches = (await lab.ask(`/runs/${id}`)).branches;
  assert.deepEqual(branches.map((b) => [b.step, b.patch.cut]), [[5, 'layer2.unit[1]']]);
  await clean(page);
});

test('a single weight is cut from its receipt', { timeout: 60000 }, async () => {
  const { id } = await lab.create({ arch: 'dense 4 tanh | dense 2' });
  await lab.do(id, { do: 'step', count: 4 });
  const page = await open(id);
  await page.fill('#wanted', 'layer1.w[1,2]');
  await page.press('#wanted', 'Enter');
  await press(page, 'cut-weight');
  await setting(page, id, 'cut', 'layer1.w[1,2]');
  await press(page, 'uncut-weight');
  await setting(page, id, 'cut', '');
  await clean(page);
});

test('the ridgeline of a run that is opened again has a ridge behind each of its kept states', { timeout: 60000 }, async () => {
  const { id } = await lab.create({ arch: 'dense 8 relu | dense 2' });
  await lab.do(id, { do: 'step', count: 120 });
  await lab.do(id, { do: 'seek', step: 70 });
  const { snapshots, head } = await lab.ask(`/runs/${id}`);
  assert.ok(snapshots.length <= 30, 'few enough to be shown one by one');
  const page = await open(id);
  await plate(page, 'histograms');
  const wanted = snapshots.map((n) => (n === 0 ? 0 : Math.min(n + 1, head)));
  const shown = () => page.locator('[data-view="histograms-plate"]').getAttribute('data-steps').then((t) => t.split(' ').map(Number));
  await page.waitForFunction((all) => { const now = document.querySelector('[data-view="histograms-plate"]')?.dataset.steps.split(' ').map(Number) ?? []; return all.every((n) => now.includes(n)); }, [...wanted, 70, ...Array.from({ length: 15 }, (_, i) => 8 * (i + 1))]); // and between them, for the run is short
  const steps = await shown();
  assert.deepEqual(steps, [...steps].sort((a, b) => a - b));
  await page.locator('figure.ridges .btn').first().click();
  const rows = await page.$$eval('.sheet tbody tr', (all) => all.map((r) => [...r.children].map((c) => c.textContent.replaceAll('−', '-'))));
  assert.deepEqual(rows.map((r) => Number(r[0].replaceAll(',', ''))), steps);
  const close = (text, value) => assert.ok(Math.abs(Number(text) - value) <= 6e-3 * Math.abs(value) + 1e-12, `${text} is not ${value}`);
  for (const [cells, at] of rows.map((r, i) => [r, steps[i]]).filter((_, i) => i % 5 === 0)) {
    const { weights, activations, gradients } = (await lab.ask(`/runs/${id}/steps/${at}/histograms`)).layers[0];
    [weights, activations, gradients].forEach((h, p) => (h ? [[1, h.mean], [2, h.deviation], [3, h.high]].forEach(([c, v]) => close(cells[4 * p + c], v)) : assert.equal(cells[4 * p + 1], '–')));
  }
  await page.keyboard.press('Escape');
  const canvas = page.locator('canvas[data-view="histograms"][data-layer="layer1"]');
  await canvas.focus();
  await canvas.press('ArrowRight');
  await page.waitForFunction(() => /layer1, Weights/.test(document.querySelector('[role="status"].vh').textContent));
  await clean(page);
});

test('the gallery has the engine’s order, a cell of the matrix chooses rows, and a row comes under study', { timeout: 60000 }, async () => {
  const { id } = await lab.create({ arch: 'dense 12 relu | dense 10', batch: 50 }, { data: 'drawn-digits' });
  await lab.do(id, { do: 'step', count: 8 });
  const page = await open(id);
  await plate(page, 'mistakes');
  const ofPage = () => page.$$eval('[data-sample]', (all) => all.map((b) => b.dataset.sample));
  const exact = async (query = '') => (await lab.ask(`/runs/${id}/steps/8/mistakes?count=48${query}`));
  await page.locator('[data-sample]').first().waitFor();
  const all = await exact();
  assert.deepEqual(await ofPage(), all.samples.map((s) => `valid/${s.index}`));
  assert.equal(await page.locator('.told [data-q="valid.wrong"]').getAttribute('data-x').then(fromHex), all.wrong);
  for (const s of all.samples.slice(0, 3)) {
    assert.equal(await page.locator(`.mistake [data-q="loss[0]@valid/${s.index}"]`).getAttribute('data-x').then(fromHex), s.loss);
    assert.equal(await page.locator(`.mistake [data-q="output[${s.answer}]@valid/${s.index}"]`).getAttribute('data-x').then(fromHex), s.p_answer);
  }
  // By keyboard: one right, and Enter.
  await page.locator('[data-sample]').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  const second = `valid/${all.samples[1].index}`;
  await page.locator(`[data-sample="${second}"][aria-pressed="true"]`).waitFor();
  await plate(page, 'network');
  await page.locator(`.outputs [data-q="output[0]@${second}"]`).waitFor();

  const wrong = all.samples.find((s) => s.label !== s.answer);
  await page.locator(`.confusion [data-q="valid.confusion[${wrong.label},${wrong.answer}]"]`).click();
  await page.locator('[data-do="all-mistakes"]').waitFor();
  const some = await exact(`&truth=${wrong.label}&answer=${wrong.answer}`);
  await page.waitForFunction((n) => document.querySelectorAll('[data-sample]').length === n, some.samples.length);
  assert.deepEqual(await ofPage(), some.samples.map((s) => `valid/${s.index}`));
  await page.locator(`.receipt .big [data-q="valid.confusion[${wrong.label},${wrong.answer}]"]`).waitFor();
  await press(page, 'all-mistakes');
  await page.waitForFunction((n) => document.querySelectorAll('[data-sample]').length === n, all.samples.length);
  await clean(page);
});

test('where the target is a number, what is said and true stand in its own unit everywhere', { timeout: 60000 }, async () => {
  const { id } = await lab.create({ arch: 'dense 8 tanh | dense 1' }, { data: 'waves' });
  await lab.do(id, { do: 'step', count: 60 });
  const page = await open(id);
  const said = page.locator('.map [data-q="prediction[0]@train/0"]');
  assert.equal(await said.getAttribute('data-x'), (await lab.quantity(id, 60, 'prediction[0]@train/0')).hex);
  for (const chart of ['loss', 'accuracy', 'rmse']) await page.locator(`canvas[data-view="${chart}"]`).waitFor();
  await plate(page, 'mistakes');
  await page.locator('[data-sample]').first().waitFor();
  const { samples } = await lab.ask(`/runs/${id}/steps/60/mistakes?count=48`);
  assert.deepEqual(await page.$$eval('[data-sample]', (all) => all.map((b) => b.dataset.sample)), samples.map((s) => `valid/${s.index}`));
  assert.equal(await page.locator(`[data-q="error[0]@valid/${samples[0].index}"]`).getAttribute('data-x').then(fromHex), samples[0].error);
  await page.locator('canvas[data-view="scatter"]').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await plate(page, 'network');
  await page.locator('.map [data-q^="prediction[0]@valid/"]').waitFor();
  assert.equal(await step(page), 60);
  await clean(page);
});

test('both plates can be read by all, in both languages and themes, and fit into every window', { timeout: 120000 }, async () => {
  const digits = await lab.create({ arch: 'dense 12 relu | dense 6 tanh | dense 10', batch: 50 }, { data: 'drawn-digits' });
  const waves = await lab.create({ arch: 'dense 8 tanh | dense 1' }, { data: 'waves' });
  for (const { id } of [digits, waves]) await lab.do(id, { do: 'step', count: 6 });
  await lab.do(digits.id, { do: 'act', name: 'edit', values: { 'layer1.b[3]': -100 } });
  await lab.do(digits.id, { do: 'set', settings: { cut: 'layer1.unit[2]', freeze: 'layer2' } });
  const looks = [{ width: 1440 }, { width: 768, theme: 'dark', language: 'zh-CN' }, { width: 360, search: '&long' }, { width: 360, theme: 'dark' }];
  for (const { id } of [digits, waves])
    for (const options of looks) {
      const page = await open(id, { height: 800, ...options });
      await page.evaluate(axe);
      for (const name of ['network', 'histograms', 'mistakes']) {
        await plate(page, name);
        await page.locator({ network: '#unit-1-0', histograms: '.ridges [data-layer="layer1"]', mistakes: '[data-sample]' }[name]).first().waitFor();
        const where = `${name} of ${id === waves.id ? 'waves' : 'digits'}, ${JSON.stringify(options)}`;
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= options.width, `${where} is too wide`);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document.querySelector('.stage'), { resultTypes: ['violations'] }));
        const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
        assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 140)).join(' ')}`), [], where);
      }
      await clean(page);
    }
});
