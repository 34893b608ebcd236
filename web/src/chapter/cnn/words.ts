// The chapter's own words, which are loaded with it.
import { speech } from '../../words/words.svelte';

export const words = speech.learn({ en: () => import('./words.en').then((m) => m.en), zh: () => import('./words.zh').then((m) => m.zh) });
