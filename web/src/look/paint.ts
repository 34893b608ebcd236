// Colours of the tokens as numbers, and pictures on canvases.
export type Rgb = [number, number, number];

export function token(name: string): Rgb {
  const n = parseInt(text(name).slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}
export const text = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const css = ([r, g, b]: Rgb, alpha = 1) => `rgb(${r} ${g} ${b} / ${alpha})`;
export const mix = (a: Rgb, b: Rgb, t: number): Rgb => [0, 1, 2].map((i) => a[i] + (b[i] - a[i]) * t) as Rgb;

// From -1 to 1: orange, the surface, blue.
export function signed(): (v: number) => Rgb {
  const [neg, zero, pos] = [token('--neg'), token('--zero'), token('--pos')];
  return (v) => mix(zero, v < 0 ? neg : pos, Math.min(1, Math.abs(v)));
}

// Classes by hue and shape. Two that stand beside each other differ in both.
const order = [1, 4, 3, 5, 2];
export const classToken = (k: number) => `--a${order[k % 5]}`;
export const shapeOf = (k: number) => (k % 3) as 0 | 1 | 2; // circle, triangle, square

export function mark(to: CanvasRenderingContext2D | Path2D, shape: 0 | 1 | 2, x: number, y: number, r: number) {
  if (shape === 0) {
    to.moveTo(x + r, y);
    to.arc(x, y, r, 0, 7);
  } else if (shape === 1) {
    to.moveTo(x, y - 1.35 * r);
    to.lineTo(x + 1.3 * r, y + 0.9 * r);
    to.lineTo(x - 1.3 * r, y + 0.9 * r);
    to.closePath();
  } else to.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
}

// A picture of `width` by `height` pixels, to be drawn at any size.
export function bitmap(width: number, height: number, colour: (x: number, y: number) => Rgb, onto?: HTMLCanvasElement): HTMLCanvasElement {
  const canvas = onto ?? document.createElement('canvas');
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(width, height);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 4) {
      const c = colour(x, y);
      image.data[i] = c[0];
      image.data[i + 1] = c[1];
      image.data[i + 2] = c[2];
      image.data[i + 3] = 255;
    }
  context.putImageData(image, 0, 0);
  return canvas;
}

// A canvas of so many page pixels, sharp on every screen, cleared.
export function sheetOf(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext('2d')!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.globalCompositeOperation = 'source-over';
  context.globalAlpha = 1;
  context.clearRect(0, 0, width, height);
  return context;
}

// At most one drawing in each animation frame, of the newest.
export function onFrame(draw: () => void): () => void {
  let asked = 0;
  return () => {
    if (!asked)
      asked = requestAnimationFrame(() => {
        asked = 0;
        draw();
      });
  };
}
