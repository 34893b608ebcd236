// The numbers that one place of a map is made of, by name: the engine has them, nothing here computes them.
import type { Plane } from '../../engine/protocol';

export interface Cell { dy: number; dx: number; y: number; x: number; isInside: boolean } // of the window, and where it reads

export class Place {
  readonly kind: string; // conv, pool, bn...
  readonly cells: Cell[];
  readonly inChannels: number; // that it reads
  #first: number; // of them, in a group

  constructor(readonly plane: Plane, readonly before: Plane | null, readonly channel: number, readonly at: [number, number], readonly of: string) {
    this.kind = plane.text.split(' ')[0];
    const w = plane.window, [height, width, channels] = plane.in;
    const isConv = this.kind === 'conv', groups = w?.groups ?? 1;
    this.inChannels = isConv ? channels / groups : 1;
    this.#first = isConv ? Math.floor(channel / (plane.shape[2] / groups)) * this.inChannels : channel;
    this.cells = [];
    if (!w || !['conv', 'pool'].includes(this.kind)) return;
    for (let dy = 0; dy < w.size[0]; dy++)
      for (let dx = 0; dx < w.size[1]; dx++) {
        const y = at[0] * w.stride[0] + dy * w.dilation[0] - w.low[0], x = at[1] * w.stride[1] + dx * w.dilation[1] - w.low[1];
        this.cells.push({ dy, dx, y, x, isInside: y >= 0 && x >= 0 && y < height && x < width });
      }
  }
  get isSum() { return this.kind === 'conv'; }
  get hasBias() { return this.isSum && !/ nobias\b/.test(this.plane.text); }
  get columns() { return this.plane.window?.size[1] ?? 1; }
  inChannel(c: number) { return this.#first + c; } // of the planes that enter
  #where(name: string, y: number, x: number, c: number) { return `${name}[${y},${x},${c}]@${this.of}`; }
  #own(what: string) { return this.#where(`${this.plane.name}.${what}`, this.at[0], this.at[1], this.channel); }
  // What it reads: of a layer that learns what enters, of others what the layer before gives.
  input(cell: Cell, c: number) {
    if (this.plane.name.startsWith('layer')) return this.#where(`${this.plane.name}.in`, cell.y, cell.x, this.inChannel(c));
    if (this.before) return this.#where(`${this.before.name}.a`, cell.y, cell.x, this.inChannel(c));
    const [height, width, channels] = this.plane.in;
    return `input[${channels === 1 ? cell.y * width + cell.x : (this.inChannel(c) * height + cell.y) * width + cell.x}]@${this.of}`;
  }
  weight(cell: Cell, c: number) { return `${this.plane.name}.w[${cell.dy},${cell.dx},${c},${this.channel}]`; }
  get bias() { return `${this.plane.name}.b[${this.channel}]`; }
  get z() { return this.plane.name.startsWith('layer') ? this.#own('z') : null; }
  get a() { return this.#own('a'); }
  // The numbers of these channels that it reads.
  names(channels: number[]): string[] {
    const inside = this.cells.filter((cell) => cell.isInside);
    return [
      ...channels.flatMap((c) => [...inside.map((cell) => this.input(cell, c)), ...(this.isSum ? this.cells.map((cell) => this.weight(cell, c)) : [])]),
      ...(this.hasBias ? [this.bias] : []), ...(this.z ? [this.z] : []), this.a,
    ];
  }
}
