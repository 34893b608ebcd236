// The runs on the page, as the stream brings them: the one in focus with its pictures, and its family (parent, branches)
// with their curves. When the engine is lost everything stays as it was, and nothing counts on.
import * as protocol from './protocol';
import type { Evaluation, Frame, State } from './protocol';
import { Series } from './series';

export type View = { view: string; [option: string]: unknown };
export type Wish = { do: string; [more: string]: unknown };

const mostShown = 5; // runs on one chart
const mostRacing = 10; // of a race, whose runs are one tree

export class RunView {
  state: State = $state.raw()!;
  columns: Record<string, Series> = { 'train.loss': new Series() }; // of the steps start + 1...
  heard = $state(0); // counts the scalars' frames: what reads `columns` reads it
  evals = $state.raw<Evaluation[]>([]);
  pictures = $state.raw<Record<string, Frame>>({});

  constructor(state: State) {
    this.state = state;
    this.evals = state.evals;
  }
  get id() { return this.state.id; }
  get losses() { return this.columns['train.loss']; }
  get cursor() { return this.state.start + this.losses.length; }

  // What the journal has of the step that led to `step`: by default its training loss.
  at(step: number, column = 'train.loss'): number | undefined {
    void this.heard;
    return this.columns[column]?.at(step - this.state.start - 1);
  }
  // The last evaluation that has the metric, at or before `step`.
  evaluation(metric: string, step: number): Evaluation | undefined {
    return this.evals.findLast((e) => e.step <= step && e[metric] !== undefined);
  }

  take({ head, arrays }: Frame) {
    if (head.kind === 'state') this.#takeState(head.state);
    else if (head.kind === 'view') {
      if (!head.error) this.pictures = { ...this.pictures, [head.view]: { head, arrays } };
    } else if (head.kind === 'scalars') {
      for (const [name, { values }] of Object.entries(arrays)) (this.columns[name] ??= new Series()).put(head.from - 1 - this.state.start, values as Float32Array);
      if (head.evals?.length) this.evals = [...this.evals.filter((e) => e.step < head.evals[0].step), ...head.evals];
      this.heard++;
    }
  }
  #takeState(changed: Partial<State>) {
    this.state = { ...this.state, ...changed };
    if (changed.evals) this.evals = changed.evals;
  }
}

class LabStore {
  info = $state.raw<protocol.Lab | null>(null);
  connected = $state(false);
  refusal = $state.raw<{ what: string; hint: string } | null>(null);
  focus = $state.raw<RunView | null>(null);
  others = $state.raw<RunView[]>([]); // its parent first, then branches by the step they leave at
  tree = $state.raw<string[]>([]); // of a race: its runs, parents before their branches
  beside = $state.raw<RunView[]>([]); // runs of no family that are looked at too: those compared
  racing = $state(false); // the chapter lets all runs of a tree race
  pending = $state(0); // commands that are not answered yet
  // What the page itself does not allow now, with its reason: a lesson's locks, a guess that is not made yet.
  guard: (wish: Wish | protocol.Recipe) => { what: string; hint: string } | null = () => null;

  #socket: WebSocket | null = null;
  #views: View[] = [];
  #watched = new Set<string>();

  get reads() { return this.info?.may === 'read'; } // this page may only look
  get able() { return this.connected && !this.reads; } // it may give commands
  get state() { return this.focus?.state ?? null; }
  get family() { return this.focus ? [this.focus, ...this.others] : []; }
  get heard() { return [...this.family, ...this.beside.filter((r) => !this.find(r.id))]; } // all that the stream brings
  find(id: string) { return this.family.find((r) => r.id === id); }
  get racers() { return [...this.family].sort((a, b) => this.tree.indexOf(a.id) - this.tree.indexOf(b.id)); }
  // Runs of a function race, and those of networks where the chapter wants it: commands move all of them, and the page's clock shows the furthest.
  get races() { return this.racing || this.state?.function !== undefined; }
  get now() { return this.races ? Math.max(...this.family.map((r) => r.state.step)) : (this.state?.step ?? 0); }

