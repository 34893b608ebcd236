// The architecture's text as its layers, and what the controls change in all of its convolutions. A control whose layers
// differ says ''.
export const read = (text: string): string[] => text.split('|').map((layer) => layer.trim().replace(/\s+/g, ' '));
export const write = (layers: string[]): string => layers.join(' | ');

const isConv = (layer: string) => /^conv \d/.test(layer);
export const convs = (layers: string[]): number[] => layers.flatMap((layer, i) => (isConv(layer) ? [i] : []));
const same = (values: string[]): string => (new Set(values).size === 1 ? values[0] : '');
const ofConvs = (layers: string[], of: (layer: string, at: number) => string) => same(convs(layers).map((at) => of(layers[at], at)));
const changed = (layers: string[], change: (layer: string) => string) => layers.map((layer) => (isConv(layer) ? change(layer) : layer));

export const filtersOf = (layer: string): number => Number(layer.split(' ')[1]);
export const withFilters = (layers: string[], at: number, n: number): string[] => layers.map((layer, i) => (i === at ? layer.replace(/^conv \d+/, `conv ${n}`) : layer));

export const kernel = (layers: string[]): string => ofConvs(layers, (layer) => layer.split(' ')[2]);
export const withKernel = (layers: string[], size: string): string[] => changed(layers, (layer) => layer.replace(/^(conv \d+) \S+/, `$1 ${size}`));

const option = (name: string) => new RegExp(` ${name} \\S+`);
export const stride = (layers: string[]): string => ofConvs(layers, (layer) => / stride (\S+)/.exec(layer)?.[1] ?? '1');
export const withStride = (layers: string[], n: string): string[] =>
  changed(layers, (layer) => { const bare = layer.replace(option('stride'), ''); return n === '1' ? bare : bare.replace(/^(conv \d+ \S+)/, `$1 stride ${n}`); });

export const padding = (layers: string[]): string => ofConvs(layers, (layer) => (/ valid\b/.test(layer) ? 'valid' : (/ pad (\S+)/.exec(layer)?.[1] ?? 'same')));
export const withPadding = (layers: string[], how: string): string[] =>
  changed(layers, (layer) => { const bare = layer.replace(/ (valid|same)\b/, '').replace(option('pad'), ''); return how === 'same' ? bare : bare.replace(/^(conv \d+ \S+)/, '$1 valid'); });

// A normalisation stands behind its convolution, which then needs no bias, and has its activation.
const hasNorm = (layers: string[], at: number) => /^bn\b/.test(layers[at + 1] ?? '');
export const norm = (layers: string[]): string => ofConvs(layers, (_, at) => (hasNorm(layers, at) ? 'on' : 'off'));
export function withNorm(layers: string[], on: boolean): string[] {
  return layers.flatMap((layer, i) => {
    if (isConv(layer) && on && !hasNorm(layers, i)) {
      const activation = /^conv .*\d.* ([a-z_]+)$/.exec(layer.replace(/ (same|valid|nobias)\b/g, ''))?.[1] ?? '';
      return [`${activation ? layer.replace(new RegExp(` ${activation}$`), '') : layer}${/ nobias\b/.test(layer) ? '' : ' nobias'}`, `bn ${activation}`.trim()];
    }
    if (isConv(layer) && !on && hasNorm(layers, i)) return [`${layer.replace(/ nobias\b/, '')}${layers[i + 1].replace(/^bn/, '')}`];
    return !on && i > 0 && isConv(layers[i - 1]) && /^bn\b/.test(layer) ? [] : [layer];
  });
}

const isPool = (layer: string) => /^pool\b/.test(layer);
export function pooling(layers: string[]): string {
  const pools = layers.filter(isPool);
  return pools.length ? same(pools.map((layer) => (/ average\b/.test(layer) ? 'average' : 'max'))) : 'none';
}
export function withPooling(layers: string[], how: string): string[] {
  if (how === 'none') return layers.filter((layer) => !isPool(layer));
  const named = (layer: string) => layer.replace(/ (average|max)\b/, '') + (how === 'average' ? ' average' : '');
  if (layers.some(isPool)) return layers.map((layer) => (isPool(layer) ? named(layer) : layer));
  return layers.flatMap((layer, i) => (hasNorm(layers, i) ? [layer] : isConv(layer) || (i > 0 && isConv(layers[i - 1]) && hasNorm(layers, i - 1)) ? [layer, named('pool 2')] : [layer]));
}

export const dropped = (layers: string[]): number => Number(layers.find((layer) => /^dropout\b/.test(layer))?.split(' ')[1] ?? 0);
// Dropout before the last layer; none at 0.
export function withDropout(layers: string[], chance: number): string[] {
  const bare = layers.filter((layer) => !/^dropout\b/.test(layer));
  return chance > 0 ? [...bare.slice(0, -1), `dropout ${chance}`, bare.at(-1)!] : bare;
}

// Dense layers between `inputs` and `outputs` numbers with as many parameters: one hidden layer where that comes within
// 1 %, else two; null where neither does.
export function twin(parameters: number, inputs: number, outputs: number): { arch: string; parameters: number } | null {
  const one = Math.max(1, Math.round((parameters - outputs) / (inputs + 1 + outputs)));
  const isNear = (n: number) => Math.abs(n - parameters) <= 0.01 * parameters;
  const ofOne = (inputs + 1) * one + (one + 1) * outputs;
  if (isNear(ofOne)) return { arch: `dense ${one} relu | dense ${outputs}`, parameters: ofOne };
  for (let first = one; first >= 1; first--) {
    const second = Math.round((parameters - outputs - (inputs + 1) * first) / (first + 1 + outputs));
    const all = (inputs + 1) * first + (first + 1) * second + (second + 1) * outputs;
    if (second >= 1 && isNear(all)) return { arch: `dense ${first} relu | dense ${second} relu | dense ${outputs}`, parameters: all };
  }
  return null;
}
