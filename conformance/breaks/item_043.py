"""Success has no status."""

from plugin_sdk._serving.services import data

answer = data.wire_response


def without_status(*arguments: object) -> object:
    response = answer(*arguments)
    response.status = 0
    return response


data.wire_response = without_status
