import { expect, test } from 'vitest';
import * as compare from '../../web/src/frame/compare';
import { csv } from '../../web/src/part/save';

const state = (more: object) => ({ experiment: 'mlp', data: 'xor', seed: 1, total_steps: 100, head: 100, settings: { lr: 0.1, arch: 'dense 2' }, ...more });
const evals = [[10, 0.5, 0.7, 1], [20, 0.3, 0.9, 2], [30, 0.4, 0.9, 5]].map(([step, loss, accuracy, seconds]) => ({ step, seconds, 'valid.loss': loss, 'valid.accuracy': accuracy }));

test('only settings that are not the same in all runs differ, also where one has none', () => {
  expect(compare.differing([state({}), state({ settings: { lr: 0.2, arch: 'dense 2' } })])).toEqual(['lr']);
  expect(compare.differing([state({}), state({ settings: { lr: 0.1, arch: 'dense 2', momentum: 0 } })])).toEqual(['momentum']);
  expect(compare.differing([state({}), state({})])).toEqual([]);
  expect(compare.differing([])).toEqual([]);
});

test('the best is the least loss and the highest accuracy, the first of equal ones; what is no number does not count', () => {
  expect(compare.best(evals, 'valid.loss')?.step).toBe(20);
  expect(compare.best(evals, 'valid.accuracy')?.step).toBe(20);
  expect(compare.best([{ step: 1, seconds: 0, 'valid.loss': NaN }], 'valid.loss')).toBeUndefined();
  expect(compare.last(evals, 'valid.loss')?.step).toBe(30);
  expect(compare.last(evals, 'test.loss')).toBeUndefined();
});

test('seconds lie between those of the evaluations, and back', () => {
  const run = { state: { start: 0, head: 40, seconds: 6 }, evals };
  expect([0, 5, 10, 25, 30, 35, 40].map((s) => compare.secondsAt(run, s))).toEqual([0, 0.5, 1, 3.5, 5, 5.5, 6]);
  for (const s of [0, 7, 10, 28, 40]) expect(compare.stepAtSeconds(run, compare.secondsAt(run, s))).toBe(s);
  expect(compare.secondsAt({ state: { start: 0, head: 0, seconds: 0 }, evals: [] }, 0)).toBe(0);
});

test('runs that differ by the seed alone are a group; the same seed twice counts once', () => {
  const all = [state({}), state({ seed: 2 }), state({ seed: 2 }), state({ seed: 3, settings: { lr: 1, arch: 'dense 2' } }), state({ seed: 3, head: 50 })];
  expect(compare.seedGroups(all).map((g) => g.map((i) => all[i].seed))).toEqual([[1, 2]]);
  expect(compare.meanAndDeviation([1, 2, 3, 6])).toEqual({ mean: 3, deviation: Math.sqrt(14 / 3) });
});

test('a table is quoted where it must be', () => {
  expect(csv([['a', 'b'], ['x, "y"', 1.5], [null, undefined]])).toBe('a,b\r\n"x, ""y""",1.5\r\n,\r\n');
});

test('a family begins at its oldest run that is there, and each branch stands behind its parent', () => {
  const run = (id: string, parent?: string, step = 0) => ({ id, parent: parent ? { id: parent, step } : null });
  const all = [run('c', 'b', 30), run('a'), run('e', 'a', 40), run('x'), run('b', 'a', 10), run('d', 'gone', 5)];
  expect(compare.family(all, 'c').map((r) => r.id)).toEqual(['a', 'e', 'b', 'c']);
  expect(compare.family(all, 'd').map((r) => r.id)).toEqual(['d']);
  expect(compare.family(all, 'none')).toEqual([]);
});
