"""What a crashed development session leaves outside its own folder, and its removal."""

from __future__ import annotations

from pathlib import Path

from plugin_cli.session.record import Session, session_folder


def clean_crashed(session: Session) -> None:
    """Remove the container that a crashed owner left running; its processes ended with it.

    Raises:
        ToolMissingError: the engine that holds the container does not answer.
    """
    if session.engine is None:
        return
    from plugin_cli.dev.grafana.container import remove_containers
    from plugin_cli.system.docker_engine import connect

    client = connect(session.engine)
    try:
        remove_containers(client, session_folder(Path(session.root)).path.name)
    finally:
        client.close()
