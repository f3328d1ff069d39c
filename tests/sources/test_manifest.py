"""A manifest: three formats, YFCC100M's columns, and everything that can be wrong with one."""

import gzip
import json
import logging
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.catalog.photos import claim_dataset
from menagerie.collection import collect_keyword, plan_downloads
from menagerie.errors import EmptySearchError, InputError
from menagerie.sources.manifest_files import open_manifest
from menagerie.sources.manifest_rows import license_of, photos, seconds_of
from menagerie.workshop import open_workshop
from tests.sources.builders import ANIMALS, asked, collect, rows

pytestmark = pytest.mark.usefixtures("home")

HOST = "https://127.0.0.1:1"
Table = list[dict[str, Any]]


def table(count: int = 6) -> Table:
    return [
        {
            "id": f"p{number}",
            "url": f"{HOST}/{number}.jpg",
            "label": ANIMALS[number % 3],
            "license": "cc-by-2.0",
            "owner": f"{number}@N00",
            "title": f"Photo, of {number}",
            "split": "test" if number < 3 else "train",
            "width": 640,
        }
        for number in range(count)
    ]


def write_csv(path: Path, content: Table) -> None:
    pa.csv.write_csv(pa.Table.from_pylist(content), path)


def write_jsonl(path: Path, content: Table) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in content))


def write_parquet(path: Path, content: Table) -> None:
    pa.parquet.write_table(pa.Table.from_pylist(content), path)


@pytest.fixture(autouse=True)
def hosts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MENAGERIE_PHOTO_HOSTS", "127.0.0.1:1,live.staticflickr.com")


def read(path: Path) -> list[tuple[Any, ...]]:
    """Search a manifest without fetching, and return what the catalog has then."""
    of = asked("manifest", path)
    with open_workshop() as shop:
        source = shop.source(of)
        source.refuse_empty(of, set())
        claim_dataset(shop.catalog, of.name, source.name)
        for label, keyword in of.searches:
            collect_keyword(shop.catalog, source, of, label, keyword)
    return rows("SELECT source, photo_id, title, license, owner FROM photos ORDER BY photo_id")


@pytest.mark.parametrize(
    ("name", "write"),
    [("m.csv", write_csv), ("m.jsonl", write_jsonl), ("m.parquet", write_parquet)],
)
def test_every_format_says_the_same(
    tmp_path: Path, name: str, write: Callable[[Path, Table], None]
) -> None:
    write(tmp_path / name, table())
    found = read(tmp_path / name)
    assert len(found) == 6
    assert found[0] == ("manifest-animals", "p0", "Photo, of 0", "cc-by-2.0", "0@N00")
    assert rows("SELECT given_side, count(*) FROM sightings GROUP BY 1") == [
        ("test", 3), ("train", 3)
    ]  # fmt: skip


def test_a_text_may_be_compressed(tmp_path: Path) -> None:
    write_csv(tmp_path / "m.csv", table())
    (tmp_path / "m.csv.gz").write_bytes(gzip.compress((tmp_path / "m.csv").read_bytes()))
    assert len(read(tmp_path / "m.csv.gz")) == 6


def test_a_manifest_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    write_csv(tmp_path / "m.csv", table())
    read(tmp_path / "m.csv")
    with open_workshop() as shop:
        of = asked("manifest", tmp_path / "m.csv")
        assert list(shop.source(of).crawl(of, "crow")) == []
    write_csv(tmp_path / "m.csv", table(9))
    assert len(read(tmp_path / "m.csv")) == 9


def test_a_changed_manifest_lets_refused_files_be_asked_for_at_once(tmp_path: Path) -> None:
    write_csv(tmp_path / "m.csv", table())
    read(tmp_path / "m.csv")
    with open_workshop() as shop, shop.catalog.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO files (photo_key, fault, fetched_at, attempts, tries, retry_at)"
            " SELECT key, 'gone', 0, 1, 9, NULL FROM photos"
        )
    of = asked("manifest", tmp_path / "m.csv")
    with open_workshop() as shop:
        assert plan_downloads(shop.catalog, of) == []
    write_csv(tmp_path / "m.csv", [{**row, "url": f"{row['url']}?mended"} for row in table()])
    read(tmp_path / "m.csv")
    with open_workshop() as shop:
        assert sum(len(batch.keys) for batch in plan_downloads(shop.catalog, of)) == 6


def test_a_plan_refuses_what_a_crawl_would(tmp_path: Path) -> None:
    write_csv(tmp_path / "m.csv", [*table(), table()[0]])
    of = asked("manifest", tmp_path / "m.csv")
    with open_workshop() as shop, pytest.raises(InputError, match="'p0'"):
        shop.source(of).plan(of, "crow", "crow")


