"""Immutable releases: split, arrays, manifest, card."""
