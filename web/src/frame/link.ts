// Addresses: #/nn?run=ID is a run on this machine; #/nn?data=moons&seed=2&arch=... is a set-up, which any lab can begin.
import type { Recipe, State } from '../engine/protocol';

export interface Address { chapter: string; run?: string; unit?: string; recipe?: Recipe }

const own = ['run', 'unit', 'data', 'seed', 'epochs', 'steps'];

export function read(hash: string): Address {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  const all = new URLSearchParams(query);
  const address: Address = { chapter: path || 'nn', run: all.get('run') ?? undefined, unit: all.get('unit') ?? undefined };
  const data = all.get('data');
  if (data) {
    const whole = (name: string) => (all.has(name) ? { [name]: Number(all.get(name)) } : {});
    const settings = Object.fromEntries([...all].filter(([name]) => !own.includes(name)));
    address.recipe = { experiment: 'mlp', data, settings, play: true, ...whole('seed'), ...(all.has('steps') ? whole('steps') : whole('epochs')) };
  }
  return address;
}

export const ofRun = (chapter: string, run: string, unit?: string) => `#/${chapter}?run=${run}${unit ? `&unit=${unit}` : ''}`;

// What began the run: its settings are those in force at its beginning, where no flag has changed them since.
export function ofSetup(chapter: string, state: State, settings: Record<string, string>): string {
  const all = new URLSearchParams({ data: state.data, seed: String(state.seed), steps: String(state.total_steps), ...settings });
  return `${location.origin}${location.pathname}#/${chapter}?${all}`;
}
