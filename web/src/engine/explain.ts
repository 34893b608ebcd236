// What a network looks at in a picture, how it fares when pictures are moved or channels ablated, and pictures that
// ascend: the requests of docs/protocol.md.
import { ask } from './protocol';

export interface Grid { height: number; width: number; values: number[] }
export type Method = 'saliency' | 'occlusion' | 'grad-cam' | 'shift' | 'rotate' | 'ablate';
export interface Move { right: number; down: number; degrees: number; accuracy: number }
interface Of { run: string; step: number }
interface OfScore extends Of { class: number; score: number; hex: string; p: number; answer: number }
export interface Saliency extends OfScore { gradient: number[]; magnitude: Grid }
export interface Occlusion extends OfScore { patch: number; stride: number; fill: number; scores: Grid; ps: Grid }
export interface GradCam extends OfScore { layer: string; weights: number[]; plane: Grid; shown: Grid }
export interface Moves extends Of { split: string; moves: Move[] }
export interface Ablation extends Of {
  split: string; channels: string; accuracy: number; accuracy_before: number; confusion: number[][]; confusion_before: number[][];
}
export interface Explanations { saliency: Saliency; occlusion: Occlusion; 'grad-cam': GradCam; shift: Moves; rotate: Moves; ablate: Ablation }
export type Picture = { sample: string } | { pixels: number[] };

export const explain = <M extends Method>(run: string, step: number | 'now', method: M, of: Record<string, unknown>) =>
  ask<Explanations[M]>(`/runs/${run}/steps/${step}/explain`, { method, ...of });

export interface AscentSettings { lr: number; l2: number; tv: number; blur: number; jitter: number; seed: number }
export type Target = { class: number } | { layer: number; channel: number; place?: [number, number] };
export interface Ascent extends Of {
  ascent: string; steps: number; value: number | null; hex: string; activation: number | null; best: number | null; best_step: number;
  stopped: 'not rising' | 'flat' | 'not finite' | null; fingerprint: string; shape: [number, number, number]; picture: number[]; values: (number | null)[];
}
export const ascend = (run: string, step: number, of: Target & Partial<AscentSettings>) => ask<Ascent>(`/runs/${run}/steps/${step}/ascents`, of);
export const goOn = (ascent: string, steps: number) => ask<Ascent>(`/ascents/${ascent}`, { steps });
