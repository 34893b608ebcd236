// What the chapter's exercises say.
import type { TaskWords } from '../../part/tasks.svelte';

export const en: Record<string, TaskWords> = {
  'pooling-shift': {
    title: 'Does pooling buy shift tolerance?', about: 'Three pairs of networks, each from a seed of its own: one with pools, one without. All test pictures are then moved.',
    question: 'After {n} steps all test pictures are moved by {far} pixels: right, left, down, up. How many points more of its accuracy does the network without pools lose than the one with them?',
    why: { helps: 'Moved by {far} pixels the networks with pools lose {pooled} points, those without {bare}: pools buy {mean} (± {deviation} over the seeds). The picture “Moved pictures” has the first pair’s curves.', hurts: 'Moved by {far} pixels the networks with pools lose {pooled} points, those without {bare}: here pools do not help, they cost {mean} points (± {deviation} over the seeds). The dense layer behind still knows places. “Moved pictures” has the first pair’s curves.', open: 'Those with pools lose {pooled} points, those without {bare}; the difference of {mean} is within its deviation over the seeds, {deviation}. A pool of 2 forgives a pixel, not {far}. “Moved pictures” has the first pair’s curves.' },
  },
  'which-filter': {
    title: 'Which filter separates 1 from 7?', about: 'A small network learns digits. Then each filter of its first layer is left out once, and the test set is counted anew.',
    question: 'It has taken {n} steps. Look at its filters and maps: without which one are most ones and sevens taken for each other?',
    why: { so: 'Without {filter} {to} are, where all were there it was {from}. By filter: {all}.', tie: 'No single one decides it; there were {from}. By filter: {all}.' },
  },
  'dense-loses': {
    title: 'What does a network without windows lose?', about: 'Three convolutional networks, and beside each a dense one of as many parameters that learns from the same batches.',
    question: '{m} parameters with windows, {d} without: after {n} steps, how many points of test accuracy does the dense one lie behind?',
    why: { loses: 'With windows {conv} are right, without {dense}: {mean} points (± {deviation} over the seeds). A stroke learnt at one place is known at all.', wins: 'With windows {conv} are right, without {dense}: here the dense one is ahead.', open: 'With windows {conv} are right, without {dense}; {mean} points are within the deviation over the seeds, {deviation}.' },
  },
};
