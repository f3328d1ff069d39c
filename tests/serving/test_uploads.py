"""What strangers may send: pictures and nothing besides, under names that are names."""

import pytest

from menagerie.errors import PhotoError
from menagerie.serving.uploads import refuse_content, refuse_name
from tests.builders import encoded, picture
from tests.photos.hostile import hostile_files

SCRIPT = b"<script>alert(1)</script>"
NAMES = [
    "../../a.jpg",
    "a\\b.jpg",
    "<script>.jpg",
    "a\n.jpg",
    "..",
    "a\x00.jpg",
    "x" * 256,
    "\u202egpj",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_could_do_something_is_refused(name: str) -> None:
    with pytest.raises(PhotoError, match="has a name with"):
        refuse_name(name)


@pytest.mark.parametrize("name", ["", "crow.jpg", "Krähe (3) & Boar.jpeg", "写真.png", "a..b"])
def test_a_name_of_a_photo_passes(name: str) -> None:
    refuse_name(name)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_pictures_pass_as_they_are(kind: str) -> None:
    for seed in range(20):
        refuse_content(encoded(picture(seed=seed), kind))


def test_a_picture_that_carries_something_else_is_refused() -> None:
    jpeg, exif = encoded(picture()), picture().getexif()
    exif[0x010E] = SCRIPT.decode()
    carriers = [
        encoded(picture(), exif=exif),
        encoded(picture(), comment=SCRIPT),
        jpeg + SCRIPT.upper(),
        jpeg + b"PK\x03\x04" + bytes(30) + b"PK\x05\x06" + bytes(18),
        jpeg[:20] + b"%PDF-1.4" + jpeg[20:],
        encoded(picture(), "GIF") + b"<?php system('id') ?>",
    ]
    for data in carriers:
        with pytest.raises(PhotoError, match="picture"):
            refuse_content(data)


def test_every_file_that_the_decoder_takes_and_carries_nothing_passes() -> None:
    for name, data, reason in hostile_files():
        if reason is None and name != "jpeg-and-zip":
            refuse_content(data)
