// Other axes of the chart than the page's clock: how often the function was asked, and the seconds it took.
import { lab, type RunView } from '../../engine/run.svelte';
import { clock, type Axis } from '../../frame/clock.svelte';
import { secondsAt, stepAtSeconds } from '../../frame/compare';
import { ticksTo } from '../../part/chart';
import { count, short, speech } from '../../words/words.svelte';

function evaluationsAt(run: RunView, step: number): number {
  const low = Math.floor(step), a = run.at(low, 'evaluations') ?? (low <= run.state.start ? 0 : run.at(run.state.head, 'evaluations') ?? 0), b = run.at(low + 1, 'evaluations') ?? a;
  return a + (b - a) * (step - low);
}
function stepAtEvaluations(run: RunView, wanted: number): number {
  let low = run.state.start, high = run.state.head;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (evaluationsAt(run, middle) >= wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function axisOf(kind: 'evaluations' | 'seconds'): Axis {
  const isSeconds = kind === 'seconds', w = speech.words.race;
  const place = (run: RunView, step: number) => (isSeconds ? secondsAt(run, step) : evaluationsAt(run, step));
  // As far as the slowest of those who are on the way; who needed many more than the others ends at the edge.
  const last = Math.max(...lab.family.map((r) => place(r, r.state.head)), isSeconds ? 1e-3 : 10);
  const x = (v: number) => clock.left + (clock.inner * v) / last;
  return {
    width: clock.width, left: clock.left, right: clock.right, inner: clock.inner, window: clock.window, last,
    x: (step, run) => x(place(run, step)),
    at: (run) => clock.at(run),
    per: (run) => Math.max(1, ((run.state.head - run.state.start) / clock.inner) * 1.5),
    stepAt: (v, run) => (isSeconds ? stepAtSeconds(run, v) : stepAtEvaluations(run, v)),
    name: (v) => (isSeconds ? `${short(v)} s` : w.evaluations.replace('{n}', count(Math.round(v)))),
    ruler: { ticks: ticksTo(last, clock.inner > 500 ? 6 : 3).map((v) => ({ x: x(v), text: isSeconds ? short(v) : count(v) })), title: w.axis[kind] },
  };
}
