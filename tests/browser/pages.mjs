// The chapters of the lab. One that is listed here is held to every test of generic.test.mjs.
export const pages = [
  {
    name: 'nn',
    hash: '#/nn',
    // A number that a control of the page changes, and the control: reached by keyboard alone.
    control: { param: 'lr', keys: ['ArrowRight', 'ArrowRight'] },
  },
];
