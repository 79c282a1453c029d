"""One small pool serves everything."""

from plugin_sdk._serving import pools

one = pools.Pool(4, "one")
pools.Pools.create = staticmethod(lambda: pools.Pools(*[one for _ in pools.Pools._fields]))
