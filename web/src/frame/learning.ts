// How a run that learns from data is told, whatever its network: its curves, what it learns from, how it goes.
import type { State } from '../engine/protocol';
import { lab, type RunView } from '../engine/run.svelte';
import type { ChartSpec, Line } from '../part/Chart.svelte';
import { count, short, speech } from '../words/words.svelte';
import { lookOf, nameOf } from './family';

// Validation in full ink, training in grey; other runs of the family in their hue and dash.
export function charts(runs: RunView[]): ChartSpec[] {
  const w = speech.words, [focus, ...others] = runs;
  const isClass = focus.state.task === 'classify', metric = isClass ? 'valid.accuracy' : 'valid.r2';
  // Where nothing was evaluated yet, the others are compared by their training loss.
  const isEvaluated = runs.some((r) => r.evals.length > 0);
  const other = (q: string): Line[] => others.map((run) => ({ run, q, label: nameOf(run), ...lookOf(run), weight: 2, dense: q === 'train.loss' }));
  const loss = String(focus.state.settings.loss);
  return [
    { name: 'loss', title: w.loss, note: loss === 'auto' ? (isClass ? w.crossEntropy : w.squared) : loss, height: isClass ? 148 : 120, log: true, lines: [
      { run: focus, q: 'valid.loss', label: w.valid, ink: '--ink', weight: 2.5, dash: [], dense: false },
      { run: focus, q: 'train.loss', label: w.train, ink: '--ink-3', weight: 1.5, dash: [], dense: true },
      ...other(isEvaluated ? 'valid.loss' : 'train.loss'),
    ] },
    { name: 'accuracy', title: isClass ? w.accuracy : 'R²', note: w.ofValid, height: isClass ? 92 : 78, share: isClass, lines: [
      { run: focus, q: metric, label: w.valid, ink: '--ink', weight: 2.5, dash: [], dense: false },
      ...other(metric),
    ] },
    ...(isClass ? [] : [{ name: 'rmse', title: 'RMSE', note: w.ofValid, height: 78, lines: [
      { run: focus, q: 'valid.rmse', label: w.valid, ink: '--ink', weight: 2.5, dash: [], dense: false },
      ...other('valid.rmse'),
    ] }]),
  ];
}

export function about(s: State): string {
  const w = speech.words, classes = s.network!.outputs.length;
  return `${s.data.replace(/^.*\//, '')} · ${w.rowsOf.replace('{n}', count(s.split.train))}${classes ? `, ${w.classesOf.replace('{n}', String(classes))}` : ''}`;
}
export function sentence(): string | null {
  const run = lab.focus;
  if (!run || run.losses.length < 20) return null;
  const n = run.losses.length, part = Math.max(1, Math.floor(n / 10)), w = speech.words;
  const isFalling = run.losses.span(n - part, n).mean <= run.losses.span(n - 2 * part, n - part).mean;
  return w.sentence.replace('{step}', count(run.state.step)).replace('{loss}', short(run.state.loss)).replace('{trend}', isFalling ? w.falling : w.rising);
}
