// What the chapter of optimisers must pass: steps of functions that the test makes up, with what the method keeps, are
// those of a reference in float64.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { draw, fingerprint, fromHex, Lab, openFile, press, seed, shown, stands } from './lab.mjs';
import { rules } from './rules.mjs';

const near = (a, b, what, size = Math.abs(b)) => assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(size, 1e-6), `${what}: the page has ${a}, the reference ${b}`);
const create = (lab, settings) => lab.ask('/runs', { experiment: 'function', data: 'none', seed, steps: 200, settings });
const value = async (page, name) => (await shown(page, name)).value;

// A quadratic of two variables with a mixed term: f, its gradient and its lowest point.
function invent() {
  const [a, b, c, p, q] = [1 + draw(8), 1 + draw(8), draw(3) - 1, draw(5) - 2, draw(5) - 2];
  return {
    settings: { function: `${a}*(x - (${p}))^2 + ${b}*(y - (${q}))^2 + (${c})*(x - (${p}))*(y - (${q}))`, start: `${p + 1.5}, ${q - 2}` },
    start: [p + 1.5, q - 2], lowest: [p, q],
    f: ([x, y]) => a * (x - p) ** 2 + b * (y - q) ** 2 + c * (x - p) * (y - q),
    g: ([x, y]) => [2 * a * (x - p) + c * (y - q), 2 * b * (y - q) + c * (x - p)],
  };
}

// Three steps of a rule: value, gradient, what the rule keeps, and the new point.
async function followsRule({ lab, at, method }) {
  const { settings, start, f, g } = invent(), run = await create(lab, { ...settings, optimizer: method, lr: 0.01 });
  const page = await at(run.id), rule = rules[method](run.settings);
  let x = start;
  for (let n = 1; n <= 3; n++) {
    near(await value(page, 'value'), f(x), `f before step ${n}`);
    for (const i of [0, 1]) near(await value(page, `gradient[${i}]`), g(x)[i], `gradient[${i}] before step ${n}`);
    const { step, ...kept } = rule(g(x));
    x = x.map((v, i) => v - step[i]);
    await press(page, 'batch');
    await stands(page, n);
    for (const i of [0, 1]) {
      near(await value(page, `x[${i}]`), x[i], `x[${i}] after step ${n}`);
      for (const [name, all] of Object.entries(kept)) if (/^(momentum|adam\.[mv])\/x$/.test(name)) near(await value(page, `${name}[${i}]`), all[i], `${name}[${i}] after step ${n}`);
    }
  }
}

// Newton is at the bottom of a quadratic in one step.
async function newton({ lab, at }) {
  const { settings, lowest } = invent(), page = await at((await create(lab, { ...settings, optimizer: 'newton' })).id);
  await press(page, 'batch');
  await stands(page, 1);
  for (const i of [0, 1]) near(await value(page, `x[${i}]`), lowest[i], `x[${i}]`, 1);
}

// Of a step of BFGS: it has the length that the page says of its direction, -H g, and the new H maps y to s.
async function secant({ lab, at }) {
  const { settings, start, g } = invent(), page = await at((await create(lab, { ...settings, optimizer: 'bfgs' })).id);
  await press(page, 'batch');
  await stands(page, 1);
  const both = async (of) => [await value(page, of(0)), await value(page, of(1))];
  const x = await both((i) => `x[${i}]`), s = x.map((v, i) => v - start[i]), y = g(x).map((v, i) => v - g(start)[i]);
  const length = await value(page, 'optim.step'); // along -g, as the first H is the identity
  s.forEach((v, i) => near(v, -length * g(start)[i], `step[${i}]`, Math.hypot(...s)));
  for (const i of [0, 1]) {
    const row = await both((j) => `bfgs/inverse_hessian[${i},${j}]`);
    near(row[0] * y[0] + row[1] * y[1], s[i], `(H y)[${i}]`, Math.hypot(...s));
  }
}

const focused = (page) => page.locator('[data-q="fingerprint"]').getAttribute('data-run');
const isOther = (page, id) => page.waitForFunction((was) => document.querySelector('[data-q="fingerprint"]').dataset.run !== was, id);

