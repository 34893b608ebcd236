// The microscope as the page shows it: every number with its exact bits, once it has come to rest.
import { fromHex, step } from './lab.mjs';

export const address = (run, unit) => `#/nn?run=${run}&unit=${unit}&plate=microscope`;

// Waits until the plate shows the page's step, and whatever else is wanted: {unit: '2.1', of: 'train/3', op: '5'}.
export async function rest(page, wanted = {}) {
  const now = { step: String(await step(page)), ...wanted };
  await page.waitForFunction((w) => {
    const plate = document.querySelector('[data-view="microscope"]');
    return plate?.getAttribute('aria-busy') === 'false' && Object.entries(w).every(([name, value]) => plate.dataset[name] === String(value));
  }, now);
}

// All engine numbers of the plate: {q, step, hex, value}.
export const numbers = async (page, within = '[data-view="microscope"]') =>
  (await page.$$eval(`${within} [data-q]`, (all) => all.map((e) => ({ q: e.dataset.q, step: Number(e.dataset.step), hex: e.dataset.x }))))
    .map((n) => ({ ...n, value: fromHex(n.hex) }));

export async function choose(page, { unit, sample }) {
  if (sample !== undefined) {
    await page.fill('[data-param="sample"]', sample);
    await page.press('[data-param="sample"]', 'Enter');
  }
  if (unit !== undefined) {
    const [k, j] = unit.split('.');
    await page.selectOption('[data-param="layer"]', k);
    await page.fill('[data-param="unit"]', j);
    await page.press('[data-param="unit"]', 'Enter');
  }
  await rest(page, { ...(unit && { unit }), ...(sample && { of: sample }) });
}
