// What the engine says and is told: docs/protocol.md, as types. Nothing here computes what the engine claims to.

export interface Layer { name: string; units: number; activation: string }
export interface Input { name: string; mean: number; deviation: number }
export type Settings = Record<string, number | string>;
export interface Evaluation { step: number; [metric: string]: number }
export type Condition = { name: string; below?: number; above?: number } | { seconds: number };
export interface State {
  id: string; experiment: string; data: string; task: 'classify' | 'regress'; seed: number;
  parent: { id: string; step: number; patch: Settings } | null;
  state: 'paused' | 'playing' | 'done' | 'failed';
  step: number; head: number; start: number; until: number; total_steps: number;
  until_condition: Condition | null; reached: { step: number; name?: string; value?: number; seconds?: number } | null;
  speed: number | null; together: string[];
  epoch: number; steps_per_epoch: number; rate: number;
  op: number; operations: string[]; // done of the next step, in order: "layer1.z"... "update"
  loss: number | null; loss_hex: string; fingerprint: string; settings: Settings;
  flags: { step: number; changes: Settings; before?: Settings }[]; // without `before`: numbers that were set
  evals: Evaluation[]; snapshots: number[];
  branches: { id: string; step: number; patch: Settings }[];
  error: { what: string; hint: string } | null;
  network: { inputs: Input[]; sample: number[]; layers: Layer[]; outputs: string[] };
  split: { train: number; valid: number; test: number };
}
export interface Parameter {
  name: string; kind: 'number' | 'integer' | 'choice' | 'text';
  label: Both; help: Both; default: string; automatic: boolean; fixed: boolean;
  low?: number; high?: number; scale?: 'log' | 'linear'; unit?: string; choices?: string[];
}
export interface Both { en: string; zh: string }
export interface Experiment { name: string; parameters: Parameter[] }
export interface DataSet {
  name: string; summary: string; summary_zh: string; kind: string; task: string; present: boolean;
  train: number; target?: string; uploaded?: boolean; rows?: number;
}
export interface Upload {
  name: string; rows: number; target: string; task: string; preview: string[][];
  columns: { name: string; kind: 'number' | 'text'; missing: number; distinct: number }[];
}
export interface Summary {
  id: string; experiment: string; data: string; created: string; state: string; head: number;
  parent: { id: string; step: number } | null;
}
export interface Lab { build: string; isa: string; threads: number; runs: string[]; may: 'write' | 'read'; who: string | null; class: boolean }
export interface Student {
  name: string; slug: string; path: string; look: string; connected: boolean; seen: string | null; runs: number | null; bytes: number | null; seconds: number;
  run: { id: string; data: string; state: State['state']; step: number; loss: number | null; loss_hex: string; evaluation: Record<string, number> } | null;
  notebook: { entries: number; answers: number; right: number };
}
export interface Points { x: number[]; y: number[]; label: (number | null)[]; split: string[] }
export interface Prediction { step: number; output: number[]; layers: { name: string; a: number[] }[] }
export interface Given { name: string; step: number; value: number; hex: string } // step -1: a constant
export interface Slip {
  formula: string; terms: { of: Given[]; product: number; name?: string }[]; count: number; rest: number;
  factor: { name: string; value: number } | null; total: number; relative: number; bound: number; agrees: boolean;
  steps: { name: string; formula: string; value: number; of: Given[] }[];
  central: { value: number; relative: number; h: number; left: number; right: number } | null;
}
export interface Receipt { value: number; hex: string; receipt: Slip | null; why?: string }
export interface Recipe { experiment: string; data: string; seed?: number; epochs?: number; steps?: number; settings?: Settings; play?: boolean }

export class Refused extends Error {
  constructor(what: string, readonly hint: string) { super(what); }
}

// Addresses are relative: a page of a class lies at /at/SLUG/, and so does its API.
async function ask<T>(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<T> {
  const sent = body instanceof Blob ? body : body === undefined ? undefined : JSON.stringify(body);
  const answer = await fetch('api' + path, { method, body: sent });
  const json = await answer.json();
  if (!answer.ok) throw new Refused(json.error, json.hint);
  return json as T;
}
const part = encodeURIComponent;

export const lab = () => ask<Lab>('/lab');
export const experiments = () => ask<{ experiments: Experiment[] }>('/experiments').then((a) => a.experiments);
export const students = () => ask<{ students: Student[] }>('/class').then((a) => a.students);
export const answers = 'api/class/answers';
export const readLink = (run: string) => ask<{ path: string }>('/links', { run }).then((a) => location.origin + a.path);
export const dataSets = () => ask<{ data: DataSet[] }>('/data').then((a) => a.data);
export const upload = (file: File) => ask<Upload>(`/data?name=${part(file.name)}`, file);
export const runs = () => ask<{ runs: Summary[] }>('/runs').then((a) => a.runs);
export const state = (run: string) => ask<State>(`/runs/${run}`);
export const create = (recipe: Recipe) => ask<State>('/runs', recipe);
export const command = (run: string, wish: { do: string; [more: string]: unknown }) => ask<State>(`/runs/${run}/command`, wish);
export const points = (run: string, x: number, y: number) => ask<Points>(`/runs/${run}/points?x=${x}&y=${y}`);
export const predict = (run: string, x: number[]) => ask<Prediction>(`/runs/${run}/predict`, { x });
export const receipt = (run: string, step: number, name: string) => ask<Receipt>(`/runs/${run}/steps/${step}/receipts/${part(name)}`);
export const quantity = (run: string, step: number, name: string) =>
  ask<{ value: number; hex: string }>(`/runs/${run}/steps/${step}/quantities/${part(name)}`);

export type Numbers = Float32Array | Int32Array | Int8Array | Uint8Array;
export interface ArrayOf<T extends Numbers = Numbers> { shape: number[]; values: T }
export interface Frame {
  head: { frame: number; kind: string; run: string; step: number; [more: string]: any };
  arrays: Record<string, ArrayOf>;
}

const kinds = { f32: Float32Array, i32: Int32Array, i8: Int8Array, u8: Uint8Array };

export function decode(buffer: ArrayBuffer): Frame {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const arrays: Frame['arrays'] = {};
  for (const { name, type, shape, offset } of head.arrays) {
    const count = shape.reduce((a: number, b: number) => a * b, 1);
    arrays[name] = { shape, values: new kinds[type as keyof typeof kinds](buffer, 4 + length + offset, count) };
  }
  return { head, arrays };
}

// A float32 number as C's %a writes it: 0x1.8p-3.
export function hexFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  let size = Math.abs(value);
  if (size === 0) return sign + '0x0p+0';
  if (size === Infinity) return sign + 'inf';
  let exponent = 0;
  while (size >= 2) { size /= 2; exponent++; }
  while (size < 1) { size *= 2; exponent--; }
  let digits = '';
  for (let rest = size - 1; rest > 0; ) { rest *= 16; digits += Math.floor(rest).toString(16); rest -= Math.floor(rest); }
  return `${sign}0x1${digits ? '.' + digits : ''}p${exponent < 0 ? '' : '+'}${exponent}`;
}
