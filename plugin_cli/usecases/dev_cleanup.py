"""What a crashed development session leaves outside its own folder, and its removal."""

from __future__ import annotations

from pathlib import Path

from plugin_cli.adapters.sessions import Session, session_folder


def clean_crashed(session: Session) -> None:
    """Remove the container that a crashed owner left running; its processes ended with it.

    Raises:
        ToolMissingError: the engine that holds the container does not answer.
    """
    if session.engine is None:
        return
    from plugin_cli.adapters.docker_engine import connect
    from plugin_cli.adapters.grafana_container import remove_containers

    client = connect(session.engine)
    try:
        remove_containers(client, session_folder(Path(session.root)).path.name)
    finally:
        client.close()
