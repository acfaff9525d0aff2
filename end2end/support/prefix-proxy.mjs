// A site of which Darkroom is a part: a reverse proxy that passes on what is below a path, and has other pages elsewhere.

import { createServer, request } from 'node:http';
import { connect } from 'node:net';

/** In front of `darkroom`, whose base path is `prefix`. With `strips` it takes that off the path, and says so. */
export async function startPrefixProxy(darkroom, { prefix, strips = false }) {
  const { hostname: host, port } = new URL(darkroom.url);
  /** What was asked for outside of Darkroom's path. */
  const outside = [];
  const isInside = (url) => url === prefix || [`${prefix}/`, `${prefix}?`].some((start) => url.startsWith(start));
  const path = (url) => (strips ? url.slice(prefix.length).replace(/^(?!\/)/, '/') : url);
  const headers = (message) => ({
    ...message.headers,
    'x-forwarded-for': message.socket.remoteAddress,
    'x-forwarded-proto': 'http',
    ...(strips ? { 'x-forwarded-prefix': prefix } : {}),
  });
  const server = createServer((asked, answer) => {
    if (!isInside(asked.url)) {
      // A browser asks for this one by itself.
      if (asked.url === '/favicon.ico') return answer.writeHead(204).end();
      outside.push(`${asked.method} ${asked.url}`);
      return answer.writeHead(404).end('another part of the site');
    }
    const passed = request({ host, port, method: asked.method, path: path(asked.url), headers: headers(asked) }, (back) => {
      answer.writeHead(back.statusCode, back.rawHeaders);
      back.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
  const sockets = new Set();
  const keep = (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  server.on('connection', keep);
  server.on('upgrade', (asked, browser, first) => {
    if (!isInside(asked.url)) {
      outside.push(`upgrade ${asked.url}`);
      return browser.destroy();
    }
    const back = connect(Number(port), host);
    keep(back);
    const lines = Object.entries(headers(asked)).map(([name, value]) => `${name}: ${value}`);
    back.write([`GET ${path(asked.url)} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
    back.write(first);
    browser.pipe(back).pipe(browser);
    browser.on('close', () => back.destroy());
    back.on('close', () => browser.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    outside,
    url: `http://127.0.0.1:${server.address().port}${prefix}`,
    async end() {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
