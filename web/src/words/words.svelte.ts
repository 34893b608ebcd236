// The words of the pages: a key that is missing in one language does not compile.
import type { Both } from '../engine/protocol';
import { en } from './en';
import { zh } from './zh';

export { percent, short } from './number';

export type Words = typeof en;
export type Language = 'en' | 'zh-CN';

// Words 40 % longer, to see what overflows: ?long in the address.
const long = <T>(of: T): T =>
  (typeof of === 'string' ? of + '·'.repeat(Math.ceil(0.4 * of.length)) : Array.isArray(of) ? of.map(long) : Object.fromEntries(Object.entries(of as object).map(([k, v]) => [k, long(v)]))) as T;
const isLong = new URLSearchParams(location.search).has('long');
const all: Record<Language, Words> = { en: isLong ? long(en) : en, 'zh-CN': zh };

class Speech {
  language = $state<Language>((localStorage.getItem('language') as Language | null) ?? (navigator.language.startsWith('zh') ? 'zh-CN' : 'en'));
  words = $derived(all[this.language] ?? en);
  both(of: Both): string {
    return this.language === 'zh-CN' ? of.zh : of.en;
  }
  toggle() {
    this.language = this.language === 'en' ? 'zh-CN' : 'en';
    localStorage.setItem('language', this.language);
  }
}
export const speech = new Speech();

export const count = (n: number) => new Intl.NumberFormat(speech.language).format(n);
