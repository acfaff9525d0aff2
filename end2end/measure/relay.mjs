// The peer of bench.mjs: a fan-out server as one would write it in Node with `ws`. A client of the engine, it passes every frame on to
// every watcher as it comes, one frame for one event. Forked: `node relay.mjs <engine's url>`, controlled with messages.

import { WebSocket, WebSocketServer } from 'ws';

const engine = process.argv[2];
const CLIENT_ID = 'relay';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
const upstream = new WebSocket(`${engine.replace('http', 'ws')}/ws?clientId=${CLIENT_ID}`, { perMessageDeflate: false });

upstream.on('message', (data, isBinary) => {
  for (const watcher of server.clients) watcher.send(data, { binary: isBinary });
  if (!isBinary && data.includes('"execution_success"')) process.send({ ended: true });
});
upstream.on('open', () => process.send({ url: `ws://127.0.0.1:${server.address().port}` }));

process.on('message', async ({ prompt }) => {
  const body = JSON.stringify({ prompt, client_id: CLIENT_ID });
  const response = await fetch(`${engine}/prompt`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!response.ok) throw new Error(await response.text());
});
process.on('disconnect', () => process.exit());
