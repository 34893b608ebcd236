// Where names stand beside the heads they name: near, on nothing, and where they stood before if that still does.
export interface Head { id: string; x: number; y: number; width: number }
export interface Placed extends Head { atX: number; atY: number; isLeft: boolean; offset: number }

const height = 18;
const offsets: [number, number][] = [-1, 1].flatMap((side) => [0, -22, 22, -44, 44, -66, 66, -88, 88].flatMap((dy) => [26, 56, 96, 150].map((dx) => [-side * dx, dy] as [number, number])));

// `busy`: how much of a box is drawn on, 0 to 1; `kept`: the offsets of the names before.
export function place(heads: Head[], width: number, tall: number, busy: (x: number, y: number, w: number, h: number) => number, kept: Record<string, number> = {}): Placed[] {
  const boxes: [number, number, number, number][] = heads.map((h) => [h.x - 8, h.y - 8, 16, 16]);
  const meets = (x: number, y: number, w: number, own: number) => boxes.reduce((sum, [bx, by, bw, bh], i) => sum + (i !== own && x < bx + bw && bx < x + w && y < by + bh && by < y + height ? 1 : 0), 0);
  return [...heads].sort((a, b) => a.y - b.y).map((head) => {
    const own = heads.indexOf(head);
    let best = Infinity, found = 0;
    offsets.forEach(([dx, dy], i) => {
      const x = head.x + dx + (dx < 0 ? -head.width : 0), y = head.y + dy - height / 2;
      if (x < 4 || x + head.width > width - 4 || y < 4 || y + height > tall - 4) return;
      const cost = 4 * meets(x, y, head.width, own) + 2.2 * busy(x, y, head.width, height) + Math.hypot(dx, dy) / 160 + (dx < 0 ? 0.1 : 0) - (kept[head.id] === i ? 0.5 : 0);
      if (cost < best) [best, found] = [cost, i];
    });
    const [dx, dy] = offsets[found], isLeft = dx < 0;
    boxes.push([head.x + dx + (isLeft ? -head.width : 0), head.y + dy - height / 2, head.width, height]);
    return { ...head, atX: head.x + dx, atY: head.y + dy, isLeft, offset: found };
  });
}
