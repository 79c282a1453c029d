"""One bad query fails the request."""

from plugin_sdk._serving.services import query_responses


def failing(error: BaseException) -> object:
    raise error


query_responses.of_error = failing
