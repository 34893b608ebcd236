// The function over the part of the plane that is seen, as the engine has it; drawn as bands and lines of equal height.
// Until the numbers for another part come, the old ones are drawn where they belong.
import * as protocol from '../../engine/protocol';
import { bitmap, css, mix, sheetOf, text, token } from '../../look/paint';
import { theme } from '../../look/theme.svelte';
import { power, short } from '../../words/words.svelte';
import { contour, levelsOf, sample, type Grid, type Levels } from './contour';
import type { Frame } from './view';

const cell = 3; // pixels between two points of the grid
const most = 512; // points a side that the engine gives

interface Known { grid: Grid; x0: number; y0: number; step: number; levels: Levels; height: Float32Array; lines: { level: number; cuts: number[] }[] }

export class Field {
  #known = $state.raw<Known | null>(null);
  refusal = $state('');
  #asked = '';
  #of = '';
  #timer = 0;

  get levels() { return this.#known?.levels ?? null; }

  // `of`: what the values depend on beside the place. `base`: the lowest value of all, or null.
  ask(run: string, of: string, frame: Frame, base: number | null) {
    const gap = Math.max(cell, frame.width / (most - 2), frame.height / (most - 2));
    const columns = Math.ceil(frame.width / gap) + 1, rows = Math.ceil(frame.height / gap) + 1, step = gap / frame.scale;
    const [x0] = frame.back(0, 0), [, y0] = frame.back(0, frame.height);
    const key = JSON.stringify([of, x0, y0, step, columns, rows]);
    if (key === this.#asked) return;
    const isOther = of !== this.#of;
    [this.#asked, this.#of] = [key, of];
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(async () => {
      try {
        const values = await protocol.grid(run, 'plane', { x0, x1: x0 + (columns - 1) * step, y0, y1: y0 + (rows - 1) * step, width: columns, height: rows });
        if (this.#asked !== key) return;
        this.refusal = '';
        this.show({ columns, rows, values }, x0, y0, step, base);
      } catch (error) {
        if (error instanceof protocol.Refused && this.#asked === key) this.refusal = `${error.message}. ${error.hint}`;
        this.#asked = '';
      }
    }, isOther || !this.#known ? 0 : 80);
  }

  show(grid: Grid, x0: number, y0: number, step: number, base: number | null, isFine = false) {
    const levels = levelsOf(grid, base, isFine), height = grid.values.map(levels.of);
    this.#known = { grid, x0, y0, step, levels, height, lines: levels.all.map((level) => ({ level, cuts: contour(grid, height, level) })) };
  }

  // The engine's value at the nearest point of the grid.
  at([x, y]: [number, number], of: typeof sample): number {
    const k = this.#known;
    return k ? of(k.grid, k.grid.values, Math.round((x - k.x0) / k.step), Math.round((y - k.y0) / k.step)) : NaN;
  }

  draw(canvas: HTMLCanvasElement, frame: Frame) {
    const known = this.#known;
    void theme.name;
    if (!canvas) return;
    const context = sheetOf(canvas, frame.width, frame.height);
    if (!known) return;
    const { grid, x0, y0, step, height, levels, lines } = known, { columns, rows } = grid;
    const plate = token('--plate'), ink = token('--ink'), scale = step * frame.scale, each = theme.name === 'dark' ? 0.0065 : 0.0075;
    const [left, bottom] = frame.to(x0, y0), wide = (columns - 1) * scale, tall = (rows - 1) * scale;
    const bands = bitmap(2 * columns, 2 * rows, (x, y) => {
      const v = sample(grid, height, (x / (2 * columns - 1)) * (columns - 1), (1 - y / (2 * rows - 1)) * (rows - 1));
      let band = 0;
      while (band < levels.all.length && v > levels.all[band]) band++;
      return mix(plate, ink, each * band);
    });
    context.drawImage(bands, left, bottom - tall, wide, tall);
    for (const { level, cuts } of lines) {
      const isWhole = Number.isInteger(level);
      context.beginPath();
      for (let i = 0; i < cuts.length; i += 4) {
        context.moveTo(left + cuts[i] * scale, bottom - cuts[i + 1] * scale);
        context.lineTo(left + cuts[i + 2] * scale, bottom - cuts[i + 3] * scale);
      }
      context.strokeStyle = css(token('--ink-3'), isWhole ? 0.6 : 0.32);
      context.lineWidth = isWhole ? 0.9 : 0.5;
      context.stroke();
    }
    this.#name(context, known, frame);
  }

  // The values of the heavier lines, on them: near the lower edge, apart from each other.
  #name(context: CanvasRenderingContext2D, { lines, x0, y0, step, levels }: Known, frame: Frame) {
    const scale = step * frame.scale, [left, bottom] = frame.to(x0, y0), taken: [number, number][] = [];
    context.font = `12px ${text('--font-num')}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    const isNamed = (level: number) => Number.isInteger(level) || (levels.parts > 2 && Number.isInteger(4 * level));
    for (const { level, cuts } of lines.filter((l) => isNamed(l.level))) {
      let best: [number, number] | null = null, cost = Infinity;
      for (let i = 0; i < cuts.length; i += 4) {
        const x = left + cuts[i] * scale, y = bottom - cuts[i + 1] * scale;
        if (x < 24 || x > frame.width - 24 || y < 14 || y > frame.height - 14 || taken.some(([a, b]) => Math.abs(a - x) < 52 && Math.abs(b - y) < 26)) continue;
        const far = Math.abs(y - 0.86 * frame.height) + 0.35 * Math.abs(x - 0.3 * frame.width);
        if (far < cost) [cost, best] = [far, [x, y]];
      }
      if (!best || cost > 0.45 * frame.height) continue; // those about the valley's floor are among the trails
      taken.push(best);
      const word = levels.kind === 'even' ? short(level * levels.gap) : levels.parts > 2 ? short(10 ** level, 2) : power(10 ** level);
      context.lineWidth = 4;
      context.strokeStyle = css(token('--plate'));
      context.strokeText(word, ...best);
      context.fillStyle = css(token('--ink-3'));
      context.fillText(word, ...best);
    }
  }
}
