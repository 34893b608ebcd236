// Copies a text. Over plain HTTP from another machine a page has no clipboard, but may copy what is selected.
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const field = document.createElement('textarea');
  field.value = text;
  (document.querySelector('dialog[open]') ?? document.body).append(field); // behind a dialogue nothing can be selected
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  return done;
}
