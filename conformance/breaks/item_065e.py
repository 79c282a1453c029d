"""The reason of a refusal is lost."""

from plugin_sdk._serving.services import admission

admission._status = lambda _result: None
