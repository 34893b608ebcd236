// What the race on a network shows of rules: what they cost, that their inputs are one, what a step was made of, and which
// rates they bear; each against formulas in float64 that are written out here.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findings } from './checks.mjs';
import { draw, fromHex, Lab, launch, press, stands, token } from './lab.mjs';

let lab, browser;
before(async () => { lab = await new Lab().start(); browser = await launch(); });
after(async () => {
  await browser.close();
  await lab.stop();
  lab.remove();
});

const limit = { timeout: 120000 };
const clean = async (page) => { assert.deepEqual(page.errors, []); await page.close(); };
const near = (a, b, what, relative = 1e-5) => assert.ok(Math.abs(a - b) <= relative * Math.abs(b), `${what}: ${a}, expected ${b}`);
const seed = 1 + draw(1000), all = 241; // training rows of penguins
const setup = (racers, more = '') => `#/optimisers?data=penguins&seed=${seed}&steps=60&arch=dense+3+tanh+%7C+dense+3&weight_decay=0.001&racers=${racers}${more}`;
async function begun(of, racers, more) {
  const page = await of.open(browser, setup(racers, more));
  await page.waitForFunction((n) => document.querySelectorAll('.racers li').length === n, racers.split(',').length);
  await press(page, 'pause').catch(() => {});
  await page.waitForFunction(() => document.querySelector('.app').dataset.state !== 'playing');
  await press(page, 'reset');
  await stands(page, 0);
  return page;
}
async function steps(page, n) {
  const from = Number(await page.locator('[data-q="fingerprint"]').getAttribute('data-step'));
  for (let i = 0; i < n; i++) await press(page, 'batch');
  await stands(page, from + n);
}
const racersOf = (page) => page.$$eval('.racers li', (rows) => Object.fromEntries(rows.map((e) => [e.dataset.racer, e.querySelector('.who').dataset.run])));
const plate = (page, name) => page.locator(`[data-param="plate-${name}"]`).check({ force: true });
const quantities = async (run, step, names, of = lab) => Object.fromEntries((await of.ask(`/runs/${run}/steps/${step}/quantities`, { names })).values.map((v) => [v.name, v]));

// The chart's cursor says at the right end of its axis that so much was spent.
async function endsAt(page, spent, what) {
  await page.locator('[data-param="axis-evaluations"]').check({ force: true });
  await page.locator('canvas[data-view="value"]').focus();
  for (let i = 0; i < 20; i++) await page.keyboard.press('Shift+ArrowRight');
  const isSaid = (spent) => Math.abs(Number(/^([\d.,]+) evaluations/.exec(document.querySelector('.vh[role="status"]').textContent)?.[1].replaceAll(',', '')) - spent) <= 0.01 * spent;
  await page.waitForFunction(isSaid, spent, { timeout: 5000 })
    .catch(async () => assert.fail(`${what}: ${await page.locator('.vh[role="status"]').textContent()}, expected ${spent}`));
}

test('the chart runs along gradients over all rows: a batch counts its share, a Hessian twice a parameter', limit, async () => {
  const [n, rows] = [4 + draw(3), 20 + draw(40)];
  const rules = await begun(lab, 'adam,sgd', `&batch=${rows}`);
  await steps(rules, n);
  const heads = await Promise.all(Object.values(await racersOf(rules)).map(async (id) => (await lab.ask(`/runs/${id}`)).head));
  let taken = 0;
  for (let k = 0, left = all; k < Math.max(...heads); k++) {
    taken += Math.min(rows, left) / all;
    left = left > rows ? left - rows : all;
  }
  await endsAt(rules, Math.max(1, taken), 'rules on a mini-batch');
  await clean(rules);

  const mixed = await begun(lab, 'newton,adam');
  await steps(mixed, n);
  const { newton } = await racersOf(mixed), { parameters, head } = await lab.ask(`/runs/${newton}`);
  const names = ['evaluations', 'products', 'matrices'].map((q) => `optim.${q}`), counted = await quantities(newton, head, names);
  const cost = counted[names[0]].value + 2 * counted[names[1]].value + 2 * parameters * counted[names[2]].value;
  assert.ok(cost > 2 * parameters);
  await endsAt(mixed, cost, 'newton');
  await clean(mixed);
});

