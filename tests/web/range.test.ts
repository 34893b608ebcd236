import { expect, test } from 'vitest';
import { marksOf, smoothed } from '../../web/src/chapter/optimisers/range';

const seed = Number(process.env.LIMN_TEST_SEED ?? Math.floor(Math.random() * 1e6));
console.log(`LIMN_TEST_SEED=${seed}`);
const at = (i: number, n: number) => 10 * 1e-6 ** (1 - i / n);
const curve = (n: number, loss: (lr: number) => number) => Array.from({ length: n }, (_, i) => ({ step: i + 1, lr: at(i, n), loss: loss(at(i, n)) }));

test('the fastest fall of a logistic curve over the logarithm of the rate is at its middle', () => {
  const middle = 10 ** (-3 + 2 * ((seed % 1000) / 1000)); // 1e-3 to 1e-1
  const points = curve(400, (lr) => 0.2 + 2 / (1 + lr / middle) + (lr > 4 ? 1e3 : 0));
  const { steepest, lowest, blows } = marksOf(points);
  expect(Math.abs(Math.log10(points[steepest!].lr / middle))).toBeLessThan(0.1);
  expect(blows).toBe(points.findIndex((p) => p.lr > 4));
  expect(points[lowest].lr).toBeLessThan(points[blows!].lr);
});

test('a loss that is no number has blown up, one that only rises falls nowhere, one that only falls does not blow up', () => {
  const lost = curve(100, (lr) => (lr > 1 ? NaN : 1 / (1 + lr)));
  expect(marksOf(lost).blows).toBe(lost.findIndex((p) => p.lr > 1));
  expect(marksOf(curve(100, (lr) => 1 + lr)).steepest).toBeNull();
  expect(marksOf(curve(100, (lr) => 1 / (1 + lr))).blows).toBeNull();
});

test('a mean is over neighbours alone, at the ends over those there are', () => {
  expect(smoothed([1, 2, 6, 3], 1)).toEqual([1.5, 3, 11 / 3, 4.5]);
});
