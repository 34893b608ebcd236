// The scales of a chart over time: ranges that stand still while numbers change a little, and a few round ticks.
export interface Scale { low: number; high: number; ticks: number[]; y: (v: number) => number }

const floor125 = (v: number) => {
  const power = 10 ** Math.floor(Math.log10(v)), m = v / power;
  return power * (m >= 5 ? 5 : m >= 2 ? 2 : 1);
};
const ceil125 = (v: number) => {
  const power = 10 ** Math.floor(Math.log10(v)), m = v / power;
  return power * (m <= 1.0001 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
};
const rounded = (v: number) => +v.toPrecision(12);

// At most so many decades: what is lower stands at the bottom.
export function logScale(least: number, most: number, top: number, bottom: number, decades = 6): Scale {
  const high = ceil125(Math.max(most, 1e-12)), low = Math.min(floor125(Math.max(least, high / 10 ** decades)), high / 2);
  const [a, b] = [Math.log(low), Math.log(high)];
  const all: number[] = [];
  for (let e = Math.floor(Math.log10(low)); 10 ** e <= high; e++)
    for (const m of [1, 2, 5]) if (m * 10 ** e >= low * 0.999 && m * 10 ** e <= high * 1.001) all.push(rounded(m * 10 ** e));
  const tens = all.filter((v) => /^[10.]*$/.test(String(v)) || /^1e/.test(String(v)));
  const ticks = all.length <= 4 ? all : tens.length >= 2 ? tens : [all[0], all[Math.floor(all.length / 2)], all.at(-1)!];
  const every = Math.ceil(ticks.length / 5);
  return { low, high, ticks: ticks.filter((_, i) => i % every === 0), y: (v) => bottom - ((bottom - top) * (Math.log(Math.min(high, Math.max(low, v))) - a)) / (b - a) };
}

export function linearScale(least: number, most: number, top: number, bottom: number): Scale {
  const gap = ceil125(Math.max(most - least, 0.05 * Math.abs(most), 1e-9) / 2), low = rounded(Math.floor(least / gap) * gap), high = rounded(Math.max(Math.ceil(most / gap) * gap, low + gap));
  const ticks: number[] = [];
  for (let t = low; t <= high + gap / 2; t += gap) ticks.push(rounded(t));
  return { low, high, ticks, y: (v) => bottom - ((bottom - top) * (Math.min(high, Math.max(low, v)) - low)) / (high - low) };
}

// As close around the values as can be: of a picture that does not move.
export function snug(least: number, most: number, top: number, bottom: number): Scale {
  const room = Math.max(0.1 * (most - least), 1e-9 * Math.abs(most), 1e-300), low = least - room, high = most + room, gap = ceil125((high - low) / 6);
  const ticks: number[] = [];
  for (let t = Math.ceil(low / gap) * gap; t <= high; t += gap) ticks.push(rounded(t));
  return { low, high, ticks, y: (v) => bottom - ((bottom - top) * (v - low)) / (high - low) };
}

// Round places from 0 to `last`, about so many.
export function ticksTo(last: number, about: number): number[] {
  const raw = last / about, power = 10 ** Math.floor(Math.log10(raw));
  const gap = [1, 2, 5, 10].map((m) => m * power).find((g) => g >= raw * 0.9999)!;
  return Array.from({ length: Math.floor((last / gap) * 1.0001) + 1 }, (_, i) => rounded(i * gap));
}

// Labels at their lines' heights, pushed apart and kept inside.
export function spread<T extends { y: number }>(labels: T[], gap: number, top: number, bottom: number): T[] {
  labels.sort((a, b) => a.y - b.y);
  for (let i = 1; i < labels.length; i++) labels[i].y = Math.max(labels[i].y, labels[i - 1].y + gap);
  for (let i = labels.length - 1, end = bottom; i >= 0; i--) {
    labels[i].y = Math.max(top, Math.min(labels[i].y, end));
    end = labels[i].y - gap;
  }
  return labels;
}
