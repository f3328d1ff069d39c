"""The head of a JPEG: what is plain is decoded as after a closer look."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from menagerie.photos.decode import decode
from menagerie.photos.jpeg import Frame, plain_frame
from tests.builders import encoded, picture

HEAD = encoded(picture())[:700]


@pytest.mark.parametrize("progressive", [False, True])
def test_a_plain_head_tells_size_and_colours(progressive: bool) -> None:
    assert plain_frame(encoded(picture(), progressive=progressive)) == Frame(320, 240, False)
    grey = encoded(picture().convert("L"), progressive=progressive)
    assert plain_frame(grey) == Frame(320, 240, True)


def test_what_is_not_plain_wants_a_closer_look() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert plain_frame(encoded(picture(), exif=exif)) is None
    assert plain_frame(encoded(picture(), icc_profile=profile)) is None
    assert plain_frame(encoded(picture().convert("CMYK"))) is None
    assert plain_frame(encoded(picture(), "PNG")) is None


@given(st.integers(0, len(HEAD)), st.binary(max_size=40))
def test_no_head_makes_it_stumble(length: int, rest: bytes) -> None:
    frame = plain_frame(HEAD[:length] + rest)
    assert frame is None or min(frame.width, frame.height) > 0


@pytest.mark.parametrize("size", [(320, 240), (1024, 683), (5000, 2600)])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_plain_photo_has_the_pixels_of_one_with_notes(size: tuple[int, int], mode: str) -> None:
    photo = picture(*size).convert(mode)
    upright = Image.Exif()
    upright[0x0112] = 1
    plain, noted = encoded(photo), encoded(photo, exif=upright)
    assert plain_frame(plain) is not None
    assert plain_frame(noted) is None
    one, other = decode(plain), decode(noted)
    assert (one.width, one.height) == (other.width, other.height)
    assert one.pixels.shape == other.pixels.shape
    # Where a huge one is averaged on the way, Pillow rounds otherwise.
    assert np.abs(one.pixels.astype(int) - other.pixels).max() <= 1
