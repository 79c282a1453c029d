"""Debian systems with python3, pip and git in them and nothing else, entered by chroot."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.built_plugin import ROOT

SUITES = {"bookworm": "Python 3.11", "trixie": "Python 3.13", "sid": "Python 3.14"}
USER = "dev"
_CACHE = ROOT / ".cache" / "roots"
_PACKAGES = "python3,python3-pip,git,ca-certificates"
# Where a company's own certificates or package index are needed on this machine, they are needed there too.
_PASSED_ON = ("SSL_CERT_FILE", "PIP_CERT", "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "http_proxy", "https_proxy")
# A pid namespace: whatever stays behind ends with it, and with it the mounts.
_ENTER = """
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
exec chroot --userspec="$USERSPEC" "$ROOT" env -i $VARIABLES sh -c "$COMMAND"
"""


@dataclass(frozen=True)
class BareRoot:
    """A system of a test's own, with a clone of this repository in it."""

    folder: Path
    clone: str = "/src/plugin-cli"

    def path(self, inside: str) -> Path:
        """Return where a path of the system is on this machine."""
        return self.folder / inside.lstrip("/")

    def run(
        self, command: str, *, user: str = "root", timeout: float = 1500
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command inside, with the variables of a plain login."""
        home = {"root": "/root"}.get(user, f"/home/{user}")
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        variables = {"PATH": path, "HOME": home, "USER": user, "LANG": "C.UTF-8"}
        variables |= {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", _ENTER],
            env={
                "PATH": os.environ["PATH"],
                "ROOT": str(self.folder),
                "USERSPEC": f"{user}:",
                "VARIABLES": " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items()),
                "COMMAND": command,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


def need_bare_roots() -> None:
    """Skip where no system can be made or entered."""
    if os.geteuid() != 0:
        pytest.skip("root rights are needed for chroot")
    if shutil.which("debootstrap") is None:
        pytest.skip("debootstrap is not installed")


def make_bare_root(suite: str, folder: Path) -> BareRoot:
    """Make a system of Debian's `suite` in `folder`, from one that is fetched once."""
    base = _CACHE / f"{suite}-python"
    if not (base / "complete").is_file():
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir(parents=True)
        command = ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", suite, str(base)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr
        (base / "complete").touch()
    subprocess.run(["cp", "-a", base, folder], check=True)
    # What a mirror holds of Debian's unstable may be older than the week that its index is good for.
    (folder / "etc/apt/apt.conf.d/90old-index").write_text('Acquire::Check-Valid-Until "false";\n')
    _share_network(folder)
    root = BareRoot(folder)
    subprocess.run(["chroot", folder, "useradd", "--create-home", USER], check=True, capture_output=True)
    clone_into(root)
    return root


def clone_into(root: BareRoot, *, clone: str | None = None, user: str = "root") -> BareRoot:
    """Put a clone of this repository's last commit into the system, as `user` would."""
    root = BareRoot(root.folder, clone or root.clone)
    target = root.path(root.clone)
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, target], check=True)
    if user != "root":
        line = next(
            line for line in root.path("/etc/passwd").read_text().splitlines() if line.startswith(f"{user}:")
        )
        ids = pwd.struct_passwd(line.split(":"))
        subprocess.run(["chown", "-R", f"{ids.pw_uid}:{ids.pw_gid}", target], check=True)
    return root


def _share_network(root: Path) -> None:
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    if certificates.is_file():
        shutil.copy(certificates, root / "etc/ssl/certs/ca-certificates.crt")
