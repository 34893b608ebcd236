import { expect, test } from 'vitest';
import { en } from '../../web/src/words/en';
import { zh } from '../../web/src/words/zh';

test('every exercise has its words in both languages, with the same places to fill in', () => {
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();
  const shape = (of: (typeof en)['tasks']['of']) => Object.fromEntries(Object.entries(of).map(([name, t]) => [name, [places(t.question), Object.fromEntries(Object.entries(t.why).map(([k, v]) => [k, places(v)]))]]));
  expect(shape(zh.tasks.of)).toEqual(shape(en.tasks.of));
});
