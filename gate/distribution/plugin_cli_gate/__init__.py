"""The compiled gate, found by plugin-cli: nothing here is imported."""
