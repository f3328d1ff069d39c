"""What keeps a release from being published though it could be built."""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from menagerie.errors import ReleaseError
from menagerie.release.contents import Contents
from menagerie.release.split import SPLITS


def refuse_drop(contents: Contents, last: Path | None) -> None:
    """Refuse a release with far fewer samples of a class than the last one, a folder, if any.

    A class that the recipe no longer names was taken out by a person, and photos of another
    source are another dataset.

    Raises:
        ReleaseError: a class falls by more than `release.max_drop_share`; the message names all.
    """
    recipe = contents.recipe
    limit = recipe.release.max_drop_share
    if last is None:
        return
    before = _counts(last / "manifest.parquet", contents.source)
    after = sum((Counter(contents.counts[side]) for side in SPLITS), Counter[str]())
    fallen = [
        f"{label!r} from {before[label]:,} to {after[label]:,}, by"
        f" {(before[label] - after[label]) / before[label]:.0%}"
        for label in recipe.labels
        if before[label] and (before[label] - after[label]) / before[label] > limit
    ]
    if fallen:
        raise ReleaseError(
            f"Samples would fall: {'; '.join(fallen)}; the recipe allows {limit:.0%} of a class"
            f" (release.max_drop_share). See why with `menagerie status {recipe.name}`. If it is"
            f" as it should be, run `menagerie release {recipe.name} --allow-drop`, or raise the"
            " limit. Nothing was published; the last release stays current."
        )


def _counts(manifest: Path, source: str) -> Counter[str]:
    """Count the samples of each class; none where there is no release, or of another source."""
    try:
        of_source = [("source", "==", source)]
        labels = pq.read_table(manifest, columns=["label"], filters=of_source)["label"]
    except (OSError, ValueError):
        # A damaged release is no measure for the one that repairs it.
        return Counter()
    return Counter({row["values"]: row["counts"] for row in labels.value_counts().to_pylist()})
