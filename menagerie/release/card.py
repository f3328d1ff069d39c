"""What people read of a release: the dataset card and the report with sample sheets."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from menagerie import __version__
from menagerie.catalog.judged import PERSON
from menagerie.curation.reasons import Reason
from menagerie.licenses import License
from menagerie.photos.row import Side
from menagerie.recipe import LOCAL_KINDS, Recipe
from menagerie.release.arrays import read_samples
from menagerie.release.bias import owners_of, years_of
from menagerie.release.credits import changes_of, credit_of_row, license_of
from menagerie.release.pages import picture, templates
from menagerie.release.proof import Leaks
from menagerie.release.split import SPLITS
from menagerie.release.tables import MANIFEST, REJECTED, read_sources, rows_of
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


def write_pages(folder: Path, recipe: Recipe, names: Mapping[str, License], leaks: Leaks) -> None:
    """Write README.md and report.html beside the arrays and tables of a release."""
    environment = templates()
    facts = {**_facts(folder, recipe, names), "leaks": leaks}
    card = environment.get_template("card.md.j2").render(facts)
    (folder / "README.md").write_text(card, encoding="utf-8")
    sheet = _sheet(folder, recipe, names)
    report = environment.get_template("report.html.j2").render(facts, sheet=sheet)
    (folder / "report.html").write_text(report, encoding="utf-8")


def _facts(folder: Path, recipe: Recipe, names: Mapping[str, License]) -> dict[str, object]:
    """Gather what card and report say."""
    manifest = folder / MANIFEST
    licenses, classes, by_person = Counter[str](), Counter[tuple[Side, str]](), 0
    for row in rows_of(manifest, "split", "label", "license", "decided_by"):
        licenses[row["license"]] += 1
        classes[row["split"], row["label"]] += 1
        by_person += row["decided_by"] == PERSON
    rejected = Counter(Reason(row["reason"]) for row in rows_of(folder / REJECTED, "reason"))
    counts = {side: {label: classes[side, label] for label in recipe.labels} for side in SPLITS}
    (source,) = read_sources(manifest)
    named = Counter({license_of(name, names): n for name, n in sorted(licenses.items())})
    return {
        "version": __version__,
        "recipe": recipe,
        "changes": changes_of(recipe.release.resize),
        "counts": counts,
        "samples": {side: sum(counts[side].values()) for side in SPLITS},
        "total": licenses.total(),
        "rejected": rejected.most_common(),
        "found": licenses.total() + rejected.total(),
        "licenses": named.most_common(),
        "hub_licenses": sorted({_hub_license(license) for license in named}),
        "size_category": size_category(licenses.total()),
        "by_person": by_person,
        "owners": owners_of(manifest),
        "years": years_of(manifest),
        "drawn": source == "sandbox",
        "notice": "" if source in LOCAL_KINDS else NOTICE,
        "place": _OWN_KINDS.get(source, "" if source == "sandbox" else "Flickr"),
    }


def size_category(photos: int) -> str:
    """Return what Hugging Face calls a dataset of so many photos."""
    return next((name for size, name in _HUB_SIZES.items() if photos < size), "1M<n<10M")


def _hub_license(license: License) -> str:
    return license.id if license.id in _HUB_LICENSES else "other"


def _sheet(folder: Path, recipe: Recipe, names: Mapping[str, License]) -> list[dict[str, str]]:
    """Choose the first photos of each class in train, as pictures with their credits."""
    each = max(1, SHEET_PHOTOS // len(recipe.labels))
    images = read_samples(folder, "train").x
    shown: Counter[str] = Counter()
    sheet: list[dict[str, str]] = []
    for row in rows_of(folder / MANIFEST):
        if len(sheet) == min(SHEET_PHOTOS, each * len(recipe.labels)) or row["split"] != "train":
            break
        if shown[row["label"]] < each:
            shown[row["label"]] += 1
            credit = asdict(credit_of_row(row, names))
            sheet.append({"label": row["label"], "data": picture(images[row["row"]]), **credit})
    return sorted(sheet, key=lambda entry: recipe.labels.index(entry["label"]))
