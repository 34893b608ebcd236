// The range test on the page: a run of its own from the race's weights and rows, whose rate grows. The engine trains it.
import * as protocol from '../../engine/protocol';
import type { RunView } from '../../engine/run.svelte';
import { lab } from '../../engine/run.svelte';
import { chosen, here, methodOf } from './race.svelte';
import type { Point } from './range';

export const length = 120; // steps

class RangeTest {
  busy = $state(false);
  made = $state.raw<{ run: string; of: string; method: string; points: Point[] } | null>(null); // `of`: the racer

  async make(racer: RunView, top: number) {
    const { experiment, data, seed } = racer.state, last = this.made?.run;
    this.busy = true;
    await lab.trying(async () => {
      const { id } = await protocol.create({ experiment, data, seed, steps: length, play: false, settings: { ...here(), ...chosen(racer), lr: top, schedule: 'range' } });
      await protocol.command(id, { do: 'step', count: length }).catch(() => {}); // it ends where the loss is no number
      const { head } = await protocol.state(id);
      const [losses, rates] = await Promise.all(['train.loss', 'step.lr'].map((name) => protocol.curve(id, name, 1, head)));
      this.made = { run: id, of: racer.id, method: methodOf(racer), points: losses.step.map((step, i) => ({ step, lr: rates.low[i]!, loss: losses.low[i] ?? NaN })) };
      if (last) await protocol.remove(last).catch(() => {});
    });
    this.busy = false;
  }
}
export const test = new RangeTest();
