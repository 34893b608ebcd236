// The words of the pages: a key that is missing in one language does not compile.
import type { Both } from '../engine/protocol';
import { en } from './en';
import { zh } from './zh';

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

const minus = (text: string) => text.replaceAll('-', '−');
export const count = (n: number) => new Intl.NumberFormat(speech.language).format(n);
export function short(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(Math.max(0, digits - 1)) : size >= 10 ** digits ? String(Math.round(value)) : String(+value.toPrecision(digits));
  return minus(text);
}
// A share as percent without its sign: the title says it.
export function percent(value: number | null | undefined, digits = 1): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  return `${minus((100 * value).toFixed(digits))} %`;
}
