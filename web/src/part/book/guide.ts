// What a chapter tells the text beside it: which numbers the reader's choice means, and what the text may bring about.
import { getContext, setContext, type Component } from 'svelte';

export interface Act { note: string; run: () => unknown; isFlagged?: boolean } // note: what it does, where the text does not say it
export interface Guide {
  resolve: (name: string) => string | null; // LAYER.z[J]@SAMPLE -> layer1.z[3]@train/0; null: there is none
  now: (word: string) => string;
  act: (wish: string) => Act | null; // null: not in this lab, and the words stand without a button
  blocks: Record<string, Component<{ name: string }>>; // what stands where a text has {{KIND NAME}}
}

const key = Symbol('guide');
export const guideText = (guide: Guide) => setContext(key, guide);
export const guide = () => getContext<Guide>(key);
