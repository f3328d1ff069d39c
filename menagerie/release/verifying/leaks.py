"""The leak proof of a release, and what is named where it fails."""

from collections.abc import Callable

from menagerie.release.keys import key_of
from menagerie.release.proof import burst_of, near_duplicates_across, on_both_sides, owner_of
from menagerie.release.split import SPLITS
from menagerie.release.tables import Row
from menagerie.release.verifying.inspection import Findings, Inspection


def find_owners(inspection: Inspection, found: Findings) -> None:
    """No owner has photos on both sides."""
    _name_on_both_sides(inspection, owner_of, "photos of the owner", found)


def find_bursts(inspection: Inspection, found: Findings) -> None:
    """No burst, photos that an owner took within an hour, stands on both sides."""
    _name_on_both_sides(inspection, burst_of, "photos of the owner and hour", found)


def _name_on_both_sides(
    inspection: Inspection, name_of: Callable[[Row], str | None], what: str, found: Findings
) -> None:
    both = on_both_sides(inspection.folder, name_of)
    if not both:
        return
    examples: dict[str, dict[str, str]] = {}
    for row in inspection.rows("split", "owner", "taken_at", "photo_id"):
        name = name_of(row)
        if name is not None and key_of(name) in both:
            examples.setdefault(name, {}).setdefault(row["split"], row["photo_id"])
    for name, photos in sorted(examples.items()):
        named = " and ".join(f"{photo} in {split}" for split, photo in sorted(photos.items()))
        found.fault(f"On both sides stand {what} {name}: {named}.")


def find_near_duplicates(inspection: Inspection, found: Findings) -> None:
    """No picture, cropped or mirrored or not, stands on both sides."""
    for split in SPLITS:
        inspection.array("x", split)  # Refuses what is no array of images.
    radius = inspection.recipe().curation.near_duplicate_bits
    pairs = near_duplicates_across(inspection.folder, radius, inspection.catalog, found.advance)
    wanted = {("train", row) for row in pairs[:, 0].tolist()}
    wanted |= {("test", row) for row in pairs[:, 1].tolist()}
    names = {
        (row["split"], row["row"]): row["photo_id"]
        for row in inspection.rows("split", "row", "photo_id")
        if (row["split"], row["row"]) in wanted
    }
    for train, test in pairs.tolist():
        found.fault(
            f"Row {train} of train and row {test} of test show one picture: the photos"
            f" {names.get(('train', train))} and {names.get(('test', test))}."
        )
