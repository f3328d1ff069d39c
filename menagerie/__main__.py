"""`python -m menagerie` is the command `menagerie`."""

from menagerie.cli import main

main()
