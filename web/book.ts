// The text of a chapter, book/CHAPTER.LANGUAGE.md, as markup by sections: Markdown by marked, formulas by Temml as MathML,
// both at build time. What is alive in it is left as places, elements with data-part, which web/src/part/book fills.
// What may stand in such a file is told in book/README.md. It must not know any chapter.
import { Marked, type Token, type Tokens } from 'marked';
import temml from 'temml';
import type { Plugin } from 'vite';

export interface Reference { author: string[]; title: string; venue: string; year: number; doi?: string }
export type References = Record<string, Reference>;
export type Language = 'en' | 'zh';
export interface Section { id: string; title: string; html: string }
// What a text is made of, in its order: tests hold the languages to each other by it.
export interface Book {
  title: string; sections: Section[];
  formulas: string[]; live: string[]; terms: string[]; now: string[]; acts: string[]; tasks: string[]; citations: string[];
}

const words = { en: { sources: 'Sources', and: ' & ', more: ' et al.', open: ' (', close: ')', gap: ' ', next: '; ' }, zh: { sources: '参考文献', and: ' 和 ', more: ' 等', open: '（', close: '）', gap: '，', next: '；' } };

const plain = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const place = (tag: string, part: string, data: Record<string, string>, text = '') =>
  `<${tag} data-part="${part}"${Object.entries(data).map(([k, v]) => ` data-${k}="${plain(v)}"`).join('')}>${text}</${tag}>`;

