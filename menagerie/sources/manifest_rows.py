"""What a row of a manifest says of a photo."""

import calendar
import re
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import unquote_plus

import pyarrow as pa
import pyarrow.compute as pc

from menagerie.licenses import LICENSES, UNKNOWN, by_id, from_flickr
from menagerie.photos.row import PhotoRow, Rendition, Side
from menagerie.sources.layout import TEST, TRAIN

_BY_URL = {re.sub(r"^https://(?:www\.)?|/$", "", each.url.lower()): each.id for each in LICENSES}
_SIDES: dict[str, Side] = {TRAIN: "train", **dict.fromkeys(TEST, "test")}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
# YFCC100M's file names end as Flickr's do; what it links to is the one of 500 px.
_YFCC_RENDITION = "m"
# A manifest's file may be of any type, as an original may.
_ANY_RENDITION = "o"


@lru_cache(4096)
def license_of(text: str) -> str:
    """Return the readable id of a licence given by id, by address or by Flickr's number."""
    text = text.strip().lower()
    if by_id(text) is not UNKNOWN:
        return text
    if text.isascii() and text.isdigit():
        return from_flickr(text).id
    address = re.sub(r"^https?://(?:www\.)?|(?:/deed\.?\w*)?/?$", "", text)
    return _BY_URL.get(address, UNKNOWN.id)


def mask(batch: pa.RecordBatch, keyword: str, *, is_yfcc: bool) -> pa.BooleanArray:
    """Tell which rows a keyword names: by their label, or by one of YFCC100M's user tags."""
    if not is_yfcc:
        return pc.equal(batch.column("label"), keyword)
    # Tags are a comma list, with + for a space and %xx for what is not ASCII.
    likely = pc.match_substring(pc.utf8_lower(batch.column("label")), keyword.split()[0].lower())
    chosen = [
        bool(hit) and keyword.casefold() in _tags(tags)
        for hit, tags in zip(likely.to_pylist(), batch.column("label").to_pylist(), strict=True)
    ]
    return pa.array(chosen, pa.bool_())


def _tags(text: str) -> list[str]:
    return [unquote_plus(tag).casefold() for tag in text.split(",")]


def photos(batch: pa.RecordBatch, *, is_yfcc: bool) -> Iterator[PhotoRow]:
    """Yield the photos of some rows."""
    for row in batch.to_pylist():
        yield _yfcc_photo(row) if is_yfcc else _photo(row)


def _photo(row: Mapping[str, str]) -> PhotoRow:
    def line(column: str) -> str:
        return _CONTROL.sub(" ", row.get(column) or "").strip()

    size = (_whole(line("width")), _whole(line("height")))
    url = line("url")
    return PhotoRow(
        photo_id=line("id"),
        owner=line("owner"),
        owner_name=line("owner_name"),
        title=line("title"),
        license=license_of(line("license")),
        tags=line("tags").replace(",", " "),
        media="photo",
        uploaded_at=seconds_of(line("uploaded_at")),
        taken_at=line("taken_at")[:20],
        page_url=line("page_url") if line("page_url").startswith(("https://", "http://")) else "",
        renditions=(Rendition(_ANY_RENDITION, url, *size),) if url else (),
        given_side=_SIDES.get(line("split").lower()),
    )


def _yfcc_photo(row: Mapping[str, str]) -> PhotoRow:
    plain = {
        **row,
        **{name: unquote_plus(row.get(name) or "") for name in ("owner_name", "title")},
    }
    photo = _photo(plain)
    url = (
        re.sub(r"^http://", "https://", row["url"]) if "staticflickr" in row["url"] else row["url"]
    )
    fields = {name: getattr(photo, name) for name in PhotoRow.__dataclass_fields__}
    return PhotoRow(
        **{
            **fields,
            "tags": " ".join("".join(tag.split()) for tag in _tags(row["label"])),
            "media": "video" if row.get("marker") == "1" else "photo",
            "renditions": (Rendition(_YFCC_RENDITION, url, 0, 0),) if url else (),
        }
    )


def seconds_of(text: str) -> int:
    """Return the unix seconds of a number or of a date such as 2013-05-18 12:00:00; else 0."""
    if _whole(text):
        return _whole(text)
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d))?", text)
    if not found:
        return 0
    try:
        moment = time.strptime("".join(part or "00" for part in found.groups()), "%Y%m%d%H%M%S")
    except ValueError:
        return 0
    return max(0, calendar.timegm(moment))


def _whole(text: str) -> int:
    return int(text[:15].partition(".")[0]) if re.fullmatch(r"\d{1,12}(\.\d*)?", text) else 0
