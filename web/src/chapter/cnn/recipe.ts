// What each set begins with. Other sets: the experiment's defaults.
import type { Recipe, Settings } from '../../engine/protocol';

const settings: Record<string, Settings> = {
  mnist: { arch: 'conv 8 5x5 relu | pool 2 | conv 16 3x3 relu | pool 2 | dense 10' },
  'drawn-digits': { arch: 'conv 8 5x5 relu | pool 2 | conv 16 3x3 relu | pool 2 | dense 10' },
};
export const offered = ['mnist', 'fashion-mnist', 'digits', 'drawn-digits', 'shapes'];
export function recipe(set: string): Recipe {
  return { experiment: 'cnn', data: set, seed: 1, epochs: 100, play: true, settings: { schedule: 'constant', ...settings[set] } };
}
