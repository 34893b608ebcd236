// Small files for uploads, written by hand: PNG (ISO 15948) and zip (PKWARE's APPNOTE).
import { crc32, deflateSync } from 'node:zlib';

const sum = (bytes) => { // of PNG and zip; node 18 has no crc32 of its own
  if (crc32) return crc32(bytes);
  let c = ~0;
  for (const b of bytes) { c ^= b; for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1; }
  return ~c >>> 0;
};
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n >>> 0); return b; };
// A grey picture of 8 bits.
export function png(width, height, pixels) {
  const raw = Buffer.concat(Array.from({ length: height }, (_, y) => Buffer.from([0, ...pixels.slice(y * width, (y + 1) * width)])));
  const chunk = (kind, data) => { const body = Buffer.concat([Buffer.from(kind), data]); return Buffer.concat([u32(data.length), body, u32(sum(body))]); };
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', Buffer.concat([u32(width), u32(height), Buffer.from([8, 0, 0, 0, 0])])), chunk('IDAT', deflateSync(raw)), chunk('IEND', Buffer.alloc(0))]);
}
// Files that are stored as they are: [[name, bytes]...].
export function zip(files) {
  const body = [], list = [];
  let at = 0;
  for (const [name, bytes] of files) {
    const text = Buffer.from(name), common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(sum(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(text.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    list.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, tail, text);
    body.push(Buffer.from('PK\x03\x04', 'latin1'), common, text, bytes);
    at += 30 + text.length + bytes.length;
  }
  const all = Buffer.concat(list), end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(all.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...body, all, Buffer.from('PK\x05\x06', 'latin1'), end]);
}
