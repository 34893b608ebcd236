// Exact numbers of a run at a step, asked for in groups: a group that the engine does not have is left out.
import * as protocol from '../../engine/protocol';

export interface Exactly { value: number; hex: string }
export interface Group { step: number; names: string[] }
const most = 500; // names in one question

export class Reading {
  busy = $state(false);
  #known = $state.raw<{ run: string; step: number; by: Record<string, Exactly> } | null>(null);
  #asked = '';

  // By "STEP NAME".
  of(run: string, step: number) {
    return this.#known?.run === run && this.#known.step === step ? this.#known.by : null;
  }

  async ask(run: string, step: number, groups: Group[]): Promise<Record<string, Exactly> | null> {
    const key = JSON.stringify([run, step, groups]);
    if (key === this.#asked) return this.of(run, step);
    this.#asked = key;
    this.busy = true;
    const parts = groups.filter((g) => g.names.length).flatMap((g) => Array.from({ length: Math.ceil(g.names.length / most) }, (_, i) => ({ step: g.step, names: g.names.slice(i * most, (i + 1) * most) })));
    const all = await Promise.all(parts.map(async (g) => {
      const { values } = await protocol.quantities(run, g.step, g.names).catch(() => ({ values: [] }));
      return values.map((v) => [`${g.step} ${v.name}`, { value: v.value ?? NaN, hex: v.hex }] as const);
    }));
    if (this.#asked !== key) return null;
    this.busy = false;
    const by = Object.fromEntries(all.flat());
    this.#known = { run, step, by };
    return by;
  }
}
