import { createHash } from 'node:crypto';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// Puts the script and the styles into the page itself, and a policy that lets it run them and ask for nothing.
const whole: Plugin = {
  name: 'whole',
  enforce: 'post',
  generateBundle(_, bundle) {
    const page = bundle['report.html'];
    if (page?.type !== 'asset') throw new Error('there is no report.html to put things into');
    let html = String(page.source);
    const policy: Record<string, string> = { 'default-src': "'none'", 'font-src': 'data:', 'img-src': 'data:' };
    for (const [name, file] of Object.entries(bundle)) {
      if (file === page) continue;
      const isScript = file.type === 'chunk';
      const text = (isScript ? file.code : String(file.source)).replaceAll('</script', '<\\/script').trim();
      policy[isScript ? 'script-src' : 'style-src'] = digest(text);
      const tag = new RegExp(isScript ? `<script[^>]*src="/${name}"[^>]*></script>` : `<link[^>]*href="/${name}"[^>]*>`);
      html = html.replace(tag, '').replace(isScript ? '</body>' : '</head>', (end) => (isScript ? `<script type="module">${text}</script>${end}` : `<style>${text}</style>${end}`));
      delete bundle[name];
    }
    const content = Object.entries(policy).map((entry) => entry.join(' ')).join('; ');
    page.source = html.replace('<meta charset="utf-8" />', `$&\n    <meta http-equiv="Content-Security-Policy" content="${content}" />`);
  },
};

// The report that the engine fills in: one file beside the pages, which needs none of them.
export default defineConfig({
  plugins: [svelte(), whole],
  publicDir: false,
  build: { target: 'es2022', emptyOutDir: false, assetsInlineLimit: 1e6, cssCodeSplit: false, modulePreload: { polyfill: false }, rollupOptions: { input: 'report.html' } },
});
