"""One bad query fails the request."""

from plugin_sdk._serving.services import data


def failing(error: BaseException) -> object:
    raise error


data.failure = failing
