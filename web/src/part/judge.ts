// How a guess is judged against the engine's numbers, and what is made of them: no engine, no page.
export type Verdict = 'right' | 'close' | 'wrong' | 'open'; // open: the numbers do not decide it

export function largest(sizes: number[]): { at: number; second: number; isClear: boolean } {
  const order = sizes.map((v, i) => [Math.abs(v), i]).sort((a, b) => b[0] - a[0]);
  return { at: order[0][1], second: order[1]?.[1] ?? order[0][1], isClear: order.length < 2 || order[0][0] > order[1][0] * (1 + 1e-6) };
}
export const byDistance = (guess: number, truth: number, right: number, close: number): Verdict =>
  Math.abs(guess - truth) <= right ? 'right' : Math.abs(guess - truth) <= close ? 'close' : 'wrong';
export const byFactor = (guess: number, truth: number, right: number, close: number): Verdict =>
  guess > 0 && truth > 0 ? byDistance(Math.log(guess), Math.log(truth), Math.log(right), Math.log(close)) : 'open';
export const different = (columns: string[][]) => new Set(columns.map((c) => c.join())).size;
// The smallest place at which one of the numbers reaches the bound, and how many of them do; -1: nowhere.
export function firstReached(all: number[][], bound: number): { at: number; of: number } {
  const at = all.findIndex((values) => values.some((v) => v >= bound));
  return { at, of: at < 0 ? 0 : all[at].filter((v) => v >= bound).length };
}

// The sentence with its {names} filled in.
export const filled = (text: string, by: Record<string, string>) => text.replace(/\{(\w+)\}/g, (all, name) => by[name] ?? all);
