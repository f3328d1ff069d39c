"""The REST endpoint: formats, errors, and the other methods."""

import json
from collections.abc import Iterator
from xml.etree import ElementTree

import flickrapi
import pytest
from flickrapi.auth import OAuthFlickrInterface

from tests.sandbox.conftest import KEY, Client


@pytest.fixture
def flickr(sandbox: Client) -> Iterator[flickrapi.FlickrAPI]:
    class Sandboxed(flickrapi.FlickrAPI):  # type: ignore[misc]
        REST_URL = f"{sandbox.base_url}/services/rest/"

    yield Sandboxed(KEY, "secret", format="parsed-json", store_token=False, timeout=10)
    OAuthFlickrInterface.session.close()


def test_flickrapi_reads_the_json(flickr: flickrapi.FlickrAPI) -> None:
    found = flickr.photos.search(text="crow", per_page=3, extras="license")
    assert [set(row) >= {"id", "license"} for row in found["photos"]["photo"]] == [True] * 3


def test_flickrapi_reads_the_xml(flickr: flickrapi.FlickrAPI) -> None:
    root = flickr.photos.search(text="crow", per_page=3, extras="license", format="etree")
    assert [photo.attrib["ispublic"] for photo in root.iter("photo")] == ["1"] * 3


def test_flickrapi_sees_the_error_code(flickr: flickrapi.FlickrAPI) -> None:
    with pytest.raises(flickrapi.exceptions.FlickrError) as caught:
        flickr.photos.getInfo(photo_id="1")
    assert caught.value.code == 1


def test_json_is_wrapped_in_a_call_unless_told_not_to(sandbox: Client) -> None:
    reply = sandbox.raw(method="flickr.test.echo", format="json")
    assert reply.data.startswith(b"jsonFlickrApi({")
    assert reply.data.endswith(b"})")
    named = sandbox.raw(method="flickr.test.echo", format="json", jsoncallback="mine")
    assert named.data.startswith(b"mine({")


def test_xml_is_the_format_without_one(sandbox: Client) -> None:
    reply = sandbox.raw(method="flickr.photos.search", text="crow", per_page=2)
    root = ElementTree.fromstring(reply.data)
    assert reply.headers["Content-Type"].startswith("text/xml")
    assert root.attrib == {"stat": "ok"}
    assert root[0].attrib["perpage"] == "2"


@pytest.mark.parametrize("keyword", ["monkey", "boar", "crow"])
def test_xml_and_json_tell_the_same(sandbox: Client, keyword: str) -> None:
    extras = "license,owner_name,date_taken,tags,url_t,path_alias"
    asked = {"method": "flickr.photos.search", "text": keyword, "per_page": 500, "extras": extras}
    root = ElementTree.fromstring(sandbox.raw(**asked).data)
    rows = sandbox.rows(text=keyword, per_page=500, extras=extras)
    assert [photo.attrib["title"].split() for photo in root.iter("photo")] == [
        row["title"].split() for row in rows
    ]
    assert [photo.attrib["id"] for photo in root.iter("photo")] == [row["id"] for row in rows]


def test_a_form_is_as_good_as_an_address(sandbox: Client) -> None:
    fields = {
        "method": "flickr.photos.search", "api_key": KEY, "text": "crow", "format": "json",
        "nojsoncallback": "1",
    }  # fmt: skip
    url = f"{sandbox.base_url}/services/rest/"
    reply = sandbox.pool.request("POST", url, fields=fields, encode_multipart=False)
    assert len(json.loads(reply.data)["photos"]["photo"]) == 100


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({}, 3, "Parameterless searches"),
        ({"license": "4"}, 3, "Parameterless searches"),
        ({"tags": ",".join(map(str, range(21))), "tag_mode": "all"}, 1, "Too many tags"),
        ({"text": "crow", "min_upload_date": 9, "max_upload_date": 8}, 18, "Illogical"),
        ({"text": "crow", "api_key": ""}, 100, "Key has invalid format"),
        ({"text": "crow", "api_key": "X" * 32}, 100, "Key has invalid format"),
        ({"text": "crow", "api_key": "f" * 32}, 100, "Key not found"),
    ],
)
def test_errors_come_with_status_200(
    sandbox: Client, asked: dict[str, object], code: int, message: str
) -> None:
    reply = sandbox.raw(method="flickr.photos.search", format="json", nojsoncallback=1, **asked)
    answer = json.loads(reply.data)
    assert (reply.status, answer["stat"], answer["code"]) == (200, "fail", code)
    assert message in answer["message"]


def test_an_unknown_method_or_format_is_an_error(sandbox: Client) -> None:
    assert sandbox.call("flickr.photos.find")["code"] == 112
    root = ElementTree.fromstring(sandbox.raw(method="flickr.test.echo", format="yaml").data)
    assert root[0].attrib == {"code": "111", "msg": 'Format "yaml" not found'}


def test_info_agrees_with_the_row(sandbox: Client) -> None:
    extras = "license,owner_name,date_upload,tags"
    row = sandbox.rows(text="crow", sort="relevance", per_page=1, extras=extras)[0]
    photo = sandbox.call("flickr.photos.getInfo", photo_id=row["id"])["photo"]
    assert photo["owner"]["nsid"] == row["owner"]
    assert (photo["license"], photo["dateuploaded"]) == (row["license"], row["dateupload"])
    assert [tag["_content"] for tag in photo["tags"]["tag"]] == row["tags"].split()


def test_info_in_xml_nests_as_flickr_does(sandbox: Client) -> None:
    photo_id = sandbox.rows(text="crow", sort="relevance", per_page=1)[0]["id"]
    root = ElementTree.fromstring(
        sandbox.raw(method="flickr.photos.getInfo", photo_id=photo_id).data
    )
    assert root.find("photo/owner") is not None
    assert root.findtext("photo/urls/url", "").endswith(f"/{photo_id}/")
    assert root.findtext("photo/comments") == "0"


def test_sizes_agree_with_the_row(sandbox: Client) -> None:
    row = sandbox.rows(text="crow", sort="relevance", per_page=1, extras="url_n,url_m")[0]
    sizes = sandbox.call("flickr.photos.getSizes", photo_id=row["id"])["sizes"]["size"]
    sources = {size["label"]: size["source"] for size in sizes}
    assert (sources["Small 320"], sources["Medium"]) == (row["url_n"], row["url_m"])


def test_all_licences_are_listed(sandbox: Client) -> None:
    licenses = sandbox.call("flickr.photos.licenses.getInfo")["licenses"]["license"]
    assert sorted(int(license["id"]) for license in licenses) == list(range(17))


def test_echo_returns_what_it_was_given(sandbox: Client) -> None:
    assert sandbox.call("flickr.test.echo", foo="bär")["foo"] == {"_content": "bär"}
