// What the chapter of optimisers must pass: steps of functions that the test makes up, with what the method keeps, are
// those of a reference in float64.
import assert from 'node:assert/strict';
import { draw, press, seed, shown, stands } from './lab.mjs';
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

export const checks = [
  { name: 'G1 three steps of sgd are those of a reference in float64', check: followsRule, with: { method: 'sgd' }, engine: ['gradient-sign'], page: ['frozen'] },
  { name: 'G1 three steps of momentum are those of a reference in float64', check: followsRule, with: { method: 'momentum' }, engine: ['stale-momentum'] },
  { name: 'G1 three steps of adam are those of a reference in float64', check: followsRule, with: { method: 'adam' }, engine: ['off-by-one'], page: ['other bits'] },
  { name: 'G1 newton ends a quadratic in one step', check: newton },
  { name: 'G1 a step of bfgs has its length and its secant equation', check: secant, engine: ['stale-curvature', 'wrong-length'] },
];
