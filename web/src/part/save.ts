// Hands a text to the browser as a file.
export function save(name: string, text: string, type: string) {
  const at = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement('a'), { href: at, download: name });
  link.click();
  URL.revokeObjectURL(at);
}
