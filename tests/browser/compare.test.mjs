// Runs side by side, the notebook, the exercises and lesson links. What the page says of runs is asked of the lab again, and
// the truth of each exercise is made anew from quantities.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { fromHex, Lab, launch, press, stands } from './lab.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
let browser, lab, pages;
before(async () => { browser = await launch(); });
after(() => browser.close());

// With a lab of its own, whose pages have had no error at the end.
const having = (name, act) => test(name, { timeout: 120000 }, async () => {
  lab = await new Lab().start();
  pages = [];
  try {
    await act();
    for (const page of pages) assert.deepEqual(page.errors, []);
  } finally {
    for (const page of pages) await page.close();
    await lab.stop();
    lab.remove();
  }
});
const open = async (hash, options) => {
  const page = await lab.open(browser, hash, options);
  pages.push(page);
  return page;
};
const small = { arch: 'dense 3 tanh | dense 2', schedule: 'constant', optimizer: 'momentum', batch: 32 };
async function trained(settings = {}, more = {}, steps = 300) {
  const run = await lab.create({ ...small, ...settings }, { data: 'xor', steps, ...more });
  return lab.do(run.id, { do: 'step', count: steps });
}
const near = (a, b, by, what) => assert.ok(Math.abs(a - b) <= by * Math.max(1, Math.abs(b)), `${what}: ${a} instead of ${b}`);
async function saved(page, what) {
  const [file] = await Promise.all([page.waitForEvent('download'), press(page, what)]);
  return readFileSync(await file.path(), 'utf8').trimEnd().split(/\r?\n/).map((line) => line.split(','));
}

having('three runs side by side: numbers, what differs, order, files, and the end of one', async () => {
  const [a, b, c] = [await trained({ lr: 0.1 }), await trained({ lr: 0.1 }, { seed: 2 }), await trained({ lr: 0.003 })];
  const page = await open(`#/nn?run=${a.id}`);
  await press(page, 'compare');
  await page.waitForFunction(() => document.querySelectorAll('[data-run-row]').length === 3);
  const head = await page.locator('.runs-table thead button').evaluateAll((all) => all.map((b) => b.dataset.do.slice(5)));
  assert.deepEqual(head, ['run', 'data', 'seed', 'lr', 'steps', 'seconds', 'parameters', 'valid.loss', 'best valid.loss', 'valid.accuracy', 'best valid.accuracy', 'test.accuracy', 'fingerprint']);
  for (const run of [a, b, c]) {
    const row = page.locator(`[data-run-row="${run.id}"]`), state = await lab.ask(`/runs/${run.id}`);
    await row.locator('[data-q="test.accuracy"]').waitFor();
    for (const num of await row.locator('[data-q]').all()) {
      const [q, step, hex] = await num.evaluate((n) => [n.dataset.q, Number(n.dataset.step), n.dataset.x]);
      assert.equal(fromHex(hex), fromHex((await lab.quantity(run.id, step, q)).hex), `${q} of step ${step}`);
    }
    const losses = state.evals.map((e) => e['valid.loss']), best = state.evals[losses.indexOf(Math.min(...losses))];
    assert.equal(Number(await row.locator('td').nth(7).locator('[data-q]').getAttribute('data-step')), best.step);
    assert.deepEqual((await row.locator('td').allInnerTexts()).slice(0, 6), ['xor', String(run.seed), String(run.settings.lr), '300', String(+state.seconds.toPrecision(3)), '17']);
    assert.match(await row.innerText(), new RegExp(state.fingerprint));
  }
  // Two of them differ by the seed alone.
  const group = page.locator('tr.group'), ends = await Promise.all([a, b].map((r) => lab.quantity(r.id, 300, 'test.accuracy')));
  assert.equal(await group.getAttribute('data-seeds'), '2');
  const [x, y] = ends.map((e) => 100 * e.value);
  assert.equal(await group.locator('[data-column="test.accuracy"]').innerText(), `${((x + y) / 2).toFixed(1)} % ± ${(Math.abs(x - y) / Math.SQRT2).toFixed(1)} %`);

  const order = () => page.locator('[data-run-row]').evaluateAll((all) => all.map((r) => r.dataset.runRow));
  await page.click('[data-do="sort-lr"]');
  assert.equal((await order())[0], c.id);
  await page.click('[data-do="sort-lr"]');
  assert.equal((await order())[2], c.id);
  assert.equal(await page.locator('th:has([data-do="sort-lr"])').getAttribute('aria-sort'), 'descending');

  const table = await saved(page, 'csv');
  assert.deepEqual(table.slice(1).map((r) => r[0]), await order());
  const curves = await saved(page, 'csv-chart'), of = curves.filter((r) => r[0] === b.id), at = (n) => curves[0].indexOf(n);
  assert.equal(of.length, 300);
  const last = of.at(-1);
  assert.deepEqual([Number(last[at('step')]), Number(last[at('train.loss')])], [300, (await lab.quantity(b.id, 300, 'train.loss')).value]);
  near(Number(last[at('seconds')]), (await lab.ask(`/runs/${b.id}`)).seconds, 1e-3, 'seconds');
  for (let i = 1; i < of.length; i++) assert.ok(Number(of[i][at('seconds')]) >= Number(of[i - 1][at('seconds')]), 'time does not go back');
  for (const axis of ['epochs', 'seconds', 'steps']) await page.check(`[data-param="axis-${axis}"]`, { force: true });

  await page.locator(`[data-run-row="${b.id}"] [data-do="remove"]`).click();
  await press(page, 'remove-no');
  assert.equal((await lab.ask('/runs')).runs.length, 3);
  await page.locator(`[data-run-row="${b.id}"] [data-do="remove"]`).click();
  await press(page, 'remove-yes');
  await page.waitForFunction(() => document.querySelectorAll('[data-run-row]').length === 2);
  assert.deepEqual((await lab.ask('/runs')).runs.map((r) => r.id).sort(), [a.id, c.id].sort());
  await page.locator(`[data-run-row="${c.id}"] th a`).click();
  await page.waitForFunction((id) => document.querySelector('[data-q="fingerprint"]').dataset.run === id, c.id);
});

