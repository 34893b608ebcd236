import { expect, test } from 'vitest';
import { isFree, ofRun, ofSetup, read } from '../../web/src/frame/link';

Object.assign(globalThis, { location: { origin: 'http://127.0.0.1:7070' } });
const state = { data: 'moons', seed: 7, total_steps: 1200 };
const rules = { lock: ['lr', 'batch'], hide: ['arch'], task: 'zero-init' };

test('an address of a run is read back', () => {
  expect(read(ofRun('nn', '3fab', '1.2'))).toMatchObject({ chapter: 'nn', run: '3fab', unit: '1.2', rules: { lock: [], hide: [] } });
  expect(read(ofRun('nn', '3fab', undefined, undefined, rules))).toMatchObject({ run: '3fab', rules });
  expect(ofRun('nn', '3fab', undefined, undefined, rules)).toBe('#/nn?run=3fab&lock=lr,batch&hide=arch&task=zero-init');
});

test('a lesson is no setting of the run that it begins', () => {
  const { recipe, rules: held, plate } = read(ofSetup('nn', state, { lr: '0.05', arch: 'dense 4 tanh | dense 2' }, rules, 'network').replace(/^[^#]*/, ''));
  expect(recipe).toEqual({ experiment: 'mlp', data: 'moons', seed: 7, steps: 1200, play: true, settings: { lr: '0.05', arch: 'dense 4 tanh | dense 2' } });
  expect(held).toEqual(rules);
  expect(plate).toBe('network');
});

test('what is no name is no rule, and none counts twice', () => {
  expect(read('#/nn?lock=lr,,lr, batch ,<b>,__proto__&hide=').rules).toEqual({ lock: ['lr', 'batch'], hide: [] });
  expect(isFree(read('#/nn?run=1').rules)).toBe(true);
  expect([{ lock: ['lr'], hide: [] }, { lock: [], hide: ['lr'] }, { lock: [], hide: [], task: 'x' }].some(isFree)).toBe(false);
});
