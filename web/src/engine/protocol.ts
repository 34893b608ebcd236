// What the engine says and is told: docs/protocol.md, as types. Nothing here computes what the engine claims to.

type Pair = [number, number]; // height, width
export interface Window { size: Pair; stride: Pair; low: Pair; high: Pair; dilation: Pair; groups: number }
export interface Plane { name: string; text: string; activation: string; in: number[]; shape: number[]; window: Window | null } // a layer of planes
export interface Layer { name: string; units: number; activation: string }
export interface Input { name: string; mean: number; deviation: number }
export interface Minimum { value: number; global: boolean; x: number[] } // x is empty where it is not listed
export interface Landscape {
  formula: string; variables: string[]; problem: string | null; start: number[]; minima: Minimum[];
  window: [number, number, number, number] | null; // x from, to, y from, to
}
export type Settings = Record<string, number | string>;
export interface Evaluation { step: number; seconds: number; [metric: string]: number }
export type Condition = { name: string; below?: number; above?: number } | { seconds: number };
export interface State {
  id: string; experiment: string; data: string; task: 'classify' | 'regress'; seed: number;
  parent: { id: string; step: number; patch: Settings } | null;
  state: 'paused' | 'playing' | 'done' | 'failed';
  step: number; head: number; start: number; until: number; total_steps: number;
  until_condition: Condition | null; reached: { step: number; name?: string; value?: number; seconds?: number } | null;
  speed: number | null; together: string[];
  epoch: number; steps_per_epoch: number; rate: number; seconds: number; parameters: number;
  op: number; operations: string[]; // done of the next step, in order: "layer1.z"... "update"
  loss: number | null; loss_hex: string; fingerprint: string; settings: Settings;
  flags: { step: number; changes: Settings; before?: Settings }[]; // without `before`: numbers that were set
  evals: Evaluation[]; snapshots: number[];
  branches: { id: string; step: number; patch: Settings }[];
  error: { what: string; hint: string } | null;
  network?: { inputs: Input[]; sample: number[]; layers: Layer[]; planes: Plane[]; ready: Record<string, string>; outputs: string[] }; // of a run that learns from data
  function?: Landscape; // of a run that goes down a function
  split: { train: number; valid: number; test: number };
  quantities: { name: string; shape: number[] }[];
}
export interface Histogram { low: number; high: number; count: number[]; mean: number; deviation: number; zero: number; nonfinite: number }
export interface Quantile { percent: number; name: string; value: number; hex: string }
export interface Distribution {
  name: string; symbol: string; formula: string; log: boolean; low: number; high: number; count: number[]; negative: number[];
  numbers: number; zeros: number; nonfinite: number; quantiles: Quantile[];
}
export interface Cockpit { tensor: string | null; tensors: string[]; parts: Distribution[] }
export interface IdleUnits { of: number; dead: number; saturated: number; dead_units: number[]; saturated_units: number[] }
export interface Spread { name: string; weights: Histogram | null; activations: Histogram | null; gradients: Histogram | null; units: IdleUnits | null }
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
export interface Shown { file: string; class: string; pixels: string } // two hex digits for each number of the sample
export interface Upload {
  name: string; kind: 'table' | 'images'; rows: number; target: string; task: string; preview: string[][];
  classes: string[]; counts: number[]; sample: number[]; notes: string[]; pictures: Shown[]; bytes: number;
  columns: { name: string; kind: 'number' | 'text'; missing: number; distinct: number }[];
}
export interface Summary {
  id: string; experiment: string; data: string; seed: number; created: string; state: string; head: number; seconds: number;
  parent: { id: string; step: number; patch: Settings } | null;
}
// What the learner guessed, what was true, and notes.
export interface Note {
  kind: 'guess' | 'truth' | 'note'; task?: string; run?: string; step?: number;
  guess?: number | string; truth?: number | string; right?: boolean; note?: string;
}
export interface Entry extends Note { n: number; at: string }
export interface Lab { build: string; isa: string; threads: number; runs: string[]; may: 'write' | 'read'; who: string | null; class: boolean }
export interface Student {
  name: string; slug: string; path: string; look: string; connected: boolean; seen: string | null; runs: number | null; bytes: number | null; seconds: number;
  run: { id: string; data: string; state: State['state']; step: number; loss: number | null; loss_hex: string; evaluation: Record<string, number> } | null;
  notebook: { entries: number; answers: number; right: number };
}
export interface Points { x: number[]; y: number[]; label: (number | null)[]; target: (number | null)[]; split: string[] }
export interface Prediction { step: number; output: number[]; layers: { name: string; a: number[] }[] }
export interface Given { name: string; step: number; value: number; hex: string } // step -1: a constant
export interface Slip {
  formula: string; terms: { of: Given[]; product: number; name?: string }[]; count: number; rest: number;
  factor: { name: string; value: number } | null; total: number; relative: number; bound: number; agrees: boolean;
  steps: { name: string; formula: string; value: number; of: Given[] }[];
  central: { value: number; relative: number; h: number; left: number; right: number; verdict: 'agrees' | 'kink' | 'rounding' | 'differs' } | null;
}
export interface Receipt { value: number; hex: string; receipt: Slip | null; why?: string }
export interface Exact { name: string; value: number | null; hex: string }
export interface Origin {
  name: string; arch: string; word: { text: string; from: number; to: number } | null; shape: number[];
  nodes: { node: number; op: string; formula: string; shape: number[]; scope: string; place: string; derivative_of: number | null }[];
}
export interface Recipe { experiment: string; data: string; seed?: number; epochs?: number; steps?: number; settings?: Settings; play?: boolean }

