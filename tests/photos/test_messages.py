"""Messages come out of a pipe as they went in, whatever a pipe holds at a time."""

import os
import threading
from collections.abc import Iterator

import pytest

from menagerie.photos.messages import read_message, write_message


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)


@pytest.mark.parametrize("size", [0, 1, 65_531, 65_532, 3_000_000])
def test_a_message_of_any_size_arrives_whole(pipe: tuple[int, int], size: int) -> None:
    reader, writer = pipe
    body = os.urandom(size)
    thread = threading.Thread(target=write_message, args=(writer, 4, body))
    thread.start()
    assert read_message(reader) == (4, body)
    thread.join()
    os.close(writer)
    assert read_message(reader) is None


@pytest.mark.parametrize("cut", [1, 4, 5, 80])
def test_a_message_that_breaks_off_is_none(pipe: tuple[int, int], cut: int) -> None:
    reader, writer = pipe
    write_message(writer, 4, bytes(100))
    begun = os.read(reader, cut)
    os.read(reader, 200)
    os.write(writer, begun)
    os.close(writer)
    assert read_message(reader) is None
