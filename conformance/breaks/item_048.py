"""A missing answer stays missing."""

from plugin_sdk._serving.services import data

whole = data._whole_request


def as_given(*arguments: object) -> object:
    return {ref: answer for ref, answer in whole(*arguments).items() if answer.frames or answer.error}


data._whole_request = as_given
