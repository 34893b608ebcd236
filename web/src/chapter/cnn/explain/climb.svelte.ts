// One ascent as the page runs it: steps that the engine takes, one request after the other. It must not compute any.
import { ascend, goOn, type Ascent, type AscentSettings, type Target } from '../../../engine/explain';
import { lab } from '../../../engine/run.svelte';

export const defaults: AscentSettings = { lr: 0.05, l2: 0, tv: 0, blur: 0, jitter: 0, seed: 1 };

class Climb {
  now = $state.raw<Ascent | null>(null);
  of = $state.raw<{ target: Target; settings: AscentSettings; name: string } | null>(null); // what it was begun with
  values = $state.raw<(number | null)[]>([]); // of all steps so far
  playing = $state(false);
  busy = $state(false);

  async begin(run: string, step: number, target: Target, settings: AscentSettings, name: string) {
    this.playing = false;
    await lab.trying(async () => {
      this.now = await ascend(run, step, { ...target, ...settings });
      [this.of, this.values] = [{ target, settings, name }, []];
    });
  }
  async step(count: number) {
    const { now } = this;
    if (!now || this.busy) return;
    this.busy = true;
    await lab.trying(async () => {
      const next = await goOn(now.ascent, count);
      if (this.now?.ascent === next.ascent) [this.now, this.values] = [next, [...this.values, ...next.values]];
    });
    this.busy = false;
  }
  // Each answer is drawn before the next is asked for.
  async play(count: () => number) {
    this.playing = true;
    while (this.playing && this.now && !this.now.stopped && lab.connected && !lab.refusal) {
      await this.step(count());
      await new Promise((drawn) => requestAnimationFrame(drawn));
    }
    this.playing = false;
  }
}
export const climb = new Climb();
