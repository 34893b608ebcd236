// The architecture's text as a list of layers, for the drawn editor: both are views of the same text.
export interface Layer { kind: string; units: number; words: string[] } // words: what stands behind `dense N`

export const read = (text: string): Layer[] =>
  text.split('|').map((t) => {
    const [kind, ...words] = t.trim().split(/\s+/);
    return kind === 'dense' && /^\d+$/.test(words[0] ?? '') ? { kind, units: Number(words[0]), words: words.slice(1) } : { kind, units: 0, words };
  });
export const write = (layers: Layer[]): string => layers.map((l) => [l.kind, ...(l.units ? [l.units] : []), ...l.words].join(' ')).join(' | ');

// The places of the layers that have units of their own and are not the last, which the data decide.
export const hidden = (layers: Layer[]): number[] => layers.flatMap((l, i) => (l.units && i < layers.length - 1 ? [i] : []));
export const resized = (layers: Layer[], at: number, units: number): Layer[] => layers.map((l, i) => (i === at ? { ...l, units } : l));
export function deeper(layers: Layer[]): Layer[] {
  const last = hidden(layers).at(-1), like = last === undefined ? { kind: 'dense', units: 8, words: ['tanh'] } : layers[last];
  return [...layers.slice(0, -1), { ...like, words: [...like.words] }, layers.at(-1)!];
}
export function shallower(layers: Layer[]): Layer[] {
  const last = hidden(layers).at(-1);
  return last === undefined ? layers : layers.filter((_, i) => i !== last);
}
// Every hidden layer's activation, or '' where they differ.
export function activation(layers: Layer[]): string {
  const all = new Set(hidden(layers).map((i) => layers[i].words[0] ?? 'linear'));
  return all.size === 1 ? [...all][0] : '';
}
export const activated = (layers: Layer[], name: string, places = hidden(layers)): Layer[] =>
  layers.map((l, i) => (places.includes(i) ? { ...l, words: [name, ...l.words.slice(1)] } : l));
export const dropped = (layers: Layer[]): number => Number(layers.find((l) => l.kind === 'dropout')?.words[0] ?? 0);
// Dropout behind every hidden layer with this chance; none at 0.
export function withDropout(layers: Layer[], chance: number): Layer[] {
  const bare = layers.filter((l) => l.kind !== 'dropout');
  if (chance <= 0) return bare;
  const at = new Set(hidden(bare));
  return bare.flatMap((l, i) => (at.has(i) ? [l, { kind: 'dropout', units: 0, words: [String(chance)] }] : [l]));
}
