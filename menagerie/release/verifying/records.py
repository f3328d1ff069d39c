"""What the catalog says of the photos of a release, now."""

from collections.abc import Callable

from menagerie.catalog.forgetting import release_source
from menagerie.catalog.verifying import Known, decided_photos, forgotten_among, known_photos
from menagerie.curation.reasons import Reason
from menagerie.curation.screening import objection
from menagerie.curation.standing import FOR, Choice
from menagerie.licenses import by_id, permitted
from menagerie.release.tables import Row
from menagerie.release.verifying.inspection import Findings, Inspection

Compare = Callable[[Row, Known], str | None]


def find_unknown(inspection: Inspection, found: Findings) -> None:
    """The catalog knows the release, and each photo with its file, owner and side."""
    if release_source(inspection.catalog, inspection.dataset, inspection.folder.name) is None:
        found.fault("The catalog does not know this release: it was made from another home.")
    source = inspection.source()
    for lot in inspection.lots("photo_id", "sha256", "owner", "split"):
        ids = [row["photo_id"] for row in lot]
        known = known_photos(inspection.catalog, inspection.dataset, source, ids)
        for row in lot:
            photo = row["photo_id"]
            if photo not in known:
                found.fault(f"The catalog does not know the photo {photo}.")
                continue
            told = known[photo]
            for what, here, there in (
                ("file", row["sha256"], told.sha256),
                ("owner", row["owner"], told.owner),
                ("side", row["split"], told.side),
            ):
                if here != there and there is not None:
                    found.fault(f"The {what} of the photo {photo} is {there}, not {here}.")
                elif there is None:
                    found.fault(f"The catalog has no {what} of the photo {photo}.")


def find_forgotten(inspection: Inspection, found: Findings) -> None:
    """No photo is one that was to be forgotten."""
    source = inspection.source()
    for lot in inspection.lots("photo_id", "owner"):
        owners = {row["photo_id"]: row["owner"] for row in lot}
        for photo in sorted(forgotten_among(inspection.catalog, source, owners)):
            found.fault(
                f"The photo {photo} was to be forgotten. Run `menagerie forget"
                f" {inspection.dataset} --photo {photo}` once more."
            )


def find_unpermitted(inspection: Inspection, found: Findings) -> None:
    """Each photo may be used: by the licence it was released under, and by what is known now."""
    asked = inspection.recipe().source
    licenses = {license.id for license in permitted(frozenset(asked.uses))}

    def compare(row: Row, known: Known) -> str | None:
        if row["license"] not in licenses:
            return f"was released under {row['license']}, which does not permit what it must"
        if known.gone:
            return f"was removed at its source: {Reason.GONE}"
        if known.license != row["license"]:
            names = by_id(row["license"]).name, by_id(known.license).name
            return f"was released under {names[0]} and is under {names[1]}"
        why = objection(known, asked)
        return f"can no longer be used: {why}" if why is not None else None

    _compare(inspection, compare, found, "license")


def find_unheeded(inspection: Inspection, found: Findings) -> None:
    """What people decided is heeded: no photo that they reject, and their labels."""
    decided = decided_photos(inspection.catalog, inspection.recipe())

    def compare(row: Row, known: Known) -> str | None:
        labels, choice = decided.get(known.key, ((), None))
        if choice is Choice.REJECT:
            return "was rejected by a person"
        if choice in FOR and labels != (row["label"],):
            return f"shows {labels[0]!r} by a person's word, not {row['label']!r}"
        return None

    if decided:
        _compare(inspection, compare, found, "label")


def _compare(inspection: Inspection, compare: Compare, found: Findings, column: str) -> None:
    """Hold what the manifest says of each known photo against what the catalog does."""
    source = inspection.source()
    for lot in inspection.lots("photo_id", column):
        ids = [row["photo_id"] for row in lot]
        known = known_photos(inspection.catalog, inspection.dataset, source, ids)
        for row in lot:
            # One that the catalog does not know is another check's fault.
            photo = row["photo_id"]
            fault = compare(row, known[photo]) if photo in known else None
            if fault is not None:
                found.fault(f"The photo {photo} {fault}.")