having('a family of seven is drawn, and a run that plays goes on in the comparison', async () => {
  const root = await trained({ lr: 0.1 }, {}, 200), ids = [root.id];
  for (let n = 1; n < 7; n++) {
    ids.push((await lab.do(ids[Math.floor(n / 2)], { do: 'branch', step: 100 + 10 * n, settings: { lr: n / 10 } })).id);
    await lab.do(ids[n], { do: 'step', count: 50 });
  }
  const page = await open(`#/nn?run=${root.id}`);
  await press(page, 'compare');
  await page.waitForFunction(() => document.querySelectorAll('[data-view="tree"] a').length === 7);
  assert.match(await page.locator(`[data-view="tree"] a[href*="${ids[6]}"]`).getAttribute('aria-label'), /160.*lr 0\.6/);
  const row = page.locator(`[data-run-row="${ids[1]}"]`);
  await row.waitFor();
  await lab.do(ids[1], { do: 'step', count: 37 });
  await page.waitForFunction((id) => document.querySelector(`[data-run-row="${id}"]`)?.textContent.includes('197'), ids[1]);
});

// ---------- exercises ----------
const stage = (page, name, at) => page.waitForSelector(`[data-task="${name}"][data-stage="${at}"]`);
const guesses = async (name) => (await lab.ask('/notebook')).entries.filter((e) => e.task === name);
// An exercise stands in its section of the text; the list below opens it.
async function exercise(page, name) {
  const task = page.locator(`[data-task="${name}"]`);
  await page.waitForSelector('h2.tasks'); // the text is there
  if (!(await task.count())) await page.click(`[data-open="${name}"]`);
  await task.waitFor();
  return task;
}
async function setUp(page, name) {
  const task = await exercise(page, name);
  if (!(await task.evaluate((d) => d.open))) await task.locator('summary').click();
  await task.locator('[data-do="task-begin"]').click();
  await stage(page, name, 'set');
  assert.ok(await task.locator('[data-do="lock"]').isDisabled(), 'no guess is locked before it is made');
  assert.ok(await page.locator('[data-do="play"]').isDisabled(), 'playing waits for the guess');
  return task;
}
async function answer(page, name, guess) {
  const task = page.locator(`[data-task="${name}"]`);
  if (await task.locator('input[type="radio"]').count()) await task.locator(`input[value="${guess}"]`).check();
  else {
    await task.locator('[data-param="guess-value"]').fill(String(guess));
    await task.locator('[data-param="guess-value"]').press('Enter');
  }
  await task.locator('[data-do="lock"]').click();
  await stage(page, name, 'told');
  const [locked, truth] = (await guesses(name)).slice(-2);
  assert.deepEqual([locked.kind, truth.kind, locked.run], ['guess', 'truth', truth.run]);
  assert.ok(locked.n < truth.n, 'the guess is written before the truth');
  return { verdict: await task.locator('.verdict').getAttribute('data-verdict'), truth, locked };
}
const atText = async (page) => page.getByRole('button', { name: 'Text', exact: true }).click();
const begin = async () => {
  const run = await lab.create(small, { data: 'xor', steps: 100 });
  const page = await open(`#/nn?run=${run.id}`);
  await atText(page);
  return page;
};
const newest = async (page) => page.locator('[data-q="fingerprint"]').getAttribute('data-run');
const value = async (...of) => (await lab.quantity(...of)).value;
const all = (n, act) => Promise.all(Array.from({ length: n }, (_, i) => act(i)));
const most = (sizes) => sizes.indexOf(Math.max(...sizes));