export interface Place { line: number; column: number; name: string; cell: string; before: string; after: string }
export interface Storage { used: number; allowed: number; free: number; most_upload: number }
export class Refused extends Error {
  constructor(what: string, readonly hint: string, readonly place: Place | null = null) { super(what); }
}
const refused = (json: { error: string; hint: string } & Partial<Place>) => new Refused(json.error, json.hint, json.line ? (json as Place) : null);

// Addresses are relative: a page of a class lies at /at/SLUG/, and so does its API.
export async function ask<T>(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST', signal?: AbortSignal): Promise<T> {
  const answer = await fetch('api' + path, { method, signal, body: body === undefined || body instanceof Blob ? body : JSON.stringify(body) });
  const json = await answer.json();
  if (!answer.ok) throw refused(json);
  return json as T;
}
const part = encodeURIComponent;

export const lab = () => ask<Lab>('/lab');
export const experiments = () => ask<{ experiments: Experiment[] }>('/experiments').then((a) => a.experiments);
export const students = () => ask<{ students: Student[] }>('/class').then((a) => a.students);
export const answers = 'api/class/answers';
export const readLink = (run: string) => ask<{ path: string }>('/links', { run }).then((a) => location.origin + a.path);
export const dataSets = () => ask<{ data: DataSet[] }>('/data').then((a) => a.data);
// `sent` hears how much of the file has left, from 0 to 1.
export const upload = (file: File, sent: (share: number) => void) =>
  new Promise<Upload>((done, failed) => {
    const request = new XMLHttpRequest();
    request.open('POST', `api/data?name=${part(file.name)}`);
    request.responseType = 'json';
    request.upload.onprogress = (e) => sent(e.loaded / e.total);
    request.onload = () => (request.status === 201 ? done(request.response) : failed(refused(request.response ?? { error: request.statusText, hint: file.name })));
    request.onerror = () => failed(new Refused(file.name, 'POST /api/data'));
    request.send(file);
  });
