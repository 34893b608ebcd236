// First-order rules as their papers write them, in float64, each a few lines: what a page's race is held to.
export const rosenbrock = { f: ([x, y]) => 100 * (y - x * x) ** 2 + (1 - x) ** 2, g: ([x, y]) => [-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)] };

// Each tells its step and, by the page's names, what it keeps.
export const rules = {
  sgd: ({ lr }) => (g) => ({ step: g.map((v) => lr * v) }),
  momentum: ({ lr, momentum: b }, v = [0, 0]) => (g) => { v = v.map((a, i) => b * a + g[i]); return { step: v.map((a) => lr * a), 'momentum/x': v }; },
  nesterov: ({ lr, momentum: b }, v = [0, 0]) => (g) => { v = v.map((a, i) => b * a + g[i]); return { step: v.map((a, i) => lr * (g[i] + b * a)), 'momentum/x': v }; },
  adagrad: ({ lr, epsilon: e }, s = [0, 0]) => (g) => { s = s.map((a, i) => a + g[i] ** 2); return { step: g.map((a, i) => (lr * a) / (Math.sqrt(s[i]) + e)), 'adagrad.sum/x': s }; },
  rmsprop: ({ lr, beta2: b, epsilon: e }, v = [0, 0]) => (g) => { v = v.map((a, i) => b * a + (1 - b) * g[i] ** 2); return { step: g.map((a, i) => (lr * a) / (Math.sqrt(v[i]) + e)), 'rmsprop.square/x': v }; },
  adam: ({ lr, momentum: b1, beta2: b2, epsilon: e }, m = [0, 0], v = [0, 0], t = 0) => (g) => {
    t++;
    m = m.map((a, i) => b1 * a + (1 - b1) * g[i]);
    v = v.map((a, i) => b2 * a + (1 - b2) * g[i] ** 2);
    const [hat, square] = [m.map((a) => a / (1 - b1 ** t)), v.map((a) => a / (1 - b2 ** t))];
    return { step: hat.map((a, i) => (lr * a) / (Math.sqrt(square[i]) + e)), 'adam.m/x': m, 'adam.v/x': v, 'adam.m̂/x': hat, 'adam.v̂/x': square };
  },
};
export const names = Object.keys(rules);

// The points of a rule from a start, one a step.
export function trace(name, settings, { g }, start, steps) {
  const rule = rules[name](settings), all = [start];
  for (let k = 0; k < steps; k++) { const x = all.at(-1), { step } = rule(g(x)); all.push(x.map((v, i) => v - step[i])); }
  return all;
}

// A matrix with random axes and the given eigenvalues, as plane rotations of a diagonal one make it; and its inverse.
export function symmetric(eigenvalues, random) {
  const n = eigenvalues.length, diagonal = (d) => d.map((v, i) => d.map((_, j) => (i === j ? v : 0)));
  let [a, inverse] = [diagonal(eigenvalues), diagonal(eigenvalues.map((v) => 1 / v))];
  const turn = (m, p, q, c, s) => {
    const rows = m.map((row, i) => (i === p ? row.map((v, j) => c * v - s * m[q][j]) : i === q ? row.map((v, j) => s * m[p][j] + c * v) : row));
    return rows.map((row) => row.map((v, j) => (j === p ? c * v - s * row[q] : j === q ? s * row[p] + c * v : v)));
  };
  for (let p = 0; p < n; p++)
    for (let q = p + 1; q < n; q++) {
      const angle = 2 * Math.PI * random(), [c, s] = [Math.cos(angle), Math.sin(angle)];
      [a, inverse] = [turn(a, p, q, c, s), turn(inverse, p, q, c, s)];
    }
  return { a, inverse };
}
export const times = (m, v) => m.map((row) => row.reduce((sum, w, j) => sum + w * v[j], 0));
export const dot = (u, v) => u.reduce((sum, w, i) => sum + w * v[i], 0);

// (x - c)^T A (x - c) / 2 as a formula in x[1]...x[n].
export function quadratic(a, centre) {
  const at = (i) => `(x[${i + 1}] ${centre[i] < 0 ? '+' : '-'} ${Math.abs(centre[i])})`, terms = [];
  a.forEach((row, i) => row.forEach((v, j) => { if (j >= i) terms.push(`${v < 0 ? '- ' : '+ '}${Math.abs(i === j ? v / 2 : v)}*${at(i)}*${at(j)}`); }));
  return terms.join(' ').replace(/^\+ /, '');
}