// Numbers of a function of three variables: of its point, of its matrices, of what the method keeps, of the last step.
const any = (list) => list[draw(list.length)];
const drawn = (method) => [
  `x[${draw(3)}]`, `gradient[${draw(3)}]`, `hessian[${draw(3)},${draw(3)}]`, `hessian_inverse[${draw(3)},${draw(3)}]`, `eigenvalue[${draw(3)}]`, `step[${draw(3)}]`, 'value', 'train.loss',
  ...(method === 'adam' ? [`adam.m/x[${draw(3)}]`, `${any(['adam.m̂', 'adam.v̂'])}/x[${draw(3)}]`] : [`bfgs/inverse_hessian[${draw(3)},${draw(3)}]`, `optim.${any(['step', 'initial_slope', 'gradient_norm', 'evaluations', 'trial_value[0]'])}`]),
];

// Fifty numbers of a race that was stepped, changed, edited and branched, and those in sight, against `limn replay` and
// against the value over HTTP; and again in a lab that was started anew.
async function replayed({ lab, at }) {
  const settings = { function: 'a*(y - x^2)^2 + (1 - x)^2 + (z - x*y)^2', constants: `a=${2 + draw(8)}`, start: `${-1 - draw(9) / 10}, ${draw(9) / 10}, ${draw(9) / 10}` };
  const run = await create(lab, { ...settings, optimizer: 'adam' }), page = await at(run.id), seen = [];
  const look = async (method, n) => {
    await stands(page, n);
    const id = await focused(page);
    for (const name of drawn(method)) {
      const { hex } = await shown(page, name);
      assert.equal(hex, (await lab.quantity(id, n, name)).hex, `${name} at step ${n} over HTTP`);
      seen.push([id, n, name, hex]);
    }
    await page.waitForSelector(`[data-view="cockpit"][data-step="${n}"][aria-busy="false"]`);
    const visible = (await page.$$eval('.racers [data-x], [data-view="cockpit"] [data-x]', (all) => all.map((e) => [e.dataset.run, Number(e.dataset.step), e.dataset.q, e.dataset.x]))).filter(([, , , x]) => x);
    assert.ok(visible.length > 5);
    seen.push(...visible);
  };
  await lab.do(run.id, { do: 'step', count: 7 });
  await look('adam', 7);
  await lab.do(run.id, { do: 'set', settings: { lr: 0.03 } });
  await lab.do(run.id, { do: 'step', count: 9 });
  await lab.do(run.id, { do: 'act', name: 'edit', values: { 'x[1]': -0.3 } });
  await lab.do(run.id, { do: 'step', count: 16 });
  await look('adam', 32);
  await lab.do(run.id, { do: 'seek', step: 20 });
  await stands(page, 20);
  await page.selectOption('[data-param="switch"]', 'bfgs');
  await press(page, 'switch');
  await isOther(page, run.id);
  const branch = await focused(page);
  await lab.do(branch, { do: 'step', count: 3 });
  await look('bfgs', 23);
  await lab.do(branch, { do: 'step', count: 3 });
  await look('bfgs', 26);
  await lab.stop(); // and opens it again: a run that was resumed
  await lab.start(lab.port);
  await page.waitForSelector('.app:not([data-state="disconnected"])');
  await lab.do(branch, { do: 'seek', step: 25 });
  await look('bfgs', 25);
  await lab.stop();
  for (const [id, n] of [...new Set(seen.map(([id, n]) => JSON.stringify([id, n])))].map((text) => JSON.parse(text))) {
    const mine = seen.filter(([of, when]) => of === id && when === n), again = lab.replay(id, n, [...new Set(mine.map(([, , name]) => name))]);
    for (const [, , name, hex] of mine) assert.equal(hex, again[name], `${name} of ${id} at step ${n}`);
  }
  await lab.start(lab.port);
  await page.waitForSelector('.app:not([data-state="disconnected"])');
}

