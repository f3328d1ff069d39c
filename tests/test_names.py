"""Names of files as they are shown: any bytes, and nothing that acts on a terminal."""

import os

import pytest

from menagerie.cli import say
from menagerie.names import one_line, shown_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [(b"crow.jpg", "crow.jpg"), ("猿.jpg".encode(), "猿.jpg"), (b"\xff\xfe.jpg", "\\xff\\xfe.jpg")],
)
def test_bytes_that_are_no_text_are_written_out(name: bytes, shown: str) -> None:
    assert shown_name(os.fsdecode(name)) == shown
    assert shown_name(os.fsdecode(name)).encode()


def test_what_acts_on_a_terminal_is_written_out() -> None:
    assert one_line("\x1b[31mred\n猿") == "\\x1b[31mred\\x0a猿"


def test_errors_write_out_what_is_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"There is no folder {os.fsdecode(bytes([0x63, 0xFF]))}.")
    assert capsys.readouterr().err == "There is no folder c\\xff.\n"
