// The function's value at every racer with all its bits, asked for when the race stands: a journal's columns have float32.
import { untrack } from 'svelte';
import * as protocol from '../../engine/protocol';
import { lab, type RunView } from '../../engine/run.svelte';
import { playing } from '../../frame/play.svelte';

type Known = { step: number; value: number; hex: string };
class Exact {
  known = $state.raw<Record<string, Known>>({});
  at(run: RunView, step: number): Known | undefined {
    const k = this.known[run.id];
    return k?.step === step ? k : undefined;
  }
}
export const exact = new Exact();

// To be called once, by a component that is always there.
export function keepExact() {
  const places = $derived(lab.connected && lab.races && !playing() ? lab.racers.map((r) => `${r.id} ${r.state.step}`).join('\n') : '');
  $effect(() => {
    if (!places) return;
    let isLate = false;
    const wanted = untrack(() => places.split('\n').map((p) => p.split(' ')).filter(([id, step]) => exact.known[id]?.step !== Number(step)));
    if (!wanted.length) return;
    Promise.all(wanted.map(([id, step]) => protocol.quantities(id, Number(step), ['value']).then((a) => [id, { step: a.step, value: a.values[0].value ?? NaN, hex: a.values[0].hex }] as const, () => null))).then((all) => {
      if (!isLate) exact.known = { ...exact.known, ...Object.fromEntries(all.filter((a) => a !== null)) };
    });
    return () => { isLate = true; };
  });
}
