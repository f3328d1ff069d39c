from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from menagerie.errors import TrainingError
from menagerie.learning.samples import open_release
from menagerie.learning.validation import Rows, hold_out
from tests.learning.builders import release, write_manifest

TRIPLES = [f"owner {row // 3}" for row in range(60)]


def divided(folder: Path, fraction: float = 0.2, seed: int = 1) -> tuple[Rows, Rows]:
    made = open_release(folder)
    return hold_out(made, made.samples("train"), fraction, seed)


@pytest.fixture
def owned(tmp_path: Path) -> Path:
    """60 samples of three classes, three of each owner."""
    folder = release(tmp_path)
    write_manifest(folder, TRIPLES)
    return folder


def test_every_row_of_train_is_on_one_side(owned: Path) -> None:
    kept, watched = divided(owned)
    assert sorted([*kept, *watched]) == list(range(60))


def test_no_owner_stands_on_both_sides(owned: Path) -> None:
    kept, watched = divided(owned)
    assert not {TRIPLES[row] for row in kept} & {TRIPLES[row] for row in watched}


def test_each_class_has_its_share(owned: Path) -> None:
    _, watched = divided(owned)
    assert np.bincount(watched % 3).tolist() == [4, 4, 4]


def test_the_same_seed_divides_alike_and_another_otherwise(owned: Path) -> None:
    first, again, other = (divided(owned, seed=seed)[1].tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_near_duplicate_that_was_left_out_ties_its_owner_to_the_one_kept(owned: Path) -> None:
    # Every owner took a photo that nearly equals one of the next.
    left_out: dict[str, list[str]] = {
        "owner": [f"owner {n}" for n in range(0, 20, 2)],
        "instead_of": [str(3 * (n + 1)) for n in range(0, 20, 2)],
    }
    pyarrow.parquet.write_table(pyarrow.table(left_out), owned / "rejected.parquet")
    kept, watched = divided(owned)
    assert not {row // 6 for row in kept} & {row // 6 for row in watched}


def test_photos_of_unknown_owners_are_not_tied(tmp_path: Path) -> None:
    folder = release(tmp_path)
    write_manifest(folder, [""] * 60)
    assert np.bincount(divided(folder)[1] % 3).tolist() == [4, 4, 4]


def test_nothing_is_held_out_unless_asked(tmp_path: Path) -> None:
    kept, watched = divided(release(tmp_path), fraction=0.0)
    assert (len(kept), len(watched)) == (60, 0)


def test_a_single_owner_cannot_be_divided(tmp_path: Path) -> None:
    folder = release(tmp_path)
    write_manifest(folder, ["one"] * 60)
    with pytest.raises(TrainingError, match=r"validation_fraction = 0\.2 cannot .* more owners"):
        divided(folder)


def test_a_fraction_of_less_than_a_photo_is_refused_without_a_word_of_owners(
    tmp_path: Path,
) -> None:
    folder = release(tmp_path)
    write_manifest(folder, [""] * 60)
    with pytest.raises(TrainingError, match=r"from the 60 training .* collect more photos\.$"):
        divided(folder, fraction=0.0001)


def test_a_release_whose_manifest_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"manifest\.parquet cannot be read"):
        divided(release(tmp_path))


def test_a_manifest_of_other_samples_is_refused(owned: Path) -> None:
    write_manifest(owned, TRIPLES[:59])
    with pytest.raises(TrainingError, match="does not list the 60 samples"):
        divided(owned)
