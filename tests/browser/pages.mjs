// The chapters of the lab, and the checks of each: every one is a test of generic.test.mjs, with the faults it must notice.
import { checks, general, replays, small } from './checks.mjs';
import { convolutions, image } from './planes.mjs';
import { checks as race } from './race.mjs';

// `begin` makes a run that goes on for long, of settings and of what else a run has; `number` is one of its derivatives;
// `control` of the page changes a number, by keyboard alone; `epoch`: the steps of its button, if they are no epoch.
const control = { param: 'lr', keys: ['ArrowRight', 'ArrowRight'] };
const bowl = { function: '(x - 1)^2 + 3*(y + 2)^2', start: '-4, 5', optimizer: 'momentum', lr: 1e-3, noise: 0.5 };
export const pages = [
  { name: 'nn', hash: '#/nn', checks, control, number: 'layer1.dw[0,1]', other: { lr: 0.02, arch: 'dense 5 relu | dense 2' },
    begin: (lab, settings = {}, more = {}) => lab.create({ ...small, ...settings }, more) },
  { name: 'optimisers', hash: '#/optimisers', epoch: 10, checks: [...race, ...general], control, number: 'gradient[0]', other: { lr: 0.002, optimizer: 'adam' },
    begin: (lab, settings = {}, more = {}) => lab.create({ ...bowl, ...settings }, { steps: 1_000_000, ...more, experiment: 'function', data: 'none' }) },
  { name: 'cnn', hash: '#/cnn', checks: [...convolutions, ...replays, ...general], control, number: 'layer1.dw[0,1,0,1]', other: { lr: 0.02, arch: 'conv 3 3x3 stride 3 relu | dense 10' }, ...image },
];
