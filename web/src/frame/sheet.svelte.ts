// The sheet over the page: a picture as a sentence and a table, the keys, the data tray, the lab's own pages. One at a time.
// `csv`: all of it with exact values, header first, where the table shows only some or rounds; else the table is saved.
export interface Table { title: string; sentence: string; head: string[]; rows: (string | number)[][]; csv?: () => string[][] | Promise<string[][]> }
// `picture` is what the picture's button stands in, to be saved as one.
export type Shown = { kind: 'table'; table: () => Table; picture: Element } | { kind: 'keys' | 'data' | 'goto' | 'compare' | 'notebook' | 'lesson' | 'save' | 'class' } | null;

class Sheet {
  shown = $state.raw<Shown>(null);
  table(table: () => Table, button: Element) {
    this.shown = { kind: 'table', table, picture: button.closest('figure, .fig')! };
  }
  close() {
    this.shown = null;
  }
}
export const sheet = new Sheet();