  // Puts a run in focus, with its parent and the branches of both beside it.
  async open(id: string, given?: State) {
    const state = given ?? (await protocol.state(id));
    const known = this.heard;
    const view = (s: State) => {
      const old = known.find((r) => r.id === s.id);
      if (old) old.state = s;
      return old ?? new RunView(s);
    };
    if (state.function || this.racing) {
      const tree = await this.#treeOf(state);
      this.tree = tree.map((s) => s.id);
      [this.focus, this.others] = [view(state), tree.filter((s) => s.id !== id).map(view)];
      return this.#watch();
    }
    const near = new Set<string>();
    if (state.parent) near.add(state.parent.id);
    const parent = state.parent ? await protocol.state(state.parent.id).catch(() => null) : null;
    for (const b of [...(parent?.branches ?? []), ...state.branches].slice(-mostShown)) if (b.id !== id) near.add(b.id);
    const others = await Promise.all([...near].slice(0, mostShown - 1).map((n) => (n === parent?.id ? parent : protocol.state(n).catch(() => null))));
    this.focus = view(state);
    this.others = others.filter((s) => s !== null).map(view);
    this.#watch();
  }

  // The first of its line, and all that branched from it, parents before their branches.
  async #treeOf(state: State): Promise<State[]> {
    const ask = (id: string) => (id === state.id ? state : protocol.state(id).catch(() => null));
    let root = state;
    for (let up: State | null = state; up; up = up.parent ? await ask(up.parent.id) : null) root = up;
    const all = [root];
    for (const s of all) // which grows meanwhile
      for (const b of s.branches.slice(0, mostRacing - all.length)) {
        const branch = await ask(b.id);
        if (branch) all.push(branch);
      }
    return all;
  }

  // Looks at these runs too, beside the family; a run that cannot be opened is left out.
  async compare(ids: string[]) {
    const known = this.heard;
    const views = await Promise.all(ids.map((id) => known.find((r) => r.id === id) ?? protocol.state(id).then((s) => new RunView(s), () => null)));
    this.beside = views.filter((v) => v !== null);
    this.#watch();
  }

  show(views: View[]) {
    this.#views = views;
    this.#watch();
  }

  connect() {
    const socket = new WebSocket(new URL('api/stream', location.href).href.replace('http', 'ws'));
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)');
    socket.onopen = async () => {
      this.info = await protocol.lab();
      this.#watched.clear();
      for (const r of this.heard) await protocol.state(r.id).then((s) => (r.state = s), () => {}); // a lab that was restarted opens them again
      this.connected = true;
      this.#watch();
    };
    socket.onmessage = (event) => {
      const frame = protocol.decode(event.data);
      this.heard.find((r) => r.id === frame.head.run)?.take(frame);
      const acknowledge = () => socket.readyState === 1 && socket.send(JSON.stringify({ ack: frame.head.frame }));
      // On the next animation frame: the engine sends no more than is drawn, and nothing to a hidden page.
      requestAnimationFrame(() => (isCalm.matches ? setTimeout(acknowledge, 500) : acknowledge()));
    };
    socket.onclose = () => {
      this.connected = false;
      setTimeout(() => this.connect(), 500);
    };
  }

  // Sends a command to the run in focus, or to another; what the engine refuses is shown. A command may leave another
  // run: a branch.
  async do(wish: Wish, run = this.focus) {
    if (!run || this.#isGuarded(wish)) return;
    await this.trying(async () => {
      const after = await protocol.command(run.id, wish);
      if (after.id === run.id) return void (run.state = after);
      run.state = await protocol.state(run.id); // which knows of its branch now
      await this.open(after.id, after);
    });
  }

  // `make`: what else has to be there before the run comes into focus.
  async create(recipe: protocol.Recipe, make = async (made: State) => made) {
    if (this.#isGuarded(recipe)) return;
    await this.trying(async () => {
      const made = await make(await protocol.create(recipe));
      await this.open(made.id, made);
    });
  }

  #isGuarded(wish: Wish | protocol.Recipe): boolean {
    const why = this.guard(wish);
    if (why) this.refusal = why;
    return why !== null;
  }

  async trying(act: () => Promise<void>) {
    try {
      this.pending++;
      this.refusal = null;
      await act();
    } catch (error) {
      if (error instanceof protocol.Refused) this.refusal = { what: error.message, hint: error.hint };
      else if (this.connected) throw error;
    } finally {
      this.pending--;
    }
  }

  #watch() {
    const socket = this.#socket;
    if (socket?.readyState !== 1) return;
    const say = (message: object) => socket.send(JSON.stringify(message));
    const all = this.heard, wanted = new Set(all.map((r) => r.id));
    for (const id of this.#watched) if (!wanted.has(id)) say({ unwatch: id });
    for (const r of all) say({ watch: r.id, views: r === this.focus ? this.#views : [], cursor: r.cursor });
    this.#watched = wanted;
  }
}

export const lab = new LabStore();
