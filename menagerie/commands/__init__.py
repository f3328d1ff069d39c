"""The commands, a module for each kind of work; `menagerie.cli` puts them together."""
