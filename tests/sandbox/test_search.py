"""flickr.photos.search: what is found, in which order, and where Flickr is odd."""

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlencode

import pytest
import urllib3

from menagerie.sandbox.columns import LARGE
from menagerie.sandbox.faults import Faults
from menagerie.sandbox.server import running
from menagerie.sandbox.site import Request, Site
from menagerie.sandbox.universe import drawn_universe
from tests.sandbox.conftest import KEY, Client

CRAWLED = (
    "license,owner_name,date_upload,date_taken,o_dims,tags,views,media,path_alias,url_sq,url_q,"
    "url_t,url_s,url_n,url_w,url_m,url_z,url_c,url_l,url_h,url_k,url_o"
)
BASE_FIELDS = {
    "id", "owner", "secret", "server", "farm", "title", "ispublic", "isfriend", "isfamily",
}  # fmt: skip


@pytest.fixture(scope="module")
def large(pool: urllib3.PoolManager) -> Iterator[Client]:
    with running(drawn_universe(6_000)) as base_url:
        yield Client(base_url, pool)


@pytest.fixture(scope="module")
def huge(pool: urllib3.PoolManager) -> Iterator[Client]:
    with running(drawn_universe(1_000_000)) as base_url:
        yield Client(base_url, pool)


def ids(rows: list[dict[str, str]]) -> list[str]:
    return [row["id"] for row in rows]


def test_a_row_has_the_base_fields_only_without_extras(sandbox: Client) -> None:
    assert set(sandbox.rows(text="monkey", per_page=1)[0]) == BASE_FIELDS


@pytest.mark.parametrize(
    ("extra", "fields"),
    [
        ("license", {"license"}),
        ("owner_name", {"ownername"}),
        ("date_upload", {"dateupload"}),
        ("date_taken", {"datetaken", "datetakengranularity", "datetakenunknown"}),
        ("tags", {"tags"}),
        ("views", {"views"}),
        ("media", {"media", "media_status"}),
        ("path_alias", {"pathalias"}),
        ("o_dims", {"o_width", "o_height"}),
        ("url_t", {"url_t", "height_t", "width_t"}),
    ],
)
def test_an_extra_adds_its_own_fields(sandbox: Client, extra: str, fields: set[str]) -> None:
    row = sandbox.rows(text="monkey", per_page=1, extras=extra)[0]
    assert set(row) - BASE_FIELDS == fields


def test_numbers_are_strings_where_flickr_writes_strings(sandbox: Client) -> None:
    found = sandbox.search(text="crow", per_page=5, extras="license,date_upload,views")
    assert {type(found[name]) for name in ("page", "pages", "perpage")} == {int}
    row = found["photo"][0]
    assert isinstance(found["total"], str)
    assert {type(row[name]) for name in ("license", "dateupload", "views", "server")} == {str}
    assert isinstance(row["farm"], int)


def test_edges_are_strings_in_some_rows_and_numbers_in_others(sandbox: Client) -> None:
    rows = sandbox.rows(text="crow", per_page=200, extras="url_t")
    assert {type(row["width_t"]) for row in rows if "width_t" in row} == {int, str}


def test_the_original_is_offered_in_about_two_rows_of_three(sandbox: Client) -> None:
    rows = sandbox.rows(text="boar", per_page=500, extras="url_o")
    assert 0.55 < sum("url_o" in row for row in rows) / len(rows) < 0.8


def test_every_row_has_some_file_to_fetch(sandbox: Client) -> None:
    for row in sandbox.rows(text="boar", per_page=500, extras="url_sq,url_t,url_n,url_o"):
        assert any(name.startswith("url_") for name in row)


def test_large_sizes_are_missing_before_march_2012(sandbox: Client) -> None:
    rows = sandbox.rows(text="crow", per_page=500, extras="url_c,o_dims,date_upload")
    wide = [row for row in rows if int(row["o_width"]) >= 800]
    assert {int(row["dateupload"]) >= 1_330_560_000 for row in wide if "url_c" in row} == {True}
    assert all("url_c" in row for row in wide if int(row["dateupload"]) >= 1_330_560_000)


def test_titles_are_sometimes_empty_and_sometimes_hostile(large: Client) -> None:
    titles = {row["title"] for row in large.rows(text="monkey", per_page=500)}
    assert "" in titles
    assert any("<" in title or "\u202e" in title or '"' in title for title in titles)


