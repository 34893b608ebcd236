// The one x axis of charts and tree.
export interface Frame { width: number; left: number; right: number; last: number; isSlim: boolean }

export const frameOf = (width: number, last: number, right = 172): Frame =>
  ({ width, last: Math.max(last, 1), isSlim: width < 620, left: width < 620 ? 46 : 56, right: width < 620 ? 76 : right });
export const x = ({ width, left, right, last }: Frame, step: number) => left + ((width - left - right) * step) / last;

// Round numbers from low to high, about so many.
export function between(low: number, high: number, about: number, least = 0): number[] {
  const raw = Math.max((high - low) / about, least, 1e-12), power = 10 ** Math.floor(Math.log10(raw));
  const gap = [1, 2, 5, 10].map((m) => m * power).find((g) => g >= raw * 0.999)!;
  const first = Math.ceil(low / gap), last = Math.floor(high / gap);
  return Array.from({ length: last - first + 1 }, (_, i) => +((first + i) * gap).toPrecision(12));
}
export const ticks = ({ width, left, right, last }: Frame) => between(0, last, width - left - right > 500 ? 6 : 3, 1);
