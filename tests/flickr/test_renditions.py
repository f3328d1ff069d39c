"""The order in which a photo's renditions are worth fetching."""

from menagerie.flickr.renditions import by_preference
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


def order(short_edge_px: int, *names: str) -> list[str]:
    renditions = [Rendition(name, f"https://h/{name}", *SIZES[name]) for name in names]
    return [r.name for r in by_preference(renditions, short_edge_px)]


def test_the_smallest_whose_short_edge_suffices_comes_first() -> None:
    assert order(240, *SIZES)[0] == "n"
    assert order(241, *SIZES)[0] == "m"
    assert order(75, *SIZES)[0] == "t"


def test_larger_ones_follow_and_then_the_smaller_ones_by_pixels() -> None:
    assert order(240, *SIZES) == ["n", "m", "z", "o", "s", "q", "t", "sq"]


def test_a_square_crop_never_suffices() -> None:
    assert order(75, "sq", "q", "m") == ["m", "q", "sq"]


def test_when_none_suffices_the_one_with_most_pixels_comes_first() -> None:
    assert order(240, "sq", "q", "t") == ["q", "t", "sq"]
    assert order(240, "q", "s") == ["s", "q"]


def test_the_original_comes_first_only_when_nothing_smaller_suffices() -> None:
    assert order(240, "n", "o") == ["n", "o"]
    assert order(1000, "n", "z", "o") == ["o", "z", "n"]


def test_of_equal_sizes_the_uncropped_one_leads() -> None:
    same = [Rendition("q", "https://h/q", 150, 150), Rendition("o", "https://h/o", 150, 150)]
    assert [r.name for r in by_preference(same, 240)] == ["o", "q"]


def test_a_rendition_of_unknown_size_comes_last() -> None:
    unknown = Rendition("l", "https://h/l", 0, 0)
    known = Rendition("sq", "https://h/sq", 75, 75)
    assert by_preference([unknown, known], 240) == [known, unknown]


def test_no_rendition_is_no_choice() -> None:
    assert order(240) == []
