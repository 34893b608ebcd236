// What the page does not offer for now: what a lesson's link locks and hides, and everything while a task waits for its
// guess. It holds for this page alone; the lab's API knows nothing of it.
import type { Recipe } from '../engine/protocol';
import { lab, type Wish } from '../engine/run.svelte';
import { speech } from '../words/words.svelte';
import { isFree, type Rules } from './link';

class Lesson {
  rules = $state.raw<Rules>({ lock: [], hide: [] });
  guessing = $state.raw<string[]>([]); // the runs of tasks that wait for a guess
  isOn = $derived(!isFree(this.rules));
  isHeld = $derived(this.guessing.includes(lab.state?.id ?? ''));

  take(rules: Rules) {
    if (!isFree(rules)) this.rules = rules;
  }
  end() {
    this.rules = { lock: [], hide: [] };
  }
  locks(name: string): boolean {
    return this.isHeld || this.rules.lock.includes(name);
  }
  hides(name: string): boolean {
    return this.rules.hide.includes(name);
  }

  // A command or a new run that goes around what is locked; a hidden control is none that may be changed.
  refuses(wish: Wish | Recipe): { what: string; hint: string } | null {
    const w = speech.words.lesson;
    if (this.isHeld && !('do' in wish && wish.do === 'pause')) return { what: w.heldWhat, hint: w.heldHint };
    const kept = [...this.rules.lock, ...this.rules.hide];
    const s = lab.state;
    if (!s || !kept.length) return null;
    const { settings = {}, ...rest } = wish as Partial<Recipe>;
    const changed = Object.entries('do' in wish ? settings : { ...settings, data: rest.data, ...(rest.seed === undefined ? {} : { seed: rest.seed }) })
      .filter(([n, v]) => kept.includes(n) && String(v) !== String(n === 'data' ? s.data : n === 'seed' ? s.seed : s.settings[n])).map(([n]) => n);
    return changed.length ? { what: w.lockedWhat.replace('{names}', changed.join(', ')), hint: w.lockedHint } : null;
  }
}
export const lesson = new Lesson();
lab.guard = (wish) => lesson.refuses(wish);
