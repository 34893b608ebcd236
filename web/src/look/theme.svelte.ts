// Light or dark: the system's, until somebody chooses. Canvases read `name` so that they are drawn again.
const chosen = () => localStorage.getItem('theme');
const dark = matchMedia('(prefers-color-scheme: dark)');

class Theme {
  name = $state(chosen() ?? (dark.matches ? 'dark' : 'light'));
  constructor() {
    this.#apply();
    dark.addEventListener('change', () => {
      if (chosen()) return;
      this.name = dark.matches ? 'dark' : 'light';
      this.#apply();
    });
  }
  toggle() {
    this.name = this.name === 'dark' ? 'light' : 'dark';
    this.#apply();
    localStorage.setItem('theme', this.name);
  }
  // Before any canvas is drawn again: they take their colours from the page.
  #apply() {
    document.documentElement.dataset.theme = this.name;
  }
}
export const theme = new Theme();
