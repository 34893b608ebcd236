import { expect, test } from 'vitest';
import { arrange, type Kind } from '../../web/src/chapter/nn/layout';

const widths = [328, 520, 560, 640, 676, 760, 936, 1400], heights = [240, 360, 424, 470, 700];
const networks = [[2, 8, 5, 3], [1, 12, 10], [9, 12, 12, 12, 3], [2, 1], [12, 12, 12, 12, 12, 12, 4]];
// Every part stands inside the figure, units do not touch, and the plate lies behind the last column.
test.each((['images', 'plane', 'list'] as Kind[]).flatMap((kind) => networks.map((n) => [kind, n] as const)))('the parts of a figure of %s with %j keep apart', (kind, counts) => {
  for (const width of widths)
    for (const height of heights) {
      const layout = arrange(kind, width, height, kind === 'images' ? [1, ...counts.slice(1)] : counts, kind !== 'list' || counts.at(-1)! > 1);
      const where = `${width} by ${height}`;
      layout.columns.forEach((column, c) => {
        column.y.forEach((y, j) => {
          expect(y - column.side / 2, where).toBeGreaterThanOrEqual(-1);
          expect(y + column.side / 2, where).toBeLessThanOrEqual(layout.graphHeight + 1);
          if (j) expect(y - column.y[j - 1], where).toBeGreaterThanOrEqual(column.side);
        });
        if (c) expect(column.x, where).toBeGreaterThan(layout.columns[c - 1].x);
      });
      for (const box of [layout.plate, layout.pad])
        if (box) {
          expect(box.x, where).toBeGreaterThanOrEqual(0);
          expect(box.x + box.width, where).toBeLessThanOrEqual(width);
        }
      if (layout.plate && !layout.small) expect(layout.columns.at(-1)!.x, where).toBeLessThan(layout.plate.x);
    }
});
