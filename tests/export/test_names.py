"""Ids are texts of strangers; names of files are not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.export.naming import file_name
from tests.export.builders import ODD_IDS

IDS = st.one_of(st.text(max_size=300), st.text("aA-_~./0", max_size=8), st.sampled_from(ODD_IDS))


@pytest.mark.parametrize("photo_id", ["8712345678", "img_1", "0a1b-2c3d", "a" * 64])
def test_a_plain_id_is_its_own_name(photo_id: str) -> None:
    assert file_name(photo_id) == photo_id


@given(IDS)
def test_a_name_is_safe_on_every_system(photo_id: str) -> None:
    assert re.fullmatch(r"[a-z0-9_-]([a-z0-9_~-]{0,80})", file_name(photo_id))
    assert file_name(photo_id) not in {"con", "nul", "com1"}


@given(IDS, IDS)
def test_different_ids_have_different_names(one: str, other: str) -> None:
    assert (file_name(one) == file_name(other)) == (one == other)


def test_a_crafted_id_does_not_take_the_name_of_another() -> None:
    name = file_name("a/b")
    assert re.fullmatch(r"a-b~[0-9a-f]{16}", name)
    assert file_name(name) != name
