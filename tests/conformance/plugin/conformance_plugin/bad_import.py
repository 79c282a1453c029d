"""Cannot be imported."""

raise ImportError("the weather library is not installed")
