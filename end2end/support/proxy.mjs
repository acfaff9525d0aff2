// What is between a browser and Darkroom: a proxy of bytes that can forbid WebSockets, cut them, and say how many there were.

import { connect, createServer } from 'node:net';
import { Transform } from 'node:stream';

export class Proxy {
  /** Answers upgrades like a proxy that knows no WebSockets. Everything else passes. */
  forbidsSockets = false;
  /** Lets browsers keep pages, which Darkroom forbids. Some keep them all the same. */
  allowsKeeping = false;
  /** Upgrades that were asked for so far. */
  upgrades = 0;
  #server;
  #target;
  #all = new Set();
  #webSockets = new Set();

  constructor(server, target) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (browser) => this.#accept(browser));
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** How many WebSockets there are. */
  get openSockets() {
    return this.#webSockets.size;
  }

  /** Ends every WebSocket there is, as a network does: without a close frame. */
  cut() {
    this.#webSockets.forEach((socket) => socket.destroy());
  }

  async end() {
    this.#all.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(browser) {
    this.#keep(browser, this.#all);
    // A browser asks for an upgrade on a connection of its own, with its first bytes.
    browser.once('data', (first) => {
      const upgrade = /^upgrade: *websocket/im.test(first.toString('latin1'));
      this.upgrades += Number(upgrade);
      if (upgrade && this.forbidsSockets) return browser.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      const darkroom = connect(this.#target);
      this.#keep(darkroom, this.#all);
      if (upgrade) this.#keep(browser, this.#webSockets);
      browser.on('close', () => darkroom.destroy());
      darkroom.on('close', () => browser.destroy());
      darkroom.write(first);
      browser.pipe(darkroom).pipe(this.#edited()).pipe(browser);
    });
  }

  /** Of the same length, and at the head of an answer, which comes in one piece. */
  #edited() {
    const edit = (bytes) => Buffer.from(bytes.toString('latin1').replace('cache-control: no-store', 'cache-control: no-cache'), 'latin1');
    return new Transform({ transform: (bytes, _, done) => done(null, this.allowsKeeping ? edit(bytes) : bytes) });
  }

  #keep(socket, sockets) {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }
}

/** A proxy in front of `darkroom`, on a port of its own. */
export async function startProxy(darkroom) {
  const { hostname, port } = new URL(darkroom.url);
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new Proxy(server, { host: hostname, port: Number(port) });
}
