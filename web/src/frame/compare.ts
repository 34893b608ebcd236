// What several runs have in common and what not: over their STATE, without the page.
import type { Evaluation, State } from '../engine/protocol';

type Timed = { state: Pick<State, 'start' | 'head' | 'seconds'>; evals: Evaluation[] };

// The settings that are not the same in all of them, by name.
export function differing(states: Pick<State, 'settings'>[]): string[] {
  const names = [...new Set(states.flatMap((s) => Object.keys(s.settings)))].sort();
  return names.filter((n) => new Set(states.map((s) => s.settings[n])).size > 1);
}

// Less is better of a loss or an error, more of an accuracy or R².
export const isBetter = (metric: string, a: number, b: number) => (/\.(loss|mae|rmse)$/.test(metric) ? a < b : a > b);

export function best(evals: Evaluation[], metric: string): Evaluation | undefined {
  return evals.filter((e) => Number.isFinite(e[metric])).reduce<Evaluation | undefined>((a, b) => (!a || isBetter(metric, b[metric], a[metric]) ? b : a), undefined);
}
export const last = (evals: Evaluation[], metric: string) => evals.findLast((e) => Number.isFinite(e[metric]));

// Seconds of training up to a step: between two evaluations, which know theirs, steps are taken to last alike.
type Mark = [step: number, seconds: number];
const known = new WeakMap<Evaluation[], { head: number; seconds: number; marks: Mark[] }>();
function marksOf({ state: { start, head, seconds }, evals }: Timed): Mark[] {
  const old = known.get(evals);
  if (old?.head === head && old.seconds === seconds) return old.marks;
  const marks: Mark[] = [[start, 0], ...evals.map((e): Mark => [e.step, e.seconds]), [head, seconds]];
  known.set(evals, { head, seconds, marks });
  return marks;
}
function between(all: Mark[], from: 0 | 1, v: number): number {
  let low = 0, high = all.length - 1; // the first mark at or behind v, or the last
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle][from] >= v) high = middle;
    else low = middle + 1;
  }
  const b = all[Math.max(1, low)], a = all[Math.max(1, low) - 1], to = 1 - from;
  return b[from] === a[from] ? b[to] : a[to] + (b[to] - a[to]) * Math.max(0, Math.min(1, (v - a[from]) / (b[from] - a[from])));
}
export const secondsAt = (run: Timed, step: number) => between(marksOf(run), 0, step);
export const stepAtSeconds = (run: Timed, seconds: number) => Math.round(between(marksOf(run), 1, seconds));

// Runs that differ by nothing but the seed, two or more: the places of one run of each seed.
export function seedGroups(states: Pick<State, 'experiment' | 'data' | 'seed' | 'settings' | 'total_steps' | 'head'>[]): number[][] {
  const groups = new Map<string, Map<number, number>>();
  states.forEach((s, i) => {
    const key = JSON.stringify([s.experiment, s.data, s.total_steps, s.head, Object.entries(s.settings).sort()]);
    const seeds = groups.get(key) ?? new Map<number, number>();
    groups.set(key, seeds.set(s.seed, i));
  });
  return [...groups.values()].filter((g) => g.size > 1).map((g) => [...g.values()]);
}
export function meanAndDeviation(values: number[]): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / (values.length - 1)) };
}


// The tree a run belongs to: the oldest of its line that is still there, and all that branched from it, each behind its
// parent.
export function family<R extends { id: string; parent: { id: string; step: number } | null }>(all: R[], id: string): R[] {
  const by = new Map(all.map((r) => [r.id, r]));
  let root = by.get(id);
  while (root?.parent && by.has(root.parent.id)) root = by.get(root.parent.id);
  const behind = (r: R): R[] => [r, ...all.filter((b) => b.parent?.id === r.id).sort((a, b) => b.parent!.step - a.parent!.step).flatMap(behind)];
  return root ? behind(root) : [];
}
