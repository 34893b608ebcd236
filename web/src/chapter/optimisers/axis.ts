// Other axes of the chart than the page's clock: how often the function was asked, and the seconds it took.
import { lab, type RunView } from '../../engine/run.svelte';
import { clock, type Axis } from '../../frame/clock.svelte';
import { secondsAt, stepAtSeconds } from '../../frame/compare';
import { isMinimiser } from './methods';
import { methodOf } from './race.svelte';
import { ticksTo } from '../../part/chart';
import { count, short } from '../../words/words.svelte';
import { words } from './words';

// The share of n rows that steps of so many rows have taken, epoch after epoch.
const shareTaken = (step: number, rows: number, n: number) => {
  const per = Math.ceil(n / rows);
  return Math.floor(step / per) + Math.min(1, ((step % per) * rows) / n);
};
// A rule's step is one evaluation of its batch; where the batch was changed on the way, of the batch it had then.
function byRows(run: RunView, step: number): number {
  const { start, settings, flags, split } = run.state, sizes = ['batch', 'accumulate'];
  const changes = flags.filter((f) => f.before && f.step < step && sizes.some((n) => n in f.changes));
  const first = flags.find((f) => f.before && sizes.some((n) => n in f.changes))?.before;
  let now = { ...settings, ...first }, at = start, sum = 0;
  for (const f of [...changes, { step, changes: {} }]) {
    const rows = Math.min(split.train, Number(now.batch) * Number(now.accumulate ?? 1));
    sum += shareTaken(f.step, rows, split.train) - shareTaken(at, rows, split.train);
    now = { ...now, ...f.changes };
    at = f.step;
  }
  return sum;
}
// A minimiser's journal says what each step cost.
function byCosts(run: RunView, step: number): number {
  void run.heard;
  const all = run.columns['step.evaluations'], n = Math.min(Math.floor(step) - run.state.start, all?.length ?? 0);
  return n > 0 ? all.span(0, n).mean * n + (all.at(n) ?? 0) * (step - run.state.start - n) : 0;
}
// In evaluations of the gradient over all training rows, with those of the run that a branch left.
function ofNetwork(run: RunView, step: number): number {
  const { start, parent } = run.state, before = parent && start > 0 ? lab.find(parent.id) : undefined;
  return (before ? ofNetwork(before, start) : 0) + (isMinimiser(methodOf(run)) ? byCosts(run, step) : byRows(run, step));
}
export function evaluationsAt(run: RunView, step: number): number {
  if (run.state.network) return ofNetwork(run, step);
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
  const isSeconds = kind === 'seconds', w = words();
  const place = (run: RunView, step: number) => (isSeconds ? secondsAt(run, step) : evaluationsAt(run, step));
  // As far as the slowest of those who are on the way; who needed many more than the others ends at the edge.
  const last = Math.max(...lab.family.map((r) => place(r, r.state.head)), isSeconds ? 1e-3 : lab.state?.network ? 1 : 10);
  const x = (v: number) => clock.left + (clock.inner * v) / last;
  return {
    width: clock.width, left: clock.left, right: clock.right, inner: clock.inner, window: clock.window, last,
    x: (step, run) => x(place(run, step)),
    at: (run) => clock.at(run),
    per: (run) => Math.max(1, ((run.state.head - run.state.start) / clock.inner) * 1.5),
    stepAt: (v, run) => (isSeconds ? stepAtSeconds(run, v) : stepAtEvaluations(run, v)),
    name: (v) => (isSeconds ? `${short(v)} s` : w.evaluations.replace('{n}', last < 10 ? short(v) : count(Math.round(v)))),
    ruler: { ticks: ticksTo(last, clock.inner > 500 ? 6 : 3).map((v) => ({ x: x(v), text: isSeconds || last < 10 ? short(v) : count(v) })), title: w.axis[kind] },
  };
}
