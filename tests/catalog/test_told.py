"""What is asked of some photos by indexes equals what is asked of all."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from menagerie.catalog.answers import newest_words
from menagerie.catalog.database import Catalog, open_catalog
from menagerie.catalog.decisions import Decision, record_decisions, standings
from menagerie.catalog.fetched import record_fetched
from menagerie.catalog.photos import candidates, claim_dataset, record_rows
from menagerie.catalog.tables import decisions, files
from menagerie.curation.standing import Choice
from menagerie.photos.fetch import Fetched
from menagerie.settings import load_settings
from tests.builders import recipe
from tests.catalog.test_photos import ROW

ANIMALS = recipe()
SHAS = ["ab" * 32, "cd" * 32]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """Return a catalog with six photos."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MENAGERIE_HOME", str(tmp_path_factory.mktemp("told")))
        with open_catalog(load_settings()) as opened:
            claim_dataset(opened, "animals", "flickr")
            rows = [replace(ROW, photo_id=str(n), owner=f"{n}@N00") for n in range(6)]
            record_rows(opened, "flickr", "animals", "monkey", "monkey", rows)
            yield opened


said = st.builds(
    Decision,
    dataset=st.just("animals"),
    source=st.just("flickr"),
    photo_id=st.sampled_from([str(n) for n in range(6)]),
    sha256=st.sampled_from([None, *SHAS]),
    label=st.sampled_from(ANIMALS.labels),
    choice=st.sampled_from(Choice),
    note=st.just(""),
    who=st.just("Ann"),
    decided_at=st.integers(1, 5),
)


@given(st.lists(said, max_size=8), st.lists(st.sampled_from([None, *SHAS]), min_size=6, max_size=6))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_some_photos_are_told_of_as_all_are(
    catalog: Catalog, made: list[Decision], held: list[str | None]
) -> None:
    keys = [photo.key for photo in candidates(catalog, ANIMALS)]
    with catalog.begin() as connection:
        connection.execute(decisions.delete())
        connection.execute(files.delete())
    stored = [Fetched(key, "n", 1, sha, 9) for key, sha in zip(keys, held, strict=True) if sha]
    if stored:
        record_fetched(catalog, stored)
    record_decisions(catalog, made)
    with catalog.begin() as connection:
        slow = standings(connection, ANIMALS.labels)
        fast = standings(connection, ANIMALS.labels, keys)
        words = newest_words(connection, ANIMALS.labels, keys)
    assert fast == slow
    assert words.keys() == slow.keys()
