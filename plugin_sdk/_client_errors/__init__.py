"""One rule for the client libraries of other systems: what they raise is the fault of that system.

An exception is downstream if its class, or a base class, is defined by a client library, by a database driver
or by the networking and decoding modules of Python. Its status is derived from what it contains (an HTTP
status, a SQLSTATE, a gRPC code, an errno), otherwise from its name. Misuse is an error of the plugin.
"""

from __future__ import annotations

from plugin_sdk._client_errors import codes, libraries
from plugin_sdk._client_errors.sentences import answered_status, own_text, sentence

__all__ = ["answered_status", "is_misuse", "is_timeout", "kind_of", "own_text", "sentence"]


def kind_of(error: BaseException) -> tuple[int, bool] | None:
    """Return the HTTP status for an error of a client library, and whether a service responded with it.

    None if the error is not one of a client library, or means that the plugin misused it.
    """
    inner = getattr(error, "orig", None)  # SQLAlchemy's, around the driver's
    if isinstance(inner, BaseException):
        return kind_of(inner) or (None if is_misuse(inner) else (502, False))
    own = _standard_status(error)
    if (own is None and not _is_clients(error)) or is_misuse(error):
        return None
    answered = answered_status(error)
    if answered is not None:
        return answered, True
    carried = codes.status_by_code(error) or libraries.status_by_name(error) or own
    if carried is None:
        carried = 400 if libraries.is_wrong_query(error) else 504 if _waited_in_vain(error) else 502
    return carried, False


def is_misuse(error: BaseException) -> bool:
    """Return whether the plugin used a client library wrongly: what caused the error changes nothing."""
    inner = getattr(error, "orig", None)
    if isinstance(inner, BaseException):
        return is_misuse(inner)
    names = {(cls.__module__.partition(".")[0], cls.__name__) for cls in type(error).__mro__}
    if names & libraries.NO_MISUSE or not (_is_clients(error) or _standard_status(error)):
        return False
    if ("sqlite3", "ProgrammingError") in names:  # a missing binding; bad SQL is an OperationalError
        return True
    by_name = {name for _, name in names} & libraries.MISUSE
    # A database that says itself what it does not support was asked by the user's query.
    return bool(by_name) and not (by_name == {"NotSupportedError"} and codes.status_by_code(error))


def is_timeout(error: BaseException) -> bool:
    """Return whether the error is a timeout, of Python or by its name."""
    return isinstance(error, TimeoutError) or "Timeout" in type(error).__name__


def _waited_in_vain(error: BaseException) -> bool:
    """Return whether an error that a library wrapped is a timeout."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        if is_timeout(current):
            return True
        seen.add(id(current))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return False


def _is_clients(error: BaseException) -> bool:
    classes = type(error).__mro__
    for cls in classes:
        parts = cls.__module__.split(".")
        if parts[0] in libraries.CLIENTS or ".".join(parts[:2]) in libraries.CLIENTS:
            return True
    names = {cls.__name__ for cls in classes}
    return "Error" in names and bool(names & libraries.DRIVERS)


def _standard_status(error: BaseException) -> int | None:
    for cls in type(error).__mro__:
        found = libraries.STANDARD.get((cls.__module__, cls.__qualname__))
        if found is not None:
            return found
    if not isinstance(error, OSError):
        return None
    # asyncio joins what each address of a host answered, bz2 has no class of its own.
    joined = error.errno is None and str(error).startswith(("Multiple exceptions:", "Invalid data stream"))
    return 502 if joined or error.errno in libraries.UNREACHABLE else None
