// A .zip archive of small files, stored as they are (PKWARE's APPNOTE 6.3).
const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});
const crc = (bytes: Uint8Array) => ~bytes.reduce((c, b) => table[(c ^ b) & 255] ^ (c >>> 8), ~0) >>> 0;
const utf8Names = 0x800;

export function zip(files: { name: string; bytes: Uint8Array }[]): Blob {
  const body: Uint8Array[] = [], list: Uint8Array[] = [];
  let at = 0, listed = 0;
  // Numbers of 2 and 4 bytes, by [size, value].
  const record = (fields: [2 | 4, number][]) => {
    const out = new DataView(new ArrayBuffer(fields.reduce((sum, [size]) => sum + size, 0)));
    let to = 0;
    for (const [size, value] of fields) {
      if (size === 2) out.setUint16(to, value, true);
      else out.setUint32(to, value, true);
      to += size;
    }
    return new Uint8Array(out.buffer);
  };
  for (const { name, bytes } of files) {
    const text = new TextEncoder().encode(name);
    const common: [2 | 4, number][] = [[2, 20], [2, utf8Names], [2, 0], [4, 0x210000], [4, crc(bytes)], [4, bytes.length], [4, bytes.length], [2, text.length], [2, 0]];
    const head = record([[4, 0x04034b50], ...common]);
    list.push(record([[4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]]), text);
    listed += 46 + text.length;
    body.push(head, text, bytes);
    at += head.length + text.length + bytes.length;
  }
  const end = record([[4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, listed], [4, at], [2, 0]]);
  return new Blob([...body, ...list, end] as BlobPart[], { type: 'application/zip' });
}
