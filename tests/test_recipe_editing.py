"""A recipe changes in one value, and in nothing else."""

import stat
from pathlib import Path

import pytest

from menagerie.errors import BusyError, RecipeError
from menagerie.recipe.editing import change_value, version_of, with_value

TEXT = """# ours
[curation] # how good
min_sharpness = 0.15   # what we saw in March
  max_aspect=3.0
[release]
min_sharpness_like = "min_sharpness = 1"
"""


def test_a_number_changes_and_its_comment_stays() -> None:
    changed = with_value(TEXT, "curation", "min_sharpness", 0.3)
    assert changed == TEXT.replace("= 0.15   #", "= 0.3   #")
    assert with_value(TEXT, "curation", "max_aspect", 2.5) == TEXT.replace("t=3.0", "t=2.5")


def test_a_key_that_is_not_there_is_added_to_its_section() -> None:
    changed = with_value(TEXT, "curation", "min_entropy", 2.0)
    assert changed == TEXT.replace("good\n", "good\nmin_entropy = 2.0\n")
    assert with_value("[a]\n", "curation", "min_side_px", 9) == (
        "[a]\n\n[curation]\nmin_side_px = 9\n"
    )


def test_line_ends_and_a_missing_last_one_stay() -> None:
    assert with_value("[curation]\r\nx = 1\r\n", "curation", "x", 2) == "[curation]\r\nx = 2\r\n"
    assert with_value("[curation]\nx = 1", "curation", "x", 2) == "[curation]\nx = 2"


@pytest.mark.parametrize(
    "text",
    [
        "curation = {x = 1}\n",
        "curation.x = 1\n",
        'a = """\n[curation]\nx = 1\n"""\n',
        # Line ends that a reader of text forgives, and TOML does not.
        "[curation]\r\r\nx = 1\r\r\n",
    ],
)
def test_what_only_a_person_can_change_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match="by hand"):
        with_value(text, "curation", "x", 2)


def test_a_file_that_somebody_changed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(TEXT)
    with pytest.raises(BusyError, match="meanwhile"):
        change_value(path, "curation", "max_aspect", 2.0, "0" * 16)
    assert path.read_text() == TEXT


def test_a_value_out_of_bounds_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    text = "[dataset]\nname = 'a'\n" + "".join(
        f"[[classes]]\nlabel = '{word}'\nkeywords = ['{word}']\n" for word in ("cat", "dog")
    )
    path.write_text(text)
    path.chmod(0o640)
    with pytest.raises(RecipeError, match="at most 1"):
        change_value(path, "curation", "min_sharpness", 7.0, version_of(path))
    assert path.read_text() == text
    change_value(path, "curation", "min_sharpness", 0.5, version_of(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
