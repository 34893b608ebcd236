import { expect, test } from 'vitest';
import * as cnn from '../../web/src/chapter/cnn/tasks.en';
import * as cnnZh from '../../web/src/chapter/cnn/tasks.zh';
import * as nn from '../../web/src/chapter/nn/tasks.en';
import * as nnZh from '../../web/src/chapter/nn/tasks.zh';
import * as optimisers from '../../web/src/chapter/optimisers/tasks.en';
import * as optimisersZh from '../../web/src/chapter/optimisers/tasks.zh';

test.each([['nn', nn.en, nnZh.zh], ['cnn', cnn.en, cnnZh.zh], ['optimisers', optimisers.en, optimisersZh.zh]])('every exercise of %s has its words in both languages, with the same places to fill in', (_, en, zh) => {
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();
  const shape = (of: typeof en) => Object.fromEntries(Object.entries(of).map(([name, t]) => [name, [places(t.question), Object.fromEntries(Object.entries(t.why).map(([k, v]) => [k, places(v)]))]]));
  expect(Object.keys(en).length).toBeGreaterThan(0);
  expect(shape(zh)).toEqual(shape(en));
});
