"""An installation of Grafana, played by the stand-in: the layout of an archive, in use by a service."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.build import program


@dataclass(frozen=True)
class InstalledStandin:
    """An installation, and what the service that runs from it has set."""

    home: Path

    @property
    def program(self) -> Path:
        return self.home / "bin" / "grafana"

    @property
    def service_data(self) -> Path:
        """Where the service keeps its data, after its conf/custom.ini."""
        return self.home.parent / "service-data"

    def files(self) -> dict[str, bytes]:
        """Return everything in the installation and of the service."""
        return {
            str(path): path.read_bytes()
            for root in (self.home, self.service_data)
            for path in root.rglob("*")
            if path.is_file()
        }

    def on_path(self) -> dict[str, str]:
        """Return an environment in which it is found, and no Docker engine."""
        return {
            "PATH": f"{self.program.parent}{os.pathsep}{os.environ['PATH']}",
            "DOCKER_HOST": "unix:///nowhere/docker.sock",
        }


def install_standin(folder: Path, version: str = "12.4.3") -> InstalledStandin:
    """Lay out an installation in `folder`, which a service uses with data of its own."""
    made = InstalledStandin(folder / f"grafana-{version}")
    made.program.parent.mkdir(parents=True)
    shutil.copy(program("standin"), made.program)
    (made.home / "VERSION").write_text(f"{version}\n")
    (made.home / "conf").mkdir()
    (made.home / "conf" / "defaults.ini").write_text("")
    (made.home / "conf" / "custom.ini").write_text(
        f"[paths]\ndata = {made.service_data}\n[server]\nhttp_port = 3000\n"
    )
    made.service_data.mkdir()
    (made.service_data / "grafana.db").write_text("the service's")
    return made
