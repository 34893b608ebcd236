import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// No data: addresses and no preload script: the server's content policy allows files of its own alone.
export default defineConfig({
  base: './', // a page may lie in a folder: /at/SLUG/
  plugins: [svelte()],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
