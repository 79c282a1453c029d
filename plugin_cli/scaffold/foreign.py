"""An organisation's own copier template: instead of ours, or laid over it where its `copier.yml` says so."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plugin_cli.errors import PluginCliError, ProjectError, ToolFailedError, UsageError
from plugin_cli.scaffold.answers import STATE_FOLDER, Answers, Tool, template_data
from plugin_cli.scaffold.merge import require_clean
from plugin_cli.scaffold.render import Tree, read_tree
from plugin_cli.system.git import Git
from plugin_cli.system.parse import ParseError, parse_json

EXTENDS = "extends"
"""The setting `_extends: plugin-cli` of a template that is laid over ours."""
COPIER_ANSWERS = ".copier-answers.yml"
_CONFLICT = b"<<<<<<< before updating"
_RECORD = f"{STATE_FOLDER}/template.json"


@dataclass(frozen=True)
class Foreign:
    """A template of others.

    Attributes:
        source: a folder or a git address.
        vcs_ref: the tag, branch or commit; None: the newest release.
        data: answers to its own questions.
        trust: whether it may run code.
    """

    source: str
    vcs_ref: str | None = None
    data: Mapping[str, Any] | None = None
    trust: bool = False

    @property
    def name(self) -> str:
        """What it is called where everybody reads it: the address, or the last part of a folder's path."""
        return Path(self.source).name if Path(self.source).exists() else self.source

    def record(self) -> Tree:
        """Return the file that tells `update` where the template is; trust is given each time."""
        known = {key: value for key, value in asdict(self).items() if key != "trust"}
        return {_RECORD: f"{json.dumps(known, indent=2, ensure_ascii=False)}\n".encode()}


def read_foreign(root: Path, *, trust: bool) -> Foreign | None:
    """Return the template that was laid over ours in this plugin, if any.

    Raises:
        ProjectError: the record of it was damaged.
    """
    path = root / _RECORD
    try:
        found = parse_json(path.read_bytes())
        return Foreign(str(found["source"]), found["vcs_ref"], dict(found["data"] or {}), trust)
    except FileNotFoundError:
        return None
    except (OSError, ParseError, LookupError, TypeError, ValueError) as error:
        raise ProjectError(
            f"{path} cannot be read", why=str(error), remedy=f"git checkout -- {STATE_FOLDER}"
        ) from error


def lies_over_ours(foreign: Foreign) -> bool:
    """Return True if the template is to be laid over ours, False if it stands for itself.

    Raises:
        UsageError: it is no copier template.
        ToolFailedError: git cannot fetch it.
    """
    # Copier has no public way to look into a template before it asks and writes.
    from copier._template import Template

    source = Path(foreign.source)
    if source.exists() and not any((source / name).is_file() for name in ("copier.yml", "copier.yaml")):
        raise _no_template(foreign, "it has no copier.yml")
    with _sentences(foreign):
        template = Template(url=foreign.source, ref=foreign.vcs_ref)
        try:
            if not template._raw_config:
                raise _no_template(foreign, "it has no copier.yml")
            extended = template.config_data.get(EXTENDS)
        finally:
            template._cleanup()
    if extended not in (None, "plugin-cli"):
        raise _no_template(foreign, f"it extends {extended!r}; known: plugin-cli")
    return extended is not None


def copy(
    foreign: Foreign, folder: Path, *, data: Mapping[str, Any] | None = None, asks: bool = False
) -> None:
    """Render the template into `folder` by copier, its tasks run there.

    Raises:
        UsageError: a question has no answer or a wrong one, or the template runs code and is not trusted.
        ToolFailedError: git or a task of the template failed.
        PluginCliError: the template cannot be rendered.
    """
    from copier import run_copy

    with _sentences(foreign):
        run_copy(
            foreign.source,
            folder,
            data={**(data or {}), **(foreign.data or {})},
            vcs_ref=foreign.vcs_ref,
            defaults=not (asks and sys.stdin.isatty()),
            overwrite=True,
            quiet=True,
            unsafe=foreign.trust,
        )


