// What the engine put into this report (apps/lab/report.cpp), and what follows from it for all of its parts.
import { looks } from '../chapter/optimisers/methods';
import type { Both, Evaluation, Exact, Landscape, Settings, State } from '../engine/protocol';
import { dashes, inks } from '../look/series';
import { inWords } from '../words/number';

export interface Curve { step: number[]; low: number[]; high: number[] }
export interface Trail { step: number[]; x: (number | null)[]; y: (number | null)[] }
export interface Plane { x: [number, number]; y: [number, number]; width: number; height: number; values: (number | null)[] }
export interface Member {
  id: string; parent: State['parent']; created: string; build: string; isa: string;
  start: number; head: number; total_steps: number; settings: Settings;
  flags: State['flags']; evals: Evaluation[]; curve: Curve; loss: number | null;
  end: { step: number; metrics: Record<string, number | null> } | null; // of a run that has its length
  stopped: string | null; seconds: number | null; error: string | null;
  value?: Curve; evaluations?: Curve; first?: Exact; trail?: Trail | null; numbers?: Exact[] | null; // of a function's run
}
export interface Tensor { name: string; shape: number[]; values: (number | null)[] }
export interface Content {
  run: string; step: number; fingerprint: string;
  experiment: { name: string; title: Both; parameters: { name: string; label: Both; unit: string }[] };
  function: Landscape | null; plane: Plane | null; // a run goes down it,
  data: { // or learns from these
    name: string; digest: string; task: State['task']; rows: Record<'train' | 'valid' | 'test', number>;
    sample: number[]; columns: string[]; target: string; classes: string[];
  } | null;
  recipe: { seed: number; epochs?: number; steps?: number; settings: Settings; [more: string]: unknown };
  defaults: Settings; parameters: number;
  runs: Member[]; left_out: number; // parents before their branches
  metrics: Record<string, number | null>; // of the validation rows, at `step`
  confusion: number[][] | null; scatter: { truth: number[]; predicted: number[] } | null; weights: Tensor[] | null;
}

export const content: Content = JSON.parse(document.getElementById('report')!.textContent!);

export const focus = content.runs.find((r) => r.id === content.run)!;
export interface Look { ink: string; dash: number[] }
// Runs that race are told apart by their optimisers, as the lab does; of a family the run that the report is of is in ink.
const methodOf = (r: Member) => String(r.settings.optimizer);
export const isRace = content.function !== null || new Set(content.runs.map(methodOf)).size > 1;
const racing = isRace ? looks(content.runs.map(methodOf)) : [];
const others = content.runs.filter((r) => r !== focus);
export function lookOf(id: string): Look {
  if (isRace) return racing[content.runs.findIndex((r) => r.id === id)];
  const i = others.findIndex((r) => r.id === id);
  return i < 0 ? { ink: '--ink', dash: [] } : { ink: inks[i % inks.length], dash: dashes[i % dashes.length] };
}
// The first run, its branches B, C... in the order of the tree; or by optimiser, with the step where it took over.
export function nameOf(id: string, w: { main: string; branch: string; from: string }): string {
  const i = content.runs.findIndex((r) => r.id === id), run = content.runs[i];
  if (!isRace) return i ? w.branch.replace('{n}', String.fromCharCode(65 + (i % 26))) : w.main;
  const own = methodOf(run), alike = content.runs.slice(0, i).filter((r) => methodOf(r) === own && r.start === run.start).length;
  return `${own}${run.start ? ` ${w.from.replace('{n}', String(run.start))}` : ''}${alike ? ` ${alike + 1}` : ''}`;
}
export const numberOf = (r: Member, q: string) => r.numbers?.find((n) => n.name === q);
export const finite = ({ step, low, high }: Curve): Curve => {
  const is = step.map((_, i) => low[i] !== null && high[i] !== null), kept = (all: number[]) => all.filter((_, i) => is[i]);
  return { step: kept(step), low: kept(low), high: kept(high) };
};

export interface Said { q: string; value: number; step: number }
// Of the members of an evaluation: valid.loss, but not step and seconds.
export const isMetric = (name: string) => name.includes('.');

// The last that is known of each metric of a run: at its head, of the last evaluation that has it, or of its end.
export function said(member: Member): Map<string, Said> {
  const all = new Map<string, Said>();
  const put = (q: string, value: number | null | undefined, step: number) => {
    if (value !== null && value !== undefined) all.set(q, { q, value, step });
  };
  put('train.loss', member.loss, member.head);
  for (const { step, ...metrics } of member.evals) for (const [q, v] of Object.entries(metrics)) if (isMetric(q)) put(q, v, step);
  for (const [q, v] of Object.entries(member.end?.metrics ?? {})) if (!all.has(q)) put(q, v, member.end!.step);
  if (member.id === content.run) for (const [q, v] of Object.entries(content.metrics)) put(q, v, content.step);
  return all;
}

// The settings in force after `step` steps: those at the head, without what changed later.
export function settingsAt(member: Member, step: number): Settings {
  const later = member.flags.filter((f) => f.step > step && f.before);
  return later.reduceRight((settings, f) => ({ ...settings, ...f.before }), member.settings);
}
// What changed where a branch begins, against the parent where it is here.
export function patchOf({ parent }: Member): string {
  const of = content.runs.find((r) => r.id === parent?.id);
  return parent ? inWords(parent.patch, of && settingsAt(of, parent.step)) : '';
}
