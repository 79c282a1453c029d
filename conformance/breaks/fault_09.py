"""Ten streams are enough."""

from plugin_sdk._serving.services import stream

make = stream.OpenStreams.__init__
stream.OpenStreams.__init__ = lambda self, *_: make(self, 10)
