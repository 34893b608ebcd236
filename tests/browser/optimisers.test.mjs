// The chapter of optimisers in a real browser: functions that the test makes up, and what is known of them. Numbers are
// read from the page with all their bits.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findings } from './checks.mjs';
import { draw, fingerprint, fromHex, Lab, launch, press, seed, shown, stands, step, until } from './lab.mjs';
import { dot, names, quadratic, rosenbrock, symmetric, times, trace } from './rules.mjs';

let lab, browser;
before(async () => { lab = await new Lab().start(); browser = await launch(); });
after(async () => {
  await browser.close();
  await lab.stop();
  lab.remove();
});

const limit = { timeout: 120000 };
const random = () => draw(1e6) / 1e6;
const list = (n, of) => Array.from({ length: n }, (_, i) => of(i));
const near = (a, b, relative, what, size = Math.abs(b)) => assert.ok(Math.abs(a - b) <= relative * Math.max(size, 1e-12), `${what}: the page has ${a}, the reference ${b}`);
const create = (settings, more = {}) => lab.ask('/runs', { experiment: 'function', data: 'none', seed, steps: 200, settings, ...more });
const join = (run, settings) => lab.do(run.id, { do: 'branch', step: 0, settings });
const open = (id, options, more = '') => lab.open(browser, `#/optimisers?run=${id}${more}`, options);
const plate = (page, name) => page.locator(`[data-param="plate-${name}"]`).check({ force: true });
const clean = async (page) => { assert.deepEqual(page.errors, []); await page.close(); };
const focused = (page) => page.locator('[data-q="fingerprint"]').getAttribute('data-run');
const point = async (page, n) => { const all = []; for (let i = 0; i < n; i++) all.push((await shown(page, `x[${i}]`)).value); return all; };
// What a part of the page says with its bits, once it stands at the page's step: {name: number}.
async function told(page, view) {
  await page.waitForFunction(([v, n]) => { const e = document.querySelector(`[data-view="${v}"]`); return e?.dataset.step === n && e.getAttribute('aria-busy') === 'false'; }, [view, String(await step(page))]);
  return Object.fromEntries(await page.$$eval(`[data-view="${view}"] [data-q]`, (all) => all.map((e) => [e.dataset.q, e.dataset.x])).then((all) => all.map(([q, x]) => [q, fromHex(x)])));
}
// f of every racer in the list, by method, with its bits.
async function standings(page, racers, at = 0) {
  await page.waitForFunction(([n, at]) => {
    const all = [...document.querySelectorAll('.racers li [data-q="value"]')];
    return all.length === n && (!at || ['adam', 'momentum'].every((r) => document.querySelector(`.racers li[data-racer="${r}"] [data-q="value"]`)?.dataset.step === String(at)));
  }, [racers, at]);
  return Object.fromEntries(await page.$$eval('.racers li', (all) => all.map((e) => [e.dataset.racer, { hex: e.querySelector('[data-q="value"]').dataset.x, step: Number(e.querySelector('[data-q="value"]').dataset.step) }])));
}
// A quadratic that nobody has seen: its matrix, its lowest point, and a start.
function bowl(n, condition) {
  const { a, inverse } = symmetric(list(n, (i) => condition ** (i / Math.max(1, n - 1))), random);
  const centre = list(n, () => draw(400) / 100 - 2), start = centre.map((c) => c + 1 + random());
  return { a, inverse, centre, settings: { function: quadratic(a, centre), start: start.join(', ') } };
}

for (const n of [2, 6])
  test(`Newton is at the bottom of a quadratic of ${n} variables in one step`, limit, async () => {
    const { centre, settings } = bowl(n, 1000), run = await create({ ...settings, optimizer: 'newton' });
    const page = await open(run.id);
    await press(page, 'batch');
    await stands(page, 1);
    (await point(page, n)).forEach((v, i) => near(v, centre[i], 1e-9, `x[${i}]`, 1));
    await clean(page);
  });

