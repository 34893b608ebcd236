import { expect, test } from 'vitest';
import * as architecture from '../../web/src/part/architecture';

test.each(['dense 10', 'dense 12 tanh | dense 8 tanh | dense 2', 'dense 512 relu | bn | dropout 0.5 | dense 3 softmax', 'dense 8 | ln swish | dense 7 tied 2 sigmoid | dense 1'])(
  'reading and writing %s changes nothing', (text) => expect(architecture.write(architecture.read(text))).toBe(text));

const read = architecture.read('dense 12 tanh | dropout 0.1 | dense 8 relu | dense 2');
test('the drawn editor edits the text', () => {
  expect(architecture.hidden(read)).toEqual([0, 2]);
  expect(architecture.write(architecture.resized(read, 2, 9))).toBe('dense 12 tanh | dropout 0.1 | dense 9 relu | dense 2');
  expect(architecture.write(architecture.deeper(read))).toBe('dense 12 tanh | dropout 0.1 | dense 8 relu | dense 8 relu | dense 2');
  expect(architecture.write(architecture.shallower(read))).toBe('dense 12 tanh | dropout 0.1 | dense 2');
  expect(architecture.activation(read)).toBe('');
  expect(architecture.write(architecture.activated(read, 'gelu'))).toBe('dense 12 gelu | dropout 0.1 | dense 8 gelu | dense 2');
  expect(architecture.write(architecture.activated(read, 'gelu', [2]))).toBe('dense 12 tanh | dropout 0.1 | dense 8 gelu | dense 2');
  expect(architecture.dropped(read)).toBe(0.1);
  expect(architecture.write(architecture.withDropout(read, 0))).toBe('dense 12 tanh | dense 8 relu | dense 2');
  expect(architecture.write(architecture.withDropout(read, 0.3))).toBe('dense 12 tanh | dropout 0.3 | dense 8 relu | dropout 0.3 | dense 2');
  expect(architecture.write(architecture.deeper(architecture.read('dense 2')))).toBe('dense 8 tanh | dense 2');
});
