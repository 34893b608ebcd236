// How a number that explains is made again: by the page, and on the command line where that has the picture.
import { explain, type Explanations, type Method, type Picture } from '../../../engine/explain';
import type { Source } from '../../../part/receipt.svelte';
import { words } from './words';

export const quoted = (name: string) => (/^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`);

// `flags`: what `of` says, as the command line has it; null where it cannot say it.
export function source<M extends Method>(run: string, step: number, method: M, of: Record<string, unknown>, flags: string | null, read: (e: Explanations[M]) => number): Source {
  const body = JSON.stringify({ method, ...of, ...(of.pixels ? { pixels: ['…'] } : {}) });
  return {
    why: flags === null ? words().whyHere : words().why,
    command: flags === null ? `POST /api/runs/${run}/steps/${step}/explain ${body}` : `limn explain ${run} --step ${step} --method ${method}${flags} --json`,
    again: async () => read(await explain(run, step, method, of)),
  };
}
export function pictureFlags(picture: Picture): string | null {
  const [, split, row] = ('sample' in picture && /^(train|valid|test)\/(\d+)$/.exec(picture.sample)) || [];
  return split ? ` --split ${split} --row ${row}` : null;
}
