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
  const { run, said: words } = await begin(lab), page = await at(run.id);
  const said = await standings(page, 3), print = await fingerprint(page), n = (await lab.ask(`/runs/${run.id}`)).step;
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
    run: await lab.ask(`/runs/${bfgs.id}`),
    said: { en: [settings.function, 'momentum from 10', 'the gradient is below its tolerance', 'lr 0.05 → 0.02'], 'zh-CN': [settings.function, 'momentum 自第 10 步', '梯度已低于容差', 'lr 0.05 → 0.02'] },
  };
}

export const checks = [
  { name: 'G1 three steps of sgd are those of a reference in float64', check: followsRule, with: { method: 'sgd' }, engine: ['gradient-sign'], page: ['frozen'] },
  { name: 'G1 three steps of momentum are those of a reference in float64', check: followsRule, with: { method: 'momentum' }, engine: ['stale-momentum'] },
  { name: 'G1 three steps of adam are those of a reference in float64', check: followsRule, with: { method: 'adam' }, engine: ['off-by-one'], page: ['other bits'] },
  { name: 'G1 newton ends a quadratic in one step', check: newton },
  { name: 'G1 a step of bfgs has its length and its secant equation', check: secant, engine: ['stale-curvature', 'wrong-length'] },
  { name: 'G10 its report opens by itself and has the numbers of page and replay, its archive is the same race', check: keepsRace, with: { begin: raced }, page: ['touched up'] },
];
