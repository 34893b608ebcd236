// The notebook as lines, newest first: what was guessed, what was true, notes, and every run and branch that was made.
import type { Entry, Summary } from '../engine/protocol';

export type Kind = Entry['kind'] | 'run' | 'branch';
export interface Line extends Omit<Entry, 'kind' | 'n'> { key: string; kind: Kind; n?: number; data?: string; from?: NonNullable<Summary['parent']> }

export function linesOf(entries: Entry[], runs: Summary[]): Line[] {
  const notes: Line[] = entries.map((e) => ({ ...e, key: `n${e.n}` }));
  const made: Line[] = runs.map((r) => ({ key: r.id, kind: r.parent ? 'branch' : 'run', at: r.created, run: r.id, step: r.parent?.step ?? 0, data: r.data, ...(r.parent ? { from: r.parent } : {}) }));
  // Of equal times the one that was written later comes first.
  return [...notes, ...made].map((line, i) => ({ line, i })).sort((a, b) => b.line.at.localeCompare(a.line.at) || b.i - a.i).map(({ line }) => line);
}

export const filters = (lines: Line[]) => [...new Set(lines.flatMap((l) => (l.task ? [l.task] : [])))].sort();
export const filtered = (lines: Line[], by: string) => (by === '' ? lines : by === 'notes' ? lines.filter((l) => l.kind === 'note') : by === 'runs' ? lines.filter((l) => l.kind === 'run' || l.kind === 'branch') : lines.filter((l) => l.task === by));

export const asRows = (lines: Line[]) =>
  [['at', 'kind', 'task', 'run', 'step', 'guess', 'truth', 'right', 'note', 'data'], ...lines.map((l) => [l.at, l.kind, l.task, l.run, l.step, l.guess, l.truth, l.right === undefined ? undefined : String(l.right), l.note, l.data])];

const safe = (text: string) => text.replace(/([\\`*_{}[\]<>#|])/g, '\\$1').replace(/\s*\n\s*/g, ' ');
export const asMarkdown = (title: string, lines: Line[], text: (line: Line) => string) =>
  `# ${safe(title)}\n\n` + lines.map((l) => `- ${l.at} ${safe(text(l))}${l.run ? ` (${l.run}${l.step === undefined ? '' : `, ${l.step}`})` : ''}\n`).join('');
