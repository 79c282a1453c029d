"""What the tests on Docker's engine and on Podman's share: the stand-in's image in it, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, TypeVar

import docker
import pytest

from tests.conformance.build import go_tool
from tests.e2e.standin_image import IMAGE, import_image

RUNTIME = ("--runtime", "docker", "--image", IMAGE)


class HasAddress(Protocol):
    """A running engine of either kind."""

    @property
    def address(self) -> str: ...


E = TypeVar("E", bound=HasAddress)


@contextmanager
def engine_with_standin(engine: AbstractContextManager[E]) -> Iterator[E]:
    """Run `engine` with the stand-in's image in it; skip where Go, which builds that, is not installed."""
    if go_tool() is None:
        pytest.skip("go is not installed")
    with engine as running:
        with client_of(running) as client:
            import_image(client)
        yield running


@contextmanager
def client_of(engine: HasAddress) -> Iterator[docker.DockerClient]:
    """Yield a client of the engine, closed afterwards."""
    client = docker.DockerClient(base_url=engine.address)
    try:
        yield client
    finally:
        client.close()


def containers(client: docker.DockerClient) -> list[Any]:
    """Return all containers of the engine, stopped ones too."""
    return list(client.containers.list(all=True))