having('who is to blame: the weight that carried the most, times the blame behind it', async () => {
  const page = await begin();
  for (const isRight of [false, true]) {
    await setUp(page, 'who-is-to-blame');
    const run = await newest(page);
    const deltas = await all(3, (k) => value(run, 30, `layer2.delta[${k}]@batch/0`)), out = most(deltas.map(Math.abs));
    const parts = await all(4, async (j) => Math.abs((await value(run, 30, `layer1.a[${j}]@batch/0`)) * deltas[out]));
    const truth = most(parts), least = most(parts.map((v) => -v));
    const { verdict, truth: told } = await answer(page, 'who-is-to-blame', isRight ? truth : least);
    assert.deepEqual([verdict, told.truth, told.right], [isRight ? 'right' : 'wrong', `layer2.w[${truth},${out}]`, isRight]);
    near(Math.abs(await value(run, 31, `layer2.dw[${truth},${out}]`)), parts[truth], 1e-5, 'the gradient is the product');
    const shown = page.locator(`[data-task="who-is-to-blame"] [data-q="layer2.dw[${truth},${out}]"]`);
    assert.equal(await shown.getAttribute('data-x'), (await lab.quantity(run, 31, `layer2.dw[${truth},${out}]`)).hex);
  }
});

having('the saturated sigmoid: the deltas of both losses, by their formulas', async () => {
  const page = await begin();
  for (const isRight of [false, true]) {
    await setUp(page, 'saturated-sigmoid');
    const y = await value(await newest(page), 0, 'output[0]@train/0'), ratio = 1 / (2 * y * (1 - y));
    const { verdict, truth } = await answer(page, 'saturated-sigmoid', isRight ? Math.round(ratio) : 2);
    assert.deepEqual([verdict, truth.right], [isRight ? 'right' : 'wrong', isRight]);
    near(truth.truth, ratio, 1e-3, 'ratio');
  }
});

having('weights from zero, by keyboard alone: the units have the same bits', async () => {
  const page = await begin(), task = await exercise(page, 'zero-init');
  for (const guess of [6, 1]) {
    if (guess === 6) {
      await task.locator('summary').focus();
      await page.keyboard.press('Enter');
    }
    await task.locator('[data-do="task-begin"]').focus();
    await page.keyboard.press('Enter');
    await stage(page, 'zero-init', 'set');
    const run = await newest(page);
    await task.locator('input[type="range"]').focus();
    await page.keyboard.press(guess === 6 ? 'End' : 'Home');
    await page.keyboard.press('b'); // a branch: refused
    await page.locator('.notice').waitFor();
    assert.equal((await lab.ask(`/runs/${run}`)).branches.length, 0);
    await page.keyboard.press('Tab'); // over the typed value
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await stage(page, 'zero-init', 'told');
    const units = await all(6, async (j) => (await all(5, (n) => lab.quantity(run, 200, [`layer1.w[0,${j}]`, `layer1.w[1,${j}]`, `layer1.b[${j}]`, `layer2.w[${j},0]`, `layer2.w[${j},1]`][n]))).map((q) => q.hex).join());
    const [locked, truth] = (await guesses('zero-init')).slice(-2);
    assert.deepEqual([locked.guess, truth.truth, truth.right], [guess, new Set(units).size, guess === new Set(units).size]);
    assert.notEqual((await lab.quantity(run, 200, 'layer1.w[0,0]')).hex, '0x0p+0', 'they have moved');
  }
});

