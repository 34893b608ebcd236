// The chapter's text beside the stage: its numbers are the engine's and follow the reader, its buttons do what they say.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch, Lab, press, seed, stands } from './lab.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const settings = { arch: 'dense 5 tanh | dense 4 tanh | dense 2', optimizer: 'momentum', momentum: 0.9, schedule: 'constant', batch: 16, lr: 0.02 };
let browser, lab;
before(async () => { browser = await launch(); lab = await new Lab().start(); });
after(async () => {
  await browser.close();
  await lab.stop();
  lab.remove();
});

// A page with its text open; at the end of `act` it has had no error and asked nobody else.
async function reading(options, act) {
  const run = await lab.create(settings, { seed });
  await lab.do(run.id, { do: 'step', count: 30 });
  const page = await lab.open(browser, `#/nn?run=${run.id}`, options);
  if ((options.width ?? 1440) >= 1200) await page.locator('.tools .only-wide').first().click();
  else if (options.width >= 768) await page.locator('.tools .only-drawer').last().click();
  else await page.click('#tab-text');
  await page.waitForSelector('.book h3');
  await act(page, run);
  assert.deepEqual(page.errors, []);
  await page.close();
}
const sections = (page) => page.$$eval('[data-do="section"] option', (all) => all.map((o) => o.value));
async function turn(page, section) {
  await page.selectOption('[data-do="section"]', section);
  await page.waitForFunction((s) => document.querySelector('[data-do="section"]')?.value === s && document.querySelector('.book h3')?.textContent === document.querySelector('[data-do="section"]').selectedOptions[0].text, section);
}
// Every place of a number is filled, of the step where the run stands and of `unit`, where it is one of a unit.
async function numbers(page, step) {
  await page.waitForFunction((n) => {
    const at = (place, what) => place.querySelector(what)?.dataset.step === String(n);
    return [...document.querySelectorAll('.book [data-part="Quantity"], .book [data-part="FormulaNumber"]')].every((p) => at(p, '[data-q]')) &&
      [...document.querySelectorAll('.book [data-part="Terms"]')].every((p) => at(p, '.whole [data-q]'));
  }, step);
  return page.$$eval('.book [data-q]', (all) => all.map((e) => ({ ...e.dataset, text: e.textContent })));
}

for (const language of ['en', 'zh-CN'])
  test(`every number of the text is the engine's, and follows step and unit, ${language}`, { timeout: 120000 }, () => reading({ language }, async (page, run) => {
    const all = await sections(page);
    assert.equal(all.length, 10);
    let seen = 0;
    const check = async (step) => {
      for (const section of all) {
        await turn(page, section);
        for (const { run: of, step: at, q, x, text } of await numbers(page, step)) {
          assert.equal(of, run.id);
          const { hex, value } = await lab.quantity(run.id, Number(at), q);
          assert.equal(x, hex, `${q} at step ${at}`);
          const shown = Number(text.replaceAll('−', '-').replaceAll(/[^\d.e-]/g, ''));
          assert.ok(Math.abs(shown - value) <= 0.051 * Math.abs(value) + 1e-12, `${q} is ${value}, and the text says ${text}`);
          seen++;
        }
      }
    };
    await check(30);
    await press(page, 'batch');
    await stands(page, 31);
    await page.click('#unit-2-3');
    await check(31);
    assert.ok(seen >= 60, `${seen} numbers`);
    await turn(page, 'blame');
    const names = new Set((await numbers(page, 31)).map((n) => n.q));
    for (const name of ['layer2.delta[3]@train/0', 'layer3.w[3,0]', 'layer3.delta[1]@train/0']) assert.ok(names.has(name), `${name} is not among ${[...names]}`);
  }));

test('while it plays, each number is of the step that it names', { timeout: 60000 }, () => reading({}, async (page, run) => {
  await turn(page, 'neuron');
  await numbers(page, 30);
  await lab.do(run.id, { do: 'play', speed: 40 });
  const read = await page.evaluate(() => new Promise((ok) => { // on many frames
    const all = new Map();
    const look = () => {
      for (const e of document.querySelectorAll('.book :is([data-part="Quantity"], [data-part="FormulaNumber"]) [data-q]')) all.set(`${e.dataset.q} ${e.dataset.step}`, e.dataset.x);
      if (new Set([...all.keys()].map((k) => k.split(' ')[1])).size >= 5) ok([...all]);
      else requestAnimationFrame(look);
    };
    look();
  }));
  await lab.do(run.id, { do: 'pause' });
  for (const [name, x] of read) {
    const [q, step] = name.split(' ');
    assert.equal(x, (await lab.quantity(run.id, Number(step), q)).hex, name);
  }
}));

