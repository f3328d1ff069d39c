"""Universes of photos as a crawl would have brought them, with copies, and what is made of them."""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps
from sqlalchemy import select

from menagerie.catalog.curation import undecoded
from menagerie.catalog.fetched import record_fetched
from menagerie.catalog.photos import claim_dataset, record_rows
from menagerie.catalog.rechecks import mark_gone
from menagerie.catalog.tables import photos
from menagerie.curation.examine import examine
from menagerie.curation.verdicts import judge_dataset
from menagerie.photos.fetch import Fetched
from menagerie.photos.row import PhotoRow, Rendition
from menagerie.photos.tiles import tile_spec
from menagerie.recipe import Recipe
from menagerie.release.proof import Leaks, search
from menagerie.release.publish import publish_release
from menagerie.release.tables import MANIFEST, rows_of
from menagerie.workshop import Workshop

LABELS = ("monkey", "boar", "crow")
FIRST_UPLOAD = 1_400_000_000


@dataclass(frozen=True)
class Shot:
    """A photo: whose it is, what it is said to show, and its bytes."""

    photo_id: str
    label: str
    owner: str
    data: bytes


def drawn(seed: int) -> Image.Image:
    """Return a picture with detail of its own."""
    noise = np.random.default_rng(seed).integers(0, 256, (36, 48, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((240, 180), Image.Resampling.BICUBIC)


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _cropped(image: Image.Image) -> Image.Image:
    width, height = image.size
    return image.crop((width // 50, height // 50, width - width // 40, height - height // 40))


EDITS: tuple[Callable[[Image.Image], bytes], ...] = (
    jpeg,
    lambda image: jpeg(image, 35),
    lambda image: jpeg(ImageOps.mirror(image)),
    lambda image: jpeg(_cropped(image)),
    lambda image: jpeg(image.resize((160, 120))),
    lambda image: jpeg(ImageEnhance.Brightness(image).enhance(1.2)),
)


def shots(seed: int, count: int, owners: int, first: int = 0) -> list[Shot]:
    """Draw photos of some owners; a fifth of them are edited copies of others."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(first, first + count):
        is_copy = chance.random() < 1 / 5
        original = int(chance.integers(0, number + 1)) if is_copy else number
        edit = EDITS[int(chance.integers(len(EDITS)))] if is_copy else jpeg
        made.append(
            Shot(
                photo_id=str(number),
                label=LABELS[original % 3],
                owner=f"{chance.integers(owners)}@N00",
                data=edit(drawn(1_000_000 * seed + original)),
            )
        )
    return made


@dataclass
class Universe:
    """A dataset of a workshop, filled with photos that nobody had to fetch."""

    shop: Workshop
    recipe: Recipe
    folder: Path

    def __post_init__(self) -> None:
        claim_dataset(self.shop.catalog, self.recipe.name, self.source)

    @property
    def source(self) -> str:
        return f"made-up-{self.recipe.name}"

    def add(self, found: Sequence[Shot]) -> None:
        """Record, store and decode photos, in the order in which they come."""
        catalog, digests = self.shop.catalog, {}
        for shot in found:
            row = _row(shot)
            record_rows(catalog, self.source, self.recipe.name, shot.label, shot.label, [row])
            digests[shot.photo_id] = hashlib.sha256(shot.data).hexdigest()
            file = self.folder / shot.photo_id
            file.write_bytes(shot.data)
            self.shop.store.adopt(file, digests[shot.photo_id])
        with catalog.begin() as connection:
            chosen = select(photos.c.key, photos.c.photo_id).where(
                photos.c.source == self.source, photos.c.photo_id.in_(list(digests))
            )
            keys = [(row.key, row.photo_id) for row in connection.execute(chosen)]
        record_fetched(catalog, [Fetched(key, "m", 1, digests[name], 1) for key, name in keys])
        release = self.recipe.release
        missing = undecoded(catalog, self.recipe.name, tile_spec(release))
        examine(catalog, self.shop.decoder, missing, release)

    def remove(self, photo_ids: Sequence[str]) -> None:
        """Let photos be gone."""
        for photo_id in photo_ids:
            mark_gone(self.shop.catalog, self.source, photo_id)

    def publish(self) -> Path:
        """Judge everything and publish a release; return its folder."""
        judge_dataset(self.shop.catalog, self.recipe)
        dataset = self.folder / self.recipe.name
        home = self.shop.settings.home
        return publish_release(
            self.shop.catalog, self.recipe, dataset, home, allow_drop=True
        ).resolve()

    def leaks(self, release: Path) -> Leaks:
        """Search a release afresh."""
        return search(release, self.recipe, self.shop.catalog)


def _row(shot: Shot) -> PhotoRow:
    return PhotoRow(
        photo_id=shot.photo_id,
        owner=shot.owner,
        owner_name="somebody",
        title=f"photo {shot.photo_id}",
        license="cc-by-2.0",
        tags="",
        media="photo",
        uploaded_at=FIRST_UPLOAD + sum(map(ord, shot.photo_id)),
        taken_at="2015-01-02 10:00:00",
        page_url="",
        renditions=(Rendition("m", "https://example.org/1.jpg", 240, 180),),
    )


def sides_of(release: Path) -> dict[str, str]:
    """Return the side of each photo of a release."""
    rows = rows_of(release / MANIFEST, "photo_id", "split")
    return {row["photo_id"]: row["split"] for row in rows}
