"""The other peer of `make bench`: the same fan-out server with aiohttp, which ComfyUI's own server is made with. A client of each ComfyUI
that is named, it passes every frame on to every watcher as it comes, as ComfyUI does. Its first line says where it listens."""

import asyncio
import sys

import aiohttp
from aiohttp import web

watchers: set[web.WebSocketResponse] = set()


async def watch(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    watchers.add(socket)
    try:
        async for _ in socket:
            pass
    finally:
        watchers.discard(socket)
    return socket


async def relay(session: aiohttp.ClientSession, url: str) -> None:
    async with session.ws_connect(f"{url}/ws?clientId=relay", max_msg_size=0) as upstream:
        async for message in upstream:
            for socket in list(watchers):
                await socket.send_str(message.data)


async def main(urls: list[str]) -> None:
    app = web.Application()
    app.add_routes([web.get("/ws", watch)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    print("%s:%s" % runner.addresses[0], flush=True)
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(relay(session, url) for url in urls))


asyncio.run(main(sys.argv[1:]))
