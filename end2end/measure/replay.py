"""Sends the texts of a file, a JSON list, to everyone who opens /ws, in the way of ComfyUI's server: aiohttp, which offers permessage-deflate.

Usage: replay.py FILE TIMES. Prints its address."""

import asyncio
import json
import sys

from aiohttp import web


async def main(file, times):
    with open(file, encoding="utf-8") as source:
        texts = json.load(source)

    async def ws(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        # The client's first message says that it is ready.
        await socket.receive()
        for _ in range(times):
            for text in texts:
                await socket.send_str(text)
        await socket.close()
        return socket

    app = web.Application()
    app.router.add_get("/ws", ws)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print("%s:%s" % runner.addresses[0], flush=True)
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
