"""`dev up` where the engine does not have the image yet: it comes from a registry on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest

from tests.built_plugin import TOOL, BuiltPlugin
from tests.conformance.build import go_tool
from tests.docker_engine import engine, need_engine
from tests.e2e.dev_tool import DevTool, values
from tests.e2e.standin_image import IMAGE, import_image
from tests.registry import Gate, gate, need_registry, registry

pytestmark = [pytest.mark.e2e, pytest.mark.docker]
NAME = "grafana/grafana"
_LONGEST_SECONDS = 120.0


class Pulling:
    """An engine without the image, the registry's gate, and a plugin."""

    def __init__(self, gate: Gate, tool: DevTool, client: docker.DockerClient, engine_pid: int) -> None:
        self.gate = gate
        self.tool = tool
        self.client = client
        self.engine_pid = engine_pid

    def image(self, tag: str = "1.0") -> str:
        return f"{self.gate.address}/{NAME}:{tag}"

    @contextmanager
    def up(self, image: str) -> Iterator[subprocess.Popen[str]]:
        """Run a session in the foreground; one that the block leaves running is killed."""
        arguments = ["dev", "up", "--runtime", "docker", "--backend", "dist", "--image", image]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running = subprocess.Popen(
            [TOOL, *arguments],
            cwd=self.tool.root,
            env=os.environ | self.tool.environment,
            text=True,
            **pipes,  # type: ignore[call-overload]
        )
        # Whoever reads what it says waits for ever where it says nothing.
        watchdog = threading.Timer(_LONGEST_SECONDS, running.kill)
        watchdog.start()
        try:
            yield running
        finally:
            watchdog.cancel()
            running.kill()
            running.communicate()

    def forget(self) -> None:
        for image in self.client.images.list():
            self.client.images.remove(str(image.id), force=True)


@pytest.fixture(scope="module")
def pulling(built_plugin: BuiltPlugin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulling]:
    need_engine()
    need_registry()
    if go_tool() is None:
        pytest.skip("go is not installed")
    root = built_plugin.copy(tmp_path_factory.mktemp("pull") / "weather").root
    with registry() as upstream, gate(upstream) as held, engine(number=2) as running:
        client = docker.DockerClient(base_url=running.address)
        import_image(client)
        client.api.tag(IMAGE, f"{upstream}/{NAME}", "1.0")
        client.images.push(f"{upstream}/{NAME}", tag="1.0")
        tool = DevTool(root, {"DOCKER_HOST": running.address, "WEATHER_API_KEY": "s3cret"})
        yield Pulling(held, tool, client, running.pid)
        client.close()


@pytest.fixture(autouse=True)
def _clean(pulling: Pulling) -> None:
    pulling.forget()
    pulling.gate.opened.set()


def test_the_image_is_fetched_with_its_progress_shown(pulling: Pulling) -> None:
    pulling.gate.close()
    with pulling.up(pulling.image()) as running:
        assert running.stderr is not None
        assert running.stdout is not None
        said = iter(running.stderr.readline, "")
        assert any(line == f"fetching the image {pulling.image()} ...\n" for line in said)
        # Half of it is there and no more comes: what is shown is what was told so far.
        shown = next(line for line in said if "%" in line)
        pulling.gate.opened.set()
        url = running.stdout.readline().strip()

        assert shown.startswith(f"fetching the image {pulling.image()}: ")
        assert values(url) == [10.0, 20.0]
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 130


def test_an_image_by_its_digest_is_fetched(pulling: Pulling) -> None:
    image = pulling.client.images.pull(f"{pulling.gate.address}/{NAME}", tag="1.0")
    (digest,) = image.attrs["RepoDigests"]
    pulling.forget()

    with pulling.up(digest) as running:
        assert running.stdout is not None
        assert values(running.stdout.readline().strip()) == [10.0, 20.0]
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 130


def test_a_tag_that_the_registry_does_not_have_is_named(pulling: Pulling) -> None:
    done = pulling.tool.run(
        "dev", "up", "--runtime", "docker", "--backend", "dist", "--image", pulling.image("99.0")
    )

    assert done.returncode == 3
    assert f"the image {pulling.image('99.0')} is not on this machine and cannot be fetched" in done.stderr
    assert "manifest unknown" in done.stderr
    assert "--runtime preview" in done.stderr


def test_ctrl_c_while_it_is_fetched_leaves_nothing(pulling: Pulling) -> None:
    pulling.gate.close()
    with pulling.up(pulling.image()) as running:
        assert pulling.gate.half.wait(60)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)

    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert pulling.client.containers.list(all=True) == []
    assert pulling.client.images.list() == []


def test_an_engine_that_dies_while_it_fetches_is_named(pulling: Pulling) -> None:
    # The last test of the module: the engine does not come back.
    pulling.gate.close()
    with pulling.up(pulling.image()) as running:
        assert pulling.gate.half.wait(60)
        os.kill(pulling.engine_pid, signal.SIGTERM)
        _, said = running.communicate(timeout=90)

    assert running.returncode in (1, 3), said
    assert "the Docker engine went away while it fetched the image" in said
    assert "Traceback" not in said
    assert not list(Path(pulling.tool.root).glob(".plugin-cli/*.tmp"))
