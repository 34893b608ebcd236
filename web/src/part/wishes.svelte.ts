// What the next run shall be: the set-up of the run in focus with the changes that only a new run can have. The text of
// the architecture, its drawn form in the network and the controls all edit this.
import type { Recipe } from '../engine/protocol';
import { lab } from '../engine/run.svelte';

class NextRun {
  changes = $state<Record<string, string>>({});
  seed = $state<string | null>(null);
  #of = '';

  // Forgets the wishes when another run comes into focus.
  follow(id: string) {
    if (id === this.#of) return;
    this.#of = id;
    this.changes = {};
    this.seed = null;
  }
  value(name: string): string {
    return this.changes[name] ?? String(lab.state?.settings[name] ?? '');
  }
  set(name: string, value: string) {
    const { [name]: _, ...rest } = this.changes;
    this.changes = value === String(lab.state?.settings[name] ?? '') ? rest : { ...rest, [name]: value };
  }
  get isOther() {
    return Object.keys(this.changes).length > 0 || this.seed !== null;
  }
  async begin() {
    const s = lab.state!;
    const now = Object.fromEntries(Object.entries(s.settings).filter(([n]) => n !== 'weights' && n !== 'split').map(([n, v]) => [n, v]));
    const recipe: Recipe = { experiment: s.experiment, data: s.data, seed: Number(this.seed ?? s.seed), steps: s.total_steps, settings: { ...now, ...this.changes }, play: true };
    await lab.create(recipe);
  }
}
export const next = new NextRun();
