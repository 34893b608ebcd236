// The words of the plates that explain, which are loaded with them.
import { speech } from '../../../words/words.svelte';

export const words = speech.learn({ en: () => import('./words.en').then((m) => m.en), zh: () => import('./words.zh').then((m) => m.zh) });
