// Every check of every chapter of pages.mjs, and every planted fault of each check, which must make it red.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faults } from './faults.mjs';
import { launch, Lab, press, shown, stands } from './lab.mjs';
import { pages } from './pages.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// A fault must be noticed by what the check says or waits for in vain, not by a lab that did not start.
const noticed = (error) => ['AssertionError', 'TimeoutError'].includes(error.name) || assert.fail(`not a finding: ${error.stack}`);

// Runs a check with a lab of its own; at its end the page has asked nobody else and has had no error.
async function hold(chapter, { check, with: more }, { engine, page: plant } = {}) {
  const lab = await new Lab(engine).start(), open = [];
  const at = async (run, { hash, ...options } = {}) => {
    const page = await lab.open(browser, hash ?? `${chapter.hash}${run ? `?run=${run}` : ''}`, { plant: plant && faults[plant], ...options });
    open.push(page);
    return page;
  };
  try {
    await check({ lab, at, chapter, ...more });
    for (const page of open) assert.deepEqual(page.errors, []);
  } finally {
    for (const page of open) await page.close();
    await lab.stop().catch(() => {}); // where the check stopped it, it has ended
    lab.remove();
  }
}

for (const chapter of pages)
  for (const one of chapter.checks) {
    test(`${chapter.name}: ${one.name}`, { timeout: 120000 }, () => hold(chapter, one));
    for (const engine of one.engine ?? [])
      test(`${chapter.name}: G5 ${one.name.split(' ')[0]} notices an engine with the fault ${engine}`, { timeout: 120000 }, () => assert.rejects(hold(chapter, one, { engine }), noticed));
    for (const page of one.page ?? [])
      test(`${chapter.name}: G5 ${one.name.split(' ')[0]} notices a page with the fault "${page}"`, { timeout: 120000 }, () => assert.rejects(hold(chapter, one, { page }), noticed));
  }

// The receipt of the number that a fault spoils says so, and of a sound engine that it agrees.
const network = { optimizer: 'momentum', schedule: 'constant', batch: 12, arch: 'dense 3 tanh | dense 2' };
const race = (optimizer) => (lab) => pages[1].begin(lab, { optimizer, noise: 0, lr: 'auto' });
for (const [chapter, engine, begin, number] of [
  [pages[0], 'gradient-sign', (lab) => lab.create(network), 'layer1.dw[0,1]'],
  [pages[2], 'flipped-kernel', (lab) => pages[2].begin(lab), 'layer1.dw[0,1,0,1]'],
  [pages[1], 'gradient-sign', race('sgd'), 'x[0]'],
  [pages[1], 'stale-momentum', race('momentum'), 'momentum/x[1]'],
  [pages[1], 'off-by-one', race('adam'), 'x[1]'],
  [pages[1], 'stale-curvature', race('bfgs'), 'bfgs/inverse_hessian[0,1]'],
  [pages[1], 'wrong-length', race('bfgs'), 'x[0]'],
  [pages[1], 'gradient-sign', (lab) => lab.create({ ...network, optimizer: 'lbfgs', batch: 'auto' }), 'layer1.dw[0,1]'],
])
  test(`${chapter.name}: G5 the receipt of ${number} differs with the fault ${engine}, and without it agrees`, { timeout: 120000 }, async () => {
    const verdict = async ({ lab, at }) => {
      const page = await at((await begin(lab)).id);
      await press(page, 'batch');
      await stands(page, 1);
      await shown(page, number);
      return page.locator('.receipt [data-check]').first().getAttribute('data-check');
    };
    const reads = (wanted) => async (given) => assert.equal(await verdict(given), wanted);
    await hold(chapter, { check: reads('differs') }, { engine });
    await hold(chapter, { check: reads('agrees') });
  });
