// Faults planted in the page, to see that the checks notice them: scripts that run before the page's own. (Those of the
// engine are in src/train/fault.hpp.)
/* eslint-env browser */
export const faults = {
  // The page stops following the engine: what comes after the first frames and answers is not shown.
  frozen() {
    const first = {}, ask = window.fetch, Socket = window.WebSocket;
    window.fetch = async (url, options) => {
      const answer = await ask(url, options);
      if (!/command$/.test(url)) return answer;
      first[url] ??= await answer.text();
      return new Response(first[url], { status: 200 });
    };
    window.WebSocket = class extends Socket {
      constructor(url) {
        super(url);
        let n = 0;
        this.addEventListener('message', (event) => { if (++n > 3) event.stopImmediatePropagation(); });
      }
    };
  },
  // Bits that are not quite the engine's.
  'other bits'() {
    const ask = window.fetch;
    window.fetch = async (url, options) => {
      const answer = await ask(url, options);
      if (!/receipts/.test(url)) return answer;
      return new Response((await answer.text()).replaceAll(/"hex":"(-?0x[01]\.?[0-9a-f]*?)([0-9a-f])p/g, (_, head, last) => `"hex":"${head}${last === '2' ? '4' : '2'}p`), { status: answer.status });
    };
  },
  // Whatever is given, it shows a set it knows.
  'canned data'() {
    const ask = window.fetch;
    window.fetch = (url, options) =>
      ask(url, url === '/api/runs' && options?.body ? { ...options, body: options.body.replace(/"data":"[^"]*\.csv"/, '"data":"spirals"').replace(/"target":"[^"]*"/, '"target":"auto"').replace(/"function":"[^"]*"/, '"function":"rosenbrock"') } : options);
  },
  // Numbers that move by themselves.
  'counts on'() {
    setInterval(() => {
      const n = document.querySelector('.readout .step .num');
      if (n) n.textContent = String(Number(n.textContent.replaceAll(',', '')) + 1);
    }, 50);
  },
  // It asks with every frame for what it has been told.
  'asks again'() {
    const again = () => { fetch('api/runs').catch(() => {}); requestAnimationFrame(again); };
    again();
  },
  'calls out'() {
    fetch('http://limn.invalid/count').catch(() => {});
  },
  unnamed() {
    setInterval(() => document.querySelectorAll('button[aria-label], select').forEach((e) => { e.removeAttribute('aria-label'); e.removeAttribute('title'); e.id = ''; }), 20);
  },
  wide() {
    addEventListener('DOMContentLoaded', () => document.body.append(Object.assign(document.createElement('hr'), { className: 'wide-fault' })));
    setInterval(() => document.querySelectorAll('.wide-fault').forEach((e) => { e.style.width = '1500px'; }), 20);
  },
  'mouse only'() {
    addEventListener('keydown', (event) => event.key === 'Tab' && event.preventDefault(), true);
  },
  cramped() {
    setInterval(() => document.querySelectorAll('.btn').forEach((e) => { e.style.width = '40px'; }), 20);
  },
  // A report that is a little better than what it reports.
  'touched up'() {
    addEventListener('click', async (event) => {
      const link = event.target.closest?.('[data-do="save-report"]');
      if (!link?.href.startsWith('http')) return;
      event.preventDefault();
      const text = await (await fetch(link.href)).text();
      const better = text.replace(/("loss":0\.\d*?)([1-9])(\d*,)/, (_, head, digit, tail) => head + (digit - 1) + tail)
        .replace(/("hex":"0x1\.\w*?)(\w)(p[-+]\d+","name":"value")/, (_, head, digit, tail) => head + (digit === '0' ? '1' : '0') + tail);
      link.href = URL.createObjectURL(new Blob([better], { type: 'text/html' }));
      link.click();
    }, true);
  },
};
