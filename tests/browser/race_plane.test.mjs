// The plane through the ends of two racers on a network: what the page shows of it against the test's own projection of
// the weights, the keyboard, and who cannot see it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findings } from './checks.mjs';
import { draw, fromHex, Lab, launch, press, stands } from './lab.mjs';

let lab, browser;
before(async () => { lab = await new Lab().start(); browser = await launch(); });
after(async () => { await browser.close(); await lab.stop(); lab.remove(); });

const limit = { timeout: 120000 };
const clean = async (page) => { assert.deepEqual(page.errors, []); await page.close(); };
const racers = ['lbfgs', 'adam', 'momentum'], arch = 'dense 3 tanh | dense 3', steps = 8 + draw(20), seed = 1 + draw(1000);

// A race from one start, all at the same step; its runs by method.
async function raced(data = 'penguins') {
  const first = await lab.ask('/runs', { experiment: 'mlp', data, seed, steps: 60, settings: { arch, weight_decay: 0.001, batch: 241, optimizer: racers[0] } });
  const runs = { [racers[0]]: first };
  for (const optimizer of racers.slice(1)) runs[optimizer] = await lab.do(first.id, { do: 'branch', step: 0, settings: { optimizer, batch: 241, lr: 0.02 } });
  for (const run of Object.values(runs)) await lab.do(run.id, { do: 'step', count: steps });
  return runs;
}
const surveyed = (page) => page.waitForFunction(() => { const e = document.querySelector('[data-view="plane"]'); return e?.getAttribute('aria-busy') === 'false' && e.querySelector('[data-trail]'); });
async function opened(runs, options) {
  const page = await lab.open(browser, `#/optimisers?run=${runs.lbfgs.id}&plate=plane`, options);
  await page.waitForFunction((n) => document.querySelectorAll('.racers li').length === n, racers.length);
  await surveyed(page);
  return page;
}
const choose = async (page, which, run) => { await page.locator(`[data-param="plane-${which}"]`).selectOption(run.id); await surveyed(page); };
async function weights(run, step) {
  const names = run.quantities.filter((q) => /^layer/.test(q.name)).flatMap((q) => Array.from({ length: q.shape.reduce((a, b) => a * b) }, (_, i) => `${q.name}[${q.shape.length > 1 ? `${Math.floor(i / q.shape[1])},${i % q.shape[1]}` : i}]`));
  return (await lab.ask(`/runs/${run.id}/steps/${step}/quantities`, { names })).values.map((v) => fromHex(v.hex));
}
const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0), less = (a, b, by = 1) => a.map((v, i) => v - by * b[i]), unit = (a) => a.map((v) => v / Math.sqrt(dot(a, a)));
const near = (a, b, what) => assert.ok(Math.abs(a - b) <= 1e-5 * (1 + Math.abs(b)), `${what}: the page has ${a}, the test ${b}`);

test('losses, distances and shares are those of the runs and of the test’s own projection', limit, async () => {
  const runs = await raced(), page = await opened(runs);
  await choose(page, 'a', runs.lbfgs);
  await choose(page, 'b', runs.adam);
  const losses = await page.$$eval('[data-view="plane"] [data-q="value"]', (all) => all.map((e) => [e.dataset.run, Number(e.dataset.step), e.dataset.x]));
  assert.equal(losses.length, 1 + racers.length);
  for (const [run, step, hex] of losses) assert.equal(hex, (await lab.quantity(run, step, 'value')).hex, `the loss of ${run} at ${step}`);
  assert.ok(losses.some(([run, step]) => run === runs.lbfgs.id && step === 0), 'the start is the first racer’s');
  const start = await weights(runs.lbfgs, 0), way = async (run, step) => less(await weights(run, step), start);
  const e1 = unit(await way(runs.lbfgs, steps)), b = await way(runs.adam, steps), e2 = unit(less(b, e1, dot(b, e1)));
  for (const run of Object.values(runs)) {
    let within = 0, whole = 0, distance = 0;
    for (let step = 0; step <= steps; step++) {
      const v = await way(run, step), x = dot(v, e1), y = dot(v, e2), off = less(less(v, e1, x), e2, y);
      within += x * x + y * y;
      whole += dot(v, v);
      distance = Math.sqrt(dot(off, off));
    }
    const shown = await page.$eval(`[data-trail="${run.id}"]`, (e) => ['distance', 'share'].map((n) => Number(e.querySelector(`[data-${n}]`).dataset[n])));
    near(shown[0], distance, `the distance of ${run.settings.optimizer}`);
    near(shown[1], within / whole, `the share of ${run.settings.optimizer}`);
  }
  assert.match(await page.locator('.lossplane .caveat').textContent(), new RegExp(`\\b${runs.lbfgs.parameters}\\b`));
  await page.locator('.lossplane .cap button').click();
  const table = await page.$$eval('dialog[open] tbody tr', (all) => all.map((r) => [...r.children].map((c) => c.textContent)));
  assert.equal(table.length, racers.length * (steps + 1), 'the table has every step of every trail');
  await clean(page);
});

