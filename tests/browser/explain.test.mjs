// What the chapter of convolutions explains: what a network looked at, how it fares when pictures are moved or filters left
// out, what makes them say most. Against masked and changed pictures, quantities of the run, and `limn explain`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { draw, fromHex, launch, Lab, limn, press, seed } from './lab.mjs';

let browser, lab;
before(async () => {
  browser = await launch();
  lab = await new Lab().start();
});
after(async () => {
  await browser.close();
  await lab.stop();
  lab.remove();
});

const arch = 'conv 4 5x5 relu | pool 2 | conv 3 3x3 stride 2 nobias | bn relu | dense 10';
const create = (settings = {}, more = {}) => lab.create({ arch, schedule: 'constant', ...settings }, { experiment: 'cnn', data: 'drawn-digits', seed, steps: 100_000, ...more });

// The command that a receipt shows, run on the folder of the run; the lab must have been stopped.
const byCommand = (command, id) => {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2]);
  assert.deepEqual(words.slice(0, 3), ['limn', 'explain', id]);
  return execFileSync(limn, ['explain', lab.folderOf(id), ...words.slice(3)], { encoding: 'utf8' }).trim().split('\n').map((l) => JSON.parse(l));
};
const explained = (page, wanted) => page.waitForFunction((w) => {
  const plate = document.querySelector('[data-view="explain-plate"]');
  return plate?.getAttribute('aria-busy') === 'false' && plate.querySelectorAll('figure[data-method]').length === 3 && Object.entries(w).every(([name, value]) => plate.dataset[name] === String(value));
}, wanted);

