// The words of the pages, loaded in the language that is spoken. A key that is missing in one of them does not compile.
import type { Both } from '../engine/protocol';
import type { Words } from './en';

export { percent, power, short, tick } from './number';

export type { Words };
export type Language = 'en' | 'zh-CN';

// Words 40 % longer, to see what overflows: ?long in the address.
const long = <T>(of: T): T =>
  (typeof of === 'string' ? of + '·'.repeat(Math.ceil(0.4 * of.length)) : Array.isArray(of) ? of.map(long) : Object.fromEntries(Object.entries(of as object).map(([k, v]) => [k, long(v)]))) as T;
const isLong = new URLSearchParams(location.search).has('long');
const load: Record<Language, () => Promise<Words>> = { en: () => import('./en').then((m) => (isLong ? long(m.en) : m.en)), 'zh-CN': () => import('./zh').then((m) => m.zh) };
const said = localStorage.getItem('language') as Language | null;

class Speech {
  language = $state<Language>(said && said in load ? said : navigator.language.startsWith('zh') ? 'zh-CN' : 'en');
  words = $state.raw<Words>()!; // there once `speak` has been answered

  async speak(language: Language) {
    this.words = await load[language]();
    this.language = language;
  }
  both(of: Both): string {
    return this.language === 'zh-CN' ? of.zh : of.en;
  }
  // A chapter's own words.
  of<T>(words: { en: T; zh: T }): T {
    return this.language === 'zh-CN' ? words.zh : isLong ? long(words.en) : words.en;
  }
  async toggle() {
    await this.speak(this.language === 'en' ? 'zh-CN' : 'en');
    localStorage.setItem('language', this.language);
  }
}
export const speech = new Speech();

export const count = (n: number) => new Intl.NumberFormat(speech.language).format(n);