const groups = async (page) => {
  await page.waitForSelector('[data-view="inputs"] [data-q="batch.digest"]');
  return page.$$eval('[data-view="inputs"] dt', (rows) => rows.map((dt) => ({ equal: dt.querySelector('[data-equal]').dataset.equal, numbers: [...dt.nextElementSibling.querySelectorAll('[data-x]')].map((e) => ({ q: e.dataset.q, x: e.dataset.x, run: e.dataset.run, step: Number(e.dataset.step) })) })));
};
async function checkInputs(of) {
  const page = await begun(of, 'lbfgs,adam,sgd', '&batch=32'), racers = await racersOf(page);
  await steps(page, 2);
  await page.waitForFunction(() => document.querySelector('[data-view="inputs"] [data-q="batch.digest"]')?.dataset.step === '2');
  const shown = await groups(page);
  for (const step of [0, 1, 2]) {
    const digests = await Promise.all(Object.values(racers).map((run) => quantities(run, step, ['batch.digest'], of)));
    assert.equal(new Set(digests.map((d) => d['batch.digest'].hex)).size, 1, `the rows behind step ${step}`);
  }
  assert.deepEqual(shown.map((g) => [g.numbers[0].q, g.equal, g.numbers.length]).sort(), [['batch.digest', 'true', 1], ['parameters.digest', 'true', 1]]);
  for (const { q, x, run, step } of shown.flatMap((g) => g.numbers)) assert.equal((await quantities(run, step, [q], of))[q].hex, x);
  // One who takes other rows is told apart.
  await of.do(racers.lbfgs, { do: 'branch', step: 0, settings: { optimizer: 'momentum', batch: 24 } });
  const again = await of.open(browser, `#/optimisers?run=${racers.lbfgs}`);
  await again.waitForFunction(() => document.querySelectorAll('[data-view="inputs"] dt').length === 3);
  const rows = (await groups(again)).filter((g) => g.numbers[0].q === 'batch.digest');
  assert.equal(new Set(rows.map((g) => g.numbers[0].x)).size, 2);
  await clean(page);
  await clean(again);
}
test('all racers begin with the same weights and step on the same rows, and the page shows it', limit, () => checkInputs(lab));
test('racers with seeds of their own do not pass for equal', limit, async () => {
  const faulty = await new Lab('hidden-randomness').start();
  await assert.rejects(checkInputs(faulty), /the rows behind step/);
  await faulty.stop();
  faulty.remove();
});

// What the cockpit shows: {part: {log, quantiles: [{q, x}]}}.
async function cockpit(page, at) {
  await page.waitForFunction((n) => { const e = document.querySelector('[data-view="distributions"]'); return e?.dataset.step === String(n) && e.getAttribute('aria-busy') === 'false'; }, at);
  return page.$$eval('[data-view="distributions"] figure', (figures) => Object.fromEntries(figures.map((f) => [f.dataset.part, [...f.querySelectorAll('.quantiles [data-x]')].map((e) => ({ q: e.dataset.q, x: e.dataset.x, run: e.dataset.run }))])));
}
async function checkCockpit(of) {
  const page = await begun(of, 'adam'), { adam } = await racersOf(page);
  await plate(page, 'cockpit');
  await press(page, 'without-correction');
  await page.waitForFunction(() => document.querySelectorAll('.racers li').length === 2);
  const bare = await page.locator('[data-q="fingerprint"]').getAttribute('data-run');
  const { settings, quantities: tensors } = await of.ask(`/runs/${bare}`);
  assert.equal(settings.bias_correction, 'off');
  const places = tensors.filter((q) => /^layer\d\.[wb]$/.test(q.name)).flatMap((q) => Array.from({ length: q.shape.reduce((a, v) => a * v, 1) }, (_, i) => `${q.name}[${q.shape.length > 1 ? `${Math.floor(i / q.shape[1])},` : ''}${i % q.shape.at(-1)}]`));
  const { lr, momentum: b1, beta2: b2, epsilon } = settings;
  const median = {};
  for (const [run, isCorrected] of [[bare, false], [adam, true]]) {
    await page.locator(`.racers .who[data-run="${run}"]`).click();
    await page.waitForFunction((id) => document.querySelector('[data-q="fingerprint"]').dataset.run === id, run);
    let m = places.map(() => 0), v = places.map(() => 0);
    await press(page, 'reset');
    await stands(page, 0);
    for (let t = 1; t <= 10; t++) {
      await steps(page, 1);
      if (![1, 2, 10].includes(t)) continue;
      const shown = await cockpit(page, t);
      const named = (state, place) => (state === 'd' ? place.replace('.', '.d') : `${state}/${place}`);
      for (const part of ['d', 'adam.m', 'adam.v', 'step', 'rate']) {
        const known = await quantities(run, t, places.map((p) => named(part, p)), of), sizes = places.map((p) => Math.abs(known[named(part, p)].value)).sort((a, b) => a - b);
        assert.equal(shown[part].length, 3, part);
        shown[part].forEach(({ q, x }, k) => {
          assert.equal(known[q].hex, x, `${q} of ${part} at step ${t}`);
          assert.equal(Math.abs(known[q].value), sizes[Math.ceil(([5, 50, 95][k] / 100) * sizes.length) - 1], `quantile ${k} of ${part}`);
        });
        if (part === 'step') median[`${isCorrected} ${t}`] = sizes[Math.ceil(sizes.length / 2) - 1];
      }
      if (t > 2) continue;
      // Adam by its paper, from the engine's gradients and weights.
      const decay = 1e-3, before = await quantities(run, t - 1, places, of), g = await quantities(run, t, places.map((p) => p.replace('.', '.d')), of);
      const of_ = (part) => quantities(run, t, places.map((p) => `${part}/${p}`), of);
      const [ms, vs, rates, moved] = await Promise.all(['adam.m', 'adam.v', 'rate', 'step'].map(of_));
      places.forEach((p, i) => {
        const slope = g[p.replace('.', '.d')].value + (p.includes('.w') ? decay * before[p].value : 0);
        [m[i], v[i]] = [b1 * m[i] + (1 - b1) * slope, b2 * v[i] + (1 - b2) * slope ** 2];
        const [hat, square] = isCorrected ? [m[i] / (1 - b1 ** t), v[i] / (1 - b2 ** t)] : [m[i], v[i]];
        if (Math.abs(slope) < 1e-6) return;
        near(ms[`adam.m/${p}`].value, m[i], `m of ${p} at step ${t}`, 1e-4);
        near(vs[`adam.v/${p}`].value, v[i], `v of ${p} at step ${t}`, 1e-4);
        near(rates[`rate/${p}`].value, lr / (Math.sqrt(square) + epsilon), `rate of ${p} at step ${t}`, 1e-3);
        const step = (lr * hat) / (Math.sqrt(square) + epsilon);
        assert.ok(Math.abs(moved[`step/${p}`].value + step) <= 1e-2 * Math.abs(step) + 1e-7, `step of ${p}: ${moved[`step/${p}`].value}, expected ${-step}`);
      });
    }
  }
  near(median['false 1'] / median['true 1'], (1 - b1) / Math.sqrt(1 - b2), 'the first step without correction over that with it', 0.02);
  await clean(page);
}
test('the cockpit has gradient, m, v, step and rate of Adam with bias correction and without, as quantiles that exist', limit, () => checkCockpit(lab));
test('moments that are not kept are noticed', limit, async () => {
  const faulty = await new Lab('stale-momentum').start();
  await assert.rejects(checkCockpit(faulty), /m of layer/);
  await faulty.stop();
  faulty.remove();
});

