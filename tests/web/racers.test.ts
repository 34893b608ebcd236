import { expect, test } from 'vitest';
import { looks, order, parametersOf } from '../../web/src/chapter/optimisers/methods';
import { place } from '../../web/src/chapter/optimisers/place';

const seed = Number(process.env.LIMN_TEST_SEED ?? Math.floor(Math.random() * 1e6));
console.log(`LIMN_TEST_SEED=${seed}`);
let drawn = seed + 1;
const random = () => (drawn = (drawn * 48271 + 11) % 2147483647) / 2147483647;

test('ten racers look different, whoever they are', () => {
  for (let k = 0; k < 50; k++) {
    const all = looks(Array.from({ length: 10 }, () => order[Math.floor(random() * order.length)]));
    expect(new Set(all.map((l) => l.ink + l.dash)).size).toBe(10);
  }
});

test('names stand inside, and not on each other where there is room', () => {
  for (let k = 0; k < 20; k++) {
    const heads = Array.from({ length: 6 }, (_, i) => ({ id: String(i), x: 100 + 600 * random(), y: 60 + 300 * random(), width: 60 + 60 * random() }));
    const all = place(heads, 900, 420, () => 0).map((p) => ({ left: p.isLeft ? p.atX - p.width : p.atX, right: p.isLeft ? p.atX : p.atX + p.width, top: p.atY - 9, bottom: p.atY + 9 }));
    for (const [i, a] of all.entries()) {
      expect(a.left >= 0 && a.right <= 900 && a.top >= 0 && a.bottom <= 420).toBe(true);
      for (const b of all.slice(0, i)) expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
    }
  }
});

test('a name stays where it stood while that does', () => {
  const heads = [{ id: 'a', x: 300, y: 200, width: 80 }], [first] = place(heads, 900, 400, () => 0);
  const kept = place([{ ...heads[0], x: 306 }], 900, 400, () => 0, { a: first.offset + 1 })[0];
  expect(kept.offset).toBe(first.offset + 1);
});

test('every method has parameters', () => {
  for (const m of order) expect(parametersOf(m).length).toBeGreaterThan(1);
});
