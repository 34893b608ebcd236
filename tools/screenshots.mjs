// Pictures of every view of the lab, at every width, in both themes and languages, for eyes to look at:
//   node tools/screenshots.mjs [FOLDER] [--only PART]...     wants build/release/limn and tests/browser's packages
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Lab, launch, press, stands } from '../tests/browser/lab.mjs';

const only = process.argv.flatMap((a, i) => (a === '--only' ? [process.argv[i + 1]] : []));
const folder = process.argv[2] && !process.argv[2].startsWith('--') ? process.argv[2] : 'build/screenshots';
mkdirSync(folder, { recursive: true });

const constant = { schedule: 'constant', optimizer: 'momentum', batch: 16 };
const penguins = { data: 'penguins', seed: 1, steps: 1200, settings: { ...constant, arch: 'dense 8 tanh | dense 5 tanh | dense 3', lr: 0.012, momentum: 0.3 } };
const until = (page, n) => page.waitForFunction((m) => Number(document.querySelector('[data-q="fingerprint"]').dataset.step) >= m, n);

// A run with a flag and a branch, standing at its head; its id and its branch's.
async function branched(lab) {
  const run = await lab.ask('/runs', { experiment: 'mlp', ...penguins });
  await lab.do(run.id, { do: 'step', count: 560 });
  await lab.do(run.id, { do: 'set', settings: { lr: 0.05 } });
  await lab.do(run.id, { do: 'step', count: 300 });
  const branch = await lab.do(run.id, { do: 'branch', step: 400, settings: { momentum: 0.93 } });
  await lab.do(branch.id, { do: 'step', count: 460 });
  return { run: run.id, branch: branch.id };
}
const set = (lab, data, arch, steps, more = {}) => lab.ask('/runs', { experiment: 'mlp', data, seed: 1, steps: 100000, settings: { ...constant, arch, lr: 0.05, ...more } }).then((r) => lab.do(r.id, { do: 'step', count: steps }));

// A race to step 64, and one of its plates.
async function race({ at, lab }, { plate, settings = { function: 'rosenbrock' }, steps = 64, focus = 'adam', racers = ['adam', 'bfgs', 'rmsprop', 'nesterov', 'momentum', 'sgd'] } = {}) {
  const first = await lab.ask('/runs', { experiment: 'function', data: 'none', seed: 1, steps: 200, settings: { ...settings, optimizer: racers[0] } });
  const all = [first];
  for (const optimizer of racers.slice(1)) all.push(await lab.do(first.id, { do: 'branch', step: 0, settings: { optimizer } }));
  for (const r of all) await lab.do(r.id, { do: 'step', count: steps });
  const page = await at(`#/optimisers?run=${all[racers.indexOf(focus)].id}${plate ? `&plate=${plate}` : ''}`);
  await page.waitForFunction((n) => document.querySelectorAll('.racers li').length === n, racers.length);
  return page;
}

// A race down a network's loss, and one of its plates.
async function netRace({ at, lab }, plate, focus, ready) {
  const first = await lab.ask('/runs', { experiment: 'mlp', data: 'penguins', seed: 1, steps: 100, settings: { arch: 'dense 4 tanh | dense 3', weight_decay: 0.001, batch: 241, optimizer: 'lbfgs' } });
  const all = [first];
  for (const optimizer of ['adam', 'momentum', 'newton']) all.push(await lab.do(first.id, { do: 'branch', step: 0, settings: { optimizer, batch: 241 } }));
  for (const r of all) await lab.do(r.id, { do: 'step', count: 60 });
  const page = await at(`#/optimisers?run=${all[focus].id}&plate=${plate}`);
  await ready(page);
  return page;
}