@pytest.mark.parametrize("words", [{"text": "Monkey"}, {"tags": "MONKEY"}, {"tags": "ape, monkey"}])
def test_a_keyword_finds_its_photos_in_any_case(sandbox: Client, words: dict[str, str]) -> None:
    assert len(sandbox.rows(per_page=500, **words)) == 240


def test_another_word_finds_nothing(sandbox: Client) -> None:
    found = sandbox.search(text="heron")
    assert found == {"page": 1, "pages": 0, "perpage": 100, "total": "0", "photo": []}


def test_all_tags_find_only_what_carries_them_all(sandbox: Client) -> None:
    both = sandbox.rows(tags="monkey,boar", tag_mode="all", per_page=500)
    either = sandbox.rows(tags="monkey,boar", tag_mode="any", per_page=500)
    assert 0 < len(both) < 5
    assert len(either) == 480 - len(both)
    assert len(set(ids(either))) == len(either)


def test_a_tag_with_a_minus_excludes(sandbox: Client) -> None:
    kept = ids(sandbox.rows(tags="monkey,-boar", per_page=500))
    both = ids(sandbox.rows(tags="monkey,boar", tag_mode="all", per_page=500))
    assert set(kept) == set(ids(sandbox.rows(text="monkey", per_page=500))) - set(both)


def test_only_the_licences_asked_for_are_found(sandbox: Client) -> None:
    rows = sandbox.rows(text="crow", license="4,9", extras="license", per_page=500)
    assert {row["license"] for row in rows} == {"4", "9"}


def test_a_misspelt_parameter_is_ignored(sandbox: Client) -> None:
    rows = sandbox.rows(text="crow", licence="4", extras="license", per_page=500)
    assert len({row["license"] for row in rows}) > 5


def test_both_ends_of_an_upload_window_are_inclusive(sandbox: Client) -> None:
    rows = sandbox.rows(text="crow", sort="date-posted-asc", extras="date_upload", per_page=500)
    first, last = rows[10], rows[30]
    window = {"min_upload_date": first["dateupload"], "max_upload_date": last["dateupload"]}
    assert ids(sandbox.rows(text="crow", sort="date-posted-asc", **window)) == ids(rows[10:31])


def test_a_window_of_minutes_leaks_at_its_edges(huge: Client) -> None:
    late = []
    for start in range(1_300_000_000, 1_300_040_000, 1_000):
        window = {"min_upload_date": start, "max_upload_date": start + 300}
        rows = huge.rows(text="crow", extras="date_upload", **window)
        late += [int(row["dateupload"]) - start for row in rows]
    assert all(-90 < seconds < 390 for seconds in late)
    assert any(not 0 <= seconds <= 300 for seconds in late)


def test_a_window_of_taking_dates_is_kept(sandbox: Client) -> None:
    window = {"min_taken_date": "2012-01-01 00:00:00", "max_taken_date": "2013-12-31"}
    rows = sandbox.rows(text="boar", extras="date_taken", per_page=500, **window)
    assert {row["datetaken"][:4] for row in rows} == {"2012", "2013"}


@pytest.mark.parametrize(("sort", "field"), [("posted", "dateupload"), ("taken", "datetaken")])
def test_dates_sort_up_and_down(sandbox: Client, sort: str, field: str) -> None:
    extras = "date_upload,date_taken"
    up = sandbox.rows(text="crow", sort=f"date-{sort}-asc", extras=extras, per_page=500)
    down = sandbox.rows(text="crow", sort=f"date-{sort}-desc", extras=extras, per_page=500)
    dates = [row[field] for row in up]
    assert dates == sorted(dates)
    assert [row[field] for row in down] == dates[::-1]


def test_newest_first_unless_asked_otherwise(sandbox: Client) -> None:
    assert sandbox.rows(text="crow") == sandbox.rows(text="crow", sort="date-posted-desc")


@pytest.mark.parametrize("sort", ["relevance", "interestingness-desc"])
def test_an_order_without_dates_is_stable_and_its_own(sandbox: Client, sort: str) -> None:
    once, again = (ids(sandbox.rows(text="crow", sort=sort, per_page=500)) for _ in range(2))
    assert once == again
    assert once != ids(sandbox.rows(text="crow", per_page=500))
    assert len(set(once)) == 240


def test_media_photos_leaves_videos_out(sandbox: Client) -> None:
    media = [row["media"] for row in sandbox.rows(text="crow", extras="media", per_page=500)]
    assert media.count("video") == 1
    rows = sandbox.rows(text="crow", media="photos", extras="media", per_page=500)
    assert {row["media"] for row in rows} == {"photo"}


