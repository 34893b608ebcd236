// A network "dense H tanh | dense C" with softmax and cross-entropy, trained by gradient descent with momentum, in
// float64: forwards, backwards and update as a textbook writes them (Rumelhart, Hinton and Williams 1986).
const zeros = (m) => m.map((row) => (Array.isArray(row) ? row.map(() => 0) : 0));
const join = (a, b, f) => a.map((row, i) => (Array.isArray(row) ? row.map((v, j) => f(v, b[i][j])) : f(row, b[i])));

export class Reference {
  // weights: w1 [inputs][hidden], b1 [hidden], w2 [hidden][classes], b2 [classes]
  constructor(weights, lr, momentum) {
    Object.assign(this, { lr, momentum, ...weights });
    this.velocity = Object.fromEntries(Object.entries(weights).map(([name, m]) => [name, zeros(m)]));
  }

  forward(x) {
    const z1 = this.b1.map((b, j) => x.reduce((sum, v, i) => sum + v * this.w1[i][j], b));
    const a1 = z1.map(Math.tanh);
    const z2 = this.b2.map((b, k) => a1.reduce((sum, v, j) => sum + v * this.w2[j][k], b));
    const most = Math.max(...z2), e = z2.map((z) => Math.exp(z - most)), total = e.reduce((a, b) => a + b);
    return { z1, a1, p: e.map((v) => v / total) };
  }

  blame({ x, label }) {
    const { a1, p } = this.forward(x);
    const delta2 = p.map((v, k) => v - (k === label ? 1 : 0));
    const delta1 = a1.map((a, j) => (1 - a * a) * delta2.reduce((sum, d, k) => sum + d * this.w2[j][k], 0));
    return { a1, delta1, delta2, loss: -Math.log(p[label]) };
  }

  // One step on a batch of {x, label}; its loss and gradients, as they were before it.
  step(batch) {
    const n = batch.length;
    const g = { w1: zeros(this.w1), b1: zeros(this.b1), w2: zeros(this.w2), b2: zeros(this.b2) };
    let loss = 0;
    batch.forEach(({ x, label }) => {
      const s = this.blame({ x, label });
      loss += s.loss / n;
      s.delta1.forEach((d, j) => { g.b1[j] += d / n; x.forEach((v, i) => (g.w1[i][j] += (v * d) / n)); });
      s.delta2.forEach((d, k) => { g.b2[k] += d / n; s.a1.forEach((a, j) => (g.w2[j][k] += (a * d) / n)); });
    });
    for (const name of ['w1', 'b1', 'w2', 'b2']) {
      const v = (this.velocity[name] = join(this.velocity[name], g[name], (old, now) => this.momentum * old + now));
      this[name] = join(this[name], v, (w, now) => w - this.lr * now);
    }
    return { loss, ...g };
  }
}
