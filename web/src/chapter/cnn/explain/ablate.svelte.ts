// What each filter of a layer is worth: the split is counted with each of them ablated, one after the other.
import { explain, type Ablation } from '../../../engine/explain';
import type { State } from '../../../engine/protocol';
import { lab } from '../../../engine/run.svelte';
import { source } from './source';

export interface Table { run: string; step: number; layer: string; split: string; units: number; rows: Ablation[] } // a row for each of its first units
const wish = (split: string, layer: string, unit: number) => ({ split, channels: `${layer}.unit[${unit}]` });

class Ablating {
  table = $state.raw<Table | null>(null);
  busy = $state(false);
  #asked = 0;

  async measure({ id: run, step }: State, layer: string, units: number, split: string) {
    const mine = ++this.#asked;
    this.busy = true;
    this.table = { run, step, layer, split, units, rows: [] };
    await lab.trying(async () => {
      for (let unit = 0; unit < units; unit++) {
        const row = await explain(run, step, 'ablate', wish(split, layer, unit));
        if (mine !== this.#asked) return;
        this.table = { ...this.table!, rows: [...this.table!.rows, row] };
      }
    });
    if (mine === this.#asked) this.busy = false;
  }
  stop() {
    this.#asked++;
    this.busy = false;
  }
}
export const ablating = new Ablating();

export const sourceOf = ({ run, step, split, layer }: Table, unit: number, read: (row: Ablation) => number) =>
  source(run, step, 'ablate', wish(split, layer, unit), ` --split ${split} --channels '${layer}.unit[${unit}]'`, read);
// Which unit's absence fills the cell most; null: none does.
export function separates(rows: Ablation[], truth: number, answer: number): number | null {
  const more = rows.map((row) => row.confusion[truth][answer] - row.confusion_before[truth][answer]), most = Math.max(0, ...more);
  return most > 0 ? more.indexOf(most) : null;
}
