"""The universes that there are: photos that the program draws, or those of a folder."""

from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.folder import folder_universe
from menagerie.sandbox.records import Universe

__all__ = ["Universe", "drawn_universe", "folder_universe"]
