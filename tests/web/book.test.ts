// The two languages of a chapter's text are the same in all but words, and what they name is there.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import references from '../../book/references.json';
import { compose, formula, type Book, type Language } from '../../web/book';

const folder = new URL('../../book/', import.meta.url);
const text = (chapter: string, language: Language) => compose(readFileSync(new URL(`${chapter}.${language}.md`, folder), 'utf8'), references, language);
const chapters = readdirSync(folder).flatMap((name) => /^(\w+)\.en\.md$/.exec(name)?.[1] ?? []);
const books: [string, Book][] = chapters.flatMap((c) => (['en', 'zh'] as Language[]).map((l) => [`${c}.${l}`, text(c, l)] as [string, Book]));

test('every chapter has a text', () => expect(chapters.sort()).toEqual(Object.keys(acts).sort()));

// A sentence of another language may name things in another order.
test.each(chapters)('%s says the same in both languages', (chapter) => {
  const [en, zh] = [text(chapter, 'en'), text(chapter, 'zh')];
  expect(zh.sections.map((s) => s.id)).toEqual(en.sections.map((s) => s.id));
  for (const kind of ['live', 'terms', 'now', 'acts', 'citations'] as const) expect([...zh[kind]].sort(), kind).toEqual([...en[kind]].sort());
  expect([...new Set(zh.formulas)].sort()).toEqual([...new Set(en.formulas)].sort()); // a letter may be named once more
  expect(zh.tasks).toEqual(en.tasks);
  const parts = (html: string) => Array.from(html.matchAll(/data-part="(\w+)"( data-\w+="[^"]*")*/g), ([all]) => all).sort();
  en.sections.forEach((section, k) => expect(parts(zh.sections[k].html), section.id).toEqual(parts(section.html)));
});

test.each(books)('%s leaves no mark, no style and no error of a formula in what is shown', (_, { sections }) => {
  expect(new Set(sections.map((s) => s.id)).size).toBe(sections.length);
  for (const { html, id } of sections) {
    const words = html.replaceAll(/<[^>]+>/g, '');
    expect(words.match(/\{\{|\}\}|\$|\[@|\*|\\/), id).toBeNull();
    expect(html, id).not.toMatch(/ style=|temml-error|<merror/);
  }
});

// Of each chapter: its words for what the reader chose, the numbers it may name, and what its buttons may do.
const reader = 'LAYER|LAST|FROM|I|J|TRUE|SAMPLE|Y|X|C';
const names: Record<string, RegExp> = {
  cnn: /^(train\.loss|valid\.(loss|accuracy)|LAYER\.(z|a)\[Y,X,C\]@SAMPLE)$/,
  optimisers: /^(value|(gradient|step|x|eigenvalue)\[(\d+|LAST)\]|optim\.(initial_slope|step|step_norm|evaluations))$/,
  nn: new RegExp(`^(train\\.loss|(train|valid|test)\\.(loss|accuracy)|(LAYER|LAST|layer\\d+)\\.(z|a|delta)\\[(J|TRUE|\\d+)\\]@(SAMPLE|\\w+/\\d+)|(FROM|input|output|loss)\\[(I|J|TRUE|\\d+)\\]@(SAMPLE|\\w+/\\d+)|(LAYER|LAST|layer\\d+)\\.d?(w\\[(I|\\d+),(J|\\d+)\\]|b\\[(J|\\d+)\\]))$`),
};
const acts: Record<string, RegExp> = {
  cnn: /^(plate=(maps|kernel|filters|explain|moves|ascent|ablate|histograms|mistakes)|pooling=(max|average|none)|kernel=\dx\d|stride=\d|padding=(same|valid)|cell=\d+\.\d+|(set|next) \w+=\S+)$/,
  nn: /^(plate=(network|microscope|histograms|mistakes)|lens=(weights|activity|blame)|unit=\d+\.\d+|(set|next) \w+=\S+)$/,
  optimisers: /^(plate=(race|cockpit|plane|search|matrices|phase|range)|axis=(steps|evaluations|seconds)|function=[\w-]+|add=[\w-]+|set \w+=\S+)$/,
};
test.each(books)('%s names quantities as the engine does', (book, { live, terms }) => {
  expect(live.length).toBeGreaterThan(0);
  for (const name of [...live, ...terms]) {
    expect(name).toMatch(names[book.replace(/\..*/, '')]);
    for (const word of name.match(/[A-Z]+/g) ?? []) expect(reader.split('|')).toContain(word);
  }
});

test.each(books)('%s offers what the pages can do', (book, { acts: all }) => {
  for (const act of all) expect(act).toMatch(acts[book.replace(/\..*/, '')]);
});

test('every source is cited, and one that is missing is an error', () => {
  const cited = new Set(books.flatMap(([, b]) => b.citations));
  expect(Object.keys(references).filter((key) => !cited.has(key))).toEqual([]);
  expect(() => compose('# T\n\n## 1 A {#a}\n\nSo it is [@nobody1900].\n', references, 'en')).toThrow('nobody1900');
});

test('a formula with a mistake is an error', () => {
  expect(() => formula('\\frac{1}{', true)).toThrow();
  expect(() => formula('\\unknown', true)).toThrow();
});

test('a number in a formula is a place that the page fills', () => {
  const live: string[] = [];
  expect(formula('z = \\live{LAYER.z[J]@SAMPLE}', false, live)).toContain('<mrow data-part="FormulaNumber" data-of="LAYER.z[J]@SAMPLE"></mrow>');
  expect(live).toEqual(['LAYER.z[J]@SAMPLE']);
});
