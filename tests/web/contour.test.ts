import { expect, test } from 'vitest';
import { contour, levelsOf, sample, type Grid } from '../../web/src/chapter/optimisers/contour';

const seed = Number(process.env.LIMN_TEST_SEED ?? Math.floor(Math.random() * 1e6));
console.log(`LIMN_TEST_SEED=${seed}`);
const grid = (columns: number, rows: number, of: (x: number, y: number) => number): Grid =>
  ({ columns, rows, values: Float32Array.from({ length: columns * rows }, (_, k) => of(k % columns, Math.floor(k / columns))) });

test('the line of a plane is straight and where it must be', () => {
  const slope = 1 + (seed % 5), g = grid(9, 7, (x, y) => slope * x + y), cuts = contour(g, g.values, 3.5 * slope);
  expect(cuts.length).toBeGreaterThan(0);
  for (let i = 0; i < cuts.length; i += 2) expect(slope * cuts[i] + cuts[i + 1]).toBeCloseTo(3.5 * slope, 5);
});

test('the line of a cone is a closed circle', () => {
  const g = grid(41, 41, (x, y) => Math.hypot(x - 20, y - 20)), cuts = contour(g, g.values, 11.3), ends = new Map<string, number>();
  for (let i = 0; i < cuts.length; i += 2) {
    expect(Math.hypot(cuts[i] - 20, cuts[i + 1] - 20)).toBeCloseTo(11.3, 1);
    const key = `${cuts[i].toFixed(6)} ${cuts[i + 1].toFixed(6)}`;
    ends.set(key, (ends.get(key) ?? 0) + 1);
  }
  expect([...ends.values()].every((n) => n === 2)).toBe(true);
});

test.each([
  ['powers of ten of what has a lowest value', (x: number, y: number) => x * x + y * y, 0, 'powers'],
  ['of what is positive without one that is known', (x: number, y: number) => 1 + x * x + y, null, 'powers'],
  ['even steps of a saddle', (x: number, y: number) => (x - 5) ** 2 - (y - 5) ** 2, null, 'even'],
] as const)('levels are %s', (_, of, base, kind) => {
  const g = grid(11, 11, of), levels = levelsOf(g, base);
  expect(levels.kind).toBe(kind);
  expect(levels.all.length).toBeGreaterThan(3);
  expect(levels.all.length).toBeLessThan(32);
  const heights = [...g.values].map(levels.of);
  for (const l of levels.all) expect(heights.some((h) => h >= l) && heights.some((h) => h <= l)).toBe(true);
});

test('where there are few powers of ten and it is wished for, levels are eighths of them', () => {
  const few = grid(11, 11, (x) => 0.2 + x / 10), flat = grid(11, 11, (x) => 0.5 + x / 100), many = grid(11, 11, (x) => 10 ** (x - 5));
  const gaps = (g: Grid, isFine: boolean) => levelsOf(g, null, isFine).all.slice(1).map((l, i, all) => l - (all[i - 1] ?? levelsOf(g, null, isFine).all[0]));
  for (const [g, isFine, gap] of [[few, true, 1 / 8], [few, false, 1 / 2], [many, true, 1 / 2]] as const) expect(new Set(gaps(g, isFine))).toEqual(new Set([gap]));
  const even = levelsOf(flat, null, true);
  expect([even.kind, even.gap, even.all.length > 8]).toEqual(['even', 0.01, true]);
});

test('what is not finite is higher than every line', () => {
  const g = grid(5, 5, (x) => (x === 4 ? Infinity : x + 1)), levels = levelsOf(g, null);
  expect(Math.max(...levels.all)).toBeLessThan(levels.of(Infinity));
});

test('between the points of the grid values go evenly', () => {
  const g = grid(4, 3, (x, y) => 2 * x - 3 * y);
  for (const [x, y] of [[0, 0], [1.25, 0.5], [2.9, 1.7], [3, 2]]) expect(sample(g, g.values, x, y)).toBeCloseTo(2 * x - 3 * y, 5);
});
