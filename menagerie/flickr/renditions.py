"""Which of a photo's files to fetch."""

from collections.abc import Sequence

from menagerie.photos.row import Rendition

_SQUARE_CROPS = {"sq", "q"}


def smallest_sufficient(renditions: Sequence[Rendition], short_edge_px: int) -> Rendition | None:
    """Choose the smallest uncropped rendition whose short edge reaches `short_edge_px`.

    When none does, the one with the most pixels, square crops included; at equal size an
    uncropped one. None when there is no rendition at all.
    """
    sufficient = [
        r
        for r in renditions
        if r.name not in _SQUARE_CROPS and min(r.width, r.height) >= short_edge_px
    ]
    if sufficient:
        return min(sufficient, key=lambda r: (r.width * r.height, r.name))
    return max(
        renditions,
        key=lambda r: (r.width * r.height, r.name not in _SQUARE_CROPS, r.name),
        default=None,
    )