test('a range test draws the engine’s losses over rates that grow by equal factors, and its rate joins the race', limit, async () => {
  const page = await begun(lab, 'bfgs,adam'), { adam } = await racersOf(page);
  await page.locator('.racers li[data-racer="adam"] .who').click();
  await page.waitForFunction((id) => document.querySelector('[data-q="fingerprint"]').dataset.run === id, adam);
  await plate(page, 'range');
  const top = [1, 3, 10][draw(3)];
  await page.fill('[data-param="range-top"]', String(top));
  await press(page, 'range-test');
  await page.waitForFunction(() => document.querySelectorAll('[data-view="range"] circle').length > 10);
  const points = await page.$$eval('[data-view="range"] circle', (all) => all.map((c) => ({ run: c.dataset.run, step: Number(c.dataset.step), loss: c.dataset.x, lr: c.dataset.lr, at: [Number(c.getAttribute('cx')), Number(c.getAttribute('cy'))] })));
  const { run } = points[0], state = await lab.ask(`/runs/${run}`);
  assert.deepEqual([state.settings.schedule, state.settings.lr, state.settings.optimizer, state.seed, state.head], ['range', top, 'adam', seed, points.length]);
  points.forEach((p, i) => {
    assert.equal(p.step, i + 1);
    assert.equal(fromHex(p.lr), Math.fround(top * 1e-6 ** (1 - i / 120)), `rate of step ${p.step}`);
    if (i > 1) assert.ok(Math.abs(p.at[0] - 2 * points[i - 1].at[0] + points[i - 2].at[0]) < 0.01, 'equal factors stand at equal distances');
  });
  for (const p of [points[0], points[draw(points.length)], points[draw(points.length)], points.at(-1)]) {
    const known = await quantities(run, p.step, ['train.loss', 'step.lr']);
    assert.deepEqual([known['train.loss'].hex, known['step.lr'].hex], [p.loss, p.lr], `step ${p.step}`);
  }
  const suggested = await page.locator('[data-view="range"] .facts [data-q="step.lr"]').first().getAttribute('data-x');
  await press(page, 'take-rate');
  await page.waitForFunction(() => document.querySelectorAll('.racers li').length === 3);
  const joined = await lab.ask(`/runs/${await page.locator('[data-q="fingerprint"]').getAttribute('data-run')}`);
  assert.equal(joined.settings.optimizer, 'adam');
  assert.equal(Math.fround(joined.settings.lr), fromHex(suggested));
  await clean(page);
});

