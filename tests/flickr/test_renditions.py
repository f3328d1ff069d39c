"""The smallest sufficient rendition."""

from menagerie.flickr.renditions import smallest_sufficient
from menagerie.photos.row import Rendition

SIZES = {
    "sq": (75, 75),
    "q": (150, 150),
    "t": (100, 75),
    "s": (240, 180),
    "n": (320, 240),
    "m": (500, 375),
    "z": (640, 480),
    "o": (4000, 3000),
}


def chosen(short_edge_px: int, *names: str) -> str | None:
    renditions = [Rendition(name, f"https://h/{name}", *SIZES[name]) for name in names]
    best = smallest_sufficient(renditions, short_edge_px)
    return best.name if best else None


def test_the_smallest_whose_short_edge_suffices_is_taken() -> None:
    assert chosen(240, *SIZES) == "n"
    assert chosen(241, *SIZES) == "m"
    assert chosen(75, *SIZES) == "t"


def test_a_square_crop_never_suffices() -> None:
    assert chosen(75, "sq", "q", "m") == "m"


def test_when_none_suffices_the_one_with_most_pixels_is_taken() -> None:
    assert chosen(240, "sq", "q", "t") == "q"
    assert chosen(240, "q", "s") == "s"


def test_the_original_is_taken_only_when_nothing_smaller_suffices() -> None:
    assert chosen(240, "n", "o") == "n"
    assert chosen(1000, "n", "z", "o") == "o"


def test_of_equal_sizes_the_uncropped_one_is_taken() -> None:
    same = [Rendition("q", "https://h/q", 150, 150), Rendition("o", "https://h/o", 150, 150)]
    best = smallest_sufficient(same, 240)
    assert best is not None
    assert best.name == "o"


def test_no_rendition_is_none() -> None:
    assert chosen(240) is None
