import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Rollup } from 'vite';
import references from '../book/references.json';
import { book } from './book';

// What the first screen is made of is one file, which packs better than many.
const first = new Set<string>();
function manualChunks(id: string, { getModuleInfo, getModuleIds }: Rollup.ManualChunkMeta) {
  const gather = (name: string) => {
    if (first.has(name)) return;
    first.add(name);
    getModuleInfo(name)?.importedIds.forEach(gather);
  };
  const main = [...getModuleIds()].find((name) => name.endsWith('/src/main.ts'));
  if (main && !first.size) gather(main);
  return first.has(id) && id !== main && !id.endsWith('.css') ? 'first' : undefined;
}

// No data: addresses and no preload script: the server's content policy allows files of its own alone.
export default defineConfig({
  base: './', // a page may lie in a folder: /at/SLUG/
  plugins: [book(references), svelte()],
  build: { target: 'es2022', minify: 'terser', assetsInlineLimit: 0, modulePreload: { polyfill: false }, rollupOptions: { output: { manualChunks } } },
});