test('the plane changes with its ends and with its kind, and follows a step', limit, async () => {
  const runs = await raced(), page = await opened(runs);
  const distances = () => page.$$eval('[data-distance]', (all) => Object.fromEntries(all.map((e) => [e.closest('tr').dataset.trail, Number(e.dataset.distance)])));
  await choose(page, 'b', runs.momentum);
  const first = await distances();
  assert.ok(first[runs.adam.id] > 1e-3 && first[runs.momentum.id] < 1e-6, JSON.stringify(first));
  await page.$eval('[data-param="plane-b"]', async (select, ids) => { // before an answer comes
    for (const id of ids) {
      select.value = id;
      select.dispatchEvent(new Event('change', { bubbles: true }));
      await new Promise(requestAnimationFrame);
    }
  }, [runs.adam, runs.momentum, runs.adam].map((run) => run.id));
  await surveyed(page);
  const then = await distances();
  assert.ok(then[runs.momentum.id] > 1e-3 && then[runs.adam.id] < 1e-6, JSON.stringify(then));
  await page.locator(`[data-run="${runs.momentum.id}"].who`).click();
  await page.locator('[data-param="plane-step"]').check({ force: true });
  await page.waitForSelector('[data-point="downhill"]');
  await surveyed(page);
  assert.deepEqual(await page.$$eval('[data-trail]', (all) => all.map((e) => e.dataset.trail)), [runs.momentum.id]);
  await press(page, 'batch');
  await stands(page, steps + 1);
  await page.waitForFunction((n) => document.querySelector('[data-view="plane"]').dataset.step === String(n), steps + 1);
  await clean(page);
});

test('by keyboard the loss under the cursor and the distance of a trail’s steps are told', limit, async () => {
  const runs = await raced(), page = await opened(runs), told = async () => (await page.locator('.lossplane .told').textContent()).match(/\d[\d.]*(e-?\d+)?/g).map(Number);
  const answered = page.waitForResponse((r) => /\/plane\?/.test(r.url()) && r.url().includes(`b=${runs.adam.id}`));
  await choose(page, 'b', runs.momentum);
  await choose(page, 'b', runs.adam);
  const { values, width, height, trails } = await (await answered).json();
  await page.locator('[data-view="plane-map"]').focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press('PageDown');
  const { distance, value } = trails.find((t) => t.run === runs.lbfgs.id), about = (a, b) => Math.abs(a - b) <= 0.006 * Math.abs(b) + 1e-12;
  const [step, loss, off] = await told();
  assert.ok(step === 2 && about(loss, value[2]) && about(off, distance[2]), `step ${step}, loss ${loss}, ${off} off; it is ${value[2]}, ${distance[2]}`);
  for (let i = 0; i < 60; i++) await page.keyboard.press(i % 2 ? 'Shift+ArrowUp' : 'Shift+ArrowLeft');
  const [corner] = await told();
  assert.ok(about(corner, values[(height - 1) * width]), `${corner} is not ${values[(height - 1) * width]}, the upper left corner`);
  assert.match(await page.locator('[aria-live="polite"]').first().textContent(), /\d/);
  await clean(page);
});

for (const [width, theme, language] of [[1440, 'light', 'en'], [768, 'dark', 'zh-CN'], [360, 'light', 'zh-CN'], [360, 'dark', 'en']])
  test(`nothing is out of reach: ${width} pixels, ${theme}, ${language}`, limit, async () => {
    const runs = await raced();
    const page = await lab.open(browser, `#/optimisers?run=${runs.lbfgs.id}&plate=plane`, { width, height: 900, theme, language });
    await surveyed(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page is wider than the window');
    const cut = await page.$$eval('.lossplane .slip :is(td, th), .lossplane .caveat', (all) => all.filter((e) => { const box = e.getBoundingClientRect(), plate = e.closest('.plate').getBoundingClientRect(); return box.right > plate.right + 1 || e.scrollWidth > e.clientWidth + 1; }).map((e) => e.textContent));
    assert.deepEqual(cut, []);
    assert.deepEqual(await findings(page), []);
    await clean(page);
  });

test('without steps, or with one racer, the page says what is missing', limit, async () => {
  const first = await lab.ask('/runs', { experiment: 'mlp', data: 'penguins', seed, steps: 60, settings: { arch, batch: 241, optimizer: 'adam' } });
  const page = await lab.open(browser, `#/optimisers?run=${first.id}&plate=plane`), said = page.locator('.lossplane .big');
  await said.waitFor();
  assert.match(await said.textContent(), /add a racer/);
  await lab.do(first.id, { do: 'branch', step: 0, settings: { optimizer: 'lbfgs', batch: 241 } });
  await page.reload();
  await page.waitForFunction(() => /start/.test(document.querySelector('.lossplane .big')?.textContent ?? ''));
  await clean(page);
});
