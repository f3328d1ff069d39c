"""Of all that people said of a picture, what stands."""

from hypothesis import given
from hypothesis import strategies as st

from menagerie.curation.standing import FOR, Choice, counted, hear

LABELS = ["boar", "crow", "monkey"]
TOLD = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(Choice)), max_size=8)


def standing(told: list[tuple[str, Choice]]) -> dict[str, Choice]:
    result: dict[str, Choice] = {}
    for label, choice in told:
        hear(result, label, choice)
    return result


def test_where_nobody_said_anything_a_photo_counts_where_it_was_found() -> None:
    assert counted(None, ["boar", "crow"]) == (("boar", "crow"), None)


@given(TOLD, st.sets(st.sampled_from(LABELS), min_size=1))
def test_the_newest_decision_counts(told: list[tuple[str, Choice]], found: set[str]) -> None:
    for choice in FOR:
        assert counted(standing([*told, ("crow", choice)]), sorted(found)) == (("crow",), choice)
    labels, said = counted(standing([*told, ("crow", Choice.REJECT)]), sorted(found))
    assert "crow" not in labels or said is Choice.REJECT


@given(TOLD, st.sets(st.sampled_from(LABELS), min_size=1))
def test_a_photo_always_counts_somewhere(told: list[tuple[str, Choice]], found: set[str]) -> None:
    stands = standing(told)
    assert sum(choice in FOR for choice in stands.values()) <= 1
    labels, choice = counted(stands, sorted(found))
    assert labels
    assert choice in FOR or set(labels) <= found


@given(TOLD)
def test_what_is_withdrawn_leaves_nothing(told: list[tuple[str, Choice]]) -> None:
    stands = standing(told)
    for label in list(stands):
        hear(stands, label, Choice.WITHDRAW)
    assert stands == {}