test('conjugate gradients need no more steps than there are variables, and their directions are conjugate', limit, async () => {
  const n = 6, { a, centre, settings } = bowl(n, 100), run = await create({ ...settings, optimizer: 'cg', gradient_tolerance: 0 });
  const page = await open(run.id), directions = [];
  for (let k = 1; k <= n; k++) {
    await press(page, 'batch');
    await stands(page, k);
    const d = [];
    for (let i = 0; i < n; i++) d.push((await shown(page, `step[${i}]`)).value);
    directions.push(d);
  }
  const left = (await point(page, n)).map((v, i) => v - centre[i]);
  assert.ok(Math.max(...times(a, left).map(Math.abs)) < 1e-8, `the residual is ${times(a, left)}`);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const [u, v] = [directions[i], directions[j]], size = Math.sqrt(dot(u, times(a, u)) * dot(v, times(a, v)));
      if (size > 1e-18) assert.ok(Math.abs(dot(u, times(a, v))) < 1e-6 * size, `steps ${i + 1} and ${j + 1} are not conjugate`);
    }
  await clean(page);
});

test('BFGS has learnt the inverse of the matrix when it is down', limit, async () => {
  const n = 3, { a, inverse, settings } = bowl(n, 30), run = await create({ ...settings, optimizer: 'bfgs', line_search: 'exact', gradient_tolerance: 0 });
  await lab.do(run.id, { do: 'step', count: n });
  const page = await open(run.id);
  await stands(page, (await lab.ask(`/runs/${run.id}`)).step);
  await plate(page, 'matrices');
  const all = await told(page, 'matrices'), size = Math.hypot(...inverse.flat());
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      near(all[`hessian_inverse[${i},${j}]`], inverse[i][j], 1e-9, `inverse ${i},${j}`, size);
      near(all[`bfgs/inverse_hessian[${i},${j}]`], inverse[i][j], 1e-6, `learnt ${i},${j}`, size);
    }
  assert.ok(Number(await page.locator('[data-apart]').getAttribute('data-apart')) < 1e-6);
  assert.equal(a.length, n);
  await clean(page);
});

for (const method of names)
  test(`fifty steps of ${method} are those of its paper`, limit, async () => {
    const start = [-1.2 - random() / 10, 1 + random() / 10], run = await create({ function: '100*(y - x^2)^2 + (1 - x)^2', start: start.join(', '), optimizer: method });
    const all = trace(method, run.settings, rosenbrock, start, 50), page = await open(run.id);
    for (const n of [1, 2 + draw(20), 50]) {
      await lab.do(run.id, { do: 'step', count: n - (await step(page)) });
      await stands(page, n);
      (await point(page, 2)).forEach((v, i) => near(v, all[n][i], 1e-6, `x[${i}] at step ${n}`));
      const cockpit = await told(page, 'cockpit');
      near(cockpit['gradient[0]'], rosenbrock.g(all[n - 1])[0], 1e-6, `g at step ${n}`);
      near(cockpit['step[1]'], all[n][1] - all[n - 1][1], 1e-6, `step at ${n}`, Math.abs(all[n][1]));
      near(fromHex((await standings(page, 1))[method].hex), rosenbrock.f(all[n]), 1e-6, `f at step ${n}`);
    }
    await clean(page);
  });

