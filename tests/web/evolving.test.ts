import { expect, test } from 'vitest';
import { spaced } from '../../web/src/chapter/cnn/evolving.svelte';

test.each([
  ['few steps are all shown', [5, 0, 2], 8, [0, 2, 5]],
  ['none is shown twice', [3, 3, 0], 8, [0, 3]],
  ['of many some by equal factors, with the first and the last', Array.from({ length: 1001 }, (_, i) => i), 4, [0, 9, 99, 1000]],
])('%s', (_, steps, most, shown) => {
  const all = spaced(steps, most);
  expect(all.length).toBe(shown.length);
  all.forEach((step, i) => expect(Math.abs(step - shown[i])).toBeLessThanOrEqual(0.02 * shown[i] + (i && i < shown.length - 1 ? 1 : 0)));
});
