// The race of optimisers on a network: what the page says of it, and a reference in float64.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { draw, fromHex, Lab, launch, press, stands } from './lab.mjs';

let lab, browser;
before(async () => { lab = await new Lab().start(); browser = await launch(); });
let isStopped = false;
after(async () => {
  await browser.close();
  if (!isStopped) await lab.stop();
  lab.remove();
});

const limit = { timeout: 120000 };
const clean = async (page) => { assert.deepEqual(page.errors, []); await page.close(); };
const seed = 1 + draw(1000);
const setup = (more = '') => `#/optimisers?data=penguins&seed=${seed}&steps=60&arch=dense+3+tanh+%7C+dense+3&weight_decay=0.001&racers=adam,bfgs,newton${more}`;
// The racers of the list by method, once all have a number at the race's step: {method: {run, step, hex}}.
async function standings(page, at) {
  await page.waitForFunction((at) => {
    const all = [...document.querySelectorAll('.racers li')].map((e) => e.querySelector('[data-q="value"]'));
    return all.length === 3 && all.every((e) => e?.dataset.x && e.dataset.step === String(at));
  }, at);
  return Object.fromEntries(await page.$$eval('.racers li', (all) => all.map((e) => { const n = e.querySelector('[data-q="value"]'); return [e.dataset.racer, { run: n.dataset.run, step: Number(n.dataset.step), hex: n.dataset.x }]; })));
}
async function begun(more) {
  const page = await lab.open(browser, setup(more));
  await page.waitForFunction(() => document.querySelectorAll('.racers li').length === 3);
  await press(page, 'pause').catch(() => {});
  await page.waitForFunction(() => document.querySelector('.app').dataset.state !== 'playing');
  await press(page, 'reset');
  await stands(page, 0);
  return page;
}
const said = []; // [run, step, name, bits] of what a page showed, for the last test

test('all racers begin with the same weights and the same rows', limit, async () => {
  const page = await begun();
  const first = await standings(page, 0);
  assert.deepEqual(Object.keys(first).sort(), ['adam', 'bfgs', 'newton']);
  assert.equal(new Set(Object.values(first).map((r) => r.hex)).size, 1, 'the start has one value');
  const states = await Promise.all(Object.values(first).map((r) => lab.ask(`/runs/${r.run}`)));
  for (const s of states) assert.deepEqual([s.seed, s.data, s.settings.arch, s.settings.batch], [seed, 'penguins', 'dense 3 tanh | dense 3', s.split.train]);
  const weights = states[0].quantities.filter((q) => /^layer/.test(q.name)).flatMap((q) => Array.from({ length: q.shape[0] }, (_, i) => `${q.name}[${q.shape.map((_, k) => (k ? 0 : i)).join(',')}]`));
  const bits = await Promise.all(states.map((s) => lab.ask(`/runs/${s.id}/steps/0/quantities`, { names: weights }).then((a) => a.values.map((v) => v.hex).join())));
  assert.equal(new Set(bits).size, 1, 'the start has the same weights');
  const n = 3 + draw(3);
  for (let i = 0; i < n; i++) await press(page, 'batch');
  await stands(page, n);
  const then = await standings(page, n);
  assert.equal(new Set(Object.values(then).map((r) => r.hex)).size, 3);
  for (const r of Object.values(then)) said.push([r.run, n, 'value', r.hex]);
  await clean(page);
});

test('the eigenvalues that are shown are those of the Hessian, whose trace they add up to', limit, async () => {
  const page = await begun();
  await press(page, 'batch');
  await stands(page, 1);
  await page.locator('[data-param="plate-matrices"]').check({ force: true });
  await page.waitForFunction(() => { const e = document.querySelector('[data-view="matrices"]'); return e?.dataset.step === '1' && e.getAttribute('aria-busy') === 'false'; });
  const shown = await page.$$eval('[data-view="matrices"] .facts [data-q^="eigenvalue"]', (all) => all.map((e) => [e.dataset.q, e.dataset.x, e.dataset.run]));
  const run = shown[0][2], { parameters } = await lab.ask(`/runs/${run}`);
  assert.deepEqual(shown.map(([q]) => q), ['eigenvalue[0]', `eigenvalue[${parameters - 1}]`]);
  for (const [q, hex] of shown) said.push([run, 1, q, hex]);
  const of = async (q) => (await lab.ask(`/runs/${run}/steps/1/quantities`, { names: Array.from({ length: parameters }, (_, i) => q(i)) })).values.map((v) => fromHex(v.hex));
  const all = await of((i) => `eigenvalue[${i}]`), diagonal = await of((i) => `hessian[${i},${i}]`), sum = (v) => v.reduce((a, x) => a + x, 0);
  assert.equal(Math.max(...all), fromHex(shown[1][1]));
  assert.ok(Math.abs(sum(all) - sum(diagonal)) < 1e-12 * parameters * Math.max(...all.map(Math.abs)), `${sum(all)} and ${sum(diagonal)}`);
  await clean(page);
});

test('a racer goes on by another method: its branch is the parent up to there, takes the same rows and learns on', limit, async () => {
  const page = await begun('&plate=race'), n = 4;
  for (let i = 0; i < n; i++) await press(page, 'batch');
  await stands(page, n);
  const { adam } = await standings(page, n);
  await page.locator('.racers li[data-racer="adam"] .who').click();
  await page.waitForFunction((id) => document.querySelector('[data-q="fingerprint"]').dataset.run === id, adam.run);
  await page.locator('[data-param="switch"]').selectOption('lbfgs');
  await press(page, 'switch');
  await page.waitForFunction((id) => document.querySelector('[data-q="fingerprint"]').dataset.run !== id, adam.run);
  const id = await page.locator('[data-q="fingerprint"]').getAttribute('data-run'), branch = await lab.ask(`/runs/${id}`), parent = await lab.ask(`/runs/${adam.run}`);
  assert.deepEqual([branch.parent.id, branch.parent.step, branch.settings.optimizer, branch.settings.batch], [adam.run, n, 'lbfgs', parent.split.train]);
  const there = (run) => lab.ask(`/runs/${run}/steps/${n}/quantities/value`).then((a) => a.hex);
  assert.equal(await there(id), adam.hex);
  await press(page, 'batch');
  await page.waitForFunction((at) => document.querySelector('.racers li.on [data-q="value"]')?.dataset.step === String(at), n + 1);
  const [before, after] = [fromHex(adam.hex), fromHex(await page.locator('.racers li.on [data-q="value"]').getAttribute('data-x'))];
  assert.ok(after < before, `${after} is not below ${before}`);
  await clean(page);
});

test('what was shown has the bits of a replay', limit, async () => {
  await lab.stop();
  isStopped = true;
  assert.ok(said.length >= 5);
  for (const [run, at, name, hex] of said) assert.equal(lab.replay(run, at, [name])[name], hex, `${name} of ${run} at step ${at}`);
});
