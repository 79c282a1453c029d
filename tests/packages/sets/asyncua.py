import asyncio
import socket

from asyncua import Client, Server

PACKAGES = ["asyncua"]
EXPECTED = [3.5, "Objects"]
KIND = "schemas among the package's data"


async def _ask():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/")
    variable = await server.nodes.objects.add_variable(2, "v", 3.5)
    async with server, Client(f"opc.tcp://127.0.0.1:{port}/") as client:
        name = await client.nodes.objects.read_browse_name()
        return [await client.get_node(variable.nodeid).read_value(), name.Name]


def answer():
    return asyncio.run(_ask())
