// The way of somebody who opens the lab for the first time: watch, stop, change, step back, branch, compare, draw a
// digit, look at one number, take everything home. No reload, no address typed, and every act of the hand is counted.
// LIMN_STAGES=FOLDER keeps a picture of each stage, for eyes to look at.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { fingerprint, Lab, launch, stands, step, until } from './lab.mjs';

const mostActs = 40;
const runOf = (page) => page.locator('[data-q="fingerprint"]').getAttribute('data-run');

test('a first-time learner goes from opening the page to taking the run home', { timeout: 180000 }, async () => {
  const lab = await new Lab().start(), browser = await launch();
  const kept = mkdtempSync(join(tmpdir(), 'limn-kept-')), stages = process.env.LIMN_STAGES;
  if (stages) mkdirSync(stages, { recursive: true });
  let acts = 0, stage = 0;
  try {
    const page = await lab.open(browser, '');
    let loads = 0;
    page.on('load', () => loads++);
    const look = async (name) => { stage++; if (stages) await page.screenshot({ path: join(stages, `${String(stage).padStart(2, '0')}-${name}.png`) }); };
    const click = async (selector) => { acts++; await page.locator(selector).first().click(); };
    const key = async (name) => { acts++; await page.keyboard.press(name); };
    const save = async (selector) => {
      const coming = page.waitForEvent('download');
      await click(selector);
      const download = await coming, path = join(kept, download.suggestedFilename());
      await download.saveAs(path);
      return path;
    };

    // Watch it learn, and stop it.
    await until(page, 600);
    await look('watch');
    await click('[data-do="pause"]');
    await page.waitForSelector('.app[data-state="paused"]');
    const main = await runOf(page), stood = await step(page);
    await look('stop');

    // One step on, the same step back: nothing is different.
    const before = await fingerprint(page);
    await click('[data-do="batch"]');
    await stands(page, stood + 1);
    assert.notEqual(await fingerprint(page), before);
    await click('[data-do="back-batch"]');
    await stands(page, stood);
    assert.equal(await fingerprint(page), before);
    await click('[data-do="batch"]');
    await stands(page, stood + 1);
    await look('step-back');

    // Change the learning rate where it stands; the timeline remembers it by a flag.
    acts++;
    await page.locator('[data-param="lr"]').focus();
    for (let n = 0, was = ''; n < 3; n++) { // three changes at one step are one flag
      await key('ArrowRight');
      was = await (await page.waitForFunction((old) => { const [flag, ...more] = document.querySelectorAll('[data-view="timeline"] .flag'); return !more.length && flag?.ariaLabel !== old && flag?.ariaLabel; }, was)).jsonValue();
    }
    await click('[data-do="play"]');
    await until(page, stood + 300);
    await click('[data-do="pause"]');
    await page.waitForSelector('.app[data-state="paused"]');
    await look('change');

    // Go back to the flag and let another future begin there.
    acts++;
    await page.locator('[data-view="timeline"] .flag rect').first().click({ position: { x: 1.5, y: 4 } }); // beside its drawing
    await click('[data-do="branch-without"]');
    await page.waitForFunction((was) => document.querySelector('[data-q="fingerprint"]').dataset.run !== was, main);
    const branch = await runOf(page);
    await click('[data-do="play"]');
    await until(page, stood + 300);
    await click('[data-do="pause"]');
    await page.waitForSelector('.app[data-state="paused"]');
    await look('branch');

    // Which was better?
    await click('[data-do="compare"]');
    for (const id of [main, branch]) await page.waitForSelector(`dialog [data-run="${id}"][data-x]`);
    await look('compare');
    await key('Escape');

    // A digit of one's own.
    const pad = await page.locator('[data-view="pad"]').boundingBox(), on = (x, y) => [pad.x + x * pad.width, pad.y + y * pad.height];
    acts++;
    await page.mouse.move(...on(0.3, 0.25));
    await page.mouse.down();
    for (const [x, y] of [[0.7, 0.22], [0.62, 0.45], [0.5, 0.8]]) await page.mouse.move(...on(x, y), { steps: 8 });
    await page.mouse.up();
    await page.waitForFunction(() => document.querySelectorAll('.says.best').length === 1);
    await look('draw');
    await click('[data-do="clear"]');

    // One number: where it comes from, and whether it is the same when the engine computes it again.
    await click('.outputs .says.best [data-q]');
    await page.waitForSelector('.receipt [data-check="agrees"]');
    await click('[data-do="replay"]');
    await page.waitForFunction(() => /same bits/i.test(document.querySelector('.receipt [role="status"]').textContent));
    await look('receipt');

    // Closer, over time, and where it is wrong.
    for (const plate of ['microscope', 'histograms', 'mistakes']) {
      await click(`[data-param="plate-${plate}"] + span`);
      await page.waitForSelector(`[data-plate="${plate}"] [data-x^="0x"], [data-plate="${plate}"] [data-x^="-0x"]`);
      await look(plate);
    }

    // Home.
    await click('[data-do="save"]');
    const archive = await save('[data-do="save-limn"]'), report = await save('[data-do="save-report"]');
    await look('save');
    const end = { at: await step(page), fingerprint: await fingerprint(page) };
    assert.equal(loads, 0, 'the page was loaded again');
    assert.deepEqual(page.errors, []);
    assert.ok(acts < mostActs, `${acts} acts`);
    console.log(`${acts} acts`);
    await lab.stop();

    // The report, from disk in a browser that has seen nothing; the run, in a lab that has no other.
    const context = await browser.newContext({ offline: true }), paper = await context.newPage();
    await paper.goto(pathToFileURL(report).href);
    assert.equal(await paper.locator(`[data-q="fingerprint"][data-run="${branch}"]`).first().innerText(), end.fingerprint);
    await context.close();
    const other = await new Lab().start();
    try {
      const answer = await fetch(`${other.origin}/api/archives`, { method: 'POST', headers: { Authorization: 'Bearer browser-test' }, body: readFileSync(archive) });
      assert.equal(answer.status, 201);
      const state = await answer.json();
      assert.deepEqual([state.id, state.head], [branch, end.at]);
      assert.equal((await other.do(state.id, { do: 'seek', step: end.at })).fingerprint, end.fingerprint);
    } finally {
      await other.stop();
      other.remove();
    }
  } finally {
    await browser.close();
    await lab.stop().catch(() => {}); // it ended already where all went well
    lab.remove();
  }
});
