// The stream of the lab without a browser: RFC 6455 as far as the lab uses it, since not every node has WebSockets.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';

export class Stream {
  #waiting = [];
  #frames = [];
  #bytes = Buffer.alloc(0);

  async open(port, token) {
    const asked = request({ port, host: '127.0.0.1', path: '/api/stream', headers: {
      Authorization: `Bearer ${token}`, Connection: 'Upgrade', Upgrade: 'websocket',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'), 'Sec-WebSocket-Version': '13' } });
    asked.end();
    const [, socket, first] = await once(asked, 'upgrade');
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => this.#waiting.splice(0).forEach(([, failed]) => failed(new Error('the lab closed the stream'))));
    socket.on('data', (bytes) => this.#take(bytes));
    this.#take(first);
    return this;
  }

  send(message, opcode = 1) {
    const data = Buffer.from(opcode === 1 ? JSON.stringify(message) : message), mask = randomBytes(4);
    const size = data.length < 126 ? Buffer.from([0x80 | data.length]) : Buffer.from([0xfe, data.length >> 8, data.length & 255]);
    this.socket.write(Buffer.concat([Buffer.from([0x80 | opcode]), size, mask, data.map((b, i) => b ^ mask[i % 4])]));
  }

  // The next frame, which is acknowledged: its head, and what follows from byte `start` of the message on.
  async next() {
    const frame = this.#frames.shift() ?? (await new Promise((ok, failed) => this.#waiting.push([ok, failed])));
    this.send({ ack: frame.head.frame });
    return frame;
  }

  close() {
    this.socket.destroy();
  }

  #take(bytes) {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const all = this.#bytes;
      if (all.length < 2) return;
      const short = all[1] & 127, at = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (all.length < at) return;
      const size = short < 126 ? short : short === 126 ? all.readUInt16BE(2) : Number(all.readBigUInt64BE(2));
      if (all.length < at + size) return;
      this.#bytes = all.subarray(at + size);
      const data = all.subarray(at, at + size);
      if ((all[0] & 15) === 9) this.send(data, 10);
      if ((all[0] & 15) !== 2) continue;
      const start = 4 + data.readUInt32LE(0);
      const frame = { head: JSON.parse(data.subarray(4, start).toString()), start, payload: data.subarray(start) };
      const taker = this.#waiting.shift();
      if (taker) taker[0](frame);
      else this.#frames.push(frame);
    }
  }
}