test('what the network looks at is what masked and changed pictures do to its score, and what the command line says', { timeout: 120000 }, async () => {
  const run = await create();
  await lab.do(run.id, { do: 'step', count: 60 });
  const page = await lab.open(browser, `#/cnn?run=${run.id}&plate=explain`), at = draw(9), side = 28;
  const pixels = [0, 1].map((h) => Array.from({ length: 392 }, (_, i) => `input[${392 * h + i}]@train/0`));
  const x = (await Promise.all(pixels.map((names) => lab.ask(`/runs/${run.id}/steps/60/quantities`, { names })))).flatMap((a) => a.values.map((v) => v.value));
  const said = async (picture) => { const { output, layers } = await lab.ask(`/runs/${run.id}/predict`, { x: picture }); return { p: output, z: layers.at(-1).a }; };
  await explained(page, { step: 60, of: 'train/0' });
  const all = await said(x), answer = all.p.indexOf(Math.max(...all.p));
  assert.equal(await page.getAttribute('[data-view="explain-plate"]', 'data-class'), String(answer), 'it does not explain the answer');
  const k = (answer + 1 + at) % 10, patch = 3 + draw(6), stride = 1 + draw(3);
  await page.selectOption('[data-param="explain-class"]', String(k));
  for (const [param, value] of Object.entries({ patch, stride })) {
    await page.fill(`[data-param="occlusion-${param}"]`, String(value));
    await page.press(`[data-param="occlusion-${param}"]`, 'Enter');
  }
  await explained(page, { class: k });
  const one = (q) => page.getAttribute(`[data-view="explain-plate"] [data-q="${q}"]`, 'data-x');
  for (const [q, what] of [[`${run.network.layers.at(-1).name}.z[${k}]@train/0`, 'the score'], [`output[${k}]@train/0`, 'p']]) assert.equal(await one(q), (await lab.quantity(run.id, 60, q)).hex, `${what} is not the run's`);
  const seen = {};
  for (let n = 0; n < 4; n++) {
    const box = await page.locator('[data-view="occlusion"]').boundingBox(), [row, column] = [draw(side), draw(side)];
    await page.locator('[data-view="occlusion"]').click({ position: { x: ((column + 0.5) * box.width) / side, y: ((row + 0.5) * box.height) / side } });
    await page.waitForSelector(`[data-method="saliency"] [data-at="${row},${column}"]`);
    const [score, p] = await page.$$eval('[data-method="occlusion"] dd [data-q]', (e) => e.map((n) => ({ q: n.dataset.q, hex: n.dataset.x })));
    const [i, j] = /\[(\d+),(\d+)\]/.exec(score.q).slice(1).map(Number), places = Math.floor((side - patch) / stride) + 1;
    const nearest = (v) => Math.max(0, Math.min(places - 1, Math.round((v - (patch - 1) / 2) / stride)));
    assert.deepEqual([i, j], [nearest(row), nearest(column)], 'another patch lies nearer');
    const masked = await said(x.map((v, n) => (Math.floor(n / side) >= i * stride && Math.floor(n / side) < i * stride + patch && n % side >= j * stride && n % side < j * stride + patch ? 0 : v)));
    assert.ok(Math.abs(fromHex(p.hex) - masked.p[k]) < 1e-6 && Math.abs(fromHex(score.hex) - masked.z[k]) < 1e-4, `${score.q}: ${fromHex(score.hex)} and ${masked.z[k]}`);
    const pixel = row * side + column, h = 1e-3, moved = await Promise.all([h, -h].map((by) => said(x.map((v, n) => (n === pixel ? v + by : v)))));
    const slope = fromHex(await one(`saliency[${row},${column}]@train/0`)), central = (moved[0].z[k] - moved[1].z[k]) / (2 * h);
    assert.ok(Math.abs(slope - central) < 0.02 * Math.max(1, Math.abs(central)), `the slope at ${row}, ${column} is ${slope}, the difference ${central}`);
    seen[score.q] = score.hex, seen[`saliency[${row},${column}]@train/0`] = await one(`saliency[${row},${column}]@train/0`), seen[`grad-cam[${row},${column}]@train/0`] = await one(`grad-cam[${row},${column}]@train/0`);
  }
  // By keyboard the arrows move the place over all three.
  await page.focus('[data-view="saliency"]');
  const [row, column] = (await page.getAttribute('[data-method="saliency"] [data-at]', 'data-at')).split(',').map(Number);
  for (let n = 0; n < side; n++) await page.keyboard.press('ArrowUp');
  for (let n = 0; n < side; n++) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowDown');
  await page.waitForSelector('[data-method="grad-cam"] [data-at="1,0"]');
  await page.fill('[data-param="occlusion-patch"]', String(patch));
  await page.locator('[data-view="saliency"]').click({ position: { x: ((column + 0.5) * (await page.locator('[data-view="saliency"]').boundingBox()).width) / side, y: ((row + 0.5) * (await page.locator('[data-view="saliency"]').boundingBox()).height) / side } });
  // Each number has a receipt that says how it is made, and makes it again.
  const commands = {};
  for (const method of ['occlusion', 'saliency', 'grad-cam']) {
    await page.click(`[data-method="${method}"] dd [data-q]`);
    commands[method] = await page.locator('.receipt .command').innerText();
    await press(page, 'replay');
    await page.waitForFunction(() => document.querySelector('.receipt [role="status"]').textContent === 'The same bits.');
  }
  assert.deepEqual(page.errors, []);
  await page.close();
  await lab.stop();
  for (const [method, command] of Object.entries(commands)) {
    const e = byCommand(command, run.id).find((l) => l.event === 'explanation');
    const grid = { occlusion: e.scores, saliency: { width: side, values: e.gradient }, 'grad-cam': e.shown }[method];
    for (const [q, hex] of Object.entries(seen).filter(([q]) => q.startsWith(method))) {
      const [i, j] = /\[(\d+),(\d+)\]/.exec(q).slice(1).map(Number);
      assert.equal(Math.fround(grid.values[i * grid.width + j]), fromHex(hex), q);
    }
  }
  await lab.start(lab.port);
});

