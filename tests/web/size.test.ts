import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const folder = new URL('../../web/dist/', import.meta.url);
const report = new URL('report.html', folder);
const files = [new URL('index.html', folder), ...readdirSync(new URL('assets/', folder)).map((name) => new URL(`assets/${name}`, folder))];

const sizeOf = (all: URL[]) => all.map((file) => (file.pathname.endsWith('.woff2') ? readFileSync(file).length : gzipSync(readFileSync(file), { level: 9 }).length)).reduce((a, b) => a + b);

// Plates, sheets and the chapter's text are loaded when they are opened (docs/decisions/0005-page-size.md).
test.each([['English', 'en'], ['Chinese', 'zh']])('what the first screen loads in %s is at most 110 kB of gzip, all that can be opened 220 kB and 50 kB for a further chapter', (_, language) => {
  const text = (file: URL) => readFileSync(file, 'utf8');
  const scripts = files.filter((f) => f.pathname.endsWith('.js'));
  const first = new Set([files[0].pathname]);
  const names = (file: URL) => [...text(file).matchAll(/(?:from|import|src=|href=|url\()\s*["']?[^"'()\s]*?([\w.-]+\.(?:js|css|woff2))/g)].map((m) => m[1]);
  const walk = (file: URL) => {
    for (const other of files) if (names(file).includes(other.pathname.split('/').at(-1)!) && !first.has(other.pathname)) first.add(other.pathname), walk(other);
  };
  walk(files[0]);
  const words = files.filter((f) => f.pathname.includes(`/${language}-`));
  expect(words).toHaveLength(1);
  expect(scripts.length).toBeGreaterThan([...first].filter((f) => f.endsWith('.js')).length); // some of it is loaded later
  expect(sizeOf([...files.filter((f) => first.has(f.pathname)), ...words])).toBeLessThanOrEqual(110_000);
  const other = language === 'en' ? 'zh' : 'en', ofOthers = files.filter((f) => new RegExp(`/(\\w+\\.)?${other}-`).test(f.pathname));
  expect(ofOthers).toHaveLength(1 + 3 * 2 + 3); // the words; the text and the exercises of each chapter; the own words of two, and of plates that explain
  expect(sizeOf(files.filter((f) => !ofOthers.includes(f)))).toBeLessThanOrEqual(320_000);
});

test('an empty report is at most 65 kB of gzip', () => {
  expect(gzipSync(readFileSync(report), { level: 9 }).length).toBeLessThanOrEqual(65_000);
});

test('nothing that is built names another host', () => {
  for (const file of [report, ...files].filter((f) => !f.pathname.endsWith('.woff2'))) {
    const hosts = [...readFileSync(file, 'utf8').matchAll(/https?:\/\/([\w.-]+)/g)].map((m) => m[1]);
    expect(hosts.filter((h) => !['www.w3.org', 'svelte.dev'].includes(h)), file.pathname).toEqual([]); // names of XML spaces and of errors
  }
});
