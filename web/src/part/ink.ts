// A drawing of grey pixels, 0 to 1, by a round brush.
export interface Ink { columns: number; rows: number; values: Float32Array<ArrayBuffer> }

export const blank = (columns: number, rows: number): Ink => ({ columns, rows, values: new Float32Array(columns * rows) });

// The drawing with one more touch of the brush, in units of pixels.
export function dab({ columns, rows, values }: Ink, cx: number, cy: number, erasing = false): Ink {
  const radius = 0.066 * columns, next = values.slice();
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const v = Math.min(1, Math.max(0, radius - Math.hypot(x + 0.5 - cx, y + 0.5 - cy)));
      if (v > 0) next[y * columns + x] = erasing ? Math.min(next[y * columns + x], 1 - v) : Math.max(next[y * columns + x], v);
    }
  return { columns, rows, values: next };
}

// The points of a stroke from one place to another, close enough for the brush; without the first.
export function between(from: [number, number], to: [number, number], each = 0.5): [number, number][] {
  const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / each));
  return Array.from({ length: steps }, (_, i) => [0, 1].map((k) => from[k] + ((to[k] - from[k]) * (i + 1)) / steps) as [number, number]);
}

// Where in a canvas the pointer is, in units of its `columns` and `rows`.
export function placeOf(event: PointerEvent, columns: number, rows: number): [number, number] {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * columns, ((event.clientY - box.top) / box.height) * rows];
}
