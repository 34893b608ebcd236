import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import references from '../book/references.json';
import { book } from './book';

// No data: addresses and no preload script: the server's content policy allows files of its own alone.
export default defineConfig({
  base: './', // a page may lie in a folder: /at/SLUG/
  plugins: [book(references), svelte()],
  build: { target: 'es2022', minify: 'terser', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
