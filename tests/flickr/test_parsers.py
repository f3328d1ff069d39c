"""Parsers: recorded answers become records, anything else becomes our own error."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.errors import MenagerieError, ParseError
from menagerie.flickr.parsers import parse_licenses, parse_photo_info, parse_search

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
ROW: dict[str, Any] = {"id": "31193961378", "owner": "76645795@N05"}


def page(*rows: Any, **fields: Any) -> dict[str, Any]:
    return {"photos": {"total": "1", "pages": 1, "photo": list(rows), **fields}, "stat": "ok"}


def test_a_row_without_extras_has_what_it_has() -> None:
    (row,) = parse_search(page(ROW)).rows
    assert (row.photo_id, row.license, row.media) == ("31193961378", "unknown", "photo")
    assert row.page_url == "https://www.flickr.com/photos/76645795@N05/31193961378"
    assert row.renditions == ()


def test_numbers_come_as_strings_or_as_numbers() -> None:
    first = {**ROW, "dateupload": "1540000000", "url_q": "u", "width_q": "150", "height_q": 150}
    second = {**ROW, "dateupload": 1540000000, "url_q": "u", "width_q": 150, "height_q": "150"}
    parsed = [parse_search(page(row, total=total)) for row, total in ((first, "7"), (second, 7))]
    assert parsed[0] == parsed[1]
    assert parsed[0].total == 7


def test_licences_become_readable() -> None:
    (row,) = parse_search(page({**ROW, "license": "11"})).rows
    assert row.license == "cc-by-4.0"


def test_recorded_searches_parse(shared: Path) -> None:
    recorded = shared / "flickr/recorded"
    three = parse_search(json.loads((recorded / "photos.search.3rows-2019.json").read_text()))
    none = parse_search(json.loads((recorded / "photos.search.empty.json").read_text()))
    assert [len(three.rows), three.total, none.total] == [3, 50, 0]


def test_a_recorded_row_brings_all_its_renditions(shared: Path) -> None:
    path = shared / "flickr/recorded/photo-row-with-all-url-extras-2021.json"
    (row,) = parse_search(page(json.loads(path.read_text()))).rows
    assert [r.name for r in row.renditions] == ["sq", "q", "t", "s", "n", "m", "z", "c", "l", "o"]
    assert (row.renditions[-1].width, row.renditions[-1].height) == (3240, 4320)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "jsonFlickrApi({})",
        {"stat": "ok"},
        page(None),
        page({"id": "x/../y", "owner": "o"}),
        page({"id": "1"}),
        page({**ROW, "dateupload": "soon"}),
        page({**ROW, "title": [1]}),
        page(ROW, total="many"),
        page(ROW, total=True),
        page(ROW, photo={}),
    ],
)
def test_anything_else_is_a_parse_error(document: Any) -> None:
    with pytest.raises(ParseError):
        parse_search(document)


@given(JSON)
def test_any_json_parses_or_raises_our_own_error(document: Any) -> None:
    for candidate in (
        document,
        {"photos": document},
        page(document),
        page({**ROW, "id": document}),
    ):
        try:
            parse_search(candidate)
        except MenagerieError as error:
            assert str(error)


@given(st.dictionaries(st.sampled_from(["title", "tags", "license", "url_q", "width_q"]), JSON))
def test_any_field_parses_or_raises_our_own_error(fields: dict[str, Any]) -> None:
    try:
        parse_search(page({**ROW, **fields}))
    except ParseError as error:
        assert "as documented" in str(error)


INFO: dict[str, Any] = {"id": "31193961378", "owner": {"nsid": "76645795@N05"}}


def test_the_tags_of_a_photo_are_those_of_a_search() -> None:
    tags = [{"_content": "crow"}, {"raw": "!!"}, {"raw": "no_cv", "_content": "nocv"}]
    info = parse_photo_info({"photo": {**INFO, "license": "4", "tags": {"tag": tags}}})
    assert (info.tags, info.license, info.media) == ("crow nocv", "cc-by-2.0", "photo")


def test_a_licence_with_a_link_that_is_none_has_no_link() -> None:
    row = {"id": "4", "name": "By", "url": "javascript:alert(1)"}
    (name,) = parse_licenses({"licenses": {"license": [row]}})
    assert name.url == ""


@given(JSON)
def test_any_info_parses_or_raises_our_own_error(document: Any) -> None:
    photos = [{**INFO, key: document} for key in ("id", "owner", "tags", "license", "title")]
    photos.append({**INFO, "tags": {"tag": document}})
    refuse_or_parse(
        parse_photo_info, document, {"photo": document}, *({"photo": p} for p in photos)
    )


@given(JSON)
def test_any_table_of_licences_parses_or_raises_our_own_error(document: Any) -> None:
    row = {"id": document, "name": document, "url": document}
    tables = [document, *({"license": rows} for rows in (document, [document], [row]))]
    refuse_or_parse(parse_licenses, document, *({"licenses": table} for table in tables))


def refuse_or_parse(parse: Callable[[Any], object], *documents: Any) -> None:
    for document in documents:
        try:
            parse(document)
        except ParseError as error:
            assert str(error)
