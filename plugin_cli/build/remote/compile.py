"""Compiles the gate from its Go source, the same bytes on every machine with the same Go."""

from __future__ import annotations

import shutil
from pathlib import Path

from plugin_cli.build.report.notices import LICENCES
from plugin_cli.errors import PluginCliError
from plugin_cli.resources import gate_source_dir
from plugin_cli.system.process import child_environment, run
from plugin_cli.target import GATE_TARGETS, Target

# Without the tag grpc-go links its debugging pages, and with them a template engine of two megabytes.
_FLAGS = ("-trimpath", "-buildvcs=false", "-tags=grpcnotrace", "-ldflags=-s -w -buildid=")
_MODULES = "{{with .Module}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}"
_RULE = "=" * 78


def program_name(target: Target) -> str:
    """Return the file name of the gate for `target`."""
    return target.executable("gate")


def find_go() -> str | None:
    """Return the Go command, where it is on the PATH or where its installer puts it."""
    usual = Path("/usr/local/go/bin/go")
    return shutil.which("go") or (str(usual) if usual.exists() else None)


def compile_gate(go: str, target: Target, out: Path) -> None:
    """Compile the gate for `target` into the file `out`.

    Raises:
        ToolFailedError: Go failed; without a network it cannot fetch its modules.
    """
    system = {"GOOS": target.os, "GOARCH": target.arch, "GOARM": "6", "CGO_ENABLED": "0", "GOFLAGS": ""}
    run(
        [go, "build", "-mod=readonly", *_FLAGS, "-o", out, "."],
        what=f"the gate for {target} cannot be compiled",
        cwd=gate_source_dir(),
        env=child_environment(system),
        remedy="Go fetches the modules of gate/go.mod: see that its proxy can be reached, or install the "
        "compiled gate: uv pip install grafana-plugin-cli-gate",
    )


def gate_licences(go: str) -> str:
    """Return the licences of Go and of every module in the gate.

    Raises:
        ToolFailedError: Go failed.
    """
    what, source = "the licences of the gate's modules cannot be listed", gate_source_dir()
    listed = run([go, "list", "-deps", _FLAGS[2], "-f", _MODULES, "."], what=what, cwd=source)
    home = run([go, "env", "GOROOT"], what=what, cwd=source).stdout.strip()
    modules = {("Go", "", home)}
    for line in listed.stdout.splitlines():
        name, _, rest = line.partition("\t")
        version, _, folder = rest.partition("\t")
        if version:
            modules.add((name, version, folder))
    return "The gate contains the following software.\n\n" + "\n".join(
        f"{_RULE}\n{name} {version}".rstrip() + f"\n{_RULE}\n\n{_texts(Path(folder))}"
        for name, version, folder in sorted(modules)
    )


def _texts(folder: Path) -> str:
    files = sorted(path for path in folder.glob("*") if path.name.upper().startswith(("LICENSE", "NOTICE")))
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").strip() + "\n" for path in files)


def compile_all(out: Path) -> None:
    """Compile every target and write the licences: what the distribution of the gate holds."""
    go = find_go()
    if go is None:
        raise PluginCliError("the gate cannot be compiled", why="there is no Go", remedy="scripts/setup")
    out.mkdir(parents=True, exist_ok=True)
    for target in GATE_TARGETS:
        compile_gate(go, target, out / program_name(target))
    (out / LICENCES).write_text(gate_licences(go), encoding="utf-8")
