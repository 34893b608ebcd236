// How the runs on one page are told apart: the one in focus in ink, the others by hue, dash and letter.
import { lab, type RunView } from '../engine/run.svelte';
import type { Experiment, State } from '../engine/protocol';
import { dashes, inks } from '../look/series';
import { speech } from '../words/words.svelte';

export { inWords } from '../words/number';

export function lookOf(run: RunView): { ink: string; dash: number[] } {
  if (run === lab.focus) return { ink: '--ink', dash: [] };
  const i = Math.max(0, lab.others.indexOf(run)) % inks.length;
  return { ink: inks[i], dash: dashes[i] };
}

export function nameOf(run: RunView): string {
  const { parent } = run.state;
  if (!parent) return speech.words.main;
  const at = lab.find(parent.id)?.state.branches.findIndex((b) => b.id === run.id) ?? 0;
  return speech.words.branchName.replace('{n}', String.fromCharCode(66 + (Math.max(0, at) % 25)));
}

// The settings that a link has to name to begin the run again: those it began with that are not the experiment's own,
// but none that were changed on the way.
export function beginning(state: State, experiment: Experiment): Record<string, string> {
  const changed = new Set(state.flags.flatMap((f) => Object.keys(f.changes)));
  const by = Object.fromEntries(experiment.parameters.map((p) => [p.name, p.default]));
  return Object.fromEntries(Object.entries(state.settings).filter(([n, v]) => !changed.has(n) && n !== 'weights' && String(v) !== by[n]).map(([n, v]) => [n, String(v)]));
}