test('every step that a search accepts keeps to both of the lines shown', limit, async () => {
  for (const [method, given] of [...['bfgs', 'cg', 'lbfgs'].map((m) => [m, { line_search: 'wolfe', c1: 1e-4, c2: 0.4 }]), ['bfgs', {}], ['cg', {}]]) {
    const run = await create({ function: 'rosenbrock', start: `${-1 - random()}, ${1 + random()}`, optimizer: method, ...given });
    const page = await open(run.id, {}, '&plate=search');
    for (let k = 1; k <= 6; k++) {
      await press(page, 'batch');
      await stands(page, k);
      const all = await told(page, 'search'), trials = Object.keys(all).filter((q) => q.startsWith('optim.trial_step')).length;
      const cockpit = await told(page, 'cockpit'), taken = list(trials, (i) => i).findLast((i) => all[`optim.trial_step[${i}]`] === cockpit['optim.step']);
      assert.ok(taken !== undefined, 'the step taken is none of the trials');
      const [a, v, d] = ['step', 'value', 'slope'].map((name) => all[`optim.trial_${name}[${taken}]`]), [f0, d0, c1, c2] = ['initial_value', 'initial_slope', 'c1', 'c2'].map((name) => all[`optim.${name}`]);
      if (given.c2) assert.deepEqual([c1, c2], [given.c1, given.c2]);
      assert.ok(0 < c1 && c1 < c2 && c2 < 1, `c1 = ${c1}, c2 = ${c2}`);
      assert.ok(d0 < 0 && v <= f0 + c1 * a * d0, `${method}, step ${k}: ${v} is not below ${f0 + c1 * a * d0}`);
      assert.ok(Math.abs(d) <= c2 * Math.abs(d0), `${method}, step ${k}: |${d}| is not below ${c2 * Math.abs(d0)}`);
      assert.deepEqual(await page.$$eval('[data-view="search"] [data-check]', (e) => e.map((c) => c.dataset.check)), ['holds', 'holds']);
    }
    await clean(page);
  }
});

test('all racers start from one point, step together, and are as they are alone', limit, async () => {
  const settings = { function: 'himmelblau', start: `${(random() * 2).toFixed(3)}, ${random().toFixed(3)}` };
  const run = await create({ ...settings, optimizer: 'adam' });
  const slow = { optimizer: 'momentum', lr: 1e-3 }; // it diverges from none of these starts
  for (const racer of [{ optimizer: 'bfgs' }, slow, { optimizer: 'newton' }]) await join(run, racer);
  const page = await open(run.id), begun = await standings(page, 4);
  assert.equal(new Set(Object.values(begun).map((s) => s.hex)).size, 1, 'they do not start alike');
  await press(page, 'batch');
  await stands(page, 1);
  await press(page, 'epoch');
  await stands(page, 11);
  const all = await standings(page, 4, 11); // the minimisers may have come to their end
  const alone = await create({ ...settings, ...slow });
  await lab.do(alone.id, { do: 'step', count: 11 });
  assert.equal((await lab.quantity(alone.id, 11, 'value')).hex, all.momentum.hex);
  await press(page, 'back-batch');
  await stands(page, 10);
  await standings(page, 4, 10);
  await clean(page);
});

test('G7 there and back is where it was, a branch without a change is its parent, and one may go on by another method', limit, async () => {
  const run = await create({ function: 'beale', optimizer: 'adam' }), page = await open(run.id);
  const go = async (n) => { await lab.do(run.id, { do: 'step', count: n - (await step(page)) }); await stands(page, n); return fingerprint(page); };
  const there = await go(120), early = await go(40);
  assert.equal(await go(120), there);
  assert.equal(await go(40), early);
  await press(page, 'branch');
  await page.waitForFunction((was) => document.querySelector('[data-q="fingerprint"]').dataset.run !== was, run.id);
  const branch = await focused(page);
  assert.equal(await fingerprint(page), early);
  assert.equal((await lab.do(branch, { do: 'step', count: 80 })).fingerprint, there);
  await page.locator(`.racers [data-run="${run.id}"]`).first().click();
  await page.waitForFunction((id) => document.querySelector('[data-q="fingerprint"]').dataset.run === id, run.id);
  await stands(page, 40);
  await page.selectOption('[data-param="switch"]', 'bfgs');
  await press(page, 'switch');
  await page.waitForFunction((was) => !was.includes(document.querySelector('[data-q="fingerprint"]').dataset.run), [run.id, branch]);
  const other = await lab.ask(`/runs/${await focused(page)}`);
  assert.deepEqual([other.settings.optimizer, other.parent.step, other.step], ['bfgs', 40, 40]);
  assert.equal((await lab.quantity(other.id, 40, 'x[0]')).hex, (await lab.quantity(run.id, 40, 'x[0]')).hex);
  await clean(page);
});

