import { expect, test } from 'vitest';
import { steps } from '../../web/src/chapter/nn/ridges';
import { cutOf, frozenOf, has, less, parts, plus, read } from '../../web/src/chapter/nn/selection';

const quantities = [{ name: 'layer1.w', shape: [2, 8] }, { name: 'layer1.b', shape: [8] }, { name: 'layer2.gamma', shape: [8] }, { name: 'layer2.beta', shape: [8] }, { name: 'layer11.b', shape: [8] }, { name: 'momentum/layer1.w', shape: [2, 8] }];

test('words of a selection stand apart by spaces or commas, those within brackets do not part them', () => {
  expect(read(' layer1, layer2.w[0,*]  layer1.unit[3],layer2.b')).toEqual(['layer1', 'layer2.w[0,*]', 'layer1.unit[3]', 'layer2.b']);
  expect(read('')).toEqual([]);
});

test('a unit is cut by its own word, and held by what enters it and its bias', () => {
  expect(cutOf('layer1', 3)).toEqual(['layer1.unit[3]']);
  expect(frozenOf(quantities, 'layer1', 3)).toEqual(['layer1.w[*,3]', 'layer1.b[3]']);
  expect(frozenOf(quantities, 'layer2', 0)).toEqual(['layer2.gamma[0]', 'layer2.beta[0]']);
});

test('what is added and taken away leaves the rest as it was', () => {
  const frozen = frozenOf(quantities, 'layer1', 3), both = plus('layer2 layer1.w[0,1]', frozen);
  expect(both).toBe('layer2 layer1.w[0,1] layer1.w[*,3] layer1.b[3]');
  expect(plus(both, frozen)).toBe(both);
  expect([has(both, frozen), has(less(both, frozen), frozen), has(both, [])]).toEqual([true, false, false]);
  expect(less(both, frozen)).toBe('layer2 layer1.w[0,1]');
  expect(parts(both)).toEqual([{ label: 'layer2', words: ['layer2'] }, { label: 'layer1.w[0,1]', words: ['layer1.w[0,1]'] }, { label: 'layer1[3]', words: frozen }]);
});

test('ridges stand behind kept states, at most 30 of them, and a longer run keeps those of a shorter one', () => {
  let before: number[] = [];
  for (const n of [1, 9, 30, 31, 64, 400]) {
    const snapshots = Array.from({ length: n }, (_, i) => 20 * i), head = snapshots.at(-1)! + 5;
    const now = steps({ snapshots, start: 0, head, state: 'playing' });
    expect(now.length).toBeLessThanOrEqual(30);
    expect(now.every((step) => step === 0 || snapshots.includes(step - 1))).toBe(true);
    if (n === 64) expect(now.every((step) => step > 600 || before.includes(step))).toBe(true);
    before = now;
  }
  expect(steps({ snapshots: [40], start: 40, head: 40, state: 'paused' })).toEqual([40]);
  const short = steps({ snapshots: [0, 60], start: 0, head: 60, state: 'paused' });
  expect([short[0], short.at(-1), short.length]).toEqual([0, 60, 16]);
});
