// Where the patch of an occlusion lies, and which place says most about a pixel: the one whose patch is centred nearest.
interface Occluded { patch: number; stride: number; score: number; scores: { height: number; width: number; values: number[] } }

export function placeAt({ patch, stride, scores }: Occluded, y: number, x: number) {
  const near = (v: number, n: number) => Math.max(0, Math.min(n - 1, Math.round((v - (patch - 1) / 2) / stride)));
  const row = near(y, scores.height), column = near(x, scores.width);
  return { row, column, index: row * scores.width + column, y: row * stride, x: column * stride }; // y, x: its upper left corner
}
// By how much the score falls while the patch hides the place, for every pixel; NaN in the margin that no patch is centred near.
export function onPixels(of: Occluded, rows: number, columns: number): Float64Array {
  const values = new Float64Array(rows * columns).fill(NaN), far = Math.max(1, of.stride) / 2 + 0.5;
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const place = placeAt(of, y, x), off = (v: number, corner: number) => Math.abs(v - corner - (of.patch - 1) / 2);
      if (off(y, place.y) <= far && off(x, place.x) <= far) values[y * columns + x] = of.score - of.scores.values[place.index];
    }
  return values;
}
