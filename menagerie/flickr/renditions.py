"""Which of a photo's files to fetch."""

from collections.abc import Sequence

from menagerie.photos.row import Rendition

_SQUARE_CROPS = {"sq", "q"}


def by_preference(renditions: Sequence[Rendition], short_edge_px: int) -> list[Rendition]:
    """Sort renditions, the one to fetch first.

    Uncropped ones whose short edge reaches `short_edge_px` come first, the smallest of them
    leading: fewer bytes, and none of the oddities of originals. Then come the others, the one
    with the most pixels leading, square crops included; at equal size an uncropped one leads.
    """
    sufficient = [
        r
        for r in renditions
        if r.name not in _SQUARE_CROPS and min(r.width, r.height) >= short_edge_px
    ]
    others = [r for r in renditions if r not in sufficient]
    sufficient.sort(key=lambda r: (r.width * r.height, r.name))
    others.sort(
        key=lambda r: (r.width * r.height, r.name not in _SQUARE_CROPS, r.name), reverse=True
    )
    return sufficient + others
