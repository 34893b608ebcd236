// Addresses: #/nn?run=ID is a run on this machine; #/nn?data=moons&seed=2&arch=... is a set-up, which any lab can begin.
// That of a race names its racers: #/optimisers?data=none&function=beale&racers=adam,bfgs.
// A teacher's link has with either of them lock=lr,batch&hide=arch&task=NAME&plate=NAME: what the page then keeps from
// being changed or seen, the task it opens, and the picture it begins with.
import type { Recipe, State } from '../engine/protocol';

export interface Rules { lock: string[]; hide: string[]; task?: string }
export interface Address { chapter: string; run?: string; unit?: string; recipe?: Recipe; plate?: string; rules: Rules }

const own = ['run', 'unit', 'data', 'seed', 'epochs', 'steps', 'lock', 'hide', 'task', 'plate'];
export const isFree = (rules: Rules) => !rules.lock.length && !rules.hide.length && !rules.task;

export function read(hash: string): Address {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  const all = new URLSearchParams(query);
  const get = (name: string) => all.get(name) ?? undefined;
  const list = (name: string) => [...new Set((all.get(name) ?? '').split(',').map((n) => n.trim()).filter((n) => /^[a-z][a-z0-9_-]*$/.test(n)))];
  const address: Address = { chapter: path || 'nn', run: get('run'), unit: get('unit'), plate: get('plate'), rules: { lock: list('lock'), hide: list('hide'), ...(get('task') ? { task: get('task') } : {}) } };
  const data = all.get('data');
  if (data) {
    const whole = (name: string) => (all.has(name) ? { [name]: Number(all.get(name)) } : {});
    const settings = Object.fromEntries([...all].filter(([name]) => !own.includes(name)));
    address.recipe = { experiment: data === 'none' ? 'function' : 'mlp', data, settings, play: true, ...whole('seed'), ...(all.has('steps') ? whole('steps') : whole('epochs')) };
  }
  return address;
}

// The rules as they stand behind another part of an address. Commas stay readable.
const ruled = ({ lock, hide, task }: Rules) =>
  [lock.length && `lock=${lock.join(',')}`, hide.length && `hide=${hide.join(',')}`, task && `task=${task}`].filter(Boolean).map((t) => `&${t}`).join('');

export const ofRun = (chapter: string, run: string, unit?: string, plate?: string, rules: Rules = { lock: [], hide: [] }) =>
  `#/${chapter}?run=${run}${unit ? `&unit=${unit}` : ''}${plate ? `&plate=${plate}` : ''}${ruled(rules)}`;

// What began the run: its settings are those in force at its beginning, where no flag has changed them since.
export function ofSetup(chapter: string, state: Pick<State, 'data' | 'seed' | 'total_steps'>, settings: Record<string, string>, rules: Rules = { lock: [], hide: [] }, plate?: string): string {
  const all = new URLSearchParams({ data: state.data, seed: String(state.seed), steps: String(state.total_steps), ...settings });
  return `${location.origin}${location.pathname}#/${chapter}?${all}${ruled(rules)}${plate ? `&plate=${plate}` : ''}`;
}
