"""Podman's engine without root, for tests: its own storage, run as another user, everything ended with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docker_engine import wait_until_up

# Any user who is not root and is on every system; users of containers are mapped to numbers of its own.
_USER, _GROUP = "nobody", "nogroup"
_FIRST_MAPPED = 100_000
_TOOLS = ("podman", "runc", "conmon", "slirp4netns", "newuidmap", "unshare", "setpriv")
# What Podman asks for by default is more than an unprivileged machine, such as a container, may give.
_CONFIG = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
# In mounts and processes of its own: the files of /etc and the device are only for Podman as they are here,
# and with its first process all of it ends. That stays root: one that changes its user is no longer told that
# its parent was killed.
_SCRIPT = """\
mount --make-rprivate / && mount --make-rshared /
mount --bind "$1/subid" /etc/subuid
mount --bind "$1/subid" /etc/subgid
mount --bind "$1/tun" /dev/net/tun
setpriv --reuid {user} --regid {group} --clear-groups \\
    podman --root "$1/home/root" --runroot "$1/run/run" --storage-driver vfs --runtime runc \\
    system service --time 0 "unix://$1/run/x.sock"
exit $?
"""


@dataclass(frozen=True)
class Podman:
    """A running service.

    Attributes:
        address: of its Docker-compatible socket.
        folder: may be entered by the user who owns the service.
        prefix: before a command that this user shall run.
        first_mapped: the number on this machine of user 1 in a container.
    """

    address: str
    folder: Path
    prefix: tuple[str, ...]
    first_mapped: int = _FIRST_MAPPED

    def give(self, path: Path) -> None:
        """Make the user the owner of a folder and all in it."""
        subprocess.run(["chown", "-R", f"{_USER}:{_GROUP}", path], check=True)

    def foreign(self, path: Path) -> list[str]:
        """Return what below `path` does not belong to the user."""
        find = ["find", str(path), "!", "-user", _USER]
        return subprocess.run(find, check=True, capture_output=True, text=True).stdout.splitlines()


def need_podman() -> None:
    """Skip the test where no Podman can be started."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("the engine of these tests is started by root on Linux")
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


@contextmanager
def podman() -> Iterator[Podman]:
    """Run Podman's service as an ordinary user inside the block."""
    folder = Path(tempfile.mkdtemp(prefix="pcli-pm-"))
    folder.chmod(0o755)
    try:
        _fill(folder)
        # The user may read what root keeps to itself: the interpreter of these tests may lie in /root.
        prefix = ["setpriv", "--reuid", _USER, "--regid", _GROUP, "--clear-groups"]
        prefix += ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
        made = Podman(f"unix://{folder / 'run' / 'x.sock'}", folder, tuple(prefix))
        with _service(folder):
            yield made
    finally:
        shutil.rmtree(folder)


def _fill(folder: Path) -> None:
    for name in ("home", "run", "user"):
        (folder / name).mkdir(mode=0o700)
        subprocess.run(["chown", f"{_USER}:{_GROUP}", folder / name], check=True)
    (folder / "subid").write_text(f"{_USER}:{_FIRST_MAPPED}:65536\n")
    (folder / "containers.conf").write_text(_CONFIG)
    (folder / "script").write_text(_SCRIPT.format(user=_USER, group=_GROUP))
    subprocess.run(["mknod", "-m", "666", folder / "tun", "c", "10", "200"], check=True)
    for name in ("subid", "containers.conf"):
        (folder / name).chmod(0o644)


@contextmanager
def _service(folder: Path) -> Iterator[None]:
    log = folder / "log"
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    command += ["sh", str(folder / "script"), str(folder)]
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(folder / "home"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "CONTAINERS_CONF": str(folder / "containers.conf"),
    }
    with log.open("wb") as output:
        service = subprocess.Popen(
            command,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_up(service, str(folder / "run" / "x.sock"), log)
        yield
    finally:
        service.kill()
        service.wait()
