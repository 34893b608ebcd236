import { expect, test } from 'vitest';
import { Series } from '../../web/src/engine/series';

// Every span against a plain loop, over ends inside and at the borders of blocks.
test('a span is what a loop over its values gives', () => {
  let seed = 7;
  const draw = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  const all: number[] = [], series = new Series();
  while (all.length < 5000) {
    const part = Float32Array.from({ length: 1 + draw(300) }, () => draw(1e6) / 1e3 - 500);
    series.put(all.length, part);
    all.push(...part);
  }
  for (let n = 0; n < 400; n++) {
    const from = draw(all.length - 1), to = from + 1 + draw(all.length - from), values = all.slice(from, to);
    const { low, high, mean } = series.span(from, to);
    expect([low, high]).toEqual([Math.min(...values), Math.max(...values)]);
    expect(mean).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 6);
  }
  expect(series.at(all.length - 1)).toBe(all.at(-1));
  expect(series.at(all.length)).toBeUndefined();
});

test('what is sent again overwrites itself', () => {
  const series = new Series();
  series.put(0, Float32Array.of(1, 2, 3));
  series.put(1, Float32Array.of(2, 3, 9));
  expect(series.length).toBe(4);
  expect(series.span(0, 4)).toEqual({ low: 1, high: 9, mean: 3.75 });
});
