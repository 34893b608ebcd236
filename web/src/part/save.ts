// Files that the page itself makes, saved where the browser saves: tables as CSV (RFC 4180), and any bytes.
import { curve } from '../engine/protocol';
import type { RunView } from '../engine/run.svelte';

export function save(blob: Blob, name: string) {
  const at = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: at, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(at), 60_000); // the browser reads it after the click
}

type Cell = string | number | null | undefined;
const cell = (v: Cell) => (/[",\r\n]/.test(String(v)) ? `"${String(v).replaceAll('"', '""')}"` : String(v ?? ''));
export const csv = (rows: Cell[][]) => rows.map((row) => row.map(cell).join(',') + '\r\n').join('');
export const saveCsv = (rows: Cell[][], name: string) => save(new Blob([csv(rows)], { type: 'text/csv;charset=utf-8' }), name);

// The shortest text that reads as this float32 number again; null is what JSON has for one that is not finite.
export function float32Text(value: number | null): string {
  if (value === null) return 'NaN';
  for (let digits = 6; digits < 9; digits++) {
    const text = +value.toPrecision(digits);
    if (Math.fround(text) === Math.fround(value)) return String(text);
  }
  return String(+value.toPrecision(9));
}

const mostAsked = 100_000; // steps in one answer

// Lines over the steps with exact values: a column for each line, a row for each step that any of them has. The training
// loss is the engine's, of every step up to the head; what was evaluated is as it was measured.
export async function series(lines: { run: RunView; q: string; dense: boolean }[]): Promise<string[][]> {
  const isOne = new Set(lines.map((l) => l.run.id)).size === 1;
  const rows = new Map<number, string[]>();
  const put = (step: number, column: number, text: string) => {
    if (!rows.has(step)) rows.set(step, Array<string>(lines.length).fill(''));
    rows.get(step)![column] = text;
  };
  for (const [column, { run, q, dense }] of lines.entries()) {
    const { start, head } = run.state;
    if (!dense) for (const e of run.evals) if (e[q] !== undefined) put(e.step, column, e[q] === null ? 'NaN' : String(e[q]));
    for (let from = start + 1; dense && from <= head; from += mostAsked) {
      const { step, low } = await curve(run.id, q, from, Math.min(head, from + mostAsked - 1));
      step.forEach((s, i) => put(s, column, float32Text(low[i])));
    }
  }
  const body = [...rows].sort((a, b) => a[0] - b[0]).map(([step, cells]) => [String(step), ...cells]);
  return [['step', ...lines.map((l) => (isOne ? l.q : `${l.q}:${l.run.id}`))], ...body];
}
