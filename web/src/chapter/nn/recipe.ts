// What each set begins with.
import type { Recipe, Settings } from '../../engine/protocol';

const recipes: Record<string, { epochs: number; settings: Settings }> = {
  xor: { epochs: 200, settings: { arch: 'dense 4 tanh | dense 2', optimizer: 'momentum', lr: 0.1, batch: 16 } },
  moons: { epochs: 200, settings: { arch: 'dense 8 tanh | dense 2', optimizer: 'momentum', lr: 0.1, batch: 16 } },
  spirals: { epochs: 1000, settings: { arch: 'dense 12 tanh | dense 8 tanh | dense 2', optimizer: 'momentum', lr: 0.05, batch: 16 } },
  penguins: { epochs: 200, settings: { arch: 'dense 8 tanh | dense 5 tanh | dense 3', optimizer: 'momentum', lr: 0.02, batch: 16 } },
  mnist: { epochs: 200, settings: { arch: 'dense 32 relu | dense 10' } },
  'drawn-digits': { epochs: 500, settings: { arch: 'dense 32 relu | dense 10' } },
};
// A constant rate, so that nothing but the reader's own changes bends the curves. Other sets: the experiment's defaults.
export function recipe(set: string): Recipe {
  const { epochs, settings } = recipes[set] ?? { epochs: 200, settings: {} };
  return { experiment: 'mlp', data: set, seed: 1, epochs, play: true, settings: { schedule: 'constant', ...settings } };
}
