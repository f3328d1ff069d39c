"""Licences: readable ids inside, Flickr's numbers at the edge, policy by use."""

import pytest

from menagerie.licenses import LICENSES, UNKNOWN, by_id, from_flickr, permitted


def test_every_number_of_flickr_has_a_licence() -> None:
    assert [license.flickr_id for license in LICENSES] == list(range(17))
    assert all(from_flickr(n).flickr_id == n for n in range(17))


def test_the_newer_numbers_are_not_in_the_order_of_the_older() -> None:
    assert [from_flickr(n).id for n in (1, 4, 11, 15)] == [
        "cc-by-nc-sa-2.0",
        "cc-by-2.0",
        "cc-by-4.0",
        "cc-by-nc-sa-4.0",
    ]


@pytest.mark.parametrize("number", ["17", "-1", "", None, "four", "4.0", "²"])
def test_a_number_nobody_knows_is_unknown(number: str | None) -> None:
    assert from_flickr(number) is UNKNOWN


def test_unknown_is_allowed_by_no_policy_but_any_will_do() -> None:
    assert UNKNOWN not in permitted(frozenset({"train"}))
    assert UNKNOWN in permitted(frozenset())


def test_commercial_adaptation_leaves_out_nc_and_nd() -> None:
    ids = {license.id for license in permitted(frozenset({"adapt", "commercial"}))}
    assert "cc-by-sa-4.0" in ids
    assert not any("nc" in i.split("-") or "nd" in i.split("-") for i in ids)


def test_all_rights_reserved_permits_nothing() -> None:
    assert by_id("all-rights-reserved").permits == frozenset()