def test_content_that_is_no_photo_is_not_there(sandbox: Client) -> None:
    assert sandbox.search(text="crow", content_types="0", per_page=1)["total"] != "0"
    assert sandbox.search(text="crow", content_types="1", per_page=1)["total"] == "0"
    assert sandbox.search(text="crow", content_type="2", per_page=1)["total"] == "0"


def test_pages_cut_the_results_without_overlap(sandbox: Client) -> None:
    whole = ids(sandbox.rows(text="crow", per_page=240))
    pages = [ids(sandbox.rows(text="crow", per_page=60, page=page)) for page in (1, 2, 3, 4)]
    assert [photo_id for page in pages for photo_id in page] == whole


@pytest.mark.parametrize(("asked", "given"), [("", 100), ("9999", 500), ("x", 100), ("7", 7)])
def test_the_page_length_is_bounded(sandbox: Client, asked: str, given: int) -> None:
    assert sandbox.search(text="crow", per_page=asked)["perpage"] == given


def test_a_page_past_the_end_still_returns_photos(sandbox: Client) -> None:
    last = ids(sandbox.rows(text="crow", per_page=100, page=3))
    assert ids(sandbox.rows(text="crow", per_page=100, page=9)) == last


def test_beyond_4000_results_pages_repeat_earlier_photos(large: Client) -> None:
    pages = [set(ids(large.rows(text="crow", per_page=500, page=page))) for page in range(1, 13)]
    assert len(set.union(*pages[:8])) == 4_000
    assert set.union(*pages[8:]) <= set.union(*pages[:8])
    assert large.search(text="crow", per_page=500)["pages"] >= 11


def test_large_totals_wobble_a_little_between_identical_calls(large: Client) -> None:
    totals = {int(large.search(text="crow", per_page=1)["total"]) for _ in range(12)}
    assert len(totals) > 3
    assert all(abs(total - 6_000) < 6_000 * 0.005 for total in totals)


def test_small_totals_are_exact(sandbox: Client) -> None:
    rows = sandbox.rows(text="crow", license="4", per_page=500)
    totals = {sandbox.search(text="crow", license="4")["total"] for _ in range(6)}
    assert totals == {str(len(rows))}


def test_two_sandboxes_tell_the_same(sandbox: Client, pool: urllib3.PoolManager) -> None:
    extras = "license,owner_name,realname,date_upload,date_taken,tags,views,path_alias,o_dims"
    with running(drawn_universe(240)) as base_url:
        other = Client(base_url, pool).rows(text="boar", per_page=500, extras=extras)
    assert other == sandbox.rows(text="boar", per_page=500, extras=extras)


def test_another_seed_is_another_universe(sandbox: Client, pool: urllib3.PoolManager) -> None:
    with running(drawn_universe(240, seed=8)) as base_url:
        other = ids(Client(base_url, pool).rows(text="boar", per_page=500))
    assert not set(other) & set(ids(sandbox.rows(text="boar", per_page=500)))


def test_a_million_photos_a_keyword_answer_at_once(huge: Client) -> None:
    # Many times what it takes: the machine may be busy.
    started = time.monotonic()
    assert int(huge.search(text="boar", sort="relevance")["total"]) > 990_000
    for page in range(2, 7):
        huge.search(text="boar", sort="relevance", page=page)
    assert time.monotonic() - started < 30


def test_a_page_of_500_rows_costs_a_few_times_what_json_does() -> None:
    site = Site(drawn_universe(LARGE), Faults(), None)
    fields = {"method": "flickr.photos.search", "text": "crow", "per_page": "500", "format": "json",
              "nojsoncallback": "1", "api_key": KEY, "extras": CRAWLED}  # fmt: skip

    def cost(work: Callable[[], object]) -> float:
        started = time.process_time()
        work()
        return time.process_time() - started

    requests = [Request("GET", f"/services/rest/?{urlencode({**fields, 'page': page})}", "host")
                for page in range(1, 9)]  # fmt: skip
    document = json.loads(site.answer(requests[0]).reply.body)
    written = min(cost(partial(json.dumps, document)) for _ in requests)
    # Three times on a quiet machine; ten times when each draw is a hash of its own.
    assert min(cost(partial(site.answer, request)) for request in requests) < 6 * written
