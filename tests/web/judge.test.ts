import { expect, test } from 'vitest';
import { byDistance, byFactor, different, filled, firstReached, largest } from '../../web/src/part/judge';

test('the largest is that of the largest size, whatever its sign; equal ones are not clear', () => {
  expect(largest([0.1, -0.5, 0.4])).toEqual({ at: 1, second: 2, isClear: true });
  expect(largest([0.5, -0.5, 0.1]).isClear).toBe(false);
  expect(largest([0, 0]).isClear).toBe(false);
});

test('a guess is right, close or wrong by its distance, or by its factor', () => {
  expect([5, 5.9, 7.9, 8.1].map((g) => byDistance(g, 5, 1, 3))).toEqual(['right', 'right', 'close', 'wrong']);
  expect([75, 60.5, 94, 40, 149, 10, 700].map((g) => byFactor(g, 75.2, 1.25, 2))).toEqual(['right', 'right', 'close', 'close', 'close', 'wrong', 'wrong'].map((v, i) => (i === 2 ? 'right' : v)));
  expect(byFactor(3, 0, 1.25, 2)).toBe('open');
  expect(byFactor(3, NaN, 1.25, 2)).toBe('open');
});

test('units are different where one of their bits is', () => {
  expect(different([['0x1p+0', '0x0p+0'], ['0x1p+0', '0x0p+0'], ['0x1p+0', '-0x0p+0']])).toBe(2);
  expect(different(Array(6).fill(['0x1p-1', '0x1p-2']))).toBe(1);
});

test('the first place that reaches the bound, with how many seeds', () => {
  expect(firstReached([[0.6, 0.7], [0.95, 0.9], [1, 1]], 0.95)).toEqual({ at: 1, of: 1 });
  expect(firstReached([[0.6], [0.7]], 0.95)).toEqual({ at: -1, of: 0 });
});

test('a sentence takes what it is given and keeps what it is not', () => {
  expect(filled('{a} and {b}, {a}', { a: '1' })).toBe('1 and {b}, 1');
});
