// The peer of `make bench`: a fan-out server as one would write it in Node with `ws`. A client of each ComfyUI that is named, it passes every
// frame on to every watcher as it comes, one frame for one event. Its first line says where it listens.

import { WebSocket, WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });

for (const url of process.argv.slice(2)) {
  const upstream = new WebSocket(`${url.replace('http', 'ws')}/ws?clientId=relay`, { perMessageDeflate: false });
  upstream.on('message', (data, isBinary) => {
    for (const watcher of server.clients) watcher.send(data, { binary: isBinary });
  });
}
server.on('listening', () => console.log(`127.0.0.1:${server.address().port}`));
