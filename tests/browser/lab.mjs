// `limn lab` and a real browser on it. Every page refuses requests that leave the machine, and remembers its errors.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

export const limn = resolve(process.env.LIMN ?? 'build/release/limn');
const faulty = resolve(process.env.LIMN_FAULTY ?? 'build/faults/limn'); // built with LIMN_FAULTS
export const token = 'browser-test';

export const seed = Number(process.env.LIMN_TEST_SEED ?? Math.floor(Math.random() * 1e6));
console.log(`LIMN_TEST_SEED=${seed}`); // so that a failure can be repeated
let drawn = seed;
export const draw = (n) => { // the next of 0 to n - 1 (Park and Miller's generator)
  drawn = (drawn * 48271 + 11) % 2147483647;
  return drawn % n;
};

export class Lab {
  runs = mkdtempSync(join(tmpdir(), 'limn-browser-'));

  constructor(fault, options = []) {
    this.fault = fault;
    this.options = options;
  }

  async start(port = 0) {
    this.process = spawn(this.fault ? faulty : limn, ['lab', '--no-open', '--json', '--port', String(port), '--token', token, '--runs', this.runs, ...this.options],
      { env: { ...process.env, LIMN_FAULT: this.fault ?? '' } });
    this.ended = new Promise((ok) => this.process.once('exit', (status, signal) => ok(signal ?? status)));
    const [line] = await Promise.race([
      new Promise((ok) => createInterface(this.process.stdout).once('line', (l) => ok([l]))),
      this.ended.then(() => { throw new Error('the lab ended at once'); }),
    ]);
    this.port = JSON.parse(line).port;
    this.origin = `http://127.0.0.1:${this.port}`;
    return this;
  }

  async stop() {
    this.process.kill('SIGTERM');
    assert.equal(await this.ended, 0, 'the lab did not end well');
  }

  remove() {
    rmSync(this.runs, { recursive: true });
  }

  async ask(path, body) {
    const answer = await fetch(`${this.origin}/api${path}`, {
      method: body ? 'POST' : 'GET', headers: { Authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) });
    const json = await answer.json();
    assert.ok(answer.ok, JSON.stringify(json));
    return json;
  }
  create(settings, more = {}) {
    return this.ask('/runs', { experiment: 'mlp', data: 'spirals', steps: 10_000_000, settings, ...more });
  }
  do(id, wish) {
    return this.ask(`/runs/${id}/command`, wish);
  }
  quantity(id, step, name) {
    return this.ask(`/runs/${id}/steps/${step}/quantities/${encodeURIComponent(name)}`);
  }

  // Where a run lies; folders that are still written have no run.json.
  folderOf(id) {
    return readdirSync(this.runs).map((f) => join(this.runs, f)).find((f) => { try { return JSON.parse(readFileSync(join(f, 'run.json'))).id === id; } catch { return false; } });
  }
  // What `limn replay` says of numbers of a step, as hex floats by name. The lab must have been stopped.
  replay(id, step, names) {
    const lines = execFileSync(limn, ['replay', this.folderOf(id), '--step', String(step), '--json', ...names.flatMap((n) => ['--quantity', n])], { encoding: 'utf8' });
    const all = lines.trim().split('\n').map((l) => JSON.parse(l)).filter((e) => e.event === 'quantity');
    return Object.fromEntries(all.map((e) => [e.name, e.hex]));
  }

  async open(browser, hash, { width = 1440, height = 900, theme = 'light', language = 'en', search = '', plant } = {}) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme, locale: language });
    page.errors = [];
    if (plant) {
      await page.addInitScript(plant);
      page.setDefaultTimeout(5000); // what a planted fault keeps from coming is not waited for
    }
    const asks = (url) => new URL(url.replace(/^blob:/, '')).host === new URL(this.origin).host || page.errors.push(`a request to ${url}`);
    page.on('request', (r) => asks(r.url()));
    page.on('websocket', (s) => asks(s.url()));
    page.on('pageerror', (e) => page.errors.push(e.message));
    page.on('console', (m) => m.type() === 'error' && !/ERR_CONNECTION_REFUSED/.test(m.text()) && page.errors.push(m.text()));
    await page.goto(`${this.origin}/?token=${token}${search}${hash}`);
    await page.waitForSelector('.app:not([data-state="disconnected"]) .readout .loss .num');
    return page;
  }
}

export const launch = () =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });

// A file of the disk in a browser that has never seen the lab and reaches nobody.
export async function openFile(browser, file, { width = 1440, theme = 'light', language = 'en' } = {}) {
  const context = await browser.newContext({ offline: true, viewport: { width, height: 900 }, colorScheme: theme, locale: language });
  const report = await context.newPage(), errors = [];
  report.on('request', (r) => /^(file|data):/.test(r.url()) || errors.push(`a request to ${r.url()}`));
  report.on('pageerror', (e) => errors.push(e.message));
  report.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
  await report.goto(pathToFileURL(file).href);
  return { report, errors };
}

// What the page says.
export const fingerprint = (page) => page.locator('[data-q="fingerprint"]').innerText();
export const step = async (page) => Number(await page.locator('[data-q="fingerprint"]').getAttribute('data-step'));
export const stands = (page, at) => page.waitForFunction((n) => document.querySelector('[data-q="fingerprint"]')?.dataset.step === String(n), at);
export const until = (page, n) => page.waitForFunction((m) => Number(document.querySelector('[data-q="fingerprint"]').dataset.step) >= m, n);
export const press = (page, what) => page.click(`[data-do="${what}"]`);
// The exact number that the page shows of a quantity, asked for by its form; and its hex float.
export async function shown(page, name) {
  await page.fill('#wanted', name);
  await page.press('#wanted', 'Enter');
  const at = page.locator(`.receipt .big [data-q="${name}"][data-step="${await step(page)}"]`);
  const hex = await at.getAttribute('data-x');
  return { hex, value: fromHex(hex) };
}
export function fromHex(text) {
  const [, sign, whole, digits = '', exponent] = /^(-?)0x([01])(?:\.([0-9a-f]+))?p([+-]\d+)$/.exec(text);
  return (sign ? -1 : 1) * (Number(whole) + (digits ? parseInt(digits, 16) / 16 ** digits.length : 0)) * 2 ** Number(exponent);
}
