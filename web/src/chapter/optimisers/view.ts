// What a map shows of the plane, and where that is on the page. Both axes have one scale.
export class Frame {
  readonly scale: number; // pixels for 1
  constructor(view: [number, number, number], readonly width: number, readonly height: number) {
    [this.cx, this.cy, this.span] = view;
    this.scale = height / this.span;
  }
  readonly cx: number;
  readonly cy: number;
  readonly span: number;
  to(x: number, y: number): [number, number] {
    return [this.width / 2 + (x - this.cx) * this.scale, this.height / 2 - (y - this.cy) * this.scale];
  }
  back(px: number, py: number): [number, number] {
    return [this.cx + (px - this.width / 2) / this.scale, this.cy - (py - this.height / 2) / this.scale];
  }
}
