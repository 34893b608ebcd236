// How a racer's trail looks, on the map of a function and on a plane of a network's loss; and where a picture is drawn on.
import { css, text, token } from '../../look/paint';
import type { Look } from './methods';
import { place, type Placed } from './place';

export type Point = [number, number];
const block = 12; // pixels: what is drawn on is kept by blocks

export class Busy {
  readonly #columns: number;
  readonly #taken: Uint8Array;
  constructor(readonly width: number, readonly height: number) {
    this.#columns = Math.ceil(width / block);
    this.#taken = new Uint8Array(this.#columns * Math.ceil(height / block));
  }
  mark(x: number, y: number) {
    if (x >= 0 && y >= 0 && x < this.width && y < this.height) this.#taken[Math.floor(y / block) * this.#columns + Math.floor(x / block)] = 1;
  }
  line(points: Point[]) {
    points.slice(1).forEach(([x, y], i) => {
      const [px, py] = points[i], n = Math.min(200, Math.ceil(Math.hypot(x - px, y - py) / block));
      for (let k = 0; k <= n; k++) this.mark(px + ((x - px) * k) / Math.max(1, n), py + ((y - py) * k) / Math.max(1, n));
    });
  }
  box(x: number, y: number, wide: number, tall: number) {
    for (let j = y; j < y + tall; j += block) for (let i = x; i < x + wide; i += block) this.mark(i, j);
  }
  share(x: number, y: number, wide: number, tall: number): number {
    let n = 0, of = 0;
    for (let j = Math.floor(y / block); j <= Math.floor((y + tall) / block); j++)
      for (let i = Math.floor(x / block); i <= Math.floor((x + wide) / block); i++) { of++; n += this.#taken[j * this.#columns + i] ?? 0; }
    return n / Math.max(1, of);
  }
}

// The line, with a dot at every `each`-th point where they do not lie on each other.
export function strokeTrail(context: CanvasRenderingContext2D, points: Point[], look: Look, isFocus: boolean, each: number) {
  const weight = isFocus ? 3.2 : 2.2, plate = css(token('--plate'));
  context.lineJoin = 'round';
  context.beginPath();
  for (const p of points) context.lineTo(...p);
  context.globalAlpha = 0.85;
  context.lineWidth = weight + 3;
  context.strokeStyle = plate;
  context.stroke();
  context.globalAlpha = 1;
  context.lineWidth = weight;
  context.strokeStyle = css(token(look.ink));
  context.setLineDash(look.dash);
  context.stroke();
  context.setLineDash([]);
  let before = points[0];
  for (let i = each; i < points.length - 1; i += each) {
    if (Math.hypot(points[i][0] - before[0], points[i][1] - before[1]) < 6) continue;
    before = points[i];
    context.beginPath();
    context.arc(...points[i], 2.2, 0, 7);
    context.fillStyle = plate;
    context.fill();
    context.lineWidth = 1.6;
    context.stroke();
  }
}

// Where a racer stands: full; where all began: a ring.
export function disc(context: CanvasRenderingContext2D, at: Point, r: number, fill: string, stroke: string) {
  context.beginPath();
  context.arc(...at, r, 0, 7);
  context.fillStyle = css(token(fill));
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = css(token(stroke));
  context.stroke();
}
export const head = (context: CanvasRenderingContext2D, at: Point, look: Look, isFocus: boolean) => disc(context, at, isFocus ? 6.5 : 5, look.ink, '--plate');
export const ring = (context: CanvasRenderingContext2D, at: Point) => disc(context, at, 6, '--plate', '--ink');

export interface Named extends Placed { label: string; ink: string; isFocus: boolean }
// Names beside the heads that are seen.
export function nameHeads(context: CanvasRenderingContext2D, heads: { id: string; at: Point; label: string; ink: string; isFocus: boolean }[], busy: Busy, before: Named[]): Named[] {
  context.font = `600 13px ${text('--font-ui')}`;
  const { width, height } = busy, seen = heads.filter(({ at: [x, y] }) => x > -6 && y > -6 && x < width + 6 && y < height + 6);
  const placed = place(seen.map(({ id, at, label }) => ({ id, x: at[0], y: at[1], width: context.measureText(label).width + 6 })), width, height, (...box) => busy.share(...box), Object.fromEntries(before.map((n) => [n.id, n.offset])));
  return placed.map((p) => { const { label, ink, isFocus } = seen.find((h) => h.id === p.id)!; return { ...p, label, ink, isFocus }; });
}