def test_labels_that_nobody_asks_for_are_skipped_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = [{**row, "id": f"x{n}", "label": "toad"} for n, row in enumerate(table(4))]
    write_csv(tmp_path / "m.csv", table() + other)
    with caplog.at_level(logging.INFO):
        assert len(read(tmp_path / "m.csv")) == 6
    assert "4 rows are of no class" in caplog.text


def without(column: str) -> Table:
    return [{key: value for key, value in row.items() if key != column} for row in table()]


def changed(**values: Any) -> Table:
    return [{**table()[0], **values}, *table()[1:]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (without("owner"), r"lacks the columns owner \(it has id, url, label"),
        ([*changed(id="p4"), {**table()[1], "id": "p3"}], r"2 ids .* such as 'p4', 'p3'"),
        ([*table(), {**table()[0], "id": " p0 "}], r"1 ids .* such as 'p0'"),
        (changed(id=""), r"a row without an id"),
        (changed(url="https://example.org/1.jpg"), r"example\.org/1\.jpg.*'p0'.*PHOTO_HOSTS"),
        (changed(url="http://live.staticflickr.com/1.jpg"), r"it must be https"),
        (changed(url="file:///etc/passwd"), r"may not be asked"),
        (changed(url="https://live.staticflickr.com@example.org/1.jpg"), r"may not be asked"),
        (changed(url="nonsense"), r"may not be asked: 'nonsense'"),
    ],
)
@pytest.mark.parametrize(
    ("name", "write"),
    [("m.csv", write_csv), ("m.jsonl", write_jsonl), ("m.parquet", write_parquet)],
)
def test_a_manifest_with_a_fault_is_refused_and_nothing_is_recorded(
    tmp_path: Path, name: str, write: Callable[[Path, Table], None], content: Table, said: str
) -> None:
    write(tmp_path / name, content)
    with pytest.raises(InputError, match=said):
        read(tmp_path / name)
    assert rows("SELECT count(*) FROM photos") == [(0,)]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("m.xlsx", b"PK", r"must end in \.csv"),
        ("m.parquet", b"PAR1 or not", r"cannot be read as a manifest"),
        ("m.jsonl", b"{]", r"m\.jsonl cannot be read beyond its line 1: .* at its character 2"),
        ("m.jsonl", b"\xff\n", r"beyond its line 1: it is no UTF-8"),
        ("m.jsonl", b"[1]\n", r"beyond its line 1: it is no object"),
        ("m.jsonl", b"", r"cannot be read as a manifest"),
        ("m.csv", b"", r"lacks the columns id, url, label, license, owner \(it has none\)"),
        ("m.csv", b"id,url,label,license,owner\n1,2\n", r"cannot be read beyond its 1\. block"),
        ("m.csv.gz", b"id,url,label,license,owner\n", r"cannot be read as a manifest"),
        ("m.csv", b"id,id,url,label,license,owner\n1,1,u,l,l,o\n", r"two columns 'id'"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=said):
        read(tmp_path / name)


@pytest.mark.parametrize("data", [b"{}", b"{}\n", b"{}\r\n\n"])
def test_a_header_alone_has_no_rows(tmp_path: Path, data: bytes) -> None:
    header = b"id,url,label,license,owner"
    (tmp_path / "m.csv").write_bytes(data.replace(b"{}", header))
    with pytest.raises(InputError, match=r"m\.csv holds no rows"):
        read(tmp_path / "m.csv")


def test_a_parquet_table_without_rows_has_none(tmp_path: Path) -> None:
    empty = pa.Table.from_pylist(table()).slice(0, 0)
    pa.parquet.write_table(empty, tmp_path / "m.parquet")
    with pytest.raises(InputError, match=r"m\.parquet holds no rows"):
        read(tmp_path / "m.parquet")


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_broken_line_is_named_wherever_it_stands(tmp_path: Path, ending: str) -> None:
    lines = [json.dumps(row) for row in table(9_000)]
    lines[8_000] = lines[8_000][:-1]
    data = "\n".join(lines).encode()
    file = tmp_path / f"m.jsonl{ending}"
    file.write_bytes(gzip.compress(data) if ending else data)
    with pytest.raises(InputError, match=r"beyond its line 8001: Expecting ',' delimiter"):
        read(file)


def test_a_manifest_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No such file.*received '.*absent\.csv'"):
        read(tmp_path / "absent.csv")


def test_a_class_that_no_row_has_is_refused_with_labels_that_there_are(tmp_path: Path) -> None:
    write_csv(tmp_path / "m.csv", [{**row, "label": "toad"} for row in table()])
    with pytest.raises(EmptySearchError, match=r"label 'monkey'.*others are 'toad'"):
        read(tmp_path / "m.csv")


YFCC = (
    "{id}\t29633109@N00\tAnn+B\t2010-05-01 12:00:00.0\t1272700000\tCanon\tTwo+crows%21\t\t"
    "{tags}\t\t1.0\t2.0\t16\thttp://www.flickr.com/photos/29633109@N00/{id}/\t"
    "http://live.staticflickr.com/1/{id}_64a3cbe9f8.jpg\tAttribution-NonCommercial License\t"
    "http://creativecommons.org/licenses/by-nc/2.0/\t1\t1\t64a3cbe9f8\tabc\tjpg\t{marker}\n"
)


