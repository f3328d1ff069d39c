"""The head of a JPEG: what is plain is decoded as after a closer look."""

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from menagerie.photos import decode as decoding
from menagerie.photos.color import is_srgb
from menagerie.photos.decode import decode
from menagerie.photos.jpeg import Frame, plain_frame
from tests.builders import encoded, picture

HEAD = encoded(picture())[:700]


@pytest.mark.parametrize("progressive", [False, True])
def test_a_plain_head_tells_size_and_colours(progressive: bool) -> None:
    assert plain_frame(encoded(picture(), progressive=progressive)) == Frame(320, 240, False)
    grey = encoded(picture().convert("L"), progressive=progressive)
    assert plain_frame(grey) == Frame(320, 240, True)


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def turned(orientation: int | None) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "A maker"
    if orientation is not None:
        exif[0x0112] = orientation
    return exif.tobytes()


@pytest.mark.parametrize(
    "notes",
    [
        {"exif": turned(1)},
        {"exif": turned(None)},
        {"icc_profile": SRGB},
        {"exif": turned(1), "icc_profile": SRGB},
    ],
)
def test_notes_that_change_nothing_are_known_as_such(notes: dict[str, Any]) -> None:
    frame = plain_frame(encoded(picture(), **notes))
    assert frame is not None
    assert (frame.width, frame.height, frame.is_noted) == (320, 240, True)
    assert frame.profile == notes.get("icc_profile")


def test_what_is_not_plain_wants_a_closer_look() -> None:
    exif = turned(1)
    short, long = (struct.pack(">HHLH", 0x0112, kind, 1, 1) for kind in (3, 4))
    assert short in exif
    damaged = [exif[:20], exif.replace(b"MM", b"XX"), exif.replace(b"Exif", b"XMP!")]
    for notes in (*damaged, exif.replace(short, long), turned(6)):
        assert plain_frame(encoded(picture(), exif=notes)) is None
    # So large a profile comes in pieces.
    assert plain_frame(encoded(picture(), icc_profile=SRGB + bytes(70_000))) is None
    assert plain_frame(encoded(picture().convert("CMYK"))) is None
    assert plain_frame(encoded(picture(), "PNG")) is None


@given(st.integers(0, len(HEAD)), st.binary(max_size=40))
def test_no_head_makes_it_stumble(length: int, rest: bytes) -> None:
    frame = plain_frame(HEAD[:length] + rest)
    assert frame is None or min(frame.width, frame.height) > 0


PROFILES = {
    "none": None,
    "sRGB": SRGB,
    "damaged": SRGB[:200],
    # Its red and blue primaries have changed their places.
    "other": SRGB.replace(b"rXYZ", b"tmp!")
    .replace(b"bXYZ", b"rXYZ")
    .replace(b"tmp!", b"bXYZ")
    .replace(b"sRGB", b"none")
    .replace(b"s\0R\0G\0B", b"n\0o\0n\0e"),
}


def test_only_a_sound_profile_of_other_colours_is_not_srgb() -> None:
    assert [name for name, profile in PROFILES.items() if profile and not is_srgb(profile)] == [
        "other"
    ]


@pytest.mark.parametrize("size", [(320, 240), (1024, 683), (5000, 2600)])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("orientation", [None, 1, 3, 6])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_glance_at_the_head_gives_the_pixels_of_a_closer_look(
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    mode: str,
    orientation: int | None,
    profile: str,
) -> None:
    data = encoded(
        picture(*size).convert(mode),
        exif=turned(orientation) if orientation else b"",
        icc_profile=PROFILES[profile],
    )
    one = decode(data)
    monkeypatch.setattr(decoding, "plain_frame", lambda _: None)
    other = decode(data)
    assert (one.width, one.height, one.format) == (other.width, other.height, other.format)
    # Where a huge one is averaged on the way, Pillow rounds otherwise; without notes that is new.
    noted = orientation or PROFILES[profile]
    apart = 1 if max(size) > 4096 and not noted else 0
    assert one.pixels.shape == other.pixels.shape
    assert np.abs(one.pixels.astype(int) - other.pixels).max() <= apart