// A formula that nobody has seen before, typed into the page: its value and derivatives are the closed form's, and the
// rule goes down it as its paper says.
async function fresh({ lab, at }) {
  const [a, b, c, d] = [1 + draw(9), 1 + draw(9), 1 + draw(3), 1 + draw(4)], p = draw(100) / 10 - 5, start = [p + 1 + draw(20) / 10, draw(30) / 10 - 1.5];
  const g = ([x, y]) => [2 * a * (x - p) + d * y * y, -b * c * Math.sin(c * y) + 2 * d * x * y];
  const h = ([x, y]) => [[2 * a, 2 * d * y], [2 * d * y, -b * c * c * Math.cos(c * y) + 2 * d * x]];
  const before = await create(lab, { function: 'himmelblau', optimizer: 'adam' }), page = await at(before.id);
  await page.fill('[data-param="function"]', `${a}*(x - (${p}))^2 + ${b}*cos(${c}*y) + ${d}*x*y^2`);
  await page.fill('[data-param="start"]', start.join(', '));
  await press(page, 'race-on');
  await isOther(page, before.id);
  const { id, settings } = await lab.ask(`/runs/${await focused(page)}`), rule = rules.adam(settings);
  await lab.do(id, { do: 'pause' });
  await lab.do(id, { do: 'seek', step: 0 });
  let x = start;
  for (let n = 0; n <= 3; n++) {
    await stands(page, n);
    near(await value(page, 'value'), a * (x[0] - p) ** 2 + b * Math.cos(c * x[1]) + d * x[0] * x[1] ** 2, `f after step ${n}`, 1);
    for (const i of [0, 1]) {
      near(await value(page, `x[${i}]`), x[i], `x[${i}] after step ${n}`, 1);
      near(await value(page, `gradient[${i}]`), g(x)[i], `gradient[${i}] after step ${n}`, 1);
      for (const j of [0, 1]) near(await value(page, `hessian[${i},${j}]`), h(x)[i][j], `hessian[${i},${j}] after step ${n}`, 1);
    }
    const { step } = rule(g(x));
    x = x.map((v, i) => v - step[i]);
    if (n < 3) await press(page, 'batch');
  }
}

const numbersOf = (page, within) => page.$$eval(`${within} [data-x]`, (all) => all.map((e) => [e.dataset.run, Number(e.dataset.step), e.dataset.q, e.dataset.x, e.textContent]));
// What every racer has come to, once the page has it with all its bits: [run, step, "value", bits].
async function standings(page, racers) {
  await page.waitForFunction((n) => document.querySelectorAll('.racers li [data-q="value"][data-x]').length === n, racers);
  return (await numbersOf(page, '.racers')).map((n) => n.slice(0, 4));
}
const save = async (page, what, file) => {
  const [download] = await Promise.all([page.waitForEvent('download'), press(page, what)]);
  await download.saveAs(file);
  return download.suggestedFilename();
};