test('a press on the map, or Enter on it, starts a race there; the map can be zoomed', limit, async () => {
  const run = await create({ function: 'himmelblau', optimizer: 'adam' });
  await join(run, { optimizer: 'bfgs' });
  const page = await open(run.id), map = page.locator('.fig [data-view="map"]'), box = await map.boundingBox();
  await page.mouse.click(box.x + 0.4 * box.width, box.y + 0.3 * box.height);
  await page.waitForFunction((was) => document.querySelector('[data-q="fingerprint"]').dataset.run !== was, run.id);
  const made = await lab.ask(`/runs/${await focused(page)}`);
  assert.notDeepEqual(made.function.start, run.function.start);
  assert.equal(made.settings.start.split(',').length, 2);
  await page.waitForFunction(() => document.querySelectorAll('.racers li').length === 2);
  await map.focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowUp', 'Enter']) await page.keyboard.press(key);
  await page.waitForFunction((was) => document.querySelector('[data-q="fingerprint"]').dataset.run !== was, made.id);
  const next = await lab.ask(`/runs/${await focused(page)}`);
  assert.ok(next.function.start[0] > made.function.start[0] && next.function.start[1] > made.function.start[1]);
  const asked = page.waitForRequest((r) => r.url().includes('/plane?'));
  await press(page, 'zoom-in');
  await asked;
  await clean(page);
});

