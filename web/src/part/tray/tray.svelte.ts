// What the data tray holds while it is open and after: the file that was handed in, and what was painted.
import * as protocol from '../../engine/protocol';
import { lab } from '../../engine/run.svelte';
import { sheet } from '../../frame/sheet.svelte';
import { blank, type Ink } from '../ink';

export const sources = ['sets', 'file', 'pictures', 'paint'] as const;
export type Source = (typeof sources)[number];
export interface Point { x: number; y: number; of: number } // of: a class from 0, or a value
export interface Drawn { label: string; ink: Ink }
export const side = 28;

class Tray {
  source = $state<Source>('sets');
  given = $state.raw<protocol.Upload | null>(null);
  refusal = $state.raw<protocol.Refused | null>(null);
  sent = $state<number | null>(null); // of a file on its way, 0 to 1
  storage = $state.raw<protocol.Storage | null>(null);

  painted = $state<'points' | 'pictures'>('points');
  points = $state.raw<Point[][]>([]); // by strokes
  isNumber = $state(false);
  drawn = $state.raw<Drawn[]>([]);
  ink = $state.raw(blank(side, side));

  async measure() {
    this.storage = await protocol.storage().catch(() => null);
  }
  // Hands a file in; null where it is refused.
  async take(file: File | undefined): Promise<protocol.Upload | null> {
    if (!file || this.sent !== null) return null;
    this.sent = 0;
    this.refusal = this.given = null;
    try {
      this.given = await protocol.upload(file, (share) => (this.sent = share));
      return this.given;
    } catch (error) {
      if (!(error instanceof protocol.Refused)) throw error;
      this.refusal = error;
      return null;
    } finally {
      this.sent = null;
      this.measure();
    }
  }
  async begin(data: string, settings: protocol.Settings = {}, seed = 1) {
    sheet.close();
    await lab.create({ experiment: lab.state!.experiment, data, seed, epochs: 200, settings, play: true });
  }
}
export const tray = new Tray();
