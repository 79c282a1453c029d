"""A plugin whose module cannot be imported."""

raise RuntimeError("no licence")
