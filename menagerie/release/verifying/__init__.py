"""Checking a published release: its files, its tables, the catalog, the store, the split."""
