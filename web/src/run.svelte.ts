// The run on the page: its state, its curve and its pictures, as the stream brings them. When the engine is lost
// everything stays as it was, and nothing counts on.
import * as protocol from './protocol';
import type { Frame, State } from './protocol';

export type View = { view: string; [option: string]: unknown };

class RunStore {
  state = $state.raw<State | null>(null);
  lab = $state.raw<protocol.Lab | null>(null);
  connected = $state(false);
  refusal = $state.raw<{ what: string; hint: string } | null>(null);
  losses = $state.raw<Float32Array>(new Float32Array(0)); // [steps so far], of steps start + 1...
  pictures = $state.raw<Record<string, Frame>>({});

  #socket: WebSocket | null = null;
  #views: View[] = [];
  #room = new Float32Array(1024);
  #count = 0;
  #heard = 0;

  async open(id: string) {
    this.state = await protocol.state(id);
    this.#count = 0;
    this.losses = new Float32Array(0);
    this.pictures = {};
    location.hash = `/nn?run=${id}`;
    this.#watch();
  }

  show(views: View[]) {
    this.#views = views;
    this.#watch();
  }

  connect() {
    const socket = new WebSocket(`ws://${location.host}/api/stream`);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onopen = async () => {
      this.lab = await protocol.lab();
      this.connected = true;
      if (this.state) await protocol.state(this.state.id).catch(() => null); // a lab that was restarted opens it again
      this.#watch();
    };
    socket.onmessage = (event) => {
      const frame = protocol.decode(event.data);
      this.#take(frame);
      // On the next animation frame: the engine sends no more pictures than are drawn, and none to a hidden page.
      requestAnimationFrame(() => socket.readyState === 1 && socket.send(JSON.stringify({ ack: frame.head.frame })));
    };
    socket.onclose = () => {
      this.connected = false;
      setTimeout(() => this.connect(), 500);
    };
  }

  // Sends a command; what the engine refuses is shown. A command may leave another run: a branch.
  async do(wish: { do: string; [more: string]: unknown }) {
    if (!this.state) return;
    const id = this.state.id;
    await this.#trying(async () => {
      const after = await protocol.command(id, wish);
      if (after.id !== id) await this.open(after.id);
      else this.state = after;
    });
  }

  async create(recipe: object) {
    await this.#trying(async () => this.open((await protocol.create(recipe)).id));
  }

  async #trying(act: () => Promise<void>) {
    try {
      this.refusal = null;
      await act();
    } catch (error) {
      if (error instanceof protocol.Refused) this.refusal = { what: error.message, hint: error.hint };
    }
  }

  #watch() {
    if (this.#socket?.readyState !== 1 || !this.state) return;
    const id = this.state.id;
    if (this.#heard && this.#heardRun !== id) this.#socket.send(JSON.stringify({ unwatch: this.#heardRun }));
    this.#heardRun = id;
    this.#heard++;
    this.#socket.send(JSON.stringify({ watch: id, views: this.#views, cursor: this.state.start + this.#count }));
  }
  #heardRun = '';

  #take(frame: Frame) {
    const { head, arrays } = frame;
    if (!this.state || head.run !== this.state.id) return;
    if (head.kind === 'state') this.state = head.state;
    else if (head.kind === 'view' && !head.error) this.pictures = { ...this.pictures, [head.view]: frame };
    else if (head.kind === 'scalars') {
      const values = arrays['train.loss'].values as Float32Array;
      const at = head.from - 1 - this.state.start;
      if (at + values.length > this.#room.length) {
        const room = new Float32Array(2 * (at + values.length));
        room.set(this.#room.subarray(0, this.#count));
        this.#room = room;
      }
      this.#room.set(values, at);
      this.#count = at + values.length;
      this.losses = this.#room.subarray(0, this.#count);
    }
  }
}

export const run = new RunStore();
