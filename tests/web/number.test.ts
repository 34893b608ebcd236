import { expect, test } from 'vitest';
import { snug } from '../../web/src/part/chart';
import { tick } from '../../web/src/words/number';

test.each([[0, 3.7e-13], [0.024358, 0.024361], [-2798, 6], [1e6, 1.00002e6], [-3e-5, 4e-5], [14.2, 40000]])('ticks from %d to %d say apart what they are, in few letters', (least, most) => {
  const { ticks } = snug(least, most, 0, 100), gap = ticks[1] - ticks[0], said = ticks.map((v) => tick(v, gap));
  expect(new Set(said).size).toBe(ticks.length);
  said.forEach((text, i) => expect(Math.abs(Number(text.replaceAll('−', '-')) - ticks[i])).toBeLessThan(1e-3 * gap));
  expect(Math.max(...said.map((text) => text.length))).toBeLessThan(12);
});
