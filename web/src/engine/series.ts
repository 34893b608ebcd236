// One number a step, appended to and never changed: what a column of pixels shows of it is asked for in blocks, so that
// ten million steps are drawn as fast as ten thousand.
const block = 64;

export interface Span { low: number; high: number; mean: number }

export class Series {
  length = 0;
  #values = new Float32Array(1024);
  #low = new Float32Array(16);
  #high = new Float32Array(16);
  #sum = new Float64Array(16);

  at(index: number): number | undefined {
    return index >= 0 && index < this.length ? this.#values[index] : undefined;
  }

  // Writes `values` from `at` on; `at` is at most the length.
  put(at: number, values: Float32Array) {
    const end = at + values.length;
    if (end > this.#values.length) this.#grow(2 * end);
    this.#values.set(values, at);
    this.length = Math.max(this.length, end);
    for (let b = Math.floor(at / block); b * block < this.length; b++) {
      const { low, high, mean } = this.#scan(b * block, Math.min(this.length, (b + 1) * block));
      this.#low[b] = low;
      this.#high[b] = high;
      this.#sum[b] = mean * (Math.min(this.length, (b + 1) * block) - b * block);
    }
  }

  // Of the values from `from` to before `to`, which are at least one.
  span(from: number, to: number): Span {
    const first = Math.ceil(from / block), last = Math.floor(to / block);
    if (first >= last) return this.#scan(from, to);
    const all: Span = { low: Infinity, high: -Infinity, mean: 0 };
    const take = (low: number, high: number, sum: number) => {
      if (low < all.low) all.low = low;
      if (high > all.high) all.high = high;
      all.mean += sum;
    };
    for (const [a, b] of [[from, first * block], [last * block, to]])
      if (a < b) {
        const part = this.#scan(a, b);
        take(part.low, part.high, part.mean * (b - a));
      }
    for (let b = first; b < last; b++) take(this.#low[b], this.#high[b], this.#sum[b]);
    all.mean /= to - from;
    return all;
  }

  #scan(from: number, to: number): Span {
    let low = Infinity, high = -Infinity, sum = 0;
    for (let i = from; i < to; i++) {
      const v = this.#values[i];
      if (v < low) low = v;
      if (v > high) high = v;
      sum += v;
    }
    return { low, high, mean: sum / (to - from) };
  }

  #grow(size: number) {
    const larger = <T extends Float32Array | Float64Array>(old: T, make: new (n: number) => T, n: number) => {
      const room = new make(n);
      room.set(old);
      return room;
    };
    this.#values = larger(this.#values, Float32Array, size);
    const blocks = Math.ceil(size / block) + 1;
    this.#low = larger(this.#low, Float32Array, blocks);
    this.#high = larger(this.#high, Float32Array, blocks);
    this.#sum = larger(this.#sum, Float64Array, blocks);
  }
}