export const uploaded = (name: string) => ask<Upload>(`/data/${part(name)}`);
export const removeUpload = (name: string) => ask<{ removed: string }>(`/data/${part(name)}`, undefined, 'DELETE');
export const storage = () => ask<Storage>('/storage');
export const archiveOf = (run: string, alone: boolean) => `api/runs/${run}/archive${alone ? '?alone' : ''}`;
export const openArchive = (file: File) => ask<State>('/archives', file);
export const runs = () => ask<{ runs: Summary[] }>('/runs').then((a) => a.runs);
export const remove = (run: string) => ask<{ removed: string }>(`/runs/${run}`, undefined, 'DELETE');
export const notebook = () => ask<{ entries: Entry[] }>('/notebook').then((a) => a.entries);
export const note = (entry: Note) => ask<Entry>('/notebook', entry);
export const state = (run: string) => ask<State>(`/runs/${run}`);
export const create = (recipe: Recipe) => ask<State>('/runs', recipe);
export const command = (run: string, wish: { do: string; [more: string]: unknown }) => ask<State>(`/runs/${run}/command`, wish);
export const curve = (run: string, name: string, from: number, to: number) =>
  ask<{ step: number[]; low: (number | null)[] }>(`/runs/${run}/curve?name=${part(name)}&from=${from}&to=${to}&points=${to - from + 1}`);
export const points = (run: string, x: number, y: number) => ask<Points>(`/runs/${run}/points?x=${x}&y=${y}`);
export const predict = (run: string, x: number[]) => ask<Prediction>(`/runs/${run}/predict`, { x });
export const receipt = (run: string, step: number, name: string) => ask<Receipt>(`/runs/${run}/steps/${step}/receipts/${part(name)}`);
export const histograms = (run: string, step: number) => ask<{ layers: Spread[] }>(`/runs/${run}/steps/${step}/histograms`);
export const cockpit = (run: string, step: number, tensor: string) => ask<Cockpit>(`/runs/${run}/steps/${step}/cockpit${tensor && `?tensor=${part(tensor)}`}`);
export const quantity = (run: string, step: number, name: string) =>
  ask<{ value: number; hex: string }>(`/runs/${run}/steps/${step}/quantities/${part(name)}`);

// Many at once; `now` is the step at which the run stands when it is asked.
export const quantities = (run: string, step: number | 'now', names: string[]) =>
  ask<{ step: number; values: Exact[] }>(`/runs/${run}/steps/${step}/quantities`, { names });
export const receipts = (run: string, step: number, names: string[]) =>
  ask<{ step: number; receipts: (Receipt & { name: string })[] }>(`/runs/${run}/steps/${step}/receipts`, { names }).then((a) => a.receipts);
// A function over a grid, lowest row first, or how momentum fares at every rate: as many numbers as were asked for.
export async function grid(run: string, what: 'plane' | 'phase', of: Record<string, number>): Promise<Float32Array> {
  const answer = await fetch(`api/runs/${run}/${what}?${new URLSearchParams(Object.entries(of).map(([n, v]) => [n, String(v)]))}`);
  if (!answer.ok) throw refused(await answer.json());
  return new Float32Array(await answer.arrayBuffer());
}
// The loss over a plane through three steps of runs of a network, and trails as shadows on it.
export interface PlanePoint { name: string; run: string | null; step: number | null; x: number; y: number; value: number | null; hex: string }
export interface Shadow { run: string; steps: number[]; x: (number | null)[]; y: (number | null)[]; distance: (number | null)[]; value: (number | null)[]; share: number | null }
export interface LossPlane {
  run: string; step: number; parameters: number; rows: number; of: number; points: PlanePoint[];
  x0: number; y0: number; cell: number; width: number; height: number; values: (number | null)[]; trails: Shadow[];
}
export const plane = (run: string, step: number, of: Record<string, string | number>, until: AbortSignal) =>
  ask<LossPlane>(`/runs/${run}/steps/${step}/plane?${new URLSearchParams(Object.entries(of).map(([n, v]) => [n, String(v)]))}`, undefined, 'GET', until);
export const origin = (run: string, name: string) => ask<Origin>(`/runs/${run}/origin/${part(name)}`);

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
