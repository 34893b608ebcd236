import { expect, test } from 'vitest';
import { decode, hexFloat } from '../../web/src/engine/protocol';
import { ofRun, read } from '../../web/src/frame/link';

test.each([[0, '0x0p+0'], [-0, '-0x0p+0'], [1, '0x1p+0'], [-2.5, '-0x1.4p+1'], [0.1, '0x1.99999ap-4'], [2 ** -149, '0x1p-149'], [3.4028234663852886e38, '0x1.fffffep+127'], [Infinity, 'inf'], [NaN, 'nan']])(
  'the bits of %d are %s', (value, text) => expect(hexFloat(Math.fround(value))).toBe(text));

test('a frame is read as it is laid out', () => {
  const head = JSON.stringify({ frame: 3, kind: 'view', run: 'r', step: 7, arrays: [{ name: 'a', type: 'f32', shape: [2], offset: 0 }, { name: 'b', type: 'i8', shape: [1, 3], offset: 8 }] });
  const size = head.length + ((4 - head.length) % 8 + 8) % 8, bytes = new ArrayBuffer(4 + size + 16);
  new DataView(bytes).setUint32(0, size, true);
  new Uint8Array(bytes, 4, size).set(new TextEncoder().encode(head.padEnd(size)));
  new Float32Array(bytes, 4 + size, 2).set([1.5, -2]);
  new Int8Array(bytes, 4 + size + 8, 3).set([1, -1, 127]);
  const frame = decode(bytes);
  expect([frame.head.frame, frame.head.step]).toEqual([3, 7]);
  expect([...frame.arrays.a.values]).toEqual([1.5, -2]);
  expect(frame.arrays.b).toMatchObject({ shape: [1, 3] });
  expect([...frame.arrays.b.values]).toEqual([1, -1, 127]);
});

test('addresses are read back', () => {
  expect(read(ofRun('nn', 'abc', '2.3'))).toMatchObject({ chapter: 'nn', run: 'abc', unit: '2.3' });
  expect(read(ofRun('nn', 'abc')).recipe).toBeUndefined();
  expect(read('#/nn?data=moons&seed=4&steps=500&arch=dense+4+tanh+%7C+dense+2&lr=0.1').recipe).toEqual(
    { experiment: 'mlp', data: 'moons', seed: 4, steps: 500, play: true, settings: { arch: 'dense 4 tanh | dense 2', lr: '0.1' } });
  expect(read('').chapter).toBe('nn');
});
