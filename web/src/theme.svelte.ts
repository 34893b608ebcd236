// Light or dark: the system's, until somebody chooses. Canvases read `name` so that they are drawn again.
class Theme {
  name = $state(localStorage.getItem('theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));
  toggle() {
    this.name = this.name === 'dark' ? 'light' : 'dark';
    localStorage.setItem('theme', this.name);
  }
}
export const theme = new Theme();
