"""Importing Keras without what it does not need."""

import importlib
import sys

import pytest

from menagerie.learning.backend import _left_out


def test_what_is_left_out_is_missing_meanwhile_and_leaves_no_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    with _left_out(["wave"]):
        # pyarrow, in another thread, would take a None that stands there for the module itself.
        assert "wave" not in sys.modules
        with pytest.raises(ModuleNotFoundError, match="left out"):
            importlib.import_module("wave")
    assert importlib.import_module("wave").__name__ == "wave"
