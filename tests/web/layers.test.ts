// The architecture's text and the controls over it: each says the other; and the dense network of as many parameters.
import { expect, test } from 'vitest';
import * as arch from '../../web/src/chapter/cnn/layers';

const plain = 'conv 8 5x5 relu | pool 2 | conv 16 3x3 relu | pool 2 | dense 10';
const change = (text: string, by: (layers: string[]) => string[]) => arch.write(by(arch.read(text)));

test.each([
  ['kernel', (l: string[]) => arch.withKernel(l, '7x7'), 'conv 8 7x7 relu | pool 2 | conv 16 7x7 relu | pool 2 | dense 10'],
  ['stride', (l: string[]) => arch.withStride(l, '2'), 'conv 8 5x5 stride 2 relu | pool 2 | conv 16 3x3 stride 2 relu | pool 2 | dense 10'],
  ['padding', (l: string[]) => arch.withPadding(l, 'valid'), 'conv 8 5x5 valid relu | pool 2 | conv 16 3x3 valid relu | pool 2 | dense 10'],
  ['pooling', (l: string[]) => arch.withPooling(l, 'average'), 'conv 8 5x5 relu | pool 2 average | conv 16 3x3 relu | pool 2 average | dense 10'],
  ['no pooling', (l: string[]) => arch.withPooling(l, 'none'), 'conv 8 5x5 relu | conv 16 3x3 relu | dense 10'],
  ['batch norm', (l: string[]) => arch.withNorm(l, true), 'conv 8 5x5 nobias | bn relu | pool 2 | conv 16 3x3 nobias | bn relu | pool 2 | dense 10'],
  ['dropout', (l: string[]) => arch.withDropout(l, 0.3), 'conv 8 5x5 relu | pool 2 | conv 16 3x3 relu | pool 2 | dropout 0.3 | dense 10'],
  ['filters', (l: string[]) => arch.withFilters(l, 2, 24), 'conv 8 5x5 relu | pool 2 | conv 24 3x3 relu | pool 2 | dense 10'],
] as const)('%s is a change of the text, and can be taken back', (_, by, changed) => {
  expect(change(plain, by)).toBe(changed);
  const back = [(l: string[]) => arch.withNorm(l, false), (l: string[]) => arch.withDropout(l, 0), (l: string[]) => arch.withStride(l, '1'), (l: string[]) => arch.withPadding(l, 'same'), (l: string[]) => arch.withPooling(l, 'max'), (l: string[]) => arch.withFilters(l, arch.convs(l)[1], 16)];
  const undone = back.reduce((text, f) => change(text, f), changed);
  expect(undone.replaceAll('7x7', '#').replaceAll(/5x5|3x3/g, '#')).toBe(plain.replaceAll(/5x5|3x3/g, '#'));
});

test('controls say what the text says, and nothing where its layers differ', () => {
  const layers = arch.read('conv 8 5x5 stride 2 valid tanh | pool 3 average | conv 4 5x5 stride 2 valid relu | dropout 0.25 | dense 3');
  expect([arch.kernel(layers), arch.stride(layers), arch.padding(layers), arch.pooling(layers), arch.norm(layers), arch.dropped(layers)]).toEqual(['5x5', '2', 'valid', 'average', 'off', 0.25]);
  expect(arch.kernel(arch.read(plain))).toBe('');
  expect(change('conv 6 3x3 valid nobias | bn tanh | dense 2', (l) => arch.withNorm(l, false))).toBe('conv 6 3x3 valid tanh | dense 2');
});

test.each([[9226, 784, 10], [421642, 784, 10], [650, 64, 10], [30000, 3072, 10]])('a dense network has %i parameters within 1 %%', (wanted, inputs, outputs) => {
  const made = arch.twin(wanted, inputs, outputs)!;
  const sizes = [inputs, ...Array.from(made.arch.matchAll(/dense (\d+)/g), ([, n]) => Number(n))];
  expect(sizes.slice(1).reduce((sum, n, k) => sum + (sizes[k] + 1) * n, 0)).toBe(made.parameters);
  expect(Math.abs(made.parameters - wanted)).toBeLessThanOrEqual(0.01 * wanted);
});
test('where there is none, there is none', () => expect(arch.twin(100, 784, 10)).toBeNull());
