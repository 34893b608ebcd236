// The filters of a layer as they were at steps that are kept: asked of the engine where the run stands, each step once.
import * as protocol from '../../engine/protocol';

// So many of the kept steps, from the first to the last, by equal factors.
export function spaced(steps: number[], most: number): number[] {
  const all = [...new Set(steps)].sort((a, b) => a - b), last = all.at(-1) ?? 0;
  if (all.length <= most) return all;
  const near = (to: number) => all.reduce((best, s) => (Math.abs(s - to) < Math.abs(best - to) ? s : best));
  return [...new Set(Array.from({ length: most }, (_, i) => near((last + 1) ** (i / (most - 1)) - 1)))];
}

export class Evolving {
  known = $state.raw<Record<string, number[]>>({}); // by run, tensor and step: [filter, row, column] of the first channel
  #asking = '';

  of = (run: string, name: string, step: number): number[] | undefined => this.known[`${run} ${name} ${step}`];

  async want(run: string, name: string, shape: number[], steps: number[]) {
    const [filters, , height, width] = shape, asking = (this.#asking = `${run} ${name} ${steps}`);
    const names = Array.from({ length: filters * height * width }, (_, i) => `${name}[${Math.floor(i / width) % height},${i % width},0,${Math.floor(i / (height * width))}]`);
    for (const step of steps) {
      if (this.of(run, name, step)?.length === names.length) continue;
      const { values } = await protocol.quantities(run, step, names).catch(() => ({ values: null }));
      if (asking !== this.#asking || !values) return;
      this.known = { ...this.known, [`${run} ${name} ${step}`]: values.map((v) => v.value ?? NaN) };
    }
  }
}
