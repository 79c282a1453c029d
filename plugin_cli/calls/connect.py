"""The backend that a call goes to: the running session's or one of its own, as which data source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from plugin_cli.calls.launch import BackendKind, running_backend
from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project, find_project
from plugin_cli.provisioning.read import load_settings, unset_variables
from plugin_cli.session.backend_record import read_status
from plugin_cli.session.record import Session, session_folder

if TYPE_CHECKING:
    from plugin_sdk import DataSourceInstanceSettings
    from plugin_sdk.client import LogLine, PluginClient

T = TypeVar("T")


@dataclass(frozen=True)
class BackendChoice:
    """Which backend is called, as which data source.

    Attributes:
        root: a folder inside the plugin's repository.
        backend: which backend; AUTO is the running session's, else the built one unless the source is newer.
        settings_file: settings that stand in for provisioning/; None: those of the session, or provisioning/.
        datasource: name or uid of one of several provisioned data sources.
        on_log: called with each log line of a backend that is started for the call.
    """

    root: Path
    backend: BackendKind = BackendKind.AUTO
    settings_file: Path | None = None
    datasource: str | None = None
    on_log: Callable[[LogLine], None] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Connection:
    """A running backend and the data source to call it with."""

    project: Project
    client: PluginClient
    instance: DataSourceInstanceSettings[Any]


class BackendEndedError(PluginCliError):
    """The backend went away during the call."""


def call_with_retry(choice: BackendChoice, console: Console, work: Callable[[Connection], T]) -> T:
    """Return what `work` finds at the backend.

    A session may exchange its backend at any moment: a call that this cut off is made once more.
    """
    try:
        with connect(choice, console) as connection:
            return work(connection)
    except BackendEndedError:
        if _find_session(find_project(choice.root), choice.backend) is None:
            raise
    with connect(choice, console) as connection:
        return work(connection)


@contextmanager
def connect(choice: BackendChoice, console: Console) -> Iterator[Connection]:
    """Reach the backend, with the data source's settings; what a call raises becomes a sentence."""
    from plugin_sdk.client import ClientError

    project = find_project(choice.root)
    session = _find_session(project, choice.backend)
    settings_file = choice.settings_file
    if settings_file is None and session is not None and session.settings_file:
        settings_file = Path(session.settings_file)
    instance = load_settings(project, settings_file=settings_file, name=choice.datasource)
    for name, path in unset_variables(project, settings_file=settings_file):
        console.warn(f"${name} is not set; {path.name} takes it from the environment (export {name}=...)")
    reached = (
        _connect_to_session(project, session)
        if session is not None
        else _connect_to_own(project, choice, console)
    )
    with reached as (client, name):
        if choice.backend is BackendKind.AUTO:
            console.step(f"backend: {name}")
        if session is not None and choice.on_log is not None:
            console.step("its log lines are the session's: plugin-cli dev logs")
        if session is not None:
            # Other settings make an instance of this command's own: they must not replace those of the page.
            instance = replace(instance, updated=datetime.now(UTC))
        try:
            yield Connection(project, client, instance)
        except ClientError as error:
            raise _call_failed(error.code, error.message, in_session=session is not None) from error


def find_session(choice: BackendChoice) -> Session | None:
    """Return the running session that a call would go to; None: to a backend of its own.

    Raises:
        PluginCliError: the session was requested and does not run, or cannot be called from here.
    """
    return _find_session(find_project(choice.root), choice.backend)


def _find_session(project: Project, kind: BackendKind) -> Session | None:
    if kind not in (BackendKind.AUTO, BackendKind.DEV):
        return None
    folder = session_folder(project.root)
    session = folder.live()
    if session is None:
        if kind is BackendKind.DEV:
            raise PluginCliError(
                "--backend dev: no session runs for this plugin", remedy="plugin-cli dev up --detach"
            )
        return None
    if read_status(folder) is not None:
        return session
    if kind is BackendKind.DEV:
        raise PluginCliError(
            "the running session's backend cannot be called from here",
            why="Grafana started it" + (" inside its container" if session.container else ""),
            remedy="--backend dist, which starts the same one for the call",
        )
    return None


@contextmanager
def _connect_to_session(project: Project, session: Session) -> Iterator[tuple[PluginClient, str]]:
    import grpc

    from plugin_sdk.client import CHANNEL_OPTIONS, PluginClient
    from plugin_sdk.messages.data import INSTANCE, RUNNING

    record = read_status(session_folder(project.root))
    if record is None or record.address is None:
        raise PluginCliError(
            "the running session's backend does not run",
            why=record.reason if record is not None else None,
            remedy="fix the code and save it   (its output: plugin-cli dev logs)",
        )
    # The session's own instance answers where it has the same settings: a reader that fills its memory runs
    # there. Others are kept apart by tenant, which is nothing that a plugin sees.
    tenant = ((INSTANCE, RUNNING), ("tenantid", "plugin-cli"))
    with grpc.insecure_channel(record.address, options=CHANNEL_OPTIONS) as channel:
        client = PluginClient(channel, plugin_id=project.plugin_id, metadata=tenant)
        # Without the token, which this line would carry into a log.
        page = session.url.partition("?")[0]
        yield client, f"the running session's ({session.backend}), {page}"


@contextmanager
def _connect_to_own(
    project: Project, choice: BackendChoice, console: Console
) -> Iterator[tuple[PluginClient, str]]:
    with running_backend(project, choice.backend, console, choice.on_log) as (kind, process):
        yield process.client, "the source" if kind is BackendKind.SOURCE else "the built one in dist/"


def _call_failed(code: str, message: str, *, in_session: bool) -> PluginCliError:
    remedy = "plugin-cli dev logs --tail 30" if in_session else "run again with --verbose"
    if code == "UNIMPLEMENTED":
        return PluginCliError(
            message or "the plugin does not implement this", remedy="define the handler in the class"
        )
    if code == "UNAVAILABLE":
        return BackendEndedError("the backend ended during the call", why=message, remedy=remedy)
    return PluginCliError("the call failed", why=f"{code}: {message}", remedy=remedy)
