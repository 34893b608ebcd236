// A number that the text names, of the run in focus: while it plays what the stream brings, each with the step that it
// is of; at rest also what the stream does not bring, asked of the engine.
import * as protocol from '../../engine/protocol';
import { lab } from '../../engine/run.svelte';

export interface Known { run: string; step: number; value: number | null; hex?: string }

// Of the pictures, the state and the evaluations; undefined where the stream does not bring it.
function streamed(name: string): Known | undefined {
  const run = lab.focus;
  if (!run) return undefined;
  const { pictures, state } = run;
  if (name === 'train.loss') return { run: run.id, step: state.step, value: state.loss, hex: state.loss_hex };
  if (/^(valid|test)\./.test(name) && state.state === 'playing') {
    const last = run.evaluation(name, state.step);
    return last && { run: run.id, step: last.step, value: last[name] };
  }
  const [, tensor, indices, of] = /^([a-z][\w.]*)\[([\d,]+)\](?:@(\w+\/\d+))?$/.exec(name) ?? [];
  const frame = of ? pictures.sample : pictures.weights, array = frame?.arrays[tensor];
  if (!array || (of && frame.head.of !== of)) return undefined;
  const index = indices.split(',').map(Number);
  if (index.length !== array.shape.length || index.some((k, d) => k >= array.shape[d])) return undefined;
  return { run: run.id, step: frame.head.step, value: array.values[index.reduce((at, k, d) => at * array.shape[d] + k, 0)] };
}

// Asks `of` again whenever the run in focus comes to rest at another step; null while it was
// never asked, or where the engine has no such number.
export function atRest<T>(of: () => string | null, ask: (run: string, step: number, name: string) => Promise<T>) {
  let answer = $state.raw<{ run: string; step: number; name: string; of: T } | null>(null), isRefused = $state(false);
  const place = $derived(lab.state && lab.state.state !== 'playing' && lab.connected ? `${lab.state.id} ${lab.state.step}` : '');
  $effect(() => {
    const name = of();
    if (!place || !name) return;
    const [run, step] = place.split(' ');
    let isLate = false;
    isRefused = false;
    ask(run, Number(step), name).then((got) => { if (!isLate) answer = { run, step: Number(step), name, of: got }; }, () => { if (!isLate) [answer, isRefused] = [null, true]; });
    return () => { isLate = true; };
  });
  return {
    get now() { return answer && answer.name === of() && answer.run === lab.state?.id ? answer : null; },
    get isRefused() { return isRefused; },
  };
}

export function quantity(of: () => string | null) {
  const brought = $derived.by(() => { const name = of(); return name ? streamed(name) : undefined; });
  const isBrought = $derived(brought !== undefined);
  const asked = atRest(() => (isBrought ? null : of()), protocol.quantity);
  return {
    get now(): Known | null {
      if (brought) return brought;
      const { now } = asked;
      return now && { run: now.run, step: now.step, value: now.of.value, hex: now.of.hex };
    },
  };
}
