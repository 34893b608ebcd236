// The one x axis of charts and tree.
export interface Frame { width: number; left: number; right: number; last: number; isSlim: boolean }

export const frameOf = (width: number, last: number): Frame =>
  ({ width, last: Math.max(last, 1), isSlim: width < 620, left: width < 620 ? 46 : 56, right: width < 620 ? 76 : 172 });
export const x = ({ width, left, right, last }: Frame, step: number) => left + ((width - left - right) * step) / last;

export function ticks({ width, left, right, last }: Frame): number[] {
  const raw = last / (width - left - right > 500 ? 6 : 3), power = 10 ** Math.floor(Math.log10(Math.max(1, raw)));
  const gap = [1, 2, 5, 10].map((m) => m * power).find((g) => g >= raw)!;
  return Array.from({ length: Math.floor(last / gap) + 1 }, (_, i) => i * gap);
}
