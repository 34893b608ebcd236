import { expect, test } from 'vitest';
import * as notebook from '../../web/src/frame/notebook';
import { csv } from '../../web/src/part/save';

const entries = [
  { n: 1, at: '2026-01-01T10:00:00Z', kind: 'guess' as const, task: 'zero-init', run: 'aa', step: 0, guess: 3 },
  { n: 2, at: '2026-01-01T10:00:05Z', kind: 'truth' as const, task: 'zero-init', run: 'aa', step: 0, guess: 3, truth: 1, right: false },
  { n: 3, at: '2026-01-01T10:00:05Z', kind: 'note' as const, run: 'aa', step: 7, note: 'two\nlines, *bold*' },
];
const made = { experiment: 'mlp', data: 'xor', seed: 1, state: 'done', head: 9, seconds: 1 };
const runs = [{ ...made, id: 'aa', created: '2026-01-01T09:59:59Z', parent: null }, { ...made, id: 'bb', created: '2026-01-01T11:00:00Z', parent: { id: 'aa', step: 4, patch: { lr: 1 } } }];
const lines = notebook.linesOf(entries, runs);

test('the newest line comes first; of equal times the later entry', () => {
  expect(lines.map((l) => l.key)).toEqual(['bb', 'n3', 'n2', 'n1', 'aa']);
  expect(lines[0]).toMatchObject({ kind: 'branch', step: 4, from: { id: 'aa' } });
});
test('lines are filtered by task, notes or runs', () => {
  expect(notebook.filters(lines)).toEqual(['zero-init']);
  expect(['', 'notes', 'runs', 'zero-init', 'other'].map((f) => notebook.filtered(lines, f).length)).toEqual([5, 1, 2, 2, 0]);
});
test('CSV has every member, Markdown one safe line each', () => {
  const rows = csv(notebook.asRows(lines)).split('\r\n');
  expect(rows[0]).toBe('at,kind,task,run,step,guess,truth,right,note,data');
  expect(csv(notebook.asRows(lines))).toContain('2026-01-01T10:00:05Z,truth,zero-init,aa,0,3,1,false,,\r\n');
  const text = notebook.asMarkdown('Notebook', lines, (l) => l.note ?? l.kind);
  expect(text).toContain('- 2026-01-01T10:00:05Z two lines, \\*bold\\* (aa, 7)\n');
  expect(text.split('\n').filter((l) => l.startsWith('- ')).length).toBe(5);
});
