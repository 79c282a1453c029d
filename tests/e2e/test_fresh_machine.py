"""The README's first command on a machine that holds python3, pip and git, and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.built_plugin import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.roots]
_CACHE = ROOT / ".cache" / "roots"
# Where a company's own certificates or package index are needed on this machine, they are needed there too.
_PASSED_ON = ("SSL_CERT_FILE", "PIP_CERT", "PIP_INDEX_URL", "UV_INDEX_URL", "http_proxy", "https_proxy")

_SCRIPT = """
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec chroot "$ROOT" env -i PATH="$PATH" HOME=/root $PASSED \
    sh -c 'cd /src/plugin-cli && scripts/demo --runtime preview && cd demo/weather \
        && ../../.venv/bin/plugin-cli dev status && ../../.venv/bin/plugin-cli dev down'
"""


@pytest.fixture(scope="module")
def fresh_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if os.geteuid() != 0:
        pytest.skip("root rights are needed for chroot")
    if shutil.which("debootstrap") is None:
        pytest.skip("debootstrap is not installed")
    base = _CACHE / "bookworm-python"
    if not (base / "complete").is_file():
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir(parents=True)
        subprocess.run(
            [
                "debootstrap",
                "--variant=minbase",
                "--include=python3,python3-pip,git,ca-certificates",
                "bookworm",
                base,
            ],
            check=True,
            capture_output=True,
        )
        (base / "complete").touch()
    root = tmp_path_factory.mktemp("fresh") / "root"
    subprocess.run(["cp", "-a", base, root], check=True)
    _share_network(root)
    return root


def _share_network(root: Path) -> None:
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    if certificates.is_file():
        shutil.copy(certificates, root / "etc/ssl/certs/ca-certificates.crt")


def test_demo_sets_up_builds_queries_and_shows_the_plugin(fresh_root: Path) -> None:
    target = fresh_root / "src" / "plugin-cli"
    target.parent.mkdir()
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, target], check=True)
    passed = " ".join(f"{name}={os.environ[name]}" for name in _PASSED_ON if name in os.environ)

    # A pid namespace: whatever stays behind ends with it, and with it the mounts.
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "sh", "-euc", _SCRIPT],
        env={"PATH": os.environ["PATH"], "ROOT": str(fresh_root), "PASSED": passed},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )

    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-8000:]
    assert "OK: The data source is working" in said
    assert re.search(r"A: berlin, 2 fields, \d+ rows", said)
    assert re.search(r"http://127\.0\.0\.1:\d+", said)
