"""A dataset to look at: some photos of each class, decoded, judged and scored, without a crawl."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from menagerie.catalog.curation import Decoded, Verdict, record_decoded, replace_verdicts
from menagerie.catalog.database import Catalog
from menagerie.catalog.fetched import record_fetched
from menagerie.catalog.photos import candidates, claim_dataset, record_rows
from menagerie.catalog.relevance import Score, record_embedded, replace_scores
from menagerie.curation.reasons import Reason
from menagerie.photos.decode import decode
from menagerie.photos.embeddings import embedding_spec
from menagerie.photos.fetch import Fetched
from menagerie.photos.fingerprint import fingerprint
from menagerie.photos.row import PhotoRow, Rendition
from menagerie.photos.store import PhotoStore
from menagerie.recipe import Recipe, parse_recipe, template
from menagerie.settings import Settings
from menagerie.workshop import Workshop
from tests.builders import encoded, picture

CLASSES = ("monkey", "boar", "crow")
HARM = "<script>document.title='harm'</script><img src=x onerror=alert(1)>"


@dataclass(frozen=True)
class Place:
    """Settings for a home and a folder of datasets in a folder."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        home, datasets = self.folder / "home", self.folder / "datasets"
        return {"MENAGERIE_HOME": str(home), "MENAGERIE_DATASETS": str(datasets)}

    @property
    def settings(self) -> Settings:
        return Settings.model_validate(self.env)

    def write_recipe(self, name: str = "animals") -> Recipe:
        text = template(name, "Animals", [(word, [word]) for word in CLASSES])
        path = self.folder / "datasets" / name / "recipe.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return parse_recipe(text, str(path))


def row(number: int, **changes: object) -> PhotoRow:
    """Return a photo as Flickr tells of it."""
    fields: dict[str, object] = {
        "photo_id": str(1000 + number),
        "owner": f"{number // 4}@N00",
        "owner_name": f"owner {number // 4}",
        "title": HARM if number % 10 == 0 else f"photo {number}",
        "license": "cc-by-2.0",
        "tags": "animal",
        "media": "photo",
        "uploaded_at": 1_500_000_000 + number,
        "taken_at": "2017-07-14 02:40:00",
        "page_url": f"https://www.flickr.com/photos/{number // 4}@N00/{1000 + number}",
        "renditions": (Rendition("n", f"https://example.org/{number}.jpg", 320, 240),),
    }
    return PhotoRow(**{**fields, **changes})  # type: ignore[arg-type]


def fill(shop: Workshop, recipe: Recipe, each: int = 30) -> None:
    """Fill a home with photos of each class: the first of a class are near-duplicates."""
    catalog = shop.catalog
    claim_dataset(catalog, recipe.name, "flickr")
    for place, label in enumerate(CLASSES):
        rows = [row(place * each + n) for n in range(each)]
        record_rows(catalog, "flickr", recipe.name, label, label, rows)
    # One photo of the first class was found under the second one as well.
    record_rows(catalog, "flickr", recipe.name, CLASSES[1], CLASSES[1], [row(each - 1)])
    photos = sorted(candidates(catalog, recipe), key=lambda photo: photo.key)
    shas = [adopt(shop.store, shop.scratch, number) for number in range(len(photos))]
    found = zip(photos, shas, strict=True)
    record_fetched(catalog, [Fetched(photo.key, "n", 1, sha, 9) for photo, sha in found])
    record_decoded(catalog, [_decoded(shop.store, sha) for sha in shas], "none", "", [])
    replace_verdicts(catalog, recipe.name, _verdicts([photo.key for photo in photos], each))
    _score(catalog, recipe, shas, each)


def adopt(store: PhotoStore, scratch: Path, number: int) -> str:
    """Draw a picture, put it into a store and return its hash."""
    data = encoded(picture(320, 200 + number % 3 * 40, seed=number))
    sha256 = hashlib.sha256(data).hexdigest()
    file = scratch / sha256
    file.write_bytes(data)
    store.adopt(file, sha256)
    return sha256


def _decoded(store: PhotoStore, sha256: str) -> Decoded:
    return Decoded(sha256, fingerprint(decode(store.read(sha256))))


def _verdicts(keys: Sequence[int], each: int) -> list[Verdict]:
    judged = {key: Verdict(key, Reason.ACCEPTED) for key in keys}
    first = keys[0]
    judged[first] = Verdict(first, Reason.ACCEPTED, group_key=first)
    for key in keys[1:3]:
        judged[key] = Verdict(key, Reason.NEAR_DUPLICATE, first, first)
    for key in keys[each : each + 5]:
        judged[key] = Verdict(key, Reason.BLURRED)
    judged[keys[each - 1]] = Verdict(keys[each - 1], Reason.CROSS_LABEL)
    return list(judged.values())


def _score(catalog: Catalog, recipe: Recipe, shas: Sequence[str], each: int) -> None:
    spec = embedding_spec(recipe.curation.backbone)
    found = [
        Score(sha, CLASSES[n // each], 0.5, 0.5, 0.1 + n % each / each * 0.8)
        for n, sha in enumerate(shas)
    ]
    record_embedded(catalog, spec, "none", list(shas))
    replace_scores(catalog, recipe.name, spec, "made up", found)
