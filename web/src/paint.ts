// Colours of the tokens as numbers, and small pictures on a canvas.
type Rgb = [number, number, number];

export function token(name: string): Rgb {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const n = parseInt(text.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

export const mix = (a: Rgb, b: Rgb, t: number): Rgb => [0, 1, 2].map((i) => a[i] + (b[i] - a[i]) * t) as Rgb;

export function signed(): (v: number) => Rgb {
  const [neg, zero, pos] = [token('--neg'), token('--zero'), token('--pos')];
  return (v) => mix(zero, v < 0 ? neg : pos, Math.min(1, Math.abs(v)));
}

export const classColour = (k: number) => token(`--a${(k % 5) + 1}`);
export const classToken = (k: number) => `var(--a${(k % 5) + 1})`;

export function paint(canvas: HTMLCanvasElement, width: number, height: number, colour: (x: number, y: number) => Rgb) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(width, height);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 4) {
      [image.data[i], image.data[i + 1], image.data[i + 2]] = colour(x, y);
      image.data[i + 3] = 255;
    }
  context.putImageData(image, 0, 0);
}
