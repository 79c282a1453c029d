"""An image to build plugins in, as the official slim images of Python are, for this or another architecture."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.built_plugin import ROOT
from tests.docker_engine import Engine
from tests.e2e.roots import need_roots

_CACHE = ROOT / ".cache" / "roots"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_PACKAGES = "python3,python3-pip,python3-venv,libpython3.11,ca-certificates"
_LEFT_OUT = ("var/cache/apt", "var/lib/apt/lists", "usr/share/man", "usr/share/locale", "dev", "proc", "sys")
_BINFMT = Path("/proc/sys/fs/binfmt_misc")
_QEMU = Path("/usr/lib/binfmt.d/qemu-aarch64.conf")


def load_image(engine: Engine, arch: str) -> str:
    """Give the engine Debian 12 with Python for `arch`, and return the image's name."""
    name = f"plugin-build-{arch}:1"
    archive = _CACHE / f"debian-{arch}.tar"
    if not archive.is_file():
        _make(arch, name, archive)
    subprocess.run(["docker", "-H", engine.address, "load", "-i", archive], check=True, capture_output=True)
    return name


def _make(arch: str, name: str, archive: Path) -> None:
    folder = _CACHE / f"debian-{arch}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if arch == "amd64":
        _bootstrap(folder, f"--include={_PACKAGES}")
    else:
        # The emulated half of a bootstrap takes minutes; what it would do is needed for nothing here.
        _bootstrap(folder, f"--arch={arch}", "--foreign", f"--include={_PACKAGES},binutils")
        _unpack(folder)
    for marker in folder.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        marker.unlink()
    # This machine's, because a network may have an authority of its own.
    target = folder / _CERTIFICATES.lstrip("/")
    target.unlink(missing_ok=True)
    shutil.copyfile(_CERTIFICATES, target)
    partial = archive.with_suffix(".partial")
    _write_image(folder, arch, name, partial)
    partial.replace(archive)
    shutil.rmtree(folder)


def _bootstrap(folder: Path, *options: str) -> None:
    command = ["debootstrap", "--variant=minbase", *options, "bookworm", str(folder)]
    subprocess.run(command, check=True, capture_output=True)


def _unpack(folder: Path) -> None:
    """Put in place what `debootstrap --foreign` has fetched, and tell dpkg whose each file is."""
    database = folder / "var" / "lib" / "dpkg"
    status = []
    for package in sorted((folder / "var/cache/apt/archives").glob("*.deb")):
        fields = _output("dpkg-deb", "--field", package).rstrip()
        status.append(f"{fields}\nStatus: install ok installed\n")
        words = dict(line.split(": ", 1) for line in fields.splitlines() if ": " in line and line[0] != " ")
        suffix = f":{words['Architecture']}" if words.get("Multi-Arch") == "same" else ""
        with tarfile.open(fileobj=io.BytesIO(_bytes("dpkg-deb", "--fsys-tarfile", package))) as files:
            names = [name.removeprefix(".") or "/." for name in files.getnames()]
        (database / "info" / f"{words['Package']}{suffix}.list").write_text("\n".join(names) + "\n")
        subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)
    (database / "status").write_text("\n".join(status))
    (database / "info" / "format").write_text("1\n")


def _bytes(*command: str | Path) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout


def _output(*command: str | Path) -> str:
    return _bytes(*command).decode()


def _write_image(folder: Path, arch: str, name: str, archive: Path) -> None:
    """Write what `docker load` reads; `docker import` would note this machine's architecture."""
    layer = archive.with_suffix(".layer")
    with tarfile.open(layer, "w") as file:
        file.add(folder, ".", filter=_wanted)
    with layer.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    variables = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    variables += [f"{name}={_CERTIFICATES}" for name in ("SSL_CERT_FILE", "PIP_CERT")]
    config = {
        "architecture": arch,
        "os": "linux",
        "config": {"Env": variables},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    with tarfile.open(archive, "w") as image:
        _add_json(image, "config.json", config)
        _add_json(image, "manifest.json", manifest)
        image.add(layer, "layer.tar")
    layer.unlink()


def _wanted(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    left_out = any(entry.name.startswith(f"./{part}/") for part in _LEFT_OUT)
    return None if left_out else entry


def _add_json(archive: tarfile.TarFile, name: str, value: Any) -> None:
    data = json.dumps(value).encode()
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))


@contextmanager
def network_for(subnet: str) -> Iterator[None]:
    """Let the containers of an engine that makes no firewall rules reach the package indexes."""
    rule = ["POSTROUTING", "-s", subnet, "!", "-d", subnet, "-j", "MASQUERADE"]
    switch = Path("/proc/sys/net/ipv4/ip_forward")
    before = switch.read_text()
    switch.write_text("1")
    subprocess.run(["iptables", "-t", "nat", "-A", *rule], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["iptables", "-t", "nat", "-D", *rule], check=True, capture_output=True)
        switch.write_text(before)


def need_network_rules() -> None:
    """Skip where containers cannot be given a network."""
    need_roots()
    if shutil.which("iptables") is None:
        pytest.skip("iptables is not installed")


@contextmanager
def arm64_programs() -> Iterator[None]:
    """Let the kernel run arm64 programs by qemu inside the block; skip where it cannot."""
    if not _QEMU.is_file() or sys.platform != "linux":
        pytest.skip("qemu-user-static is not installed")
    mounted = (_BINFMT / "register").exists()
    if not mounted:
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", _BINFMT], check=True)
    entry = _BINFMT / "qemu-aarch64"
    known = entry.exists()
    if not known:
        (_BINFMT / "register").write_text(_QEMU.read_text().rstrip("\n"))
    try:
        yield
    finally:
        if not known:
            entry.write_text("-1")
        if not mounted:
            subprocess.run(["umount", _BINFMT], check=True)
