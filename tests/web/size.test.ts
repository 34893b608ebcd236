import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const folder = new URL('../../web/dist/', import.meta.url);
const files = [new URL('index.html', folder), ...readdirSync(new URL('assets/', folder)).map((name) => new URL(`assets/${name}`, folder))];

// The text of a chapter is loaded in one language, when it is opened.
test.each([['English', 'zh'], ['Chinese', 'en']])('shell, chapter and its text in %s are at most 110 kB of gzip', (_, other) => {
  const loaded = files.filter((file) => !file.pathname.includes(`.${other}-`));
  expect(loaded).toHaveLength(files.length - 1);
  const sizes = loaded.map((file) => (file.pathname.endsWith('.woff2') ? readFileSync(file).length : gzipSync(readFileSync(file), { level: 9 }).length));
  expect(sizes.reduce((a, b) => a + b)).toBeLessThanOrEqual(110_000);
});

test('nothing that is built names another host', () => {
  for (const file of files.filter((f) => !f.pathname.endsWith('.woff2'))) {
    const hosts = [...readFileSync(file, 'utf8').matchAll(/https?:\/\/([\w.-]+)/g)].map((m) => m[1]);
    expect(hosts.filter((h) => !['www.w3.org', 'svelte.dev'].includes(h)), file.pathname).toEqual([]); // names of XML spaces and of errors
  }
});
