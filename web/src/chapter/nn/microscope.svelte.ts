// What the microscope reads of one unit: the names of its numbers, and their values by one request a step. While a run
// trains it asks for the newest numbers a few times a second, one request after another; where it stands, also for the
// receipts and for the weights one step earlier.
import * as protocol from '../../engine/protocol';
import type { Exact, Receipt, State } from '../../engine/protocol';
import * as architecture from '../../part/architecture';
import { Newest } from '../../part/newest.svelte';

export const shownTerms = 8; // of a sum, at once

// Unit j of layer k (from 1) for the sample `of`.
export class Unit {
  readonly name: string; // layer3
  readonly kind: string; // dense, bn, ln
  readonly isLast: boolean;
  readonly entering: number; // how many numbers enter it
  readonly next: { units: number; kind: string; name: string } | null;
  #tied: number;
  #nextTied: number;

  constructor(readonly state: State, readonly k: number, readonly j: number, readonly of: string) {
    const { layers, inputs, sample } = state.network!;
    const specs = architecture.read(String(state.settings.arch)).filter((l) => l.kind !== 'dropout');
    const tied = (i: number) => (specs[i]?.words[0] === 'tied' ? Number(specs[i].words[1]) : 0);
    this.name = layers[k - 1].name;
    this.kind = specs[k - 1]?.kind ?? 'dense';
    this.isLast = k === layers.length;
    this.entering = k === 1 ? inputs.length || sample.reduce((a, b) => a * b, 1) : layers[k - 2].units;
    this.next = this.isLast ? null : { units: layers[k].units, kind: specs[k]?.kind ?? 'dense', name: layers[k].name };
    this.#tied = tied(k - 1);
    this.#nextTied = tied(k);
  }
  own(what: 'z' | 'a' | 'delta') { return `${this.name}.${what}[${this.j}]@${this.of}`; }
  get output() { return `output[${this.j}]@${this.of}`; }
  get loss() { return `loss[0]@${this.of}`; }
  input(i: number) { return this.k === 1 ? `input[${i}]@${this.of}` : `layer${this.k - 1}.a[${i}]@${this.of}`; }
  // Its weight from i, its bias; of a normalisation its scale and shift.
  weight(i: number) { return this.kind !== 'dense' ? `${this.name}.gamma[${this.j}]` : this.#tied ? `layer${this.#tied}.w[${this.j},${i}]` : `${this.name}.w[${i},${this.j}]`; }
  get bias() { return `${this.name}.${this.kind === 'dense' ? 'b' : 'beta'}[${this.j}]`; }
  blame(m: number) { return `${this.next!.name}.delta[${m}]@${this.of}`; }
  forward(m: number) { return this.#nextTied ? `layer${this.#nextTied}.w[${m},${this.j}]` : `${this.next!.name}.w[${this.j},${m}]`; }
  get isPlain() { return this.kind === 'dense'; }
  get isPlainBehind() { return this.next?.kind === 'dense'; }

  // At most `most` of the layer's parameters, its own unit's first.
  parameters(most: number): string[] {
    const all: string[] = [], units = this.state.network!.layers[this.k - 1].units;
    for (let n = 0; n < units && all.length < most; n++) {
      const unit = new Unit(this.state, this.k, (this.j + n) % units, this.of);
      all.push(unit.bias);
      const count = unit.isPlain ? this.entering : 1, room = Math.min(count, most - all.length);
      for (let i = 0; i < room; i++) all.push(unit.weight(Math.floor((i * count) / room)));
    }
    return all;
  }
  get parameterCount() { return this.state.network!.layers[this.k - 1].units * (this.isPlain ? this.entering + 1 : 2); }
  slope(parameter: string) { return `${meanSlope(parameter)}@${this.of}`; }
}
// The gradient that the last step had of a parameter.
export const meanSlope = (parameter: string) => parameter.replace('.', '.d');
export const indexIn = (name: string) => Number(/\[(\d+)/.exec(name)?.[1] ?? 0);

export interface Wish { run: string; step: number; isPlaying: boolean; names: string[]; parameters: string[]; receipts: string[]; start: number }
export interface Shown {
  run: string; step: number;
  values: Record<string, Exact>;
  before: Record<string, Exact>; // one step earlier
  slips: Record<string, Receipt>;
}
const byName = <T extends { name: string }>(all: T[]): Record<string, T> => Object.fromEntries(all.map((v) => [v.name, v]));

export class Reading extends Newest<Wish> {
  shown = $state.raw<Shown | null>(null);
  refusal = $state.raw<string | null>(null);

  protected async answer(wish: Wish) {
    try {
      await this.#read(wish);
      this.refusal = null;
    } catch (error) {
      if (error instanceof protocol.Refused) this.refusal = `${error.message}. ${error.hint}`; // else the engine is lost
    }
  }
  async #read(wish: Wish) {
    const { run } = wish, now = await protocol.quantities(run, wish.isPlaying ? 'now' : wish.step, wish.names);
    const isSame = this.shown?.run === run && this.shown.step === now.step && !wish.isPlaying;
    const shown: Shown = { run, step: now.step, values: byName(now.values), before: isSame ? this.shown!.before : {}, slips: isSame ? this.shown!.slips : {} };
    this.shown = shown;
    if (wish.isPlaying || this.isOutdated) return;
    const earlier = wish.step > wish.start ? protocol.quantities(run, wish.step - 1, wish.parameters) : null;
    const [slips, before] = await Promise.all([protocol.receipts(run, wish.step, wish.receipts), earlier]);
    this.shown = { ...shown, slips: byName(slips), before: before ? byName(before.values) : {} };
  }
}

// The check of a layer's gradients against differences of the loss.
export interface Check {
  step: number; of: string; count: number; agree: number; kinks: number; rounded: number; differ: number;
  worst: { name: string; relative: number; value: number; hex: string } | null;
}
export async function check(run: string, step: number, unit: Unit): Promise<Check> {
  const all = await protocol.receipts(run, step, unit.parameters(64).map((p) => unit.slope(p)));
  const found: Check = { step, of: unit.of, count: all.length, agree: 0, kinks: 0, rounded: 0, differ: 0, worst: null };
  for (const { name, value, hex, receipt } of all) {
    const central = receipt?.central;
    if (!central) continue;
    if (central.verdict === 'kink') found.kinks++;
    else if (central.verdict === 'rounding') found.rounded++;
    else {
      central.verdict === 'agrees' ? found.agree++ : found.differ++;
      if (!found.worst || central.relative > found.worst.relative) found.worst = { name, relative: central.relative, value, hex };
    }
  }
  return found;
}
