// A learning-rate range test: what its curve says. The loss falls fastest where the mean over neighbouring steps falls most
// by the logarithm of the rate; it blows up behind its lowest mean, where mean and loss are four times that or no number.
export interface Point { step: number; lr: number; loss: number } // a loss that is no number: NaN

export function smoothed(values: number[], half: number): number[] {
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - half), i + half + 1);
    return near.reduce((a, v) => a + v, 0) / near.length;
  });
}
export const halfOf = (n: number) => Math.max(1, Math.round(n / 40)); // steps to either side of a mean

export interface Marks { steepest: number | null; lowest: number; blows: number | null } // places in the list
export function marksOf(points: Point[]): Marks {
  let lowest = 0, blows: number | null = null, steepest: number | null = null, fall = 0;
  const mean = smoothed(points.map((p) => p.loss), halfOf(points.length));
  const isHigh = (v: number) => !(v <= 4 * mean[lowest]);
  for (let i = 1; i < mean.length && blows === null; i++) {
    if (isHigh(mean[i])) blows = i;
    else if (mean[i] < mean[lowest]) lowest = i;
  }
  while (blows !== null && blows + 1 < points.length && !isHigh(points[blows].loss)) blows++; // a mean looks ahead
  for (let i = 1; i < lowest; i++) {
    const slope = (mean[i + 1] - mean[i - 1]) / Math.log(points[i + 1].lr / points[i - 1].lr);
    if (slope < fall) [fall, steepest] = [slope, i];
  }
  return { steepest, lowest, blows };
}
