"""Scoring a dataset: every photo embedded once, in blocks; scored anew only for a reason."""

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, select, update

from menagerie.catalog.curation import funnel
from menagerie.catalog.relevance import Scorable, embedding_blocks, scorable, scores_of, unembedded
from menagerie.catalog.tables import embeddings, files, scores, verdicts
from menagerie.curation.doubts import review_queue
from menagerie.curation.scoring import (
    Places,
    embed_photos,
    forget_lost_embeddings,
    score_dataset,
    ties,
)
from menagerie.curation.standing import Choice
from menagerie.curation.verdicts import judge_dataset
from menagerie.deciding import Wish, decide
from menagerie.errors import RecipeError
from menagerie.photos.embeddings import embedding_spec
from menagerie.recipe import Recipe
from menagerie.workshop import Workshop, open_workshop
from tests.builders import recipe
from tests.conftest import point_to
from tests.library import collect, curate

ASKED = recipe(release={"image_size_px": 16}, curation={"relevance": "reject"})
BACKBONE = ASKED.curation.backbone
SPEC = embedding_spec(BACKBONE)


def embed(shop: Workshop, asked: Recipe = ASKED) -> int:
    settings = shop.settings
    places = Places(settings.photo_store_url, settings.blocks_root, settings.home, shop.scratch)
    missing = unembedded(shop.catalog, asked.name, embedding_spec(asked.curation.backbone))
    return embed_photos(shop.catalog, places, asked, missing)


def score(shop: Workshop) -> int:
    return score_dataset(shop.catalog, shop.settings.home, ASKED)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, sandbox_url: str) -> Iterator[Workshop]:
    """A workshop whose photos are fetched, judged and embedded."""
    with pytest.MonkeyPatch.context() as patch:
        point_to(patch, tmp_path_factory.mktemp("scored"), sandbox_url)
        with open_workshop() as shop:
            collect(shop, ASKED)
            curate(shop, ASKED)
            assert embed(shop) > 100
            yield shop


def found(number: int, owner: str, group: int | None) -> Scorable:
    return Scorable(f"{number:064x}", "crow", str(number), "", owner, group, "block", number)


def test_photos_of_an_owner_or_a_group_are_tied_and_of_nobody_are_not() -> None:
    rows = [found(0, "a", 1), found(1, "b", 1), found(2, "b", 2), found(3, "", 3), found(4, "", 4)]
    first, second, third, *unknown = ties(rows).tolist()
    assert first == second == third
    assert len({first, *unknown}) == 3


def test_what_is_embedded_is_not_embedded_again(shop: Workshop) -> None:
    assert unembedded(shop.catalog, ASKED.name, SPEC) == []
    assert embed(shop) == 0


def test_scores_are_computed_anew_only_for_a_reason(shop: Workshop) -> None:
    shop_scores = score(shop) or len(scores_of(shop.catalog, ASKED.name))
    assert shop_scores == len(scorable(shop.catalog, ASKED, SPEC))
    assert score(shop) == 0
    first = review_queue(shop.catalog, ASKED, 1)[0]
    wish = Wish(sha256=first.sha256, choice=Choice.KEEP)
    decide(shop.catalog, ASKED, wish, "somebody")
    assert score(shop) == shop_scores
    queue = review_queue(shop.catalog, ASKED, 10_000)
    assert len(queue) == shop_scores - 1
    assert first.sha256 not in {doubt.sha256 for doubt in queue}


def test_another_threshold_needs_no_other_scores(shop: Workshop) -> None:
    score(shop)
    judge_dataset(shop.catalog, ASKED)
    strict = recipe(curation={"relevance": "reject", "doubtful_share": 0.3})
    judge_dataset(shop.catalog, strict)
    assert score(shop) == 0
    irrelevant = select(verdicts.c.photo_key).where(verdicts.c.reason == "irrelevant")
    with shop.catalog.begin() as connection:
        dropped = len(connection.execute(irrelevant).all())
    assert 0.2 < dropped / len(scores_of(shop.catalog, ASKED.name)) < 0.4


def test_held_photos_wait_for_review_in_the_funnel(shop: Workshop) -> None:
    score(shop)
    held = recipe(curation={"relevance": "review", "hold_doubtful": True})
    judge_dataset(shop.catalog, held)
    counts = funnel(shop.catalog, held)
    assert {label for label, reason in counts if reason == "awaiting_review"} == set(held.labels)
    assert embed(shop, held) == 0


def test_a_lost_block_is_made_again(shop: Workshop) -> None:
    [block, *_] = sorted(embedding_blocks(shop.catalog, SPEC))
    path = shop.settings.home / "embeddings" / SPEC / f"{block}.npy"
    before = path.read_bytes()
    path.write_bytes(before[:-10])
    forget_lost_embeddings(shop.catalog, shop.settings.home, BACKBONE)
    assert embed(shop) == len(before) // 2 // 1280
    assert path.read_bytes() == before


def test_what_was_recorded_before_a_crash_is_kept(shop: Workshop) -> None:
    blocks = sorted(embedding_blocks(shop.catalog, SPEC))
    assert len(blocks) > 1
    with shop.catalog.begin() as connection:
        connection.execute(delete(embeddings).where(embeddings.c.block == blocks[0]))
    folder = shop.settings.home / "embeddings" / SPEC
    others = {name: (folder / f"{name}.npy").stat().st_mtime_ns for name in blocks[1:]}
    embed(shop)
    assert sorted(embedding_blocks(shop.catalog, SPEC)) == blocks
    assert {name: (folder / f"{name}.npy").stat().st_mtime_ns for name in others} == others


def test_a_photo_that_the_store_has_lost_waits_for_its_download(shop: Workshop) -> None:
    sha256 = scorable(shop.catalog, ASKED, SPEC)[0].sha256
    data = shop.store.read(sha256)
    shop.store.remove(sha256)
    with shop.catalog.begin() as connection:
        connection.execute(delete(embeddings).where(embeddings.c.sha256 == sha256))
        key = connection.scalar(select(files.c.photo_key).where(files.c.sha256 == sha256))
    assert embed(shop) == 0
    with shop.catalog.begin() as connection:
        row = connection.execute(select(files).where(files.c.photo_key == key)).one()
        assert (row.sha256, row.fault) == (None, "download_failed")
        connection.execute(
            update(files).where(files.c.photo_key == key).values(sha256=sha256, fault=None)
        )
    (shop.scratch / "again").write_bytes(data)
    shop.store.adopt(shop.scratch / "again", sha256)
    assert embed(shop) == 1


def test_a_backbone_that_does_not_exist_is_said_in_a_sentence(shop: Workshop) -> None:
    wrong = recipe(curation={"backbone": "NoSuchNet"})
    with pytest.raises(RecipeError, match="There is no backbone 'NoSuchNet'") as refused:
        embed(shop, wrong)
    assert "\n" not in str(refused.value)


def test_scores_of_a_dataset_stand_alone(shop: Workshop) -> None:
    score(shop)
    with shop.catalog.begin() as connection:
        names = set(connection.scalars(select(scores.c.dataset)))
    assert names == {ASKED.name}
