// The files that a page or the engine gives out: the report in every look, the CSV against the engine's exact values,
// and pictures that show something.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findings } from './checks.mjs';
import { Lab, launch, openFile, press, seed, token, until } from './lab.mjs';

let browser, lab, files, run, branch;
before(async () => {
  browser = await launch();
  lab = await new Lab().start();
  const settings = { arch: 'dense 6 tanh | dense 2', schedule: 'constant', batch: 32 };
  run = await lab.create(settings, { seed, steps: 2000 });
  await lab.do(run.id, { do: 'step', count: 300 });
  await lab.do(run.id, { do: 'set', settings: { lr: 0.03 } });
  branch = await lab.do(run.id, { do: 'branch', step: 250, settings: { lr: 0.1, batch: 64 } });
  await lab.do(branch.id, { do: 'step', count: 450 });
  run = await lab.do(run.id, { do: 'step', count: 400 });
  const waves = await lab.create({ arch: 'dense 6 tanh | dense 1' }, { data: 'waves', seed, steps: 300 });
  await lab.do(waves.id, { do: 'step', count: 300 });
  const race = await lab.create({ function: 'beale', optimizer: 'adam' }, { experiment: 'function', data: 'none', seed, steps: 100 });
  await lab.do(race.id, { do: 'step', count: 80 });
  for (const [at, optimizer] of [[0, 'newton'], [30, 'rmsprop-centred'], [0, 'bfgs']]) await lab.do((await lab.do(race.id, { do: 'branch', step: at, settings: { optimizer } })).id, { do: 'step', count: 50 });
  const slope = await lab.create({ function: 'x^2/1000 - 3*x', start: '-2', optimizer: 'sgd' }, { experiment: 'function', data: 'none', seed, steps: 30 }); // one variable, below zero, no minimum listed
  await lab.do(slope.id, { do: 'step', count: 30 });
  files = Object.fromEntries(await Promise.all(Object.entries({ run, branch, waves, race, slope }).map(async ([name, { id }]) => {
    const answer = await fetch(`${lab.origin}/api/runs/${id}/report`, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal(answer.headers.get('content-disposition'), `attachment; filename="limn-${id}.html"`);
    writeFileSync(join(lab.runs, `${name}.html`), await answer.text());
    return [name, join(lab.runs, `${name}.html`)];
  })));
});
after(async () => {
  await browser.close();
  await lab.stop();
  lab.remove();
});

const looks = ['en', 'zh-CN'].flatMap((language) => ['light', 'dark'].map((theme) => ({ language, theme })));
for (const look of looks)
  test(`a report reads well in ${look.language}, ${look.theme}`, { timeout: 120000 }, async () => {
    for (const name of Object.keys(files)) {
      const { report, errors } = await openFile(browser, files[name], look);
      for (const all of await report.locator('summary').all()) await all.click();
      const shown = () => report.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme].join());
      assert.equal(await shown(), `${look.language},${look.theme}`);
      assert.deepEqual(await findings(report), []);
      await report.setViewportSize({ width: 360, height: 800 }); // where tables scroll
      assert.deepEqual(await findings(report), []);
      await press(report, 'language');
      await press(report, 'theme');
      assert.equal(await shown(), `${look.language === 'en' ? 'zh-CN' : 'en'},${look.theme === 'dark' ? 'light' : 'dark'}`);
      assert.equal(await report.evaluate(() => localStorage.length), 0);
      assert.deepEqual(errors, []);
      await report.context().close();
    }
  });

test('a report is no wider than its window, on paper neither', { timeout: 120000 }, async () => {
  for (const name of Object.keys(files))
    for (const width of [1440, 768, 360]) {
      const { report } = await openFile(browser, files[name], { width });
      for (const all of await report.locator('summary').all()) await all.click();
      assert.ok((await report.evaluate(() => document.documentElement.scrollWidth)) <= width, `${name} is wider than ${width} px`);
      await report.context().close();
    }
  const { report } = await openFile(browser, files.branch, { width: 720, theme: 'dark' });
  await report.emulateMedia({ media: 'print' });
  await report.evaluate(() => dispatchEvent(new Event('beforeprint')));
  assert.equal(await report.evaluate(() => getComputedStyle(document.documentElement).backgroundColor), 'rgb(255, 255, 255)');
  assert.ok((await report.evaluate(() => document.documentElement.scrollWidth)) <= 720);
  assert.equal(await report.locator('[data-do]').first().isVisible(), false);
  assert.equal(await report.locator('details:not(.long):not([open])').count(), 0);
  await report.context().close();
});

