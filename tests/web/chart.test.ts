import { expect, test } from 'vitest';
import { linearScale, logScale, spread } from '../../web/src/part/chart';

test.each([[0.03, 2.1], [1e-7, 0.5], [0.8, 0.9], [5, 5000], [0.011, 0.012]])('a logarithmic scale holds %d to %d between its ends', (least, most) => {
  const s = logScale(least, most, 0, 100);
  expect(s.y(most)).toBeGreaterThanOrEqual(0);
  expect(s.y(Math.max(least, s.low))).toBeLessThanOrEqual(100);
  expect(s.y(most)).toBeLessThan(s.y(Math.max(least, s.low)));
  expect(s.ticks.length).toBeGreaterThan(1);
  expect(s.ticks.length).toBeLessThanOrEqual(6);
  for (const t of s.ticks) expect(t >= s.low * 0.999 && t <= s.high * 1.001).toBe(true);
});

test.each([[0, 1], [-3.2, 7.9], [0.97, 0.98], [4, 4]])('a linear scale holds %d to %d between round ends', (least, most) => {
  const s = linearScale(least, most, 0, 100);
  expect(s.low).toBeLessThanOrEqual(least);
  expect(s.high).toBeGreaterThanOrEqual(most);
  expect(s.y(s.low)).toBe(100);
  expect(s.y(s.high)).toBe(0);
});

test('labels keep their distance and stay inside', () => {
  const ys = spread([{ y: 50 }, { y: 51 }, { y: 52 }, { y: 99 }], 17, 0, 100).map((l) => l.y);
  ys.forEach((y, i) => { expect(y).toBeGreaterThanOrEqual(0); expect(y).toBeLessThanOrEqual(100); if (i) expect(y - ys[i - 1]).toBeGreaterThanOrEqual(17); });
});