def yfcc() -> str:
    tags = ["monkey", "boar,wild+boar", 'crow,"', "crow,no_cv", "crow+nest", "scarecrow"]
    lines = [YFCC.format(id=100 + n, tags=each, marker=0) for n, each in enumerate(tags)]
    return "".join(lines) + YFCC.format(id=200, tags="crow", marker=1)


@pytest.mark.parametrize("start", ["", "number"])
def test_yfcc100m_is_read_as_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    monkeypatch.delenv("MENAGERIE_FLICKR_URL")
    text = yfcc()
    if start:
        numbered = [line.split("\t", 1) for line in text.splitlines()]
        text = "".join(f"{n}\t{one}\t{one}ab\t{rest}\n" for n, (one, rest) in enumerate(numbered))
    (tmp_path / "yfcc.tsv").write_text(text)
    found = read(tmp_path / "yfcc.tsv")
    assert [row[1] for row in found] == ["100", "101", "102", "103", "200"]
    assert found[0] == ("flickr", "100", "Two crows!", "cc-by-nc-2.0", "29633109@N00")
    assert rows("SELECT media FROM photos WHERE photo_id = '200'") == [("video",)]
    assert rows("SELECT tags, uploaded_at, owner_name FROM photos WHERE photo_id = '103'") == [
        ("crow no_cv", 1272700000, "Ann B")
    ]
    ((packed,),) = rows("SELECT renditions FROM photos WHERE photo_id = '100'")
    assert "https://live.staticflickr.com/1/100_64a3cbe9f8.jpg" in packed


def test_yfcc100m_is_known_by_its_columns(tmp_path: Path) -> None:
    names = ("photoid", "ownernsid", "title", "dateuploaded", "usertags", "pageurl")
    head = ",".join((*names, "downloadurl", "licenseurl"))
    url = "https://live.staticflickr.com/1/{}_a.jpg,https://creativecommons.org/licenses/by/2.0/"
    lines = [f"{n},1@N00,A,1272700000,{tag},," + url.format(n) for n, tag in enumerate(ANIMALS)]
    (tmp_path / "m.csv").write_text("\n".join([head, *lines]))
    assert read(tmp_path / "m.csv")[0] == ("sandbox", "0", "A", "cc-by-2.0", "1@N00")


@pytest.mark.parametrize(
    ("text", "license"),
    [
        ("cc-by-sa-4.0", "cc-by-sa-4.0"),
        ("http://creativecommons.org/licenses/by-nc/2.0/", "cc-by-nc-2.0"),
        ("https://www.creativecommons.org/licenses/by/4.0/deed.en", "cc-by-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "cc0-1.0"),
        ("4", "cc-by-2.0"),
        ("", "unknown"),
        ("all mine", "unknown"),
    ],
)
def test_a_licence_is_an_id_an_address_or_a_number(text: str, license: str) -> None:
    assert license_of(text) == license


@given(st.lists(st.lists(st.text(), min_size=5, max_size=5), max_size=3))
def test_whatever_text_a_row_holds_is_a_photo(texts: list[list[str]]) -> None:
    names = ["id", "url", "uploaded_at", "width", "license"]
    columns = [pa.array(column, pa.string()) for column in zip(*texts, strict=True)]
    if columns:
        batch = pa.RecordBatch.from_arrays(columns, names=names)
        assert len(list(photos(batch, is_yfcc=False))) == len(texts)


def test_dates_are_seconds_or_written_out() -> None:
    assert seconds_of("1272700000") == 1272700000
    assert seconds_of("1970-01-02 00:00:01") == 86_401
    assert seconds_of("1970-13-02") == seconds_of("soon") == seconds_of("") == 0


def test_a_look_at_a_manifest_reads_its_beginning_alone(tmp_path: Path) -> None:
    write_csv(tmp_path / "m.csv", table())
    assert set(open_manifest(tmp_path / "m.csv").names) == set(table()[0])


def test_photos_come_from_where_the_manifest_says(
    tmp_path: Path, sandbox_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MENAGERIE_PHOTO_HOSTS", sandbox_url.removeprefix("http://"))
    found = collect_urls(sandbox_url)
    write_csv(
        tmp_path / "m.csv",
        [{**row, "url": url} for row, url in zip(table(), found[:6], strict=True)],
    )
    of = asked("manifest", tmp_path / "m.csv")
    assert collect(of) == 6
    assert collect(of) == 0


def collect_urls(sandbox_url: str) -> list[str]:
    with urllib.request.urlopen(f"{sandbox_url}/v1/images/?q=crow") as answer:
        return [result["url"] for result in json.load(answer)["results"]]