def overlay(foreign: Foreign | None, ours: Tree, answers: Answers, tool: Tool) -> Tree:
    """Return our files with those of the template laid over them."""
    if foreign is None:
        return ours
    with tempfile.TemporaryDirectory(prefix="plugin-cli-") as aside:
        copy(foreign, Path(aside), data=template_data(answers, tool))
        theirs = read_tree(Path(aside))
    theirs.pop(COPIER_ANSWERS, None)  # `update` is ours, and its own record is beside our answers
    return dict(sorted((ours | theirs).items()))


def is_copiers(root: Path) -> bool:
    """Return True if copier made the folder of a template that stands for itself."""
    return (root / COPIER_ANSWERS).is_file() and not (root / STATE_FOLDER).is_dir()


def update_by_copier(root: Path, *, vcs_ref: str | None, trust: bool) -> dict[str, bool]:
    """Bring a folder that copier made to its template's newest release; return what changed and conflicts.

    Raises:
        UsageError: the template runs code and is not trusted, or cannot be updated from.
        ProjectError: there are changes that are not committed.
        ToolFailedError: git failed.
    """
    from copier import run_update

    require_clean(root)
    with _sentences(Foreign("of this folder", vcs_ref, trust=trust)):
        run_update(root, vcs_ref=vcs_ref, defaults=True, overwrite=True, quiet=True, unsafe=trust)
    changed = [line[3:].strip('"') for line in Git(root).changes()]
    return {name: (root / name).is_file() and _CONFLICT in (root / name).read_bytes() for name in changed}


def _no_template(foreign: Foreign, why: str) -> UsageError:
    return UsageError(
        f"--template {foreign.source} is not a copier template",
        why=why,
        remedy="--template FOLDER, or --template git+https://HOST/REPOSITORY, with copier.yml at its top",
    )


@contextmanager
def _sentences(foreign: Foreign) -> Iterator[None]:
    """Turn what copier, git and the template raise into errors with a sentence."""
    from copier.errors import ConfigFileError, CopierError, TaskError, UnsafeTemplateError
    from jinja2 import TemplateError
    from plumbum import ProcessExecutionError

    try:
        yield
    except PluginCliError:
        raise
    except UnsafeTemplateError as error:
        raise UsageError(
            f"the template {foreign.source} runs code of its own",
            why=str(error).splitlines()[0],
            remedy="read it, then add --trust",
        ) from error
    except (TaskError, ProcessExecutionError) as error:
        raise _failed(error) from error
    except ConfigFileError as error:
        raise _no_template(foreign, f"its configuration is not valid: {error}") from error
    except TemplateError as error:
        raise PluginCliError(
            f"the template {foreign.source} cannot be rendered", why=f"{type(error).__name__}: {error}"
        ) from error
    except (CopierError, ValueError, TypeError) as error:
        is_reference = "Unknown revision" in str(error)
        raise UsageError(
            f"the template {foreign.source} refuses this",
            why=str(error),
            remedy="--vcs-ref with a tag, a branch or a commit that it has"
            if is_reference
            else "answer its questions with --data KEY=VALUE, or on a terminal",
        ) from error


def _failed(error: Any) -> ToolFailedError:
    command = getattr(error, "argv", None) or [str(getattr(error, "cmd", "git"))]
    output = f"{getattr(error, 'stdout', '') or ''}{getattr(error, 'stderr', '') or ''}"
    return ToolFailedError(
        "the template's command failed" if hasattr(error, "cmd") else "git failed",
        command=[str(word) for word in command],
        returncode=int(getattr(error, "returncode", None) or getattr(error, "retcode", 1) or 1),
        output=output,
        remedy="see that the address, --vcs-ref and your access to it are right",
    )
