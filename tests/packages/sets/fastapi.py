import asyncio

import fastapi
import httpx

PACKAGES = ["fastapi", "httpx", "jinja2", "python-multipart"]
EXPECTED = [{"n": 2}, "3.1"]
KIND = "an ASGI application"


APP = fastapi.FastAPI()


@APP.get("/double")
def double(n: int) -> dict[str, int]:
    return {"n": n * 2}


async def _ask():
    transport = httpx.ASGITransport(APP)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        found = (await client.get("/double?n=1")).json()
        return [found, (await client.get("/openapi.json")).json()["openapi"][:3]]


def answer():
    return asyncio.run(_ask())
