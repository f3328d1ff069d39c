"""Releases that are no more since a photo in them was to be forgotten, and what took their place.

`releases/withdrawn.json` holds the id of each and the id of its successor, or null.
"""

import json
from pathlib import Path

from menagerie.errors import MissingReleaseError

_FILE = "withdrawn.json"


def note_withdrawn(releases: Path, release_id: str, successor: str | None) -> None:
    """Note that a release is no more and what took its place."""
    noted = {**_read(releases), release_id: successor}
    unfinished = releases / f".{_FILE}"
    unfinished.write_text(json.dumps(noted, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    unfinished.replace(releases / _FILE)


def find_release(dataset_dir: Path, release_id: str) -> Path:
    """Return the folder of a release, or of the one that took its place.

    Raises:
        MissingReleaseError: it was withdrawn, and nothing took its place.
    """
    releases = dataset_dir / "releases"
    noted, found = _read(releases), release_id
    for _ in noted:
        if (releases / found).is_dir() or found not in noted:
            break
        successor = noted[found]
        if successor is None:
            raise MissingReleaseError(
                f"The release {release_id} of {dataset_dir.name} was withdrawn, since photos in"
                " it were to be forgotten, and nothing took its place. Run `menagerie refresh"
                f" {dataset_dir.name}`."
            )
        found = successor
    return releases / found


def predecessors(dataset_dir: Path) -> dict[str, list[str]]:
    """Return the withdrawn releases that each release took the place of, one after the other."""
    found: dict[str, list[str]] = {}
    for old, new in sorted(_read(dataset_dir / "releases").items()):
        if new is not None:
            found.setdefault(new, []).append(old)
    return found


def _read(releases: Path) -> dict[str, str | None]:
    try:
        noted = json.loads((releases / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}