test('a report tells the family, the changes and the recipe', { timeout: 120000 }, async () => {
  const { report } = await openFile(browser, files.branch);
  const text = await report.locator('main').innerText();
  for (const words of [run.id, branch.id, 'lr 0.01 → 0.03', 'lr 0.01 → 0.1', 'batch 32 → 64', `limn replay ${branch.id} --step 700`, `limn branch ${run.id} --at 250`])
    assert.ok(text.includes(words), `the report does not say "${words}"`);
  const chosen = await report.locator('.settings').first().locator('th small').allInnerTexts(); // before what is as usual
  assert.deepEqual(chosen, ['seed', 'steps', 'arch', 'lr', 'schedule', 'batch']);
  await report.context().close();
});

const saved = async (page, name) => {
  const [download] = await Promise.all([page.waitForEvent('download'), press(page, name)]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
};

test('the CSV of a chart has every step and every evaluation as the engine has them', { timeout: 120000 }, async () => {
  const page = await lab.open(browser, `#/nn?run=${run.id}`);
  await until(page, 700);
  await page.locator('.chart').first().locator('figcaption .btn').last().click();
  const { name, bytes } = await saved(page, 'csv');
  assert.equal(name, `nn-loss-${run.id}-700.csv`);
  const lines = bytes.toString().split('\r\n');
  assert.equal(lines.pop(), '');
  const head = lines[0].split(','), rows = lines.slice(1).map((line) => line.split(','));
  assert.deepEqual(head, ['step', `valid.loss:${run.id}`, `train.loss:${run.id}`, `valid.loss:${branch.id}`]);
  assert.deepEqual(rows.map(([step]) => Number(step)), Array.from({ length: 700 }, (_, i) => i + 1));
  const exact = await lab.ask(`/runs/${run.id}/curve?points=700`);
  rows.forEach((row, i) => assert.equal(Math.fround(Number(row[2])), exact.low[i], `train.loss of step ${row[0]}`));
  assert.ok(rows.every((row) => row[2].length <= 16), 'more digits than the number has');
  for (const [column, id] of [[1, run.id], [3, branch.id]]) {
    const { evals } = await lab.ask(`/runs/${id}`);
    assert.ok(evals.length > 1);
    assert.deepEqual(rows.filter((row) => row[column] !== '').map((row) => [Number(row[0]), Number(row[column])]), evals.map((e) => [e.step, e['valid.loss']]));
  }
  await page.close();
});

test('the picture of a view is what the page shows', { timeout: 120000 }, async () => {
  for (const [button, view] of [[(p) => p.locator('.chart').first().locator('figcaption .btn').last(), 'loss'], [(p) => p.locator('.key .btn'), 'network'], [(p) => p.locator('.map .btn'), 'map']]) {
    const page = await lab.open(browser, `#/nn?run=${run.id}`);
    await until(page, 700);
    await page.waitForSelector('.map');
    await button(page).click();
    const { name, bytes } = await saved(page, 'picture');
    assert.equal(name, `nn-${view}-${run.id}-700.png`);
    const { width, height, colours, corner } = await page.evaluate(async (data) => {
      const image = await createImageBitmap(new Blob([Uint8Array.from(data)]));
      const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer), of = new Map();
      for (const p of pixels) of.set(p, (of.get(p) ?? 0) + 1);
      return { width: image.width, height: image.height, colours: [...of.values()].filter((n) => n > 20).length, corner: pixels[0] };
    }, [...bytes]);
    assert.ok(width > 200 && height > 100, `${view}: ${width} x ${height}`);
    assert.equal(corner, 0xffffffff, 'the ground is not the plate');
    assert.ok(colours > 5, `${view} has ${colours} colours`);
    assert.deepEqual(page.errors, []);
    await page.close();
  }
});
