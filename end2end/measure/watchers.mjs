// Many WebSocket clients that count what they get and do nothing with it.

import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';

/** Binary frames that begin with this byte are previews: with Darkroom and with ComfyUI, whose first four bytes are 1 or 4, big-endian. */
const isPreviewOf = {
  darkroom: (data, isBinary) => isBinary && data[0] === 1,
  comfyui: (_, isBinary) => isBinary,
};

export class Watchers {
  #sockets = [];
  #counts = [];

  /** Opens `count` of them; each has had its first frames when this is done. */
  static async open(url, count, speaks) {
    const watchers = new Watchers();
    await Promise.all(Array.from({ length: count }, () => watchers.#add(url, speaks)));
    return watchers;
  }

  #add(url, speaks) {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const count = { frames: 0, bytes: 0 };
    this.#sockets.push(socket);
    this.#counts.push(count);
    const isPreview = isPreviewOf[speaks];
    socket.on('message', (data, isBinary) => {
      if (isPreview(data, isBinary)) return;
      count.frames += 1;
      count.bytes += data.length;
    });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      if (speaks === 'comfyui') return socket.once('open', resolve);
      socket.once('open', () => socket.send(JSON.stringify({ hello: { protocol: 2, session: randomUUID(), topics: ['all'] } })));
      return socket.once('message', resolve);
    });
  }

  /** From now on. */
  reset() {
    for (const count of this.#counts) Object.assign(count, { frames: 0, bytes: 0 });
  }

  /** What one watcher got, previews left out. Fails when a watcher got nothing, or was cut off. */
  each() {
    if (this.#sockets.some((socket) => socket.readyState !== WebSocket.OPEN)) throw new Error('a watcher was cut off');
    const frames = this.#counts.map((count) => count.frames);
    if (Math.min(...frames) === 0) throw new Error('a watcher got nothing');
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return { frames: mean(frames), bytes: mean(this.#counts.map((count) => count.bytes)) };
  }

  close() {
    for (const socket of this.#sockets) socket.terminate();
  }
}
