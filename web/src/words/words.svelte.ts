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
  #own: ((language: Language) => Promise<void>)[] = [];

  async speak(language: Language) {
    [this.words] = await Promise.all([load[language](), ...this.#own.map((own) => own(language))]);
    this.language = language;
  }
  both(of: Both): string {
    return this.language === 'zh-CN' ? of.zh : of.en;
  }
  // The words of what is loaded later; they are there when `ready` has been answered, and in another language before it is spoken.
  learn<T>(of: { en: () => Promise<T>; zh: () => Promise<T> }): () => T {
    const known: { [L in Language]?: T } = {};
    const own = async (language: Language) => { known[language] ??= language === 'zh-CN' ? await of.zh() : isLong ? long(await of.en()) : await of.en(); };
    this.#own.push(own);
    return () => known[this.language]!;
  }
  async ready<T>(loaded: T): Promise<T> {
    await Promise.all(this.#own.map((own) => own(this.language)));
    return loaded;
  }
  async toggle() {
    await this.speak(this.language === 'en' ? 'zh-CN' : 'en');
    localStorage.setItem('language', this.language);
  }
}
export const speech = new Speech();

export const count = (n: number) => new Intl.NumberFormat(speech.language).format(n);
