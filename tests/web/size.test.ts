import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const folder = new URL('../../web/dist/', import.meta.url);
const report = new URL('report.html', folder);
const files = [new URL('index.html', folder), ...readdirSync(new URL('assets/', folder)).map((name) => new URL(`assets/${name}`, folder))];

test('shell and chapter are at most 110 kB of gzip', () => {
  const sizes = files.map((file) => (file.pathname.endsWith('.woff2') ? readFileSync(file).length : gzipSync(readFileSync(file), { level: 9 }).length));
  expect(sizes.reduce((a, b) => a + b)).toBeLessThanOrEqual(110_000);
});

test('an empty report is at most 60 kB of gzip', () => {
  expect(gzipSync(readFileSync(report), { level: 9 }).length).toBeLessThanOrEqual(60_000);
});

test('nothing that is built names another host', () => {
  for (const file of [report, ...files].filter((f) => !f.pathname.endsWith('.woff2'))) {
    const hosts = [...readFileSync(file, 'utf8').matchAll(/https?:\/\/([\w.-]+)/g)].map((m) => m[1]);
    expect(hosts.filter((h) => !['www.w3.org', 'svelte.dev'].includes(h)), file.pathname).toEqual([]); // names of XML spaces and of errors
  }
});