test('while it trains it is explained again and again, each picture with its step', { timeout: 120000 }, async () => {
  const run = await create();
  const page = await lab.open(browser, `#/cnn?run=${run.id}&plate=explain`);
  await explained(page, { step: 0 });
  await press(page, 'play');
  let last = 0;
  for (let n = 0; n < 3; n++) {
    await page.waitForFunction((m) => Number(document.querySelector('[data-method="occlusion"]')?.dataset.step) > m, last);
    last = Number(await page.getAttribute('[data-method="occlusion"]', 'data-step'));
  }
  await press(page, 'pause');
  await page.waitForSelector('.app[data-state="paused"]');
  const stood = await page.getAttribute('[data-q="fingerprint"]', 'data-step');
  await explained(page, { step: stood });
  assert.deepEqual(await page.$$eval('figure[data-method]', (all) => all.map((f) => f.dataset.step)), [stood, stood, stood]);
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('pictures that are not moved are read as well as ever, to the last bit, and each moved count is the command line’s', { timeout: 200000 }, async () => {
  const run = await create();
  await lab.do(run.id, { do: 'step', count: 60 });
  const page = await lab.open(browser, `#/cnn?run=${run.id}&plate=moves`), accuracy = (await lab.quantity(run.id, 60, 'test.accuracy')).hex, told = [];
  for (const along of ['right', 'down', 'degrees']) {
    await page.selectOption('[data-param="along"]', along);
    await press(page, 'measure-moves');
    await page.waitForSelector(`[data-along="${along}"][aria-busy="false"] [data-curve="${run.id}"]`);
    assert.equal(await page.getAttribute('[data-curve] [data-q="test.accuracy"]', 'data-x'), accuracy, along);
    const all = await page.$$eval('[data-curve] [data-q]', (e) => e.map((n) => n.dataset.x));
    assert.equal(all.length, along === 'degrees' ? 7 : 9);
    assert.ok(Math.min(fromHex(all[0]), fromHex(all.at(-1))) < fromHex(accuracy), `moved pictures are read no worse: ${all.map(fromHex)}`);
    await page.click(`[data-curve] [data-q^="test.accuracy@"] >> nth=${draw(all.length - 1)}`);
    told.push([await page.locator('.receipt .command').innerText(), all]);
  }
  // Beside it the same network without pools, from the same seed and after as many steps.
  await page.selectOption('[data-param="along"]', 'right');
  await press(page, 'moves-none');
  await page.waitForFunction(() => document.querySelectorAll('[data-curve]').length === 2);
  const [, other] = await page.$$eval('[data-curve]', (rows) => rows.map((r) => r.dataset.curve));
  const bare = await lab.ask(`/runs/${other}`);
  assert.deepEqual([bare.seed, bare.step, bare.settings.arch], [run.seed, 60, arch.replace(' | pool 2', '')]);
  assert.equal(await page.getAttribute(`[data-curve="${other}"] [data-q="test.accuracy"]`, 'data-x'), (await lab.quantity(other, 60, 'test.accuracy')).hex);
  assert.deepEqual(page.errors, []);
  await page.close();
  await lab.stop();
  for (const [command, all] of told) assert.deepEqual(byCommand(command, run.id).find((l) => l.event === 'explanation').moves.map((m) => Math.fround(m.accuracy)), all.map(fromHex), command);
  await lab.start(lab.port);
});

test('an ascent on the page has the bits of the command line, by single steps and by frames, and again from its start', { timeout: 120000 }, async () => {
  const run = await create();
  await lab.do(run.id, { do: 'step', count: 60 });
  const page = await lab.open(browser, `#/cnn?run=${run.id}&plate=ascent`), picture = seed % 1000, commands = [];
  const steps = (n) => page.waitForFunction((m) => { const v = document.querySelector('[data-view="ascent"]'); return Number(v.dataset.steps) >= m && v.getAttribute('aria-busy') === 'false'; }, n);
  const set = async (param, value) => { await page.fill(`[data-param="ascent-${param}"]`, String(value)); await page.press(`[data-param="ascent-${param}"]`, 'Enter'); };
  const print = () => page.getAttribute('[data-view="ascent"]', 'data-fingerprint');
  const tell = async () => { await page.click('[data-q="ascent.value"]'); commands.push([await page.locator('.receipt .command').innerText(), await print(), await page.getAttribute('[data-q="ascent.value"]', 'data-x')]); };
  await page.selectOption('[data-param="ascent-number"]', '3');
  for (const [param, value] of Object.entries({ tv: 0.01, jitter: 1, blur: 0.5, seed: picture })) await set(param, value);
  await press(page, 'ascent-begin');
  await page.waitForSelector('[data-view="ascent"][data-steps="0"]');
  const first = await print();
  for (let n = 1; n <= 3; n++) { await press(page, 'ascent-step'); await steps(n); }
  const third = await print();
  await page.selectOption('[data-param="ascent-per"]', '4');
  await press(page, 'ascent-play');
  await steps(23);
  await press(page, 'ascent-play'); // pauses
  await page.waitForSelector('[data-do="ascent-step"]:not([disabled])');
  await tell();
  await press(page, 'replay');
  await page.waitForFunction(() => document.querySelector('.receipt [role="status"]').textContent === 'The same bits.');
  await press(page, 'ascent-again');
  await page.waitForSelector('[data-view="ascent"][data-steps="0"]');
  assert.equal(await print(), first);
  await page.selectOption('[data-param="ascent-per"]', '1');
  for (let n = 1; n <= 3; n++) { await press(page, 'ascent-step'); await steps(n); }
  assert.equal(await print(), third, 'the same start does not make the same bits');
  // A filter, at its middle; the run trains on, and the ascent keeps its weights.
  await page.selectOption('[data-param="ascent-of"]', 'layer2');
  await set('number', 1);
  await press(page, 'ascent-begin');
  await page.waitForSelector('[data-view="ascent"][data-steps="0"]');
  await lab.do(run.id, { do: 'step', count: 5 });
  for (let n = 1; n <= 2; n++) { await press(page, 'ascent-step'); await steps(n); }
  await tell();
  assert.match(commands[1][0], /--step 60 .*--target 'layer2\.z\[3,3,1\]'/);
  assert.deepEqual(page.errors, []);
  await page.close();
  await lab.stop();
  for (const [command, fingerprint, hex] of commands) {
    const lines = byCommand(command, run.id);
    assert.equal(lines.find((l) => l.event === 'explanation').fingerprint, fingerprint, command);
    assert.equal(Math.fround(lines.filter((l) => l.event === 'step').at(-1).value), fromHex(hex));
  }
  await lab.start(lab.port);
});

test('the filter whose absence fills the cell most is the one that the counts say, and one press cuts it', { timeout: 120000 }, async () => {
  const run = await create({ arch: arch.replace('nobias | bn relu', 'relu') });
  await lab.do(run.id, { do: 'step', count: 60 });
  const page = await lab.open(browser, `#/cnn?run=${run.id}&plate=ablate`), [truth, answer] = [1, 7];
  await press(page, 'ablate');
  await page.waitForSelector('[data-part="separator"]');
  const q = (unit) => page.$$eval(`[data-view="ablate"] tr[data-unit="${unit}"] [data-q]`, (all) => all.map((e) => ({ q: e.dataset.q, hex: e.dataset.x })));
  const [whole, cell] = await q('none');
  for (const [n, name] of [[whole, 'test.accuracy'], [cell, `test.confusion[${truth},${answer}]`]]) {
    assert.equal(n.q, name);
    assert.equal(n.hex, (await lab.quantity(run.id, 60, name)).hex);
  }
  const rows = [];
  for (let unit = 0; unit < 4; unit++) rows.push((await q(unit)).map((n) => fromHex(n.hex)));
  const more = rows.map(([, n]) => n - fromHex(cell.hex)), most = Math.max(...more);
  assert.equal(await page.getAttribute('[data-view="ablate"]', 'data-best'), most > 0 ? String(more.indexOf(most)) : null);
  const unit = most > 0 ? more.indexOf(most) : draw(4);
  await page.click(`tr[data-unit="${unit}"] [data-q^="test.confusion"]`);
  const command = await page.locator('.receipt .command').innerText();
  // The run without it counts the same, and the press is a flag.
  await page.click(`tr[data-unit="${unit}"] [data-do="cut-filter"]`);
  await page.waitForSelector('[data-do="undo-cut"]');
  assert.equal((await lab.ask(`/runs/${run.id}`)).settings.cut, `layer1.unit[${unit}]`);
  const none = await lab.ask(`/runs/${run.id}/steps/60/explain`, { method: 'ablate', channels: 'layer1.unit[0]' });
  assert.deepEqual([none.accuracy_before, none.confusion_before[truth][answer]].map(Math.fround), rows[unit], 'the network without the filter counts otherwise');
  assert.deepEqual(page.errors, []);
  await page.close();
  await lab.stop();
  const cli = byCommand(command, run.id).find((l) => l.event === 'explanation');
  assert.deepEqual([cli.accuracy, cli.confusion[truth][answer]].map(Math.fround), rows[unit]);
  await lab.start(lab.port);
});
