"""What is encoded here comes back as it was, and equals what slow, obvious code makes."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from menagerie.export.crc32c import crc32c, masked
from menagerie.export.examples import example
from menagerie.export.pictures import jpeg, png

TILES = st.integers(1, 9).flatmap(lambda edge: arrays(np.uint8, (2, edge, edge, 3)))


def crc_bit_by_bit(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@given(TILES)
def test_every_pixel_of_a_png_comes_back(tiles: np.ndarray) -> None:
    read = [np.asarray(Image.open(io.BytesIO(picture))) for picture in png(tiles)]
    assert np.array_equal(np.stack(read), tiles)


def test_a_jpeg_keeps_its_colours_at_full_size() -> None:
    stripes = np.zeros((1, 16, 16, 3), np.uint8)
    stripes[:, :, ::2, 0] = stripes[:, :, 1::2, 2] = 255
    (picture,) = (Image.open(io.BytesIO(data)) for data in jpeg(stripes))
    assert picture.format == "JPEG"
    assert np.abs(np.asarray(picture) - stripes[0].astype(int)).max() < 12


def test_a_checksum_is_that_of_the_standard() -> None:
    assert crc32c([b"123456789"]).tolist() == [0xE3069283]
    assert crc32c([bytes(32)]).tolist() == [0x8A9136AA]
    assert masked(np.array([0xE3069283], np.uint32)).tolist() == [0xC78AB0E5]


@given(st.lists(st.binary(min_size=4, max_size=300), min_size=1, max_size=5))
def test_checksums_of_a_batch_equal_those_taken_bit_by_bit(records: list[bytes]) -> None:
    assert crc32c(records).tolist() == [crc_bit_by_bit(record) for record in records]


@pytest.mark.parametrize("length", [1023, 1024, 1025, 5000])
def test_a_checksum_does_not_depend_on_where_lanes_end(length: int) -> None:
    record = np.random.default_rng(length).bytes(length)
    assert crc32c([b"1234", record])[1] == crc_bit_by_bit(record)


def test_features_are_written_in_the_order_of_their_names() -> None:
    x = "0a0a 0a0161 1205 0a03 0a0178"
    number = "0a0b 0a0162 1206 1a04 0a02 ac02"
    assert example({"b": 300, "a": "x"}) == bytes.fromhex(f"0a19 {x} {number}")
