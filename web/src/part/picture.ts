// A view as a picture: what is painted in an element (canvases, drawings, grounds, words) on the plate's ground, at the
// screen's own resolution. A chart has its axis in another element, which is put under it.
import { text as token } from '../look/paint';

const margin = 12;
const named = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linecap', 'stroke-linejoin', 'stroke-opacity', 'paint-order', 'font-family', 'font-size', 'font-weight', 'text-anchor', 'opacity', 'mix-blend-mode'];

// A drawing by itself has no style sheet: each of its parts takes along what it looks like here.
async function drawingOf(svg: SVGSVGElement, box: DOMRect): Promise<HTMLImageElement> {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const parts = [...svg.querySelectorAll('*')], copies = [...copy.querySelectorAll('*')];
  parts.forEach((part, i) => {
    const style = getComputedStyle(part);
    for (const name of named) copies[i].setAttribute(name, style.getPropertyValue(name));
    if (style.display === 'none' || style.visibility === 'hidden') copies[i].setAttribute('visibility', 'hidden');
  });
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(box.width));
  copy.setAttribute('height', String(box.height));
  const at = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' }));
  const image = new Image();
  image.src = at;
  await image.decode().finally(() => URL.revokeObjectURL(at));
  return image;
}

const isTool = (e: Element) => e.matches('button:not([data-x]), select, input, .vh') && !e.matches('.unit');
const isSeen = (e: Element) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });

function words(context: CanvasRenderingContext2D, node: Text, of: Element) {
  const style = getComputedStyle(of), range = document.createRange();
  range.selectNodeContents(node);
  context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  context.textBaseline = 'middle';
  const spoken = node.data.trim().replace(/\s+/g, ' ');
  for (const line of [...range.getClientRects()].slice(0, 1)) {
    context.save();
    if (style.overflow !== 'visible') {
      const { x, y, width, height } = of.getBoundingClientRect();
      context.beginPath();
      context.rect(x, y, width, height);
      context.clip();
    }
    const halo = parseFloat(style.getPropertyValue('-webkit-text-stroke-width'));
    if (halo > 0) {
      context.lineWidth = halo;
      context.lineJoin = 'round';
      context.strokeStyle = style.getPropertyValue('-webkit-text-stroke-color');
      context.strokeText(spoken, line.x, line.y + line.height / 2);
    }
    context.fillStyle = style.color;
    context.fillText(spoken, line.x, line.y + line.height / 2);
    context.restore();
  }
}

function partsOf(root: Element): (Element | Text)[] {
  const parts: (Element | Text)[] = [];
  const gather = (e: Element) => {
    if (isTool(e) || !isSeen(e)) return;
    parts.push(e);
    if (e instanceof SVGElement) return;
    for (const child of e.childNodes) {
      if (child instanceof Element) gather(child);
      else if (child instanceof Text && child.data.trim()) parts.push(child);
    }
  };
  gather(root);
  return parts;
}

async function paint(context: CanvasRenderingContext2D, part: Element | Text, root: Element) {
  if (part instanceof Text) return words(context, part, part.parentElement!);
  const box = part.getBoundingClientRect(), style = getComputedStyle(part);
  if (!box.width || !box.height) return;
  if (part instanceof HTMLCanvasElement) {
    context.imageSmoothingEnabled = style.imageRendering !== 'pixelated';
    context.drawImage(part, box.x, box.y, box.width, box.height);
  } else if (part instanceof SVGSVGElement) context.drawImage(await drawingOf(part, box), box.x, box.y, box.width, box.height);
  else if (part !== root) {
    context.fillStyle = style.backgroundColor;
    context.fillRect(box.x, box.y, box.width, box.height);
  }
}

// `under` is painted below `root`, at its own place from left to right.
export async function pictureOf(root: Element, under?: Element | null): Promise<Blob> {
  const ratio = window.devicePixelRatio || 1;
  const painted = [root, ...(under ? [under] : [])].map((of) => {
    const parts = partsOf(of);
    // Words may stand outside of the element's own box, such as the names of a map's axes.
    const boxes = parts.flatMap((p) => (p instanceof Element ? [p.getBoundingClientRect()] : [])).filter((b) => b.width && b.height);
    const [left, top] = [Math.min(...boxes.map((b) => b.left)), Math.min(...boxes.map((b) => b.top))];
    const [right, bottom] = [Math.max(...boxes.map((b) => b.right)), Math.max(...boxes.map((b) => b.bottom))];
    return { of, parts, left, top, right, height: bottom - top };
  });
  const left = Math.min(...painted.map((p) => p.left)) - margin, right = Math.max(...painted.map((p) => p.right)) + margin;
  const height = painted.reduce((sum, p) => sum + p.height, 2 * margin);
  const canvas = Object.assign(document.createElement('canvas'), { width: Math.round((right - left) * ratio), height: Math.round(height * ratio) });
  const context = canvas.getContext('2d')!;
  context.fillStyle = token('--plate');
  context.fillRect(0, 0, canvas.width, canvas.height);
  let at = margin;
  for (const { of, parts, top, height: its } of painted) {
    context.setTransform(ratio, 0, 0, ratio, -left * ratio, (at - top) * ratio);
    for (const part of parts) await paint(context, part, of);
    at += its;
  }
  return new Promise((ok) => canvas.toBlob((blob) => ok(blob!), 'image/png'));
}
