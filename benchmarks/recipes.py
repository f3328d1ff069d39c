"""Recipes that several benchmarks work on."""

INGEST = """
[dataset]
name = "ingest"
[[classes]]
label = "one"
keywords = ["one"]
[[classes]]
label = "two"
keywords = ["two"]
[source]
kind = "manifest"
path = {path}
uses = []
max_per_owner = 100000
"""
"""Two classes of the photos of a table, whose `path` is written as JSON."""
