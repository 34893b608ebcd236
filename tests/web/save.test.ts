import { expect, test } from 'vitest';
import { csv, float32Text } from '../../web/src/part/save';

test('a table is CSV as RFC 4180 has it', () => {
  const rows = [['step', 'a,b'], ['1', 'he said "no"'], ['2', 'two\nlines'], ['3', '']];
  expect(csv(rows)).toBe('step,"a,b"\r\n1,"he said ""no"""\r\n2,"two\nlines"\r\n3,\r\n');
});

test('a float32 number is the shortest text that reads as it again', () => {
  const bits = new Uint32Array(1), value = new Float32Array(bits.buffer);
  for (let i = 1; i < 20000; i++) {
    bits[0] = (i * 2654435761) % 0x7f800000 | (i % 2 ? 0x80000000 : 0);
    const text = float32Text(value[0]);
    expect(Math.fround(Number(text))).toBe(value[0]);
    if (text.replace(/e.*/, '').replace(/[-.]/g, '').replace(/^0+|0+$/g, '').length > 8) expect(Math.fround(+value[0].toPrecision(8))).not.toBe(value[0]);
  }
  expect([0.1, 1 / 3, 16777216, 0].map((v) => float32Text(Math.fround(v)))).toEqual(['0.1', '0.33333334', '16777216', '0']);
  expect(float32Text(null)).toBe('NaN');
});
