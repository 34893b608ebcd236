// A network "dense H tanh | dense C" with softmax and cross-entropy, trained by gradient descent on whole batches, in
// float64: forwards, backwards and update as a textbook writes them (Rumelhart, Hinton and Williams 1986).
export class Reference {
  // x [rows][inputs], labels [rows]; w1 [inputs][hidden], b1, w2 [hidden][classes], b2
  constructor(x, labels, weights, lr) {
    Object.assign(this, { x, labels, lr, ...weights });
  }

  forward(x) {
    const z1 = this.b1.map((b, j) => x.reduce((sum, v, i) => sum + v * this.w1[i][j], b));
    const a1 = z1.map(Math.tanh);
    const z2 = this.b2.map((b, k) => a1.reduce((sum, v, j) => sum + v * this.w2[j][k], b));
    const most = Math.max(...z2), e = z2.map((z) => Math.exp(z - most)), total = e.reduce((a, b) => a + b);
    return { z1, a1, p: e.map((v) => v / total) };
  }

  blame(x, label) {
    const { a1, p } = this.forward(x);
    const delta2 = p.map((v, k) => v - (k === label ? 1 : 0));
    const delta1 = a1.map((a, j) => (1 - a * a) * delta2.reduce((sum, d, k) => sum + d * this.w2[j][k], 0));
    return { a1, delta1, delta2, loss: -Math.log(p[label]) };
  }

  // One step; the batch's loss and gradients, as they were before it.
  step() {
    const n = this.x.length, zeros = (m) => m.map((row) => (Array.isArray(row) ? row.map(() => 0) : 0));
    const g = { w1: zeros(this.w1), b1: zeros(this.b1), w2: zeros(this.w2), b2: zeros(this.b2) };
    let loss = 0;
    this.x.forEach((x, r) => {
      const s = this.blame(x, this.labels[r]);
      loss += s.loss / n;
      s.delta1.forEach((d, j) => { g.b1[j] += d / n; x.forEach((v, i) => (g.w1[i][j] += (v * d) / n)); });
      s.delta2.forEach((d, k) => { g.b2[k] += d / n; s.a1.forEach((a, j) => (g.w2[j][k] += (a * d) / n)); });
    });
    const less = (m, d) => m.map((row, i) => (Array.isArray(row) ? row.map((v, j) => v - this.lr * d[i][j]) : row - this.lr * d[i]));
    for (const name of ['w1', 'b1', 'w2', 'b2']) this[name] = less(this[name], g[name]);
    return { loss, ...g };
  }
}
