"""What is not there is an error like any other."""

from plugin_sdk._serving.services import admission

admission.UnimplementedError = RuntimeError
