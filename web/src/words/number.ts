// Numbers and changes of settings as people read them, the same in every language.
import type { Settings } from '../engine/protocol';

const minus = (text: string) => text.replaceAll('-', '−');
export function short(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(Math.max(0, digits - 1)) : size >= 10 ** digits ? String(Math.round(value)) : String(+value.toPrecision(digits));
  return minus(text);
}
// On a scale with so much between its ticks: as many digits as tell them apart, and no more.
export function tick(value: number, gap: number): string {
  if (Math.abs(value) < gap / 1e6) return '0';
  const digits = Math.max(1, Math.min(15, Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(gap) + 1e-9) + 1));
  return short(Number(value.toPrecision(digits)), digits);
}
// A power of ten as one: 10⁻⁶; any other number as ever.
export function power(value: number): string {
  const e = Math.round(Math.log10(value));
  if (Math.abs(value / 10 ** e - 1) > 1e-6 || Math.abs(e) < 2) return short(value, 2);
  return `10${[...String(e)].map((d) => (d === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(d)])).join('')}`;
}
// A share as percent without its sign: the title says it.
export function percent(value: number | null | undefined, digits = 1): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  return `${minus((100 * value).toFixed(digits))} %`;
}

const text = (v: number | string) => (typeof v === 'number' ? short(v) : v);
export const inWords = (changes: Settings, before: Settings = {}) =>
  Object.entries(changes).map(([k, v]) => `${k} ${before[k] === undefined ? '' : `${text(before[k])} → `}${text(v)}`).join(', ');
