"""No text of somebody else becomes a formula, and each comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.spreadsheets import guarded, unguarded


@pytest.mark.parametrize("text", ["=1+1", "+41", "-", "@SUM(A1)", "\tx", "\rx"])
def test_what_looks_like_a_formula_is_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a = b", "'tis", "''", "7"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == unguarded(text) == text


@given(st.text() | st.text("'=+-@ a"))
def test_what_was_guarded_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}
