// How the other runs of a family are drawn, in their order: hue and dash.
export const inks = ['--b4', '--b1', '--b5', '--b2'];
export const dashes = [[7, 4], [2, 3], [9, 3, 2, 3], [5, 2]];