// What the page gives out of a race opens from the disk in both languages, with the engine stopped, and has the page's
// numbers and those of `limn replay`; the archive is, in a lab that never saw it, the same race.
export async function keepsRace({ lab, at, begin }) {
  const { run, racers, said: words } = await begin(lab), page = await at(run.id);
  const said = await standings(page, racers), print = await fingerprint(page), n = (await lab.ask(`/runs/${run.id}`)).step;
  await press(page, 'save');
  const [html, archive] = ['report.html', 'race.limn'].map((name) => join(lab.runs, name));
  assert.equal(await save(page, 'save-report', html), `limn-${run.id}.html`);
  assert.equal(await save(page, 'save-limn', archive), `${run.id}.limn`);
  await lab.stop();
  const told = [];
  for (const language of ['en', 'zh-CN']) {
    const { report, errors } = await openFile(page.context().browser(), html, { language });
    for (const all of await report.locator('summary').all()) await all.click();
    assert.equal(await report.evaluate(() => document.documentElement.lang), language);
    assert.equal(await fingerprint(report), print);
    const text = await report.locator('main').innerText();
    for (const word of words[language]) assert.ok(text.includes(word), `the report does not say "${word}"`);
    told.push(await numbersOf(report, 'main'));
    assert.deepEqual(errors, []);
    await report.context().close();
  }
  const bits = (all) => all.map((number) => number.slice(0, 4).join(' '));
  assert.deepEqual(bits(told[0]), bits(told[1]));
  if (run.function) for (const number of said) assert.ok(bits(told[0]).includes(number.join(' ')), `the page has ${number}, the report has not`);
  for (const place of new Set(told[0].map(([id, step]) => JSON.stringify([id, step])))) {
    const [id, step] = JSON.parse(place), mine = told[0].filter(([of, when]) => of === id && when === step);
    const replayed = lab.replay(id, step, [...new Set(mine.map(([, , q]) => q))]);
    for (const [, , q, hex, text] of mine) {
      assert.equal(hex, replayed[q], `${q} of ${id} at step ${step}`);
      const number = parseFloat(text.replaceAll('−', '-')) / (text.includes('%') ? 100 : 1);
      assert.ok(Math.abs(number - fromHex(hex)) <= (text.includes('%') ? 1e-3 : 1e-2 * Math.abs(number)), `${q}: ${text} is not ${fromHex(hex)}`);
    }
  }
  const other = await new Lab().start();
  try {
    const there = await other.open(page.context().browser(), page.url().replace(/.*(#[^?]*).*/, '$1'));
    await press(there, 'save');
    await there.setInputFiles('[data-do="open-limn"]', archive);
    await there.waitForFunction((id) => document.querySelector('[data-q="fingerprint"]').dataset.run === id, run.id);
    await other.do(run.id, { do: 'seek', step: n });
    await stands(there, n);
    assert.equal(await fingerprint(there), print);
    await there.close();
  } finally {
    await other.stop();
    other.remove();
  }
}

// Three racers on a function of the test's own, one of which changed its mind on the way.
async function raced(lab) {
  const { settings } = invent(), first = await create(lab, { ...settings, optimizer: 'adam', lr: 0.05 });
  await lab.do(first.id, { do: 'step', count: 20 });
  await lab.do(first.id, { do: 'set', settings: { lr: 0.02 } });
  await lab.do(first.id, { do: 'step', count: 20 });
  const bfgs = await lab.do(first.id, { do: 'branch', step: 0, settings: { optimizer: 'bfgs' } });
  await lab.do(bfgs.id, { do: 'step', count: 40 });
  const momentum = await lab.do(first.id, { do: 'branch', step: 10, settings: { optimizer: 'momentum', lr: 0.01 } });
  await lab.do(momentum.id, { do: 'step', count: 30 });
  return {
    run: await lab.ask(`/runs/${bfgs.id}`), racers: 3,
    said: { en: [settings.function, 'momentum from 10', 'the gradient is below its tolerance', 'lr 0.05 → 0.02'], 'zh-CN': [settings.function, 'momentum 自第 10 步', '梯度已低于容差', 'lr 0.05 → 0.02'] },
  };
}

// Two down a network, all rows at every step.
async function learned(lab) {
  const run = await lab.create({ arch: 'dense 3 tanh | dense 3', optimizer: 'lbfgs', weight_decay: 1e-3 }, { data: 'penguins', seed, steps: 300 });
  const adam = await lab.do(run.id, { do: 'branch', step: 0, settings: { optimizer: 'adam', batch: run.settings.batch } });
  for (const id of [run.id, adam.id]) await lab.do(id, { do: 'step', count: 300 });
  const words = ['penguins', 'optimizer lbfgs → adam', 'dense 3 tanh | dense 3'];
  return { run: await lab.ask(`/runs/${run.id}`), racers: 2, said: { en: [...words, 'validation rows'], 'zh-CN': [...words, '验证数据'] } };
}

export const checks = [
  { name: 'G1 three steps of sgd are those of a reference in float64', check: followsRule, with: { method: 'sgd' }, engine: ['gradient-sign'], page: ['frozen'] },
  { name: 'G1 three steps of momentum are those of a reference in float64', check: followsRule, with: { method: 'momentum' }, engine: ['stale-momentum'] },
  { name: 'G1 three steps of adam are those of a reference in float64', check: followsRule, with: { method: 'adam' }, engine: ['off-by-one'], page: ['other bits'] },
  { name: 'G1 newton ends a quadratic in one step', check: newton },
  { name: 'G1 a step of bfgs has its length and its secant equation', check: secant, engine: ['stale-curvature', 'wrong-length'] },
  { name: 'G2 its numbers are those of limn replay and of HTTP', check: replayed, page: ['other bits'] },
  { name: 'G3 of a formula that it never saw its numbers are those of the closed form', check: fresh, page: ['canned data'] },
  { name: 'G10 its report opens by itself and has the numbers of page and replay, its archive is the same race', check: keepsRace, with: { begin: raced }, page: ['touched up'] },
  { name: 'G10 so do those of a race down a network', check: keepsRace, with: { begin: learned }, page: ['touched up'] },
];
