// The optimisers as the chapter shows them: their order, what each looks like in every picture, and which of the
// experiment's parameters mean anything to it.
export const order = ['sgd', 'momentum', 'nesterov', 'rmsprop', 'adam', 'adagrad', 'adadelta', 'rmsprop-centred', 'amsgrad', 'adamax', 'nadam', 'radam', 'adamw', 'lion', 'rprop', 'gd', 'cg', 'bfgs', 'lbfgs', 'newton', 'newton-ls', 'newton-cg', 'hf', 'lm'];
const minimisers = new Set(order.slice(order.indexOf('gd')));
export const isMinimiser = (method: string) => minimisers.has(method);
// Those whose every step is a large one: each is marked on the trail.
export const isLarge = isMinimiser;

export interface Look { ink: string; dash: number[] }
const solid: number[] = [], long = [7, 4], short = [4, 3], dots = [2, 3], mixed = [9, 3, 2, 3];
const hues = [1, 2, 3, 4, 5, 6].map((k) => `--b${k}`), all = [solid, long, dots, mixed, short];
const usual: Record<string, Look> = Object.fromEntries(Object.entries({
  bfgs: [4, solid], adam: [1, solid], rmsprop: [2, long], nesterov: [6, dots], momentum: [5, mixed], sgd: [3, short],
  gd: [3, mixed], cg: [6, solid], lbfgs: [4, dots], newton: [2, solid], 'newton-ls': [2, dots], 'newton-cg': [5, solid], hf: [3, solid], lm: [4, mixed],
  adagrad: [5, short], adadelta: [5, dots], 'rmsprop-centred': [2, short], amsgrad: [1, short], adamax: [1, dots], nadam: [1, mixed], radam: [6, long], adamw: [6, short], lion: [4, long], rprop: [2, mixed],
} as Record<string, [number, number[]]>).map(([name, [hue, dash]]) => [name, { ink: `--b${hue}`, dash }]));

// Of each its own look; of two with one method the later takes another hue or dash that is free.
export function looks(methods: string[]): Look[] {
  const taken = new Set<string>(), key = (l: Look) => l.ink + l.dash.join();
  return methods.map((m) => {
    const own = usual[m] ?? { ink: hues[0], dash: solid };
    const free = [own, ...all.flatMap((dash) => hues.map((ink) => ({ ink, dash })))].find((l) => !taken.has(key(l))) ?? own;
    taken.add(key(free));
    return free;
  });
}

const search = ['line_search', 'c1', 'c2'], adaptive = ['lr', 'momentum', 'beta2', 'epsilon'];
const own: Record<string, string[]> = {
  sgd: ['lr'], momentum: ['lr', 'momentum'], nesterov: ['lr', 'momentum'], adagrad: ['lr', 'epsilon'], rmsprop: ['lr', 'beta2', 'epsilon'], 'rmsprop-centred': ['lr', 'beta2', 'epsilon'],
  adadelta: ['lr', 'beta2', 'epsilon'], adam: [...adaptive, 'bias_correction'], amsgrad: [...adaptive, 'bias_correction'], adamw: [...adaptive, 'bias_correction'],
  adamax: adaptive, nadam: adaptive, radam: adaptive, lion: ['lr', 'momentum', 'beta2'], rprop: ['lr'],
  gd: ['lr', ...search], cg: ['cg_update', 'cg_restart', ...search], bfgs: search, lbfgs: ['memory', ...search], newton: ['radius'],
  'newton-ls': search, 'newton-cg': ['inner_steps', ...search], hf: ['damping', 'inner_steps'], lm: ['damping'],
};
export const parametersOf = (method: string) => [...(own[method] ?? ['lr']), 'noise'];

// What a parameter is called beside the rule, and the part of its range that a slider has.
export function range(parameter: string, lr: number): [number, number] | undefined {
  if (parameter === 'lr') return lr > 0 ? [Math.min(1e-5, lr / 10), Math.max(1, lr * 10)] : undefined;
  return ({ momentum: [0, 0.999], beta2: [0.5, 0.9999], noise: [0, 10] } as Record<string, [number, number]>)[parameter];
}
export function symbol(parameter: string, method: string): string | undefined {
  const isFirst = ['momentum', 'nesterov'].includes(method);
  return ({ momentum: isFirst ? 'β' : 'β₁', beta2: method.startsWith('rmsprop') ? 'α' : method === 'adadelta' ? 'ρ' : 'β₂', epsilon: 'ε', c1: 'c₁', c2: 'c₂' } as Record<string, string>)[parameter];
}

// The lines of a rule's slip: the quantity without its index, the letter, and the word for it. Those of `formula` stand
// in the rule's formula and exist behind a step only.
export interface SlipLine { q: string; symbol: string; word: string; formula?: boolean }
const mv = (m: string, hats = true): SlipLine[] => [
  { q: `${m}.m/x`, symbol: 'm', word: 'm' }, ...(hats ? [{ q: `${m}.m̂/x`, symbol: 'm̂', word: 'mh', formula: true }] : []),
  { q: `${m}.v/x`, symbol: 'v', word: 'v' }, ...(hats ? [{ q: `${m}.v̂/x`, symbol: 'v̂', word: 'vh', formula: true }] : []),
];
const slips: Record<string, SlipLine[]> = {
  momentum: [{ q: 'momentum/x', symbol: 'v', word: 'vel' }], nesterov: [{ q: 'momentum/x', symbol: 'v', word: 'vel' }],
  adagrad: [{ q: 'adagrad.sum/x', symbol: 's', word: 's' }],
  rmsprop: [{ q: 'rmsprop.square/x', symbol: 'v', word: 'v' }],
  'rmsprop-centred': [{ q: 'rmsprop.mean/x', symbol: 'm', word: 'm' }, { q: 'rmsprop.square/x', symbol: 'v', word: 'v' }],
  adadelta: [{ q: 'adadelta.square/x', symbol: 'v', word: 'v' }, { q: 'adadelta.step/x', symbol: 'u', word: 'u' }],
  adam: mv('adam'), adamw: mv('adamw'), nadam: mv('nadam'),
  amsgrad: [...mv('amsgrad').slice(0, 3), { q: 'amsgrad.max/x', symbol: 'v max', word: 'max' }, { q: 'amsgrad.v̂/x', symbol: 'v̂', word: 'vh', formula: true }],
  adamax: [...mv('adamax').slice(0, 2), { q: 'adamax.u/x', symbol: 'u', word: 'inf' }],
  radam: mv('radam').filter((l) => l.symbol !== 'v̂'),
  lion: [{ q: 'lion.c/x', symbol: 'c', word: 'c', formula: true }, { q: 'lion.m/x', symbol: 'm', word: 'm' }],
  rprop: [{ q: 'rprop.gradient/x', symbol: 'g′', word: 'sign' }, { q: 'rprop.step/x', symbol: 'Δ', word: 'size' }],
};
export const slipOf = (method: string) => slips[method] ?? [];
// What the step is divided by to have the rate that a component has: the corrected mean where there is one, else g.
export const drivenBy = (method: string) => slipOf(method).find((l) => l.symbol === 'm̂')?.q ?? (['rmsprop', 'adagrad'].includes(method) ? 'gradient' : null);
