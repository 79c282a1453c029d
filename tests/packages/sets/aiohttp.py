import aiohttp
import uvloop
from aiohttp import web

PACKAGES = ["aiohttp", "aiodns", "uvloop"]
EXPECTED = ["hello", "uvloop"]
KIND = "accelerators that are found by name"


async def _ask():
    async def hello(_request):
        return web.Response(text="hello")

    app = web.Application()
    app.add_routes([web.get("/", hello)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as response:
        text = await response.text()
    await runner.cleanup()
    return text


def answer():
    return [uvloop.run(_ask()), uvloop.__name__]
