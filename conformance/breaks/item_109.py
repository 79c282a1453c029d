"""Hung handlers use up the threads of the others."""

from plugin_sdk._serving import pools

one = pools.Pool(20, "one")
pools.Pools.create = staticmethod(lambda: pools.Pools(*[one for _ in pools.Pools._fields]))
