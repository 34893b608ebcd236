// The settings `cut` and `freeze` as lists: which words stand for a unit or a weight, and texts with and without them.
import type { State } from '../../engine/protocol';

export interface Part { label: string; words: string[] } // a unit or a weight, and what the setting calls it

export const read = (text: string): string[] => text.match(/[^\s,[]+(?:\[[^\]]*\])?/g) ?? [];
export const has = (text: string, words: string[]): boolean => { const all = read(text); return words.length > 0 && words.every((word) => all.includes(word)); };
export const plus = (text: string, words: string[]): string => [...new Set([...read(text), ...words])].join(' ');
export const less = (text: string, words: string[]): string => read(text).filter((word) => !words.includes(word)).join(' ');

export const cutOf = (layer: string, unit: number): string[] => [`${layer}.unit[${unit}]`];
// What a unit learns: the weights that enter it, its bias, and of a normalisation its factor and shift.
export const frozenOf = (of: State['quantities'], layer: string, unit: number): string[] =>
  of.filter((q) => /^layer\d+\.(w|b|gamma|beta)$/.test(q.name) && q.name.startsWith(`${layer}.`)).map((q) => `${q.name}[${'*,'.repeat(q.shape.length - 1)}${unit}]`);

// The words of a setting, those of one unit together.
export function parts(text: string): Part[] {
  const all: Part[] = [];
  for (const word of read(text)) {
    const [, layer, unit] = /^(layer\d+)\.(?:unit|w|b|gamma|beta)\[(?:\*,)*(\d+)\]$/.exec(word) ?? [];
    const label = layer ? `${layer}[${unit}]` : word;
    const same = all.find((part) => part.label === label);
    if (same) same.words.push(word);
    else all.push({ label, words: [word] });
  }
  return all;
}