having('units for XOR: the fewest with which a seed gets there', async () => {
  const page = await begin();
  let truth = 1;
  for (const isRight of [false, true]) {
    const known = new Set((await lab.ask('/runs')).runs.map((r) => r.id));
    await setUp(page, 'xor-units');
    const { verdict, truth: told } = await answer(page, 'xor-units', isRight ? truth : 1);
    const made = (await lab.ask('/runs')).runs.filter((r) => !known.has(r.id));
    assert.equal(made.length, 12);
    const reached = new Set();
    for (const { id } of made) {
      const s = await lab.ask(`/runs/${id}`);
      assert.equal(s.head, s.total_steps);
      if ((await value(id, s.head, 'valid.accuracy')) >= 0.95) reached.add(Number(/dense (\d)/.exec(s.settings.arch)[1]));
    }
    truth = reached.size ? Math.min(...reached) : 5;
    assert.ok(truth > 2, 'one or two units cannot');
    assert.deepEqual([verdict, told.truth, told.right], isRight ? ['right', truth < 5 ? truth : '> 4', true] : ['wrong', truth < 5 ? truth : '> 4', false]);
  }
});

having('dropout: the mean difference of three seeds, undecided where they scatter more', async () => {
  const page = await begin();
  let mean = 0;
  for (const isRight of [false, true]) {
    const known = new Set((await lab.ask('/runs')).runs.map((r) => r.id));
    await setUp(page, 'dropout-helps');
    const { verdict, truth } = await answer(page, 'dropout-helps', isRight ? +mean.toFixed(2) : -10);
    const by = {};
    for (const { id } of (await lab.ask('/runs')).runs.filter((r) => !known.has(r.id))) {
      const s = await lab.ask(`/runs/${id}`);
      (by[s.seed] ??= {})[s.settings.arch.includes('dropout') ? 'with' : 'without'] = 100 * (await value(id, 600, 'valid.accuracy'));
    }
    const gains = Object.values(by).map((s) => s.with - s.without);
    assert.equal(gains.length, 3);
    mean = gains.reduce((a, b) => a + b) / 3;
    const deviation = Math.sqrt(gains.reduce((a, g) => a + (g - mean) ** 2, 0) / 2), isClear = Math.abs(mean) > deviation;
    near(truth.truth, mean, 1e-6, 'mean');
    assert.deepEqual([verdict, truth.right], isClear ? [isRight ? 'right' : 'wrong', isRight] : ['open', undefined]);
  }
});

having('the guess stands in the notebook before the truth, both outlive the page, and lead back to the run', async () => {
  const page = await begin();
  await setUp(page, 'next-accuracy');
  const run = await newest(page);
  await page.reload();
  await page.waitForSelector('.readout [data-q="train.loss"]');
  await stage(page, 'next-accuracy', 'set');
  assert.ok(await page.locator('[data-do="play"]').isDisabled(), 'it waits for the guess after a reload too');
  await page.locator('[data-task="next-accuracy"] summary').click();
  const { verdict, truth, locked } = await answer(page, 'next-accuracy', 1);
  near(truth.truth, 100 * (await value(run, 1000, 'valid.accuracy')), 1e-6, 'accuracy');
  assert.deepEqual([verdict, locked.guess, locked.run, locked.step, truth.right], ['wrong', 1, run, 0, false]);

  await page.reload();
  await page.waitForSelector('.readout [data-q="train.loss"]');
  await press(page, 'notebook');
  await page.fill('[data-param="note"]', 'I would not have thought so, "really".');
  await press(page, 'add-note');
  await page.waitForFunction(() => document.querySelector('.entries li')?.dataset.kind === 'note');
  const kinds = await page.locator('.entries li').evaluateAll((all) => all.map((l) => l.dataset.kind));
  assert.deepEqual(kinds.filter((k) => k !== 'run'), ['note', 'truth', 'guess']);
  assert.equal(kinds.filter((k) => k === 'run').length, (await lab.ask('/runs')).runs.length);
  await page.selectOption('[data-param="notebook-filter"]', 'next-accuracy');
  assert.deepEqual(await page.locator('.entries li').evaluateAll((all) => all.map((l) => l.dataset.kind)), ['truth', 'guess']);
  const rows = await saved(page, 'notebook-csv');
  assert.deepEqual(rows.slice(1).map((r) => [r[1], r[3], Number(r[5])]), [['truth', run, 1], ['guess', run, 1]]);
  assert.match((await saved(page, 'notebook-md')).join('\n'), new RegExp(`- .*${run}, 0`));
  await page.locator('[data-kind="guess"] [data-do="entry-go"]').click();
  await stands(page, 0);
  assert.equal(await newest(page), run);
});

