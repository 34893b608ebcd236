// The plane over which a network's loss is drawn: between which steps of which racers it lies, and what the engine found
// there. Asked for when the race stands; until the answer comes the plane before is shown.
import * as protocol from '../../engine/protocol';
import { lab, type RunView } from '../../engine/run.svelte';
import { valueAt } from './race.svelte';

const cells = 1400; // about as many points has the grid

class LossPlane {
  kind = $state<'ends' | 'step'>('ends');
  chosen = $state<Record<'a' | 'b', string>>({ a: '', b: '' }); // racers by id; empty: the one in focus, and the lowest of the others
  known = $state.raw<protocol.LossPlane | null>(null);
  refusal = $state('');
  busy = $state(false);
  #asked = '';
  #older = new AbortController();

  #height = (r: RunView) => { const v = valueAt(r, r.state.step); return v === undefined || Number.isNaN(v) ? Infinity : v; };
  #lowest = $derived([...lab.racers].sort((p, q) => this.#height(p) - this.#height(q)));
  a = $derived(lab.find(this.chosen.a) ?? lab.focus!);
  b = $derived.by((): RunView | undefined => { const b = lab.find(this.chosen.b); return b && b !== this.a ? b : this.#lowest.find((r) => r !== this.a); });

  // Why there is nothing to ask for, in the words' own names; or null.
  missing = $derived.by((): 'still' | 'stillStep' | 'alone' | null => {
    if (this.kind === 'step') return lab.focus!.state.step > lab.focus!.state.start ? null : 'stillStep';
    return lab.racers.length < 2 || !this.b ? 'alone' : this.a.state.step > 0 && this.b.state.step > 0 ? null : 'still';
  });

  // Of a picture so wide and high.
  async ask(width: number, height: number) {
    const at = (r: RunView) => `${r.id}@${r.state.step}`, isEnds = this.kind === 'ends';
    const rows = Math.max(2, Math.round(Math.sqrt((cells * height) / width))), size = { width: Math.max(2, Math.round(cells / rows)), height: rows };
    const [run, step] = isEnds ? [lab.racers.find((r) => r.state.start === 0)?.id ?? this.a.id, 0] : [lab.focus!.id, lab.focus!.state.step];
    const of = { ...(isEnds ? { a: at(this.a), b: at(this.b!), trails: lab.racers.map(at).join(',') } : { trails: at(lab.focus!) }), ...size };
    const key = JSON.stringify([run, step, of]);
    if (key === this.#asked) return;
    this.#asked = key;
    this.busy = true;
    this.#older.abort(); // the engine surveys the newest alone
    const { signal } = (this.#older = new AbortController());
    try {
      await new Promise((ok) => setTimeout(ok, 60)); // somebody may step on, or the page find its size
      const plane = await protocol.plane(run, step, of, signal);
      if (!signal.aborted) [this.known, this.refusal] = [plane, ''];
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof protocol.Refused) [this.known, this.refusal] = [null, `${error.message}. ${error.hint}`];
      else this.#asked = ''; // the engine does not answer: asked again when it does
    } finally {
      if (!signal.aborted) this.busy = false;
    }
  }
}
export const losses = new LossPlane();