test('the matrices of a table that was uploaded are those of its softmax regression', limit, async () => {
  const table = ['p,q,kind', ...Array.from({ length: 60 }, () => { const [p, q] = [draw(1000) / 100, draw(1000) / 50 - 10]; return `${p},${q},${p - q + draw(900) / 100 > 8 ? 'high' : 'low'}`; })].join('\n');
  const answer = await fetch(`${lab.origin}/api/data?name=own.csv`, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: table });
  assert.equal(answer.status, 201);
  const { name } = await answer.json();
  const page = await lab.open(browser, `#/optimisers?data=${encodeURIComponent(name)}&seed=${seed}&steps=30&arch=dense+2&weight_decay=0.01&racers=newton,adam`);
  await page.waitForFunction(() => document.querySelectorAll('.racers li').length === 2);
  await press(page, 'pause').catch(() => {});
  await page.waitForFunction(() => document.querySelector('.app').dataset.state !== 'playing');
  await press(page, 'reset');
  await stands(page, 0);
  await steps(page, 2);
  await plate(page, 'matrices');
  await page.waitForFunction(() => { const e = document.querySelector('[data-view="matrices"]'); return e?.dataset.step === '2' && e.getAttribute('aria-busy') === 'false'; });
  const shown = await page.$$eval('[data-view="matrices"] .facts [data-q^="eigenvalue"]', (all) => all.map((e) => [e.dataset.q, e.dataset.x, e.dataset.run])), run = shown[0][2];
  const { split } = await lab.ask(`/runs/${run}`), rows = Array.from({ length: split.train }, (_, i) => i);
  const inputs = await quantities(run, 2, rows.flatMap((i) => [0, 1].map((j) => `input[${j}]@train/${i}`))), chances = await quantities(run, 2, rows.map((i) => `output[0]@train/${i}`));
  // H = mean of (diag(p) - p p') x (x, 1)(x, 1)' and the decay of the weights; parameters are w[i,k], then b[k].
  const H = Array.from({ length: 6 }, (_, a) => Array.from({ length: 6 }, (_, b) => (a === b && a < 4 ? 0.01 : 0)));
  for (const i of rows) {
    const x = [0, 1].map((j) => inputs[`input[${j}]@train/${i}`].value).concat(1), p = chances[`output[0]@train/${i}`].value;
    for (let a = 0; a < 6; a++) for (let b = 0; b < 6; b++) H[a][b] += ((a % 2 === b % 2 ? 1 : -1) * p * (1 - p) * x[a >> 1] * x[b >> 1]) / rows.length;
  }
  const engine = await quantities(run, 2, H.flatMap((_, a) => H.map((_, b) => `hessian[${a},${b}]`)));
  H.forEach((row, a) => row.forEach((v, b) => assert.ok(Math.abs(engine[`hessian[${a},${b}]`].value - v) < 1e-5, `hessian[${a},${b}]: ${engine[`hessian[${a},${b}]`].value}, expected ${v}`)));
  const trace = H.reduce((sum, row, a) => sum + row[a], 0), eigen = await quantities(run, 2, H.map((_, a) => `eigenvalue[${a}]`));
  near(Object.values(eigen).reduce((sum, e) => sum + e.value, 0), trace, 'the sum of the eigenvalues');
  for (const [q, x] of shown) assert.equal(eigen[q].hex, x);
  await clean(page);
});

for (const [width, theme, language] of [[1440, 'light', 'en'], [360, 'dark', 'zh-CN']])
  test(`the plates of rules are accessible and no wider than ${width} pixels, ${theme}, ${language}`, limit, async () => {
    const run = await lab.create({ arch: 'dense 3 tanh | dense 3', optimizer: 'adam' }, { data: 'penguins', steps: 20 });
    await lab.do(run.id, { do: 'step', count: 5 });
    const page = await lab.open(browser, `#/optimisers?run=${run.id}`, { width, theme, language });
    for (const [name, ready] of [['cockpit', '[data-view="distributions"] figure'], ['range', '[data-view="range"] circle']]) {
      await plate(page, name);
      if (name === 'range') await press(page, 'range-test');
      await page.waitForSelector(ready);
      assert.deepEqual(await findings(page), [], name);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, name);
    }
    await clean(page);
  });
