"""What people read of a release: the dataset card and the report with sample sheets."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from menagerie import __version__
from menagerie.catalog.releases import PERSON, Judged
from menagerie.curation.likeness import same_picture
from menagerie.curation.pairs import near_pairs
from menagerie.curation.variants import WHOLE
from menagerie.licenses import License
from menagerie.photos.fingerprint import THUMB_PX
from menagerie.recipe import LOCAL_KINDS
from menagerie.release.arrays import Samples, read_samples
from menagerie.release.bias import owners_of, years_of
from menagerie.release.contents import SPLITS, Contents
from menagerie.release.credits import credit
from menagerie.release.pages import picture, templates
from menagerie.terms import NOTICE, SHEET_PHOTOS

# Licences that Hugging Face has an id for, which are ours as well; the rest are `other` there.
_HUB_LICENSES = frozenset(
    [
        "cc0-1.0",
        "cc-by-2.0",
        "cc-by-4.0",
        "cc-by-sa-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-4.0",
        "cc-by-nd-4.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nc-sa-2.0",
        "cc-by-nc-sa-4.0",
        "unknown",
    ]
)
_HUB_SIZES = {10**3: "n<1K", 10**4: "1K<n<10K", 10**5: "10K<n<100K", 10**6: "100K<n<1M"}

# Photos that are not Flickr's, by the kind of their source.
_OWN_KINDS = {"folder": "a folder", "manifest": "a manifest", "idx": "files in MNIST's format"}


@dataclass(frozen=True, slots=True)
class Leaks:
    """What stands on both sides of the split: nothing should."""

    owners: int
    near_duplicates: int


def find_leaks(contents: Contents, train: Samples, test: Samples) -> Leaks:
    """Search a release for owners and near-duplicates on both sides of its split.

    Pairs are found by their hashes and confirmed on the released arrays themselves.
    """
    photos = contents.all_samples
    hashes = np.array([(photo.phash or 0) % (1 << 64) for photo in photos], dtype=np.uint64)
    pairs = near_pairs(hashes, contents.recipe.curation.near_duplicate_bits)
    pairs = pairs[(pairs[:, 0] < len(train.x)) & (pairs[:, 1] >= len(train.x))]
    left, right = _thumbs(train.x[pairs[:, 0]]), _thumbs(test.x[pairs[:, 1] - len(train.x)])
    owners = [{photo.owner for photo in contents.samples[split]} - {""} for split in SPLITS]
    return Leaks(
        owners=len(owners[0] & owners[1]),
        near_duplicates=int(same_picture(left, right, WHOLE).sum()),
    )


def _thumbs(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink samples, uint8 (n, size, size, 3), to grey thumbnails."""
    thumbs = [
        Image.fromarray(sample).convert("L").resize((THUMB_PX, THUMB_PX), Image.Resampling.LANCZOS)
        for sample in samples
    ]
    return np.array([np.asarray(t) for t in thumbs], dtype=np.uint8).reshape(-1, THUMB_PX, THUMB_PX)


def write_pages(folder: Path, contents: Contents) -> None:
    """Write README.md and report.html beside the arrays of a release."""
    train, test = (read_samples(folder, split) for split in SPLITS)
    environment = templates()
    facts = _facts(contents, find_leaks(contents, train, test))
    card = environment.get_template("card.md.j2").render(facts)
    (folder / "README.md").write_text(card, encoding="utf-8")
    sheet = _sheet(contents, train)
    report = environment.get_template("report.html.j2").render(facts, sheet=sheet)
    (folder / "report.html").write_text(report, encoding="utf-8")


def _facts(contents: Contents, leaks: Leaks) -> dict[str, object]:
    """Gather what card and report say."""
    photos = contents.all_samples
    licenses = Counter(contents.license(photo) for photo in photos)
    return {
        "version": __version__,
        "recipe": contents.recipe,
        "counts": {split: contents.class_counts(split) for split in SPLITS},
        "samples": {split: len(contents.samples[split]) for split in SPLITS},
        "total": len(photos),
        "rejected": Counter(photo.reason for photo in contents.rejected).most_common(),
        "found": len(photos) + len(contents.rejected),
        "licenses": licenses.most_common(),
        "hub_licenses": sorted({_hub_license(license) for license in licenses}),
        "size_category": size_category(len(photos)),
        "by_person": sum(photo.decided_by == PERSON for photo in photos),
        "owners": owners_of(photos),
        "years": years_of(photos),
        "leaks": leaks,
        "drawn": contents.source == "sandbox",
        "notice": "" if contents.source in LOCAL_KINDS else NOTICE,
        "place": _OWN_KINDS.get(contents.source, "" if contents.source == "sandbox" else "Flickr"),
    }


def size_category(photos: int) -> str:
    """Return what Hugging Face calls a dataset of so many photos."""
    return next((name for size, name in _HUB_SIZES.items() if photos < size), "1M<n<10M")


def _hub_license(license: License) -> str:
    return license.id if license.id in _HUB_LICENSES else "other"


def _sheet(contents: Contents, train: Samples) -> list[dict[str, str]]:
    """Choose the first photos of each class in train, as pictures with their credits."""
    labels = contents.recipe.labels
    each = max(1, SHEET_PHOTOS // len(labels))
    shown: Counter[str] = Counter()
    sheet: list[dict[str, str]] = []
    for row, photo in enumerate(contents.samples["train"]):
        if shown[photo.label] < each and len(sheet) < SHEET_PHOTOS:
            shown[photo.label] += 1
            sheet.append(_credited(photo, contents.license(photo), train.x[row]))
    return sorted(sheet, key=lambda entry: labels.index(entry["label"]))


def _credited(photo: Judged, license: License, tile: NDArray[np.uint8]) -> dict[str, str]:
    return {"label": photo.label, "data": picture(tile), **asdict(credit(photo, license))}
