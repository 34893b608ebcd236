// What the chapter offers to race on, and which part of each it looks at first. What they are the engine says.
import type { Landscape, Recipe } from '../../engine/protocol';

export const landscapes = ['rosenbrock', 'beale', 'himmelblau', 'ellipse', 'saddle', 'rastrigin'];
export const racers = ['adam', 'bfgs', 'rmsprop', 'nesterov', 'momentum', 'sgd'];

const first: Record<string, [number, number, number, number]> = { rosenbrock: [-1.75, 1.5, -0.4, 1.6], beale: [-0.6, 4, -0.9, 1.7] };

// x from, to, y from, to: of a typed formula around its start.
export function windowOf({ problem, window, start, minima }: Landscape): [number, number, number, number] {
  if (problem && first[problem]) return first[problem];
  if (window) return window;
  const points = [start, ...minima.filter((m) => m.x.length >= 2 && m.global).map((m) => m.x)];
  const side = (k: number): [number, number] => {
    const all = points.map((p) => p[k] ?? 0), low = Math.min(...all, 0), high = Math.max(...all, 0), room = Math.max(1, 0.35 * (high - low));
    return [low - room, high + room];
  };
  return [...side(0), ...side(1)] as [number, number, number, number];
}

// Networks: all rows at every step, unless a batch is set. A minimiser begins, whose batch is all rows.
interface Real { data: string; steps: number; settings: Record<string, string | number>; racers: string }
export const networks: Record<string, Real> = {
  penguins: { data: 'penguins', steps: 100, settings: { arch: 'dense 4 tanh | dense 3', weight_decay: 1e-3 }, racers: 'newton,bfgs,adam' },
  'mnist-softmax': { data: 'mnist', steps: 60, settings: { arch: 'dense 10', weight_decay: 1e-4 }, racers: 'lbfgs,cg,adam' },
  'mnist-mlp': { data: 'mnist', steps: 60, settings: { arch: 'dense 32 relu | dense 10', weight_decay: 1e-4 }, racers: 'lbfgs,hf,adam' },
};
export const recipe = (name: string): Recipe => networks[name] ? { experiment: 'mlp', data: networks[name].data, seed: 1, steps: networks[name].steps, play: true, settings: { ...networks[name].settings, racers: networks[name].racers } } : ({ experiment: 'function', data: 'none', seed: 1, steps: 200, play: true, settings: { function: name } });
