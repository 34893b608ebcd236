// The sheet over the page: a picture as a sentence and a table, the keys, the data tray. One at a time.
export interface Table { title: string; sentence: string; head: string[]; rows: (string | number)[][] }
export type Shown = { kind: 'table'; table: () => Table } | { kind: 'keys' } | { kind: 'data' } | { kind: 'goto' } | { kind: 'class' } | null;

class Sheet {
  shown = $state.raw<Shown>(null);
  table(table: () => Table) {
    this.shown = { kind: 'table', table };
  }
  close() {
    this.shown = null;
  }
}
export const sheet = new Sheet();
