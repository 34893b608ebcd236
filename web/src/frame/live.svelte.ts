// What is read aloud: the newest wins, at most one text a second.
class Live {
  text = $state('');
  #next = '';
  #timer = 0;
  say(text: string) {
    this.#next = text;
    if (this.#timer) return;
    this.text = text;
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      if (this.#next !== this.text) this.say(this.#next);
    }, 1000);
  }
}
export const live = new Live();

// The cells of a canvas by keyboard: the arrows move a cursor, and `say` tells what stands there.
export function cells(node: HTMLElement, given: { columns: number; rows: number; move: (x: number, y: number) => string }) {
  let now = given, x = 0, y = 0;
  const key = (event: KeyboardEvent) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!by || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const far = event.shiftKey ? 5 : 1;
    x = Math.max(0, Math.min(now.columns - 1, x + far * by[0]));
    y = Math.max(0, Math.min(now.rows - 1, y + far * by[1]));
    live.say(now.move(x, y));
  };
  node.addEventListener('keydown', key);
  return { update: (next: typeof given) => { now = next; }, destroy: () => node.removeEventListener('keydown', key) };
}
