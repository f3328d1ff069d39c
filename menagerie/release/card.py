"""What people read of a release: the dataset card and the report with sample sheets."""

import base64
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from numpy.typing import NDArray
from PIL import Image

from menagerie.catalog.releases import Judged
from menagerie.curation.likeness import same_picture
from menagerie.curation.pairs import near_pairs
from menagerie.curation.variants import WHOLE
from menagerie.licenses import License
from menagerie.photos.fingerprint import THUMB_PX
from menagerie.release.arrays import Samples, read_samples
from menagerie.release.contents import SPLITS, Contents
from menagerie.terms import NOTICE, SHEET_PHOTOS

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
    environment = Environment(
        loader=PackageLoader("menagerie.release"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    facts = {
        "recipe": contents.recipe,
        "counts": {split: contents.class_counts(split) for split in SPLITS},
        "samples": {split: len(contents.samples[split]) for split in SPLITS},
        "rejected": Counter(photo.reason for photo in contents.rejected).most_common(),
        "found": len(contents.all_samples) + len(contents.rejected),
        "licenses": Counter(contents.license(p) for p in contents.all_samples).most_common(),
        "owners": len({photo.owner for photo in contents.all_samples} - {""}),
        "leaks": find_leaks(contents, train, test),
        "drawn": contents.source == "sandbox",
        "notice": "" if contents.source in _OWN_KINDS else NOTICE,
        "place": _OWN_KINDS.get(contents.source, "" if contents.source == "sandbox" else "Flickr"),
    }
    card = environment.get_template("card.md.j2").render(facts)
    (folder / "README.md").write_text(card, encoding="utf-8")
    sheet = _sheet(contents, train)
    report = environment.get_template("report.html.j2").render(facts, sheet=sheet)
    (folder / "report.html").write_text(report, encoding="utf-8")


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
    picture = io.BytesIO()
    Image.fromarray(np.asarray(tile)).save(picture, "PNG")
    return {
        "label": photo.label,
        "data": base64.b64encode(picture.getvalue()).decode(),
        "title": photo.title or "untitled",
        "creator": photo.owner_name or photo.owner or "unknown",
        "license": license.name,
        "license_url": license.url,
        "page_url": photo.page_url,
    }
