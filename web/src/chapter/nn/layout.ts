// Where the figure's parts stand: columns of units from left to right, what enters before them, and the plate (map or
// confusion matrix) behind them. Everything in pixels of the figure.
export interface Column { x: number; side: number; y: number[] }
export interface Box { x: number; y: number; width: number; height: number }
export interface Layout { small: boolean; columns: Column[]; pad: Box | null; plate: Box | null; bars: Box | null; key: { x: number; y: number }; graphHeight: number }
export type Kind = 'images' | 'plane' | 'list';

export function arrange(kind: Kind, width: number, height: number, counts: number[], hasPlate: boolean): Layout {
  const small = width < 560, margin = small ? 16 : 24;
  const last = counts.length - 1;
  if (small) {
    const graphHeight = Math.round(height * (kind === 'images' ? 0.5 : 0.54)), below = height - graphHeight - (kind === 'plane' && hasPlate ? 54 : 30); // a map's words stand below it
    const side = kind === 'images' ? Math.min(below - 54, width * 0.42) : Math.min(below, width * 0.54);
    const top = graphHeight + 22;
    return {
      small, graphHeight, key: { x: margin, y: top + 10 },
      columns: columnsOf(counts, margin + 14, width - margin - (kind === 'images' ? 26 : 14), 8, graphHeight - 8, 22, 2),
      pad: kind === 'images' ? { x: margin, y: top, width: side, height: side } : null,
      plate: kind === 'plane' && hasPlate ? { x: width - margin - side, y: top, width: side, height: side } : null,
      bars: { x: kind === 'images' ? margin + side + 20 : margin, y: kind === 'images' ? top - 4 : top + 88, width: kind === 'images' ? width - 2 * margin - side - 20 : width - side - 3 * margin, height: below },
    };
  }
  const wished = !hasPlate ? 0 : kind === 'plane' ? Math.min(height - 84, width * 0.4, 420) : Math.min(height - 64, width * 0.34, 340);
  const padSide = kind === 'images' ? Math.min(168, height - 120, width * 0.19) : 0;
  const names = kind === 'images' ? padSide / 2 : counts[0] > 3 ? (width > 640 ? 132 : 92) : 58; // what stands left of the first column's middle
  const behind = kind === 'plane' && hasPlate ? (width > 800 ? 84 : 50) : hasPlate ? (width > 800 ? 156 : 122) : 150;
  // Columns closer than this cannot be told apart: the plate makes way first.
  const lacking = Math.max(0, 74 * last - (width - 2 * margin - names - wished - behind));
  const plateSide = hasPlate ? Math.max(Math.min(wished, 150), wished - lacking) : 0;
  const plate = hasPlate ? { x: width - margin - plateSide, y: Math.round((height - plateSide) / 2) - 6, width: plateSide, height: plateSide } : null;
  const from = margin + names, to = width - margin - plateSide - behind;
  const columns = columnsOf(counts, from, to, 30, height - 48, kind === 'images' ? 36 : 40, 6);
  if (kind === 'images') columns[0] = { ...columns[0], side: padSide };
  const end = columns[last];
  return {
    small, columns, plate, graphHeight: height, key: { x: margin, y: height - 10 },
    pad: kind === 'images' ? { x: margin, y: columns[0].y[0] - padSide / 2, width: padSide, height: padSide } : null,
    bars: kind === 'plane' && hasPlate ? null : { x: end.x + end.side / 2 + 8, y: 0, width: behind - end.side / 2 - 32, height },
  };
}

function columnsOf(counts: number[], from: number, to: number, top: number, bottom: number, largest: number, gap: number): Column[] {
  const room = bottom - top, most = Math.max(...counts, 1);
  return counts.map((n, c) => {
    const side = Math.max(6, Math.min(largest, room / Math.max(most, 8) - gap));
    const part = n <= 3 ? 0.55 : n <= 5 ? 0.82 : 1;
    return {
      x: counts.length === 1 ? from : from + ((to - from) * c) / (counts.length - 1),
      side: c === 0 ? side * 0.85 : side,
      y: Array.from({ length: n }, (_, j) => top + room * (0.5 + ((j + 0.5) / n - 0.5) * (n === 1 ? 0 : part))),
    };
  });
}

// The point at `t` of an edge between two units, which leaves and arrives level.
export function onEdge(x0: number, y0: number, x1: number, y1: number, t: number): [number, number] {
  const k = (x1 - x0) * 0.46, u = 1 - t;
  const at = (a: number, b: number, c: number, d: number) => u ** 3 * a + 3 * u * u * t * b + 3 * u * t * t * c + t ** 3 * d;
  return [at(x0, x0 + k, x1 - k, x1), at(y0, y0, y1, y1)];
}