// ---------- lessons ----------
having('a lesson link sets up, locks, hides and opens a task, outlives a reload, and ends', async () => {
  const first = await trained({ lr: 0.05 }), page = await open(`#/nn?run=${first.id}`);
  await press(page, 'lesson');
  for (const box of ['lock-lr', 'lock-data', 'hide-arch', 'hide-optimizer']) await page.check(`[data-param="${box}"]`);
  await page.selectOption('[data-param="lesson-task"]', 'zero-init');
  const link = await page.inputValue('[data-param="lesson-link"]');
  assert.match(link, /&lock=lr,data&hide=arch,optimizer&task=zero-init$/);

  const other = await open(new URL(link).hash);
  assert.match(other.url(), /#\/nn\?run=[^&]+&lock=lr,data&hide=arch,optimizer&task=zero-init$/);
  const run = await newest(other), state = await lab.ask(`/runs/${run}`);
  assert.notEqual(run, first.id);
  assert.deepEqual([state.seed, state.total_steps, state.settings], [first.seed, first.total_steps, first.settings]);
  const holds = async () => {
    for (const name of ['lr', 'lr-value']) assert.ok(await other.locator(`.inspector [data-param="${name}"]`).isDisabled(), name);
    assert.ok(await other.locator('.inspector [data-do="data"]').isDisabled());
    assert.ok(await other.locator('.inspector [data-param="momentum"]').isEnabled());
    for (const name of ['units-1', 'activation', 'arch', 'optimizer']) assert.equal(await other.locator(`.inspector [data-param="${name}"]`).count(), 0, name);
    assert.ok(await other.locator('.row .lock').first().isVisible());
    await other.waitForSelector('[data-task="zero-init"][open]');
  };
  await holds();
  await other.locator('.rail [data-set="moons"]').click(); // another way to other data
  await other.locator('.notice').waitFor();
  assert.equal(await newest(other), run);
  await other.reload();
  await other.waitForSelector('.readout [data-q="train.loss"]');
  await holds();
  assert.equal((await lab.do(run, { do: 'set', settings: { lr: 0.01 } })).settings.lr, 0.01); // the API is not locked
  await other.click('.inspector [data-do="end-lesson"]');
  await other.waitForFunction(() => !location.hash.includes('lock'));
  assert.ok(await other.locator('.inspector [data-param="lr"]').isEnabled());
  assert.equal(await other.locator('.inspector [data-param="units-1"]').count(), 1);
});

for (const language of ['en', 'zh-CN'])
  for (const theme of ['light', 'dark'])
    having(`axe finds nothing serious in the sheets and exercises, ${language}, ${theme}; nothing is wider than a phone`, async () => {
      const [a] = [await trained({ lr: 0.1 }), await trained({ lr: 0.1 }, { seed: 2 })];
      await lab.do(a.id, { do: 'branch', step: 100, settings: { lr: 0.2 } });
      await lab.ask('/notebook', { kind: 'truth', task: 'zero-init', run: a.id, step: 0, guess: 3, truth: 1, right: false });
      for (const width of [1440, 360]) {
        const page = await open(`#/nn?run=${a.id}&lock=lr&hide=arch&task=next-accuracy`, { width, height: 800, theme, language });
        const holds = async (what) => {
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
          const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
          assert.deepEqual(serious.map((v) => `${what}, ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' ')}`), []);
          const wide = await page.evaluate(() => [document.documentElement, document.querySelector('dialog[open]')].filter(Boolean).map((e) => e.scrollWidth - e.clientWidth));
          assert.ok(wide.every((w) => w <= 0), `${what} is wider than ${width} px: ${wide}`);
        };
        const task = page.locator('[data-task="next-accuracy"]');
        await task.locator('[data-do="task-begin"]').click();
        await stage(page, 'next-accuracy', 'set');
        await holds('an exercise');
        for (const kind of ['compare', 'notebook', 'lesson']) {
          if (width < 768) await page.click('.topbar .chap');
          await press(page, kind);
          await page.locator(`dialog .${kind === 'lesson' ? 'lesson-editor' : kind}`).waitFor();
          if (kind === 'compare') {
            await page.locator('dialog [data-q="test.accuracy"]').first().waitFor();
            await page.click('.choose summary');
          }
          await holds(kind);
          await page.keyboard.press('Escape');
          if (width < 768) await page.click('.topbar .chap');
        }
        await task.locator('[data-do="task-drop"]').click();
      }
    });
