// A network "conv C KxK relu | pool 2 | dense N" with softmax and cross-entropy, trained by gradient descent with
// momentum, in float64, loop by loop as a textbook writes it (LeCun et al. 1989). Planes are [row][column][channel].
const tensor = (shape, fill = 0) => (shape.length === 1 ? Array(shape[0]).fill(fill) : Array.from({ length: shape[0] }, () => tensor(shape.slice(1), fill)));
const shapeOf = (t) => (Array.isArray(t) ? [t.length, ...shapeOf(t[0])] : []);
const zip = (a, b, f) => (Array.isArray(a) ? a.map((v, i) => zip(v, b[i], f)) : f(a, b));

export class Convolution {
  // weights: w1 [dy][dx][input channel][channel], b1 [channel], w2 [in][class], b2 [class]; window as STATE has it
  constructor(weights, window, lr, momentum) {
    Object.assign(this, { ...weights, window, lr, momentum });
    this.velocity = Object.fromEntries(Object.entries(weights).map(([name, t]) => [name, tensor(shapeOf(t))]));
  }
  // What a place of the window reads, or undefined in the padding.
  #read(x, i, j, dy, dx) {
    const { stride, low } = this.window;
    return x[i * stride[0] + dy - low[0]]?.[j * stride[1] + dx - low[1]];
  }
  forward(x) {
    const { size, stride, low, high } = this.window, [rows, columns] = [0, 1].map((a) => Math.floor(((a ? x[0].length : x.length) + low[a] + high[a] - size[a]) / stride[a]) + 1);
    const z1 = tensor([rows, columns, this.b1.length]);
    z1.forEach((row, i) => row.forEach((place, j) => place.forEach((_, c) => {
      place[c] = this.b1[c];
      for (let dy = 0; dy < size[0]; dy++) for (let dx = 0; dx < size[1]; dx++) this.#read(x, i, j, dy, dx)?.forEach((v, k) => (place[c] += v * this.w1[dy][dx][k][c]));
    })));
    const a1 = z1.map((row) => row.map((place) => place.map((v) => Math.max(0, v))));
    const taken = [], flat = []; // of each window of the pool where its largest number stands
    for (let i = 0; i + 1 < rows; i += 2) for (let j = 0; j + 1 < columns; j += 2) for (let c = 0; c < this.b1.length; c++) {
      const [at] = [[i, j], [i, j + 1], [i + 1, j], [i + 1, j + 1]].reduce((best, p) => (a1[p[0]][p[1]][c] > best[1] ? [p, a1[p[0]][p[1]][c]] : best), [[i, j], -Infinity]);
      taken.push([...at, c]);
      flat.push(a1[at[0]][at[1]][c]);
    }
    const z2 = this.b2.map((b, k) => flat.reduce((sum, v, i) => sum + v * this.w2[i][k], b));
    const most = Math.max(...z2), e = z2.map((z) => Math.exp(z - most)), total = e.reduce((a, b) => a + b);
    return { z1, taken, flat, p: e.map((v) => v / total) };
  }
  // The sample's loss, its blame, and the gradient of its own loss.
  blame({ x, label }) {
    const { z1, taken, flat, p } = this.forward(x), { size } = this.window;
    const delta2 = p.map((v, k) => v - (k === label ? 1 : 0)), delta1 = tensor(shapeOf(z1)), w1 = tensor(shapeOf(this.w1)), b1 = tensor([this.b1.length]);
    taken.forEach(([i, j, c], n) => { if (z1[i][j][c] > 0) delta1[i][j][c] += delta2.reduce((sum, d, k) => sum + d * this.w2[n][k], 0); });
    delta1.forEach((row, i) => row.forEach((place, j) => place.forEach((d, c) => {
      b1[c] += d;
      for (let dy = 0; dy < size[0]; dy++) for (let dx = 0; dx < size[1]; dx++) this.#read(x, i, j, dy, dx)?.forEach((v, k) => (w1[dy][dx][k][c] += v * d));
    })));
    return { loss: -Math.log(p[label]), delta1, delta2, w1, b1, w2: flat.map((v) => delta2.map((d) => v * d)), b2: delta2 };
  }
  // One step on a batch of {x, label}: its loss and gradients as they were before it.
  step(batch) {
    const all = batch.map((sample) => this.blame(sample)), mean = (name) => all.map((s) => s[name]).reduce((a, b) => zip(a, b, (u, v) => u + v));
    const g = Object.fromEntries(['w1', 'b1', 'w2', 'b2'].map((name) => [name, zip(mean(name), mean(name), (v) => v / batch.length)]));
    for (const name of Object.keys(g)) {
      this.velocity[name] = zip(this.velocity[name], g[name], (old, now) => this.momentum * old + now);
      this[name] = zip(this[name], this.velocity[name], (w, v) => w - this.lr * v);
    }
    return { loss: all.reduce((sum, s) => sum + s.loss, 0) / batch.length, ...g };
  }
}
