"""Exports: a release in the layouts that other programs read, a module each."""
