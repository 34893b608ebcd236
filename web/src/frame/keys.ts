// The keys of the whole page. A field, a menu or a picture that has the focus keeps its own.
import { lab } from '../engine/run.svelte';
import { theme } from '../look/theme.svelte';
import { play, step } from './play.svelte';
import { sheet } from './sheet.svelte';

export function onKey(event: KeyboardEvent, act: { receipt: () => void; up: () => void; closer: () => void }) {
  const target = event.target as HTMLElement;
  if (sheet.shown || !lab.state || event.altKey || event.metaKey) return;
  const isTyping = target.matches('input:not([type=range]):not([type=radio]):not([type=checkbox]), textarea, select');
  const isHeld = target.matches('input[type=range], input[type=radio], [role=slider], [role=tab]'); // arrows are its own
  if (event.key === 'Escape') return act.up();
  if (isTyping) return;
  const unit = event.ctrlKey ? 'epoch' : event.shiftKey ? 'batch' : 'op'; // of a race ten steps, or one
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === 't' && !event.ctrlKey) theme.toggle();
  else if (key === '?') sheet.shown = { kind: 'keys' };
  else if (!lab.connected || (lab.reads && ' ArrowRight ArrowLeft bsg'.includes(key))) return;
  else if (key === ' ' && !target.matches('button, summary, [role=button], input')) play();
  else if (key === 'ArrowRight' && !isHeld) step(unit, 1);
  else if (key === 'ArrowLeft' && !isHeld) step(unit, -1);
  else if (key === 'b' && !event.ctrlKey) lab.do({ do: 'branch' });
  else if (key === 's' && !event.ctrlKey) lab.do({ do: 'act', name: 'save' });
  else if (key === 'g' && !event.ctrlKey) sheet.shown = { kind: 'goto' };
  else if (key === 'r' && !event.ctrlKey) target.matches('[data-x]') ? target.click() : act.receipt();
  else if (key === '+' || key === '=') act.closer();
  else if (key === '-') act.up();
  else return;
  event.preventDefault();
}
