"""File systems without the build machine's C library, and a plugin started inside one as Grafana does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from plugin_sdk.client import HOST_VARIABLES
from plugin_sdk.testing import PluginClient, PluginProcess
from tests.built_plugin import ROOT

NAMES = ("musl", "distroless", "bullseye")
GRAFANA_USER = "472:0"
DNS_SERVER = "127.0.72.53"
_CACHE = ROOT / ".cache" / "roots"
_ENTER = Path(__file__).with_name("enter_root.sh")


@dataclass(frozen=True)
class Root:
    """A folder that looks like a container's file system; the plugin is mounted at /plugin."""

    name: str
    folder: Path

    @contextmanager
    def start(
        self, dist: Path, executable: str, sockets: Path
    ) -> Iterator[tuple[PluginProcess, PluginClient]]:
        """Run the plugin inside: as user 472, read-only, with the environment that go-plugin gives."""
        command: list[str | Path] = [
            "/bin/sh",
            _ENTER,
            self.folder,
            dist,
            sockets,
            GRAFANA_USER,
            f"/plugin/{executable}",
        ]
        with _running(command, sockets) as both:
            yield both

    @contextmanager
    def start_in_container(
        self, engine: str, dist: Path, executable: str, sockets: Path
    ) -> Iterator[tuple[PluginProcess, PluginClient]]:
        """Run the plugin in a container whose file system is this root, with all rights taken away."""
        image = f"plugin-root-{self.name}:1"
        docker = ["docker", "-H", engine]
        with subprocess.Popen(["tar", "-C", self.folder, "-c", "."], stdout=subprocess.PIPE) as packed:
            subprocess.run(
                [*docker, "import", "-", image], stdin=packed.stdout, check=True, capture_output=True
            )
        variables = {**HOST_VARIABLES, "PLUGIN_UNIX_SOCKET_DIR": "/sockets"}
        command = [*docker, "run", "--rm", "--user", GRAFANA_USER, "--read-only", "--tmpfs", "/tmp"]
        command += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "host"]
        command += ["--dns", DNS_SERVER, "--add-host", "in-hosts.test:192.0.2.1"]
        command += [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
        command += ["-v", f"{dist}:/plugin:ro", "-v", f"{sockets}:/sockets", image, f"/plugin/{executable}"]
        with _running(command, sockets) as both:
            yield both


@contextmanager
def _running(command: Sequence[str | Path], sockets: Path) -> Iterator[tuple[PluginProcess, PluginClient]]:
    import grpc

    # What starts it needs the host's PATH; the plugin itself gets none of it.
    with PluginProcess(command, env={"PATH": os.environ["PATH"]}) as process:
        address = process.address.replace("unix:/sockets", f"unix:{sockets}")
        with grpc.insecure_channel(address) as channel:
            yield process, PluginClient(channel)


def need_roots() -> None:
    """Skip where no root can be made or entered."""
    if missing := missing_for_roots():
        pytest.skip(missing)


def missing_for_roots() -> str | None:
    """Return why no root can be made or entered here, None where it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "chroot needs root on Linux"
    for tool in ("debootstrap", "unshare", "chroot"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    if not Path("/bin/busybox").exists() or not list(Path("/lib").glob("ld-musl-*")):
        return "busybox-static or musl is not installed"
    return None


def make_root(name: str, folder: Path) -> Root:
    """Make the root `name` in `folder`."""
    folder.mkdir(parents=True)
    {"musl": _musl, "distroless": _nothing, "bullseye": _bullseye}[name](folder)
    for place in ("proc", "dev", "tmp", "plugin", "sockets", "etc"):
        (folder / place).mkdir(exist_ok=True)
    (folder / "tmp").chmod(0o1777)
    (folder / "etc" / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n192.0.2.1 in-hosts.test\n")
    (folder / "etc" / "resolv.conf").write_text(f"nameserver {DNS_SERVER}\noptions timeout:2 attempts:2\n")
    return Root(name, folder)


def _nothing(folder: Path) -> None:
    """Leave out everything: no shell, no C library, no users, no certificates, no zones."""


def _musl(folder: Path) -> None:
    for place in ("bin", "lib"):
        (folder / place).mkdir()
    shutil.copy2("/bin/busybox", folder / "bin")
    for tool in ("sh", "ls", "cat"):
        (folder / "bin" / tool).symlink_to("busybox")
    (loader,) = Path("/lib").glob("ld-musl-*")
    shutil.copy2(loader.resolve(), folder / "lib" / loader.name)


def _bullseye(folder: Path) -> None:
    """Unpack Debian 11, whose glibc is older than the one in the bundle; fetched once."""
    archive = _CACHE / "bullseye.tar"
    if not archive.is_file():
        _CACHE.mkdir(parents=True, exist_ok=True)
        made = _CACHE / "bullseye"
        shutil.rmtree(made, ignore_errors=True)
        subprocess.run(
            ["debootstrap", "--variant=minbase", "bullseye", made], check=True, capture_output=True
        )
        for part in ("var", "usr/share/doc", "usr/share/man", "dev", "proc"):
            shutil.rmtree(made / part, ignore_errors=True)
        partial = archive.with_suffix(".partial")
        with tarfile.open(partial, "w") as file:
            file.add(made, ".")
        partial.replace(archive)
        shutil.rmtree(made)
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="fully_trusted")
