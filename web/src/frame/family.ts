// How the runs on one page are told apart: the one in focus in ink, the others by hue, dash and letter.
import { lab, type RunView } from '../engine/run.svelte';
import type { Experiment, Settings, State } from '../engine/protocol';
import { dashes, inks } from '../look/series';
import { speech } from '../words/words.svelte';

import { inWords } from '../words/number';

export { inWords };

// A chapter whose runs have names and hues of their own says so here.
interface Kin { look: (run: RunView) => { ink: string; dash: number[] }; name: (run: RunView) => string; change: (patch: Settings) => string }
const kin: Record<string, Kin> = {};
// Who races looks as in a race, whatever it learns.
const kinOf = (run: RunView) => kin[lab.races ? 'function' : run.state.experiment];
export const tellApart = (experiment: string, own: Kin) => { kin[experiment] = own; };

export function lookOf(run: RunView): { ink: string; dash: number[] } {
  const own = kinOf(run);
  if (own) return own.look(run);
  if (run === lab.focus) return { ink: '--ink', dash: [] };
  const i = Math.max(0, lab.others.indexOf(run)) % inks.length;
  return { ink: inks[i], dash: dashes[i] };
}

export function nameOf(run: RunView): string {
  const own = kinOf(run);
  if (own) return own.name(run);
  const { parent } = run.state;
  if (!parent) return speech.words.main;
  const at = lab.find(parent.id)?.state.branches.findIndex((b) => b.id === run.id) ?? 0;
  return speech.words.branchName.replace('{n}', String.fromCharCode(66 + (Math.max(0, at) % 25)));
}

// What a branch changed, in words.
export const changeOf = (run: RunView) => (kinOf(run)?.change ?? inWords)(run.state.parent?.patch ?? {});

// The settings that a link has to name to begin the run again: those it began with that are not the experiment's own,
// but none that were changed on the way.
export function beginning(state: State, experiment: Experiment): Record<string, string> {
  const changed = new Set(state.flags.flatMap((f) => Object.keys(f.changes)));
  const by = Object.fromEntries(experiment.parameters.map((p) => [p.name, p.default]));
  return Object.fromEntries(Object.entries(state.settings).filter(([n, v]) => !changed.has(n) && n !== 'weights' && String(v) !== by[n]).map(([n, v]) => [n, String(v)]));
}
