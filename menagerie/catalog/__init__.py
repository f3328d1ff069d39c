"""The catalog: the changing table of all known photos."""