test('only the text of the language that is read is loaded', { timeout: 60000 }, () => reading({}, async (page) => {
  const loaded = () => page.evaluate(() => performance.getEntriesByType('resource').map((r) => /nn\.(en|zh)-/.exec(r.name)?.[1]).filter(Boolean));
  assert.deepEqual(await loaded(), ['en']);
  await turn(page, 'init');
  await page.click('.rail [data-do="language"]');
  await page.waitForFunction(() => document.querySelector('.book h3')?.textContent.includes('初始化')); // the same place in the other language
  assert.deepEqual(await loaded(), ['en', 'zh']);
}));

test('its buttons bring the stage there, send what a control would, and leave a flag', { timeout: 60000 }, () => reading({}, async (page, run) => {
  await turn(page, 'blame');
  await page.click('[data-act="lens=blame"]');
  assert.ok(await page.isChecked('[data-param="lens-blame"]'));
  await turn(page, 'neuron');
  await page.click('[data-act="unit=1.0"]');
  await page.waitForSelector('#unit-1-0[aria-pressed="true"]');
  await turn(page, 'step');
  await page.click('[data-act="set lr=3"]');
  await page.waitForSelector('[data-view="timeline"] .flag');
  assert.equal((await lab.ask(`/runs/${run.id}`)).flags.at(-1).changes.lr, 3);
  await turn(page, 'init');
  await page.click('[data-act="next init=zeros"]');
  await page.waitForSelector('[data-do="new"].wanted');
  assert.equal(await page.inputValue('[data-param="init"]'), 'zeros');
  assert.equal((await lab.ask(`/runs/${run.id}`)).flags.length, 1);
}));

test('a number in a formula opens its receipt by keyboard; a citation leads to its source', { timeout: 60000 }, () => reading({}, async (page) => {
  await page.focus('.book math [data-q="layer1.z[0]@train/0"]');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.receipt .big [data-q="layer1.z[0]@train/0"]');
  await turn(page, 'nonlinearity');
  const hash = await page.evaluate(() => location.hash);
  await page.click('.book [href="#source-cybenko1989"]');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'source-cybenko1989');
  assert.equal(await page.evaluate(() => location.hash), hash);
  await page.click('[data-do="section-next"]');
  await page.waitForFunction(() => document.activeElement.textContent === '4 The loss');
}));

for (const language of ['en', 'zh-CN'])
  for (const theme of ['light', 'dark'])
    test(`axe finds nothing serious in any section, ${language}, ${theme}`, { timeout: 120000 }, () => reading({ language, theme }, async (page) => {
      await page.evaluate(axe);
      for (const section of await sections(page)) {
        await turn(page, section);
        await numbers(page, 30);
        const { violations } = await page.evaluate(() => globalThis.axe.run('.text', { resultTypes: ['violations'] }));
        assert.deepEqual(violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${section} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' ')}`), []);
      }
    }));

for (const width of [360, 768, 1200])
  test(`no section is wider than its column at ${width} px`, { timeout: 120000 }, async () => {
    for (const language of ['en', 'zh-CN'])
      await reading({ width, language, height: 800 }, async (page) => {
        for (const section of await sections(page)) {
          await turn(page, section);
          await numbers(page, 30);
          const out = await page.evaluate(() => {
            const room = document.querySelector('.text').getBoundingClientRect();
            const wide = [...document.querySelectorAll('.book *')].filter((e) => !e.closest('.display, .vh') && e.getBoundingClientRect().right > room.right + 1);
            const stuck = [...document.querySelectorAll('.book .display')].filter((e) => e.scrollWidth > e.clientWidth && e.tabIndex !== 0);
            return { page: document.documentElement.scrollWidth, out: [...wide, ...stuck].map((e) => e.outerHTML.slice(0, 120)) };
          });
          assert.ok(out.page <= width, `${section}: the page is ${out.page} px wide`);
          assert.deepEqual(out.out, [], section);
        }
      });
  });