test('a typed formula is raced on, and the caret stands under what is wrong with another', limit, async () => {
  const run = await create({ function: 'rosenbrock', optimizer: 'adam' }), page = await open(run.id), field = page.locator('[data-param="function"]');
  await field.fill('x^2 + 3*(y - ');
  await press(page, 'race-on');
  await page.waitForSelector('#formula-refusal');
  const [line, caret] = (await page.locator('#formula-refusal pre').innerText()).split('\n');
  assert.match(line, /3\*\(y -/);
  assert.match(caret, /^\s*\^/);
  assert.equal(await focused(page), run.id);
  const [a, b] = [1 + draw(9), 1 + draw(9)];
  await field.fill(`${a}*x^2 + ${b}*(y - 1)^2`);
  await page.fill('[data-param="start"]', '2, -1');
  await press(page, 'race-on');
  await page.waitForFunction((was) => document.querySelector('[data-q="fingerprint"]').dataset.run !== was, run.id);
  const made = await lab.ask(`/runs/${await focused(page)}`);
  assert.equal(made.function.formula, `${a}*x^2 + ${b}*(y - 1)^2`);
  near((await lab.quantity(made.id, 0, 'value')).value, 4 * a + 4 * b, 1e-12, 'f at the start');
  page.errors = page.errors.filter((e) => !/400/.test(e)); // the one that was to be refused
  await clean(page);
});

test('who comes below zero has a linear chart, and a number that there is not is refused in sight', limit, async () => {
  const page = await open((await create({ function: `x^2 + 2*y^2 - ${1 + draw(5)}`, start: '2, 3', optimizer: 'newton' })).id);
  const scale = () => page.locator('.chart figcaption button').first().innerText();
  assert.equal(await scale(), 'log');
  await press(page, 'batch');
  await stands(page, 1);
  await page.waitForFunction(() => document.querySelector('.chart figcaption button').textContent === 'linear');
  await page.fill('#wanted', 'nonsense');
  await page.press('#wanted', 'Enter');
  const seen = await page.waitForFunction(() => { const e = document.querySelector('.receipt [role="alert"]'), box = e?.getBoundingClientRect(); return box && e.contains(document.elementFromPoint(box.left + 8, box.top + 8)) && e.textContent; });
  assert.match(await seen.jsonValue(), /there is no quantity "nonsense"/);
  page.errors = page.errors.filter((e) => !/400/.test(e)); // the one that was to be refused
  await clean(page);
});

test('the chart runs along evaluations or seconds, the timeline along steps', limit, async () => {
  const run = await create({ function: 'rosenbrock', optimizer: 'adam' });
  await join(run, { optimizer: 'bfgs' });
  const page = await open(run.id), ticks = () => page.$$eval('.line .tick', (all) => all.map((t) => t.textContent));
  await press(page, 'epoch');
  await stands(page, 10);
  const before = await ticks();
  for (const axis of ['evaluations', 'seconds']) {
    await page.locator(`[data-param="axis-${axis}"]`).check({ force: true });
    await page.waitForFunction((word) => [...document.querySelectorAll('.chart svg text')].some((t) => t.textContent === word), axis === 'seconds' ? 'Seconds' : 'Evaluations');
    assert.deepEqual(await ticks(), before);
  }
  await clean(page);
});

test('a place of the phase map becomes the rate and the momentum of the racer', limit, async () => {
  const run = await create({ function: 'rosenbrock', optimizer: 'momentum' }), page = await open(run.id, {}, '&plate=phase');
  const map = page.locator('[data-view="phase"] canvas');
  await page.waitForSelector('[data-view="phase"][aria-busy="false"]');
  const box = await map.boundingBox();
  await page.mouse.click(box.x + 0.3 * box.width, box.y + 0.5 * box.height);
  await page.waitForSelector('[data-view="timeline"] .flag');
  const { settings } = await lab.ask(`/runs/${run.id}`);
  near(settings.momentum, 0.495, 0.02, 'momentum');
  assert.notEqual(settings.lr, run.settings.lr);
  await clean(page);
});

test('while it plays the page asks for nothing with every frame', limit, async () => {
  const run = await create({ function: 'rosenbrock', optimizer: 'sgd' }, { steps: 1_000_000 });
  await join(run, { optimizer: 'momentum' });
  const page = await open(run.id), asked = [];
  await page.selectOption('[data-param="speed"]', '100');
  await press(page, 'play');
  await until(page, 20);
  page.on('request', (r) => asked.push(new URL(r.url()).pathname));
  await page.evaluate(() => new Promise((ok) => { let n = 60; const wait = () => (n-- ? requestAnimationFrame(wait) : ok()); wait(); }));
  assert.ok(asked.length < 6, `in 60 frames the page asks for ${asked}`);
  await press(page, 'pause');
  await page.waitForSelector('[data-do="play"]');
  await clean(page);
});

test('it opens racing, and its numbers are those of limn replay', limit, async () => {
  const own = await new Lab().start();
  try {
    const page = await own.open(browser, '#/optimisers');
    await until(page, 10);
    await press(page, 'pause');
    await page.waitForSelector('[data-do="play"]');
    const seen = await page.$$eval('.racers [data-q="value"]', (all) => all.map((e) => [e.dataset.run, Number(e.dataset.step), e.dataset.x])).catch(() => []);
    await page.waitForFunction(() => document.querySelectorAll('.racers [data-q="value"]').length === document.querySelectorAll('.racers li').length);
    const all = seen.length ? seen : await page.$$eval('.racers [data-q="value"]', (e) => e.map((b) => [b.dataset.run, Number(b.dataset.step), b.dataset.x]));
    assert.deepEqual(page.errors, []);
    await page.close();
    await own.stop();
    for (const [id, at, hex] of all) assert.equal(own.replay(id, at, ['value']).value, hex, `value of ${id} at step ${at}`);
    assert.ok(all.length > 1);
  } finally {
    await own.stop().catch(() => {});
    own.remove();
  }
});

for (const language of ['en', 'zh-CN'])
  for (const theme of ['light', 'dark'])
    test(`axe finds nothing serious on any plate, ${language}, ${theme}`, limit, async () => {
      const run = await create({ function: 'rosenbrock', optimizer: 'bfgs' });
      await join(run, { optimizer: 'momentum' });
      await lab.do(run.id, { do: 'step', count: 5 });
      const page = await open(run.id, { language, theme });
      assert.deepEqual(await findings(page), []);
      for (const name of ['search', 'matrices', 'phase']) {
        await plate(page, name);
        await page.waitForSelector(`[data-view="${name}"][aria-busy="false"]`);
        assert.deepEqual(await findings(page), [], name);
      }
      await page.getByRole('button', { name: language === 'en' ? 'Text' : '讲解', exact: true }).click();
      await page.waitForSelector('.book h3');
      assert.deepEqual(await findings(page), [], 'text');
      await clean(page);
    });

for (const long of [false, true])
  test(`nothing is wider than its window${long ? ' with words 40 % longer' : ''}`, limit, async () => {
    const run = await create({ function: 'rosenbrock', optimizer: 'bfgs' });
    for (const optimizer of ['momentum', 'adam', 'newton-ls']) await join(run, { optimizer });
    await lab.do(run.id, { do: 'step', count: 5 });
    for (const width of [1440, 768, 360])
      for (const name of ['race', 'search', 'matrices', 'phase']) {
        const page = await open(run.id, { width, height: 800, search: long ? '&long' : '' }, `&plate=${name}`);
        await page.waitForSelector('.racers li', { state: 'attached' });
        if (name !== 'race') await page.waitForSelector(`[data-view="${name}"][aria-busy="false"]`);
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${name} is wider than ${width} px`);
        const out = await page.evaluate((most) => [...document.querySelectorAll('button, label, .lab, h1, h2, summary, caption, .foot > span, .readout p, figcaption')]
          .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.list, .units, .vh') && getComputedStyle(e).textOverflow !== 'ellipsis')
          .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' || e.getBoundingClientRect().right > most + 1)
          .map((e) => `${e.tagName}.${e.className} "${e.textContent.trim().slice(0, 40)}" ${e.scrollWidth} > ${e.clientWidth}`), width);
        assert.deepEqual(out, [], `words leave their boxes at ${width} px, ${name}`);
        await clean(page);
      }
  });

test('a race by keyboard alone', limit, async () => {
  const run = await create({ function: 'rosenbrock', optimizer: 'adam' });
  await join(run, { optimizer: 'bfgs' });
  const page = await open(run.id);
  await page.keyboard.press('ArrowRight');
  await stands(page, 1);
  await page.keyboard.press('Control+ArrowRight');
  await stands(page, 11);
  await page.keyboard.press('ArrowLeft');
  await stands(page, 10);
  await page.keyboard.press('Control+ArrowRight');
  const isThere = () => page.evaluate(() => document.activeElement?.matches('[data-param="lr"]'));
  for (let n = 0; n < 120 && !(await isThere()); n++) await page.keyboard.press('Tab');
  assert.ok(await isThere(), 'Tab does not reach the rate');
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('[data-view="timeline"] .flag');
  await clean(page);
});

test('an exercise waits for a guess, and the engine answers it', limit, async () => {
  const page = await open((await create({ function: 'rosenbrock', optimizer: 'adam' })).id, {}, '&task=bias-correction');
  const task = page.locator('[data-task="bias-correction"]');
  await task.locator('[data-do="task-begin"]').click();
  await task.locator('[data-param="guess-value"]').fill('3');
  await task.locator('[data-param="guess-value"]').press('Enter');
  await task.locator('[data-do="lock"]').click();
  const verdict = task.locator('[data-verdict]');
  await verdict.waitFor();
  assert.equal(await verdict.getAttribute('data-verdict'), 'right'); // 0.1 / sqrt(0.001) is 3.16
  await clean(page);
});
