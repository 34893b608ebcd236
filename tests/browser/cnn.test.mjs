// What the chapter of convolutions claims, by the numbers that it shows: products and their sum, sizes of maps, a filter
// that is taken away, what is said of a drawn picture, and the dense network of as many parameters.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findings } from './checks.mjs';
import { png } from './files.mjs';
import { draw, fromHex, launch, Lab, limn, press, seed, stands } from './lab.mjs';

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
const ended = (args) => JSON.parse(execFileSync(limn, args, { encoding: 'utf8' }).trim().split('\n').at(-1));
const restsAt = (page, layer, channel, place) => page.waitForFunction(([l, c, p]) => {
  const scope = document.querySelector('[data-view="kernel"]');
  return scope?.dataset.layer === l && scope.dataset.channel === String(c) && scope.dataset.place === p && scope.getAttribute('aria-busy') === 'false' && scope.querySelector('[data-part="receipt"]');
}, [layer, channel, place]);
const cells = (page, part) => page.$$eval(`[data-part="${part}"] td`, (all) => all.map((td) => td.querySelector('[data-x]')?.dataset.x ?? '0x0p+0'));

test('the products that a window shows and its bias sum up to the pre-activation, everywhere', { timeout: 120000 }, async () => {
  const run = await create();
  await lab.do(run.id, { do: 'step', count: 20 });
  const page = await lab.open(browser, `#/cnn?run=${run.id}&plate=kernel&unit=layer1.0.14.14`);
  const places = [[0, 0], [27, 27], ...Array.from({ length: 4 }, () => [draw(28), draw(28)])];
  for (const [y, x] of places) {
    const channel = draw(4);
    await page.fill('[data-param="channel"]', String(channel));
    await page.press('[data-param="channel"]', 'Enter');
    await page.fill('[data-param="place"]', `${y}, ${x}`);
    await page.press('[data-param="place"]', 'Enter');
    await restsAt(page, 'layer1', channel, `${y},${x}`);
    const [patch, kernel] = [(await cells(page, 'patch')).map(fromHex), (await cells(page, 'kernel')).map(fromHex)];
    assert.equal(patch.length, 25);
    assert.equal(kernel.length, 25);
    const one = async (q) => fromHex(await page.getAttribute(`[data-view="kernel"] .sums [data-q="${q}"]`, 'data-x'));
    const sum = patch.reduce((all, v, i) => all + v * kernel[i], await one(`layer1.b[${channel}]`));
    assert.ok(Math.abs(sum - (await one(`layer1.z[${y},${x},${channel}]@train/0`))) < 1e-5, `${y}, ${x}, ${channel}`);
    assert.equal(await one(`layer1.a[${y},${x},${channel}]@train/0`), Math.max(0, await one(`layer1.z[${y},${x},${channel}]@train/0`)));
    assert.equal(await page.getAttribute('[data-part="receipt"]', 'data-agrees'), 'true');
  }
  // A pool passes on the largest number of its window; a convolution of several channels sums over all of them.
  await page.selectOption('[data-param="plane"]', 'pool1');
  await page.fill('[data-param="place"]', '6, 7');
  await page.press('[data-param="place"]', 'Enter');
  await restsAt(page, 'pool1', 0, '6,7');
  const largest = Math.max(...(await cells(page, 'patch')).map(fromHex));
  assert.equal(fromHex(await page.getAttribute('[data-view="kernel"] .sums [data-q="pool1.a[6,7,0]@train/0"]', 'data-x')), largest);
  await page.selectOption('[data-param="plane"]', 'layer2');
  await restsAt(page, 'layer2', 0, '6,6');
  let sum = 0;
  for (let c = 0; c < 4; c++) {
    await page.click(`[data-in="${c}"]`);
    await page.waitForSelector(`[data-in="${c}"][aria-pressed="true"]`);
    const [patch, kernel] = [(await cells(page, 'patch')).map(fromHex), (await cells(page, 'kernel')).map(fromHex)];
    sum += patch.reduce((all, v, i) => all + v * kernel[i], 0);
  }
  const z = fromHex(await page.getAttribute('[data-part="z"] [data-x]', 'data-x'));
  assert.ok(Math.abs(sum - z) < 1e-5, `${sum} and ${z}`);
  assert.ok(Math.abs(Number(await page.getAttribute('[data-sum]', 'data-sum')) - z) < 1e-5);
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('the size of every map is what kernel, stride and padding say', { timeout: 120000 }, async () => {
  for (let n = 0; n < 4; n++) {
    const k = 1 + draw(6), s = 1 + draw(3), p = draw(4), pool = 2 + draw(2), side = Math.floor((28 + 2 * p - k) / s) + 1, pooled = Math.floor((side - pool) / pool) + 1;
    const run = await create({ arch: `conv 2 ${k}x${k} stride ${s} pad ${p} relu | pool ${pool} | dense 10` });
    const page = await lab.open(browser, `#/cnn?run=${run.id}`);
    await page.waitForSelector('[data-layer="pool1"] canvas');
    const said = await page.$$eval('.layers .size-of', (all) => all.map((e) => [e.dataset.made, e.textContent]));
    assert.deepEqual(said, [
      [`${side}×${side}×2`, `⌊(28 + ${2 * p} − ${k}) / ${s}⌋ + 1 = ${side} → ${side}×${side}×2`],
      [`${pooled}×${pooled}×2`, `⌊(${side} + 0 − ${pool}) / ${pool}⌋ + 1 = ${pooled} → ${pooled}×${pooled}×2`],
    ], `k ${k}, s ${s}, p ${p}, pool ${pool}`);
    assert.deepEqual(page.errors, []);
    await page.close();
  }
});

test('a filter that is cut has an empty map, and the test set is counted as the command line counts it', { timeout: 120000 }, async () => {
  const run = await create({}, { steps: 40 });
  await lab.do(run.id, { do: 'step', count: 30 });
  const page = await lab.open(browser, `#/cnn?run=${run.id}&plate=kernel&unit=layer1.2.14.14`);
  await page.waitForSelector('[data-view="kernel"][data-channel="2"]');
  await page.click('[data-do="cut-unit"]');
  await page.waitForSelector('[data-do="uncut-unit"]');
  await lab.do(run.id, { do: 'step', count: 10 });
  await stands(page, 40);
  const names = Array.from({ length: 28 * 16 }, (_, i) => `layer1.a[${Math.floor(i / 16)},${i % 16},2]@train/0`);
  const { values } = await lab.ask(`/runs/${run.id}/steps/40/quantities`, { names });
  assert.ok(values.every((v) => v.value === 0), 'the map of a filter that is cut is not empty');
  await page.selectOption('[data-param="plate"]', 'maps');
  await page.click('[data-do="test-accuracy"]');
  const hex = await page.getAttribute('[data-q="test.accuracy"]', 'data-x');
  await page.waitForFunction(() => document.querySelectorAll('[data-view="classes"] [data-q^="test.confusion"]').length === 10);
  const right = await page.$$eval('[data-view="classes"] [data-q^="test.confusion"]', (all) => all.map((e) => Number(e.textContent)));
  assert.deepEqual(page.errors, []);
  await page.close();
  await lab.stop();
  const { metrics } = ended(['eval', lab.folderOf(run.id), '--split', 'test', '--json']);
  assert.equal(fromHex(hex), Math.fround(metrics['test.accuracy']));
  assert.equal(right.reduce((a, b) => a + b), Math.round(metrics['test.accuracy'] * run.split.test));
  assert.equal(lab.replay(run.id, 40, ['test.accuracy'])['test.accuracy'], hex);
  await lab.start(lab.port);
});

test('a filter that is frozen keeps its bits while the others learn', { timeout: 120000 }, async () => {
  const run = await create();
  await lab.do(run.id, { do: 'step', count: 5 });
  const page = await lab.open(browser, `#/cnn?run=${run.id}&plate=kernel&unit=layer1.1.3.3`);
  await page.waitForSelector('[data-view="kernel"][data-channel="1"]');
  await page.click('[data-do="freeze-unit"]');
  await page.waitForSelector('[data-do="unfreeze-unit"]');
  const weights = async (at, c) => {
    const names = [...Array.from({ length: 25 }, (_, i) => `layer1.w[${Math.floor(i / 5)},${i % 5},0,${c}]`), `layer1.b[${c}]`];
    return (await lab.ask(`/runs/${run.id}/steps/${at}/quantities`, { names })).values.map((v) => v.hex);
  };
  await lab.do(run.id, { do: 'step', count: 15 });
  assert.deepEqual(await weights(20, 1), await weights(5, 1));
  assert.notDeepEqual(await weights(20, 0), await weights(5, 0));
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('what is said of painted pixels is what limn predict says of the same picture', { timeout: 120000 }, async () => {
  const run = await create();
  await lab.do(run.id, { do: 'step', count: 60 });
  await lab.do(run.id, { do: 'act', name: 'save' });
  const plant = () => { // remembers the picture that the page hands in
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (text) {
      globalThis.painted = JSON.parse(text).views?.find((v) => v.x)?.x ?? globalThis.painted;
      return send.call(this, text);
    };
  };
  const page = await lab.open(browser, `#/cnn?run=${run.id}`, { plant });
  await page.waitForSelector('[data-layer="layer1"] canvas');
  const box = await page.locator('[data-view="pad"]').boundingBox();
  for (let n = 0; n < 12; n++) await page.mouse.click(box.x + box.width * (0.3 + draw(400) / 1000), box.y + box.height * (0.2 + draw(600) / 1000));
  await page.waitForSelector('[data-view="maps-plate"][data-of="drawn"]');
  const pixels = (await page.evaluate(() => globalThis.painted)).map((v) => Math.round(255 * v));
  assert.ok(pixels.some((v) => v > 100), 'there is no ink');
  const file = join(lab.runs, 'painted.png');
  writeFileSync(file, png(28, 28, pixels));
  const told = execFileSync(limn, ['predict', lab.folderOf(run.id), file, '--json'], { encoding: 'utf8' }).trim().split('\n').map((l) => JSON.parse(l)).find((e) => e.event === 'prediction');
  const best = run.network.outputs.indexOf(told.label);
  // The stroke drawn last is shown with the next picture.
  await page.waitForFunction(([k, p]) => { const all = [...document.querySelectorAll('.outputs [data-said]')].map((e) => Number(e.dataset.said)); return all.length === 10 && all[k] === Math.max(...all) && Math.abs(all[k] - p) < 1e-5; }, [best, told.p]);
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('the dense network beside it has as many parameters within 1 %, the same seed and the same batches', { timeout: 120000 }, async () => {
  const run = await create({}, { steps: 60 });
  const page = await lab.open(browser, `#/cnn?run=${run.id}`);
  await press(page, 'versus');
  const other = await page.getAttribute('[data-begun]', 'data-begun');
  const dense = await lab.ask(`/runs/${other}`);
  assert.ok(Math.abs(dense.parameters - run.parameters) <= 0.01 * run.parameters, `${dense.parameters} and ${run.parameters}`);
  assert.deepEqual(dense.network.planes, []);
  await page.waitForSelector('.app[data-state="done"]');
  for (const name of ['input[300]@batch/3', 'input[411]@batch/7'])
    assert.equal((await lab.quantity(other, 5, name)).hex, (await lab.quantity(run.id, 5, name)).hex, name);
  await lab.ask(`/runs/${other}/steps/60/quantities`, { names: ['test.accuracy'] });
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('one epoch of MNIST reads 96 in 100 digits, the very ones that the command line says', { timeout: 300000 }, async (t) => {
  const { data } = await lab.ask('/data');
  if (!data.some((d) => d.name === 'mnist' && d.present)) return t.skip('the data set mnist is not on this machine: limn data get mnist');
  const settings = { arch: 'conv 8 5x5 relu | pool 2 | conv 16 3x3 relu | pool 2 | dense 10' };
  const run = await lab.ask('/runs', { experiment: 'cnn', data: 'mnist', seed, epochs: 1, settings });
  const page = await lab.open(browser, `#/cnn?run=${run.id}`);
  page.setDefaultTimeout(200000);
  await press(page, 'play');
  await page.waitForSelector('.app[data-state="done"]');
  await press(page, 'test-accuracy');
  const value = fromHex(await page.getAttribute('[data-q="test.accuracy"]', 'data-x'));
  assert.ok(value >= 0.96, `${value}`);
  const { metrics, fingerprint } = ended(['train', 'cnn', '--data', 'mnist', '--seed', String(seed), '--epochs', '1', '--json', '--out', `${lab.runs}/by-command`, '--set', `arch=${settings.arch}`]);
  assert.equal(value, Math.fround(metrics['test.accuracy']));
  assert.equal(await page.locator('[data-q="fingerprint"]').innerText(), fingerprint);
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('the first layer’s filters are shown as they were at kept steps, and the menu knows a ready network by its text', { timeout: 120000 }, async () => {
  const run = await create();
  for (const count of [7, 30, 53]) {
    await lab.do(run.id, { do: 'step', count });
    await lab.do(run.id, { do: 'act', name: 'save' });
  }
  const page = await lab.open(browser, `#/cnn?run=${run.id}&plate=filters`);
  await page.waitForFunction(() => / 90$/.test(document.querySelector('[data-view="evolving"]')?.dataset.steps));
  const steps = (await page.getAttribute('[data-view="evolving"]', 'data-steps')).split(' ').map(Number), { snapshots } = await lab.ask(`/runs/${run.id}`);
  assert.ok(steps.length >= 4 && steps[0] === 0 && steps.every((n, i) => i === 0 || n > steps[i - 1]), `${steps}`);
  assert.ok(steps.every((n) => snapshots.includes(n) || n === 90), `${steps} and ${snapshots}`);
  await page.click('[data-view="evolving"] figcaption button');
  const table = await page.$$eval('.sheet tbody tr', (all) => all.map((tr) => [...tr.children].map((c) => c.textContent)));
  assert.equal(table.length, 4);
  for (let f = 0; f < 4; f++)
    for (const k of [0, draw(steps.length), steps.length - 1]) {
      const names = Array.from({ length: 25 }, (_, i) => `layer1.w[${Math.floor(i / 5)},${i % 5},0,${f}]`);
      const { values } = await lab.ask(`/runs/${run.id}/steps/${steps[k]}/quantities`, { names });
      assert.equal(Number(table[f][k + 1]), Number(Math.hypot(...values.map((v) => v.value)).toPrecision(4)), `filter ${f} at step ${steps[k]}`);
    }
  await page.keyboard.press('Escape');
  assert.equal(await page.inputValue('[data-param="ready"]'), '');
  for (const name of ['lenet5', 'small-cnn', 'resnet-20']) {
    const other = await create({ arch: name });
    await page.goto(`${lab.origin}/#/cnn?run=${other.id}`);
    await page.waitForFunction(([id, n]) => document.querySelector('[data-q="fingerprint"]')?.dataset.run === id && document.querySelector('[data-param="ready"]').value === n, [other.id, name]);
  }
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('the confusion matrix and the rows behind its cells are there at every width', { timeout: 120000 }, async () => {
  const run = await create();
  await lab.do(run.id, { do: 'step', count: 40 });
  for (const width of [1600, 1440, 1024, 768, 360]) {
    const page = await lab.open(browser, `#/cnn?run=${run.id}`, { width });
    const cell = page.locator('[data-view="maps-plate"] .confusion td.wrong [data-q]').first();
    await cell.waitFor();
    const [, truth, answer] = /\[(\d+),(\d+)\]/.exec(await cell.getAttribute('data-q')), count = fromHex(await cell.getAttribute('data-x'));
    assert.equal(await page.$$eval('.confusion td button', (all) => all.filter((b) => b.tabIndex === 0).length), 1, 'each of its numbers is a stop of the Tab key');
    await page.locator('.confusion td [data-q$="[0,0]"]').focus(); // and by the arrows all are reached
    const reached = new Set();
    for (let row = 0; row < 10; row++) {
      for (let column = 0; column < 10; column++) {
        reached.add(await page.evaluate(() => document.activeElement.dataset.q));
        await page.keyboard.press('ArrowRight');
      }
      for (let column = 0; column < 10; column++) await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowDown');
    }
    assert.ok(reached.size >= 10, `${[...reached]}`);
    await cell.focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-view="mistakes"] .told [data-q]');
    assert.equal(await page.getAttribute('[data-view="mistakes"] .told [data-q]', 'data-q'), `valid.confusion[${truth},${answer}]`);
    assert.equal(await page.locator('[data-view="mistakes"] .mistake').count(), Math.min(48, count), `${width} px`);
    assert.deepEqual(page.errors, []);
    await page.close();
  }
});

// An exercise of the text: set up, guessed at, and answered; what the notebook has of it.
async function exercise(page, name, guess) {
  await page.click(`[data-open="${name}"]`);
  const task = page.locator(`[data-task="${name}"]`);
  await task.locator('summary').click();
  await task.locator('[data-do="task-begin"]').click();
  await page.waitForSelector(`[data-task="${name}"][data-stage="set"]`, { timeout: 120000 });
  assert.ok(await task.locator('[data-do="lock"]').isDisabled(), 'no guess is locked before it is made');
  if (await task.locator('input[type="radio"]').count()) await task.locator(`input[value="${guess}"]`).check();
  else {
    await task.locator('[data-param="guess-value"]').fill(String(guess));
    await task.locator('[data-param="guess-value"]').press('Enter');
  }
  await task.locator('[data-do="lock"]').click();
  await page.waitForSelector(`[data-task="${name}"][data-stage="told"]`, { timeout: 120000 });
  const [asked, told] = (await lab.ask('/notebook')).entries.filter((e) => e.task === name).slice(-2);
  assert.deepEqual([asked.kind, told.kind], ['guess', 'truth']);
  return { told, kept: await page.evaluate((n) => JSON.parse(localStorage.getItem('tasks'))[n], name), verdict: await task.locator('.verdict').getAttribute('data-verdict'), shown: await task.locator('[data-q]').evaluateAll((all) => all.map((e) => ({ ...e.dataset }))) };
}
const mean = (v) => v.reduce((a, b) => a + b) / v.length;
const close = (guess, truth, right, near) => (Math.abs(guess - truth) <= right ? 'right' : Math.abs(guess - truth) <= near ? 'close' : 'wrong');

test('the three questions of the chapter are guessed at, and answered by counts of the engine', { timeout: 400000 }, async () => {
  const page = await lab.open(browser, `#/cnn?run=${(await create()).id}`);
  page.setDefaultTimeout(60000);
  await page.getByRole('button', { name: 'Text', exact: true }).click();
  const explain = (run, at, wish) => lab.ask(`/runs/${run}/steps/${at}/explain`, { split: 'test', ...wish });

  const pooling = await exercise(page, 'pooling-shift', 4), lost = [];
  for (const run of pooling.kept.setup.runs) {
    const far = [], still = await lab.quantity(run, 300, 'test.accuracy');
    for (const along of ['right', 'down']) for (const m of (await explain(run, 300, { method: 'shift', along, most: 3, by: 3 })).moves) if (m[along]) far.push(m.accuracy);
    assert.equal(far.length, 4);
    lost.push(100 * (still.value - mean(far)));
  }
  const bought = [0, 2, 4].map((i) => lost[i + 1] - lost[i]), deviation = Math.sqrt(bought.reduce((a, v) => a + (v - mean(bought)) ** 2, 0) / 2);
  assert.ok(Math.abs(pooling.told.truth - mean(bought)) < 1e-4, `${pooling.told.truth} and ${mean(bought)}`);
  assert.equal(pooling.verdict, Math.abs(mean(bought)) > deviation ? close(4, mean(bought), 2, 5) : 'open');
  const seeds = await Promise.all(pooling.kept.setup.runs.map((id) => lab.ask(`/runs/${id}`)));
  assert.deepEqual(seeds.map((r) => [r.seed, / pool /.test(r.settings.arch)]), [1, 2, 3].flatMap((n) => [[n, true], [n, false]]));

  const filter = await exercise(page, 'which-filter', '2'), [run] = filter.kept.setup.runs, more = [];
  for (let k = 0; k < 6; k++) {
    const e = await explain(run, 300, { method: 'ablate', channels: `layer1.unit[${k}]` });
    more.push(Math.max(0, e.confusion[1][7] + e.confusion[7][1] - e.confusion_before[1][7] - e.confusion_before[7][1]));
  }
  const order = more.map((v, k) => [v, k]).sort((a, b) => b[0] - a[0]);
  if (order[0][0] > order[1][0]) assert.deepEqual([filter.told.truth, filter.verdict], [`layer1[${order[0][1]}]`, order[0][1] === 2 ? 'right' : order[1][1] === 2 ? 'close' : 'wrong']);
  else assert.equal(filter.verdict, 'open');

  const dense = await exercise(page, 'dense-loses', 2), ends = [];
  for (const id of dense.kept.setup.runs) ends.push(await lab.quantity(id, 600, 'test.accuracy'));
  assert.deepEqual(dense.shown.map((n) => n.x), ends.map((e) => e.hex));
  const behind = mean([0, 2, 4].map((i) => 100 * (ends[i].value - ends[i + 1].value)));
  assert.ok(Math.abs(dense.told.truth - behind) < 1e-4);
  assert.ok(behind > 0, `the dense network is ahead by ${-behind} points`);
  const [conv, plain] = await Promise.all(dense.kept.setup.runs.slice(0, 2).map((id) => lab.ask(`/runs/${id}`)));
  assert.ok(Math.abs(conv.parameters - plain.parameters) <= 0.01 * conv.parameters && plain.network.planes.length === 0);
  assert.deepEqual(page.errors, []);
  await page.close();
});

test('its plates can be read by all, in both languages and themes, and fit into every window', { timeout: 200000 }, async () => {
  const run = await create({ arch: 'conv 3 5x5 stride 2 nobias | bn relu | pool 2 | conv 4 3x3 relu | dense 10' });
  await lab.do(run.id, { do: 'step', count: 8 });
  const is = { kernel: '[data-view="kernel"] [data-part="receipt"]', filters: '[data-layer="layer3"] canvas', explain: '[data-method="grad-cam"] canvas', moves: '[data-do="measure-moves"]', ascent: '[data-do="ascent-begin"]', ablate: '[data-do="ablate"]' };
  const pressed = { moves: ['measure-moves', '[data-curve]'], ascent: ['ascent-begin', '[data-view="climbing"]'], ablate: ['ablate', '[data-part="separator"]'] };
  const looks = [{ language: 'en', theme: 'light', width: 1440 }, { language: 'zh-CN', theme: 'dark', width: 768 }, { language: 'en', theme: 'dark', width: 360 }, { language: 'zh-CN', theme: 'light', width: 360 }];
  for (const look of looks)
    for (const [plate, selector] of Object.entries(is)) {
      const page = await lab.open(browser, `#/cnn?run=${run.id}&plate=${plate}`, look);
      await page.waitForSelector(selector);
      if (pressed[plate]) {
        await press(page, pressed[plate][0]);
        await page.waitForSelector(pressed[plate][1]);
      }
      assert.deepEqual(await findings(page), [], `${plate} ${JSON.stringify(look)}`);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= look.width, `${plate} is wider than ${look.width} px`);
      assert.deepEqual(page.errors, []);
      await page.close();
    }
});