// The content policy allows no style attributes: what Temml says by them is said by classes, or it is an error here.
const styles: Record<string, string> = { 'display:block math;': '', 'math-depth:0;': '', 'padding-left:0em;padding-right:0em;': '', 'padding-left:1em;padding-right:0em;': 'far' };
function withoutStyle(markup: string): string {
  return markup.replace(/(?: class="([^"]*)")? style="([^"]*)"/g, (_, had = '', style) => {
    if (!(style in styles)) throw new Error(`a formula needs the style ${style}, which has no class`);
    const all = [had, styles[style]].filter(Boolean).join(' ');
    return all ? ` class="${all}"` : '';
  });
}

// A prime as it stands in a line: raised as a superscript it would be raised twice, where the font has no small one.
const inLine = (markup: string) => markup.replace(/<msup>(<mi>[^<]+<\/mi>)<mo [^>]*class="tml-prime[^>]*>(′|″|‴)<\/mo><\/msup>/g, '<mrow>$1<mo lspace="0em" rspace="0.05em">$2</mo></mrow>');

// Punctuation stays on the line of the formula or number before it.
const after = '([,.;:!?)、，。；：！？）”]*)';
const held = (markup: string, end: string) => (end ? `<span class="held">${markup}${end}</span>` : markup);

// \live{NAME} in a formula is a number of the engine.
export function formula(tex: string, isDisplay: boolean, live: string[] = []): string {
  const names: string[] = [];
  const marked = tex.replace(/\\live\{([^}]*)\}/g, (_, name) => `\\class{live-${names.push(name) - 1}}{0}`);
  const markup = temml.renderToString(marked, { displayMode: isDisplay, trust: (context: { command: string }) => context.command === '\\class', throwOnError: true });
  live.push(...names);
  const line = inLine(withoutStyle(markup));
  if (!names.length) return line;
  // A group: what may have the focus is not lost in it, as in one picture of a formula.
  return line.replace('<math', '<math role="group"').replace(/<mn class="live-(\d+)">0<\/mn>/g, (_, k) => place('mrow', 'FormulaNumber', { of: names[Number(k)] }));
}

const named = ({ author, year }: Reference, w: (typeof words)['en']) =>
  `${author.length > 2 ? author[0] + w.more : author.join(w.and)}${w.gap}${year}`;
const told = (r: Reference) => `${r.author.join(', ')} (${r.year}). <cite>${plain(r.title)}</cite>. ${plain(r.venue)}.${r.doi ? ` doi:${plain(r.doi)}` : ''}`;

export function compose(text: string, references: References, language: Language): Book {
  const w = words[language];
  const book: Book = { title: '', sections: [], formulas: [], live: [], terms: [], now: [], acts: [], tasks: [], citations: [] };
  let cited = new Set<string>(); // in the section

  const take = (name: string, level: 'block' | 'inline', begin: string, rule: RegExp, render: (match: string[]) => string) => ({
    name, level,
    start: (source: string) => { const at = source.indexOf(begin); return at < 0 ? undefined : at; },
    tokenizer(source: string) {
      const match = rule.exec(source);
      return match ? { type: name, raw: match[0], match } : undefined;
    },
    renderer: (token: Tokens.Generic) => render(token.match),
  });
  const math = (tex: string, isDisplay: boolean) => {
    book.formulas.push(tex);
    return formula(tex, isDisplay, book.live);
  };
  const keep = (all: string[], name: string) => { all.push(name); return name; };
  const marked = new Marked({
    extensions: [
      take('display', 'block', '$$', /^\$\$\s*([^$]+?)\s*\$\$(?:\n|$)/, ([, tex]) => `<div class="display">${math(tex, true)}</div>\n`),
      take('terms', 'block', '{{terms', /^\{\{terms ([^}]+)\}\}(?:\n|$)/, ([, name]) => place('div', 'Terms', { of: keep(book.terms, name) })),
      take('task', 'block', '{{task', /^\{\{task ([\w-]+)\}\}(?:\n|$)/, ([, name]) => place('div', 'Block', { kind: 'task', name: keep(book.tasks, name) })),
      take('math', 'inline', '$', new RegExp(`^\\$(?!\\s)([^$\\n]+?)(?<!\\s)\\$${after}`), ([, tex, end]) => held(math(tex, false), end)),
      take('q', 'inline', '{{q', new RegExp(`^\\{\\{q ([^}]+)\\}\\}${after}`), ([, name, end]) => held(place('span', 'Quantity', { of: keep(book.live, name) }), end)),
      take('now', 'inline', '{{now', new RegExp(`^\\{\\{now (\\w+)\\}\\}${after}`), ([, name, end]) => held(place('span', 'Now', { of: keep(book.now, name) }), end)),
      take('do', 'inline', '{{do', new RegExp(`^\\{\\{do ([^}]+)\\}\\}([^{}]+)\\{\\{/do\\}\\}${after}`), ([, act, text, end]) => held(place('span', 'Do', { act: keep(book.acts, act) }, plain(text)), end)),
      take('source', 'inline', '[@', /^\[(@\w+(?:; @\w+)*)\]/, ([, keys]) => w.open.trimStart() + keys.split('; ').map((k) => {
        const key = k.slice(1), reference = references[key];
        if (!reference) throw new Error(`there is no source ${key} in book/references.json`);
        cited.add(key);
        book.citations.push(key);
        return place('span', 'Source', { of: key }, plain(named(reference, w)));
      }).join(w.next) + w.close),
    ],
    renderer: {
      text(token) { return 'tokens' in token && token.tokens ? this.parser.parseInline(token.tokens) : plain(token.text); },
      codespan: ({ text: code }) => `<code>${plain(code)}</code>`,
      heading({ tokens, depth }) { return `<h${depth + 1}>${this.parser.parseInline(tokens)}</h${depth + 1}>\n`; },
    },
  });

  // Sections begin at headings of the second level: ## 5 The chain rule {#blame}
  const tokens = marked.lexer(text), parts: { section: Omit<Section, 'html'>; tokens: Token[] }[] = [];
  for (const token of tokens) {
    const head = token.type === 'heading' ? (token as Tokens.Heading) : null;
    if (head?.depth === 1) book.title = head.text;
    else if (head?.depth === 2) {
      const match = /^(.*?)\s*\{#([\w-]+)\}$/.exec(head.text);
      if (!match) throw new Error(`the heading "${head.text}" has no anchor`);
      parts.push({ section: { id: match[2], title: match[1] }, tokens: [] });
    } else if (parts.length) parts.at(-1)!.tokens.push(token);
  }
  const list = (keys: Set<string>) => {
    if (!keys.size) return '';
    const rows = [...keys].sort().map((key) => `<li id="source-${key}" tabindex="-1">${told(references[key])}</li>`);
    return `<h4>${w.sources}</h4>\n<ol class="sources">${rows.join('\n')}</ol>\n`;
  };
  for (const { section, tokens: own } of parts) {
    cited = new Set();
    book.sections.push({ ...section, html: `<h3 tabindex="-1">${plain(section.title)}</h3>\n${marked.parser(own)}${list(cited)}` });
  }
  return book;
}

// Reads book/*.md as a module with `title` and `sections`.
export const book = (references: References): Plugin => ({
  name: 'book',
  transform(code, id) {
    const language = /\.(en|zh)\.md$/.exec(id)?.[1] as Language | undefined;
    if (!language) return null;
    const { title, sections } = compose(code, references, language);
    return { code: `export const title = ${JSON.stringify(title)}, sections = ${JSON.stringify(sections)};`, map: null };
  },
});
