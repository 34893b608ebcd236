// Lines of equal height in a grid of numbers, lowest row first: marching squares. No page, no engine.
export interface Grid { columns: number; rows: number; values: Float32Array }
export interface Levels { kind: 'powers' | 'even'; base: number; gap: number; parts: number; of: (v: number) => number; all: number[] } // powers: so many parts each

const nice = (v: number) => {
  const power = 10 ** Math.floor(Math.log10(v)), m = v / power;
  return power * (m <= 1.5 ? 1 : m <= 3.5 ? 2 : m <= 7.5 ? 5 : 10);
};

// Powers of ten above `base`, with half powers between; where `isFine` and there are few of them eighths. Even steps
// where there is no lowest value, or, where `isFine`, the highest is less than three times the lowest. `of` turns a value into what the levels count in; whole levels are the heavier ones.
export function levelsOf({ values }: Grid, base: number | null, isFine = false): Levels {
  let low = Infinity, high = -Infinity;
  for (const v of values) if (Number.isFinite(v)) { if (v < low) low = v; if (v > high) high = v; }
  const least = base ?? (low > 0 ? 0 : null);
  const isFlat = isFine && low > 0 && high < 3 * low;
  if (!isFlat && least !== null && low >= least - 1e-6 * Math.max(1, Math.abs(least)) && high > least) {
    const top = Math.log10(high - least), bottom = Math.max(Math.log10(Math.max(low - least, 1e-30)), top - 8, -6);
    const of = (v: number) => (Number.isFinite(v) ? Math.log10(Math.max(v - least, 1e-12)) : 1e3);
    const parts = isFine && top - bottom < 3 ? 8 : 2, from = Math.ceil(bottom * parts), to = Math.floor(top * parts);
    return { kind: 'powers', base: least, gap: 1, parts, of, all: Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => (from + i) / parts) };
  }
  const gap = nice(Math.max(high - low, 1e-12) / 14), of = (v: number) => (Number.isFinite(v) ? v / gap / 2 : 1e3);
  const from = Math.ceil(low / gap), to = Math.floor(high / gap);
  return { kind: 'even', base: 0, gap: 2 * gap, parts: 2, of, all: Array.from({ length: Math.max(0, Math.min(40, to - from + 1)) }, (_, i) => (from + i) / 2) };
}

// Segments x0, y0, x1, y1 in the grid's own units.
export function contour({ columns, rows }: Grid, height: Float32Array, level: number): number[] {
  const found: number[] = [], cut: number[] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let j = 0; j + 1 < rows; j++)
    for (let i = 0; i + 1 < columns; i++) {
      const k = j * columns + i, a = height[k], b = height[k + 1], c = height[k + columns + 1], d = height[k + columns];
      const over = a > level;
      if (over === b > level && over === c > level && over === d > level) continue;
      let n = 0;
      const edge = (u: number, v: number, x0: number, y0: number, x1: number, y1: number) => {
        if (u > level === v > level) return;
        const t = (level - u) / (v - u);
        cut[n++] = i + x0 + t * (x1 - x0);
        cut[n++] = j + y0 + t * (y1 - y0);
      };
      edge(a, b, 0, 0, 1, 0);
      edge(b, c, 1, 0, 1, 1);
      edge(c, d, 1, 1, 0, 1);
      edge(d, a, 0, 1, 0, 0);
      for (let q = 0; q + 3 < n; q += 4) found.push(cut[q], cut[q + 1], cut[q + 2], cut[q + 3]);
    }
  return found;
}

// The value between the grid's points, in the grid's units; outside it that of the nearest.
export function sample({ columns, rows }: Grid, height: ArrayLike<number>, x: number, y: number): number {
  const i = Math.max(0, Math.min(columns - 2, Math.floor(x))), j = Math.max(0, Math.min(rows - 2, Math.floor(y)));
  const u = Math.max(0, Math.min(1, x - i)), v = Math.max(0, Math.min(1, y - j)), k = j * columns + i;
  return (1 - v) * ((1 - u) * height[k] + u * height[k + 1]) + v * ((1 - u) * height[k + columns] + u * height[k + columns + 1]);
}
