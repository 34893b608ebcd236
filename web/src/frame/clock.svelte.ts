// The page's one clock: every chart over time and the timeline place a step at the same x, between the same gutters.
import { lab, type RunView } from '../engine/run.svelte';
import { ticksTo } from '../part/chart';
import { count, speech } from '../words/words.svelte';

// Where a chart places a run's steps. The page has one, the clock; the comparison of runs has another.
export interface Axis {
  width: number; left: number; right: number; inner: number; window: number;
  x(step: number, run: RunView): number;
  at(run: RunView): number; // the step whose numbers are named at a line's end
  per(run: RunView): number; // steps in a column of pixels, about
  last: number; // of the keyboard's cursor: where it ends
  stepAt(x: number, run: RunView): number; // of 0 to `last`
  name(x: number): string;
  ruler?: { ticks: { x: number; text: string }[]; title: string }; // an axis that is not the timeline has its own
}

const steps = [1, 1.2, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10, 12];

class Clock implements Axis {
  width = $state(900); // of the stage
  window = $state(1440);
  left = $derived(this.window < 768 ? 48 : this.window < 1360 ? 60 : 68);
  right = $derived(this.window < 768 ? 84 : this.window < 1360 ? 108 : 124);
  inner = $derived(Math.max(1, this.width - this.left - this.right));
  // The last step that has room: round, so that the axis stands still while a run plays.
  last = $derived.by(() => {
    const head = Math.max(...lab.family.map((r) => r.state.head), 10), power = 10 ** Math.floor(Math.log10(head));
    const isOver = lab.family.every((r) => r.state.state === 'done');
    return isOver ? head : power * steps.find((s) => s * power >= head * 1.06)!;
  });
  x(step: number): number {
    return this.left + (this.inner * step) / this.last;
  }
  at(run: RunView): number {
    return Math.min(run.state.step, run.state.head);
  }
  per(): number {
    return (this.last / this.inner) * 1.5;
  }
  stepAt(x: number): number {
    return Math.round(x);
  }
  name(x: number): string {
    return `${speech.words.step} ${count(Math.round(x))}`;
  }
  step(x: number): number {
    return Math.round(((x - this.left) / this.inner) * this.last);
  }
  ticks = $derived(ticksTo(this.last, this.inner > 500 ? 6 : 3));
}
export const clock = new Clock();
