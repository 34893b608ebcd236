// The chapters of the lab, and the checks of each: every one is a test of generic.test.mjs, with the faults it must notice.
import { checks, opens } from './checks.mjs';
import { checks as race } from './race.mjs';

export const pages = [
  {
    name: 'nn',
    hash: '#/nn',
    checks,
    // A number that a control of the page changes, and the control: reached by keyboard alone.
    control: { param: 'lr', keys: ['ArrowRight', 'ArrowRight'] },
  },
  { name: 'optimisers', hash: '#/optimisers', checks: [...race, opens] },
];