const views = {
  plane: (with_) => netRace(with_, 'plane', 0, (page) => page.waitForSelector('[data-view="plane"][aria-busy="false"] [data-trail]')),
  cockpit: (with_) => netRace(with_, 'cockpit', 1, (page) => page.waitForSelector('[data-view="distributions"][aria-busy="false"] [data-q]')),
  hessian: (with_) => netRace(with_, 'matrices', 3, (page) => page.waitForSelector('[data-view="matrices"][aria-busy="false"] canvas')),
  range: (with_) => netRace(with_, 'range', 1, async (page) => {
    await page.locator('[data-do="range-test"]').click();
    await page.waitForSelector('[data-do="take-rate"]');
  }),
  race: (with_) => race(with_),
  racetext: async (with_) => {
    const page = await race(with_), { width } = page.viewportSize();
    await page.locator(width < 768 ? '#tab-text' : width < 1200 ? '.only-drawer >> nth=2' : '.only-wide >> nth=0').click();
    return page;
  },
  himmelblau: (with_) => race(with_, { settings: { function: 'himmelblau' } }),
  saddle: (with_) => race(with_, { settings: { function: 'saddle' } }),
  search: (with_) => race(with_, { plate: 'search', focus: 'bfgs', steps: 4 }),
  matrices: (with_) => race(with_, { plate: 'matrices', focus: 'bfgs', steps: 20 }),
  phase: (with_) => race(with_, { plate: 'phase', focus: 'momentum' }),
  penguins: async ({ at, lab }) => { const page = await at(`#/nn?run=${(await branched(lab)).run}`); await page.click('#unit-2-2'); return page; },
  text: async ({ at, lab }) => {
    const page = await at(`#/nn?run=${(await branched(lab)).run}`), { width } = page.viewportSize();
    await page.locator(width < 768 ? '#tab-text' : width < 1200 ? '.only-drawer >> nth=2' : '.only-wide >> nth=0').click();
    return page;
  },
  blame: async ({ at, lab }) => { const page = await at(`#/nn?run=${(await branched(lab)).run}`); await page.check('[data-param="lens-blame"]', { force: true }); return page; },
  spirals: async ({ at, lab }) => at(`#/nn?run=${(await set(lab, 'spirals', 'dense 12 tanh | dense 8 tanh | dense 2', 8000)).id}`),
  xor: async ({ at, lab }) => at(`#/nn?run=${(await set(lab, 'xor', 'dense 4 tanh | dense 2', 600, { lr: 0.1 })).id}`),
  waves: async ({ at, lab }) => at(`#/nn?run=${(await set(lab, 'waves', 'dense 12 tanh | dense 8 tanh | dense 1', 3000)).id}`),
  digits: async ({ at }) => { const page = await at('#/nn'); await until(page, 1500); await press(page, 'pause'); return page; },
  drawn: async ({ at }) => {
    const page = await at('#/nn');
    await until(page, 3000);
    await press(page, 'pause');
    const box = await page.locator('[data-view="pad"]').boundingBox(), on = (x, y) => [box.x + x * box.width, box.y + y * box.height];
    await page.mouse.move(...on(0.3, 0.25)); await page.mouse.down();
    for (const [x, y] of [[0.7, 0.22], [0.62, 0.45], [0.5, 0.8]]) await page.mouse.move(...on(x, y), { steps: 8 });
    await page.mouse.up();
    await page.waitForFunction(() => document.querySelectorAll('.says.best').length === 1);
    return page;
  },
  lost: async ({ at, lab }) => { const page = await at(`#/nn?run=${(await branched(lab)).run}`); await lab.stop(); await page.waitForSelector('.app[data-state="disconnected"]'); return page; },
  failed: async ({ at, lab }) => {
    const run = await set(lab, 'moons', 'dense 8 relu | dense 2', 300, { optimizer: 'sgd', loss: 'squared' });
    await lab.do(run.id, { do: 'set', settings: { lr: 1e9 } });
    await lab.do(run.id, { do: 'step', count: 50 });
    return at(`#/nn?run=${run.id}`);
  },
  tray: async ({ at, lab }) => {
    const page = await at(`#/nn?run=${(await branched(lab)).run}`);
    if (page.viewportSize().width === 768) await page.locator('.only-drawer').first().click();
    await page.locator('[data-do="data"]').click();
    return page;
  },
  microscope: async ({ at, lab }) => at(`#/nn?run=${(await branched(lab)).run}&unit=2.2&plate=microscope`),
  pixels: async ({ at, lab }) => at(`#/nn?run=${(await set(lab, 'drawn-digits', 'dense 32 relu | dense 10', 1500)).id}&unit=1.3&plate=microscope`),
  histograms: async ({ at, lab }) => at(`#/nn?run=${(await branched(lab)).run}&plate=histograms`),
  mistakes: async ({ at, lab }) => at(`#/nn?run=${(await set(lab, 'drawn-digits', 'dense 32 relu | dense 10', 1500)).id}&plate=mistakes`),
  errors: async ({ at, lab }) => at(`#/nn?run=${(await set(lab, 'waves', 'dense 12 tanh | dense 1', 2000)).id}&plate=mistakes`),
  ...Object.fromEntries(['compare', 'notebook', 'lesson', 'save'].map((kind) => [kind, async ({ at, lab }) => {
    const page = await at(`#/nn?run=${(await branched(lab)).run}`);
    if (page.viewportSize().width < 768) await page.click('.topbar .chap');
    await press(page, kind);
    return page;
  }])),
  keys: async ({ at, lab }) => { const page = await at(`#/nn?run=${(await branched(lab)).run}`); await page.keyboard.press('?'); return page; },
  operation: async ({ at, lab }) => { const { run } = await branched(lab); await lab.do(run, { do: 'step', unit: 'op', count: 5 }); const page = await at(`#/nn?run=${run}`); if ((page.viewportSize().width) < 1200) await page.locator('.only-drawer, [role=tab]').filter({ visible: true }).nth(1).click(); return page; },
  long: async ({ at, lab }) => at(`#/nn?run=${(await branched(lab)).run}`, '&long'),
};

const browser = await launch();
for (const [name, make] of Object.entries(views)) {
  if (only.length && !only.includes(name)) continue;
  for (const width of [1440, 1200, 768, 360])
    for (const theme of ['light', 'dark'])
      for (const language of ['en', 'zh-CN']) {
        const tag = `${name}-${width}-${theme}-${language}`;
        if (only.length > 1 && !only.some((o) => o !== name && tag.includes(o))) continue;
        const lab = await new Lab().start();
        let stopped = false;
        const stop = lab.stop.bind(lab);
        lab.stop = async () => { stopped = true; await stop(); };
        const at = async (hash, more = '') => lab.open(browser, more + hash, { width, height: width === 360 ? 780 : width === 768 ? 1024 : 900, theme, language });
        const page = await make({ at, lab });
        await page.evaluate(() => new Promise((ok) => { let n = 30; const wait = () => (n-- ? requestAnimationFrame(wait) : ok()); wait(); }));
        await page.waitForTimeout(250); // for eyes: the last pictures have come
        await page.screenshot({ path: join(folder, `${tag}.png`) });
        if (page.errors.length) console.log(tag, page.errors);
        await page.close();
        if (!stopped) await lab.stop();
        lab.remove();
        console.log(tag);
      }
}
await browser.close();
