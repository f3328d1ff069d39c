"""A comparison goes by what both were asked; a rule goes by the comparison."""

from math import comb
from pathlib import Path

import pytest

from menagerie.learning.comparison import Comparison, exact_mcnemar, read_comparison
from menagerie.learning.contest import decide


def compared(only_model: int, only_champion: int, samples: int = 400) -> Comparison:
    both = samples - only_model - only_champion
    return Comparison("m2", "m1", "r1", both, only_model, only_champion, 0)


@pytest.mark.parametrize(("fewer", "more"), [(0, 0), (0, 5), (3, 9), (10, 10), (40, 62)])
def test_the_exact_test_is_the_sum_of_its_binomial_chances(fewer: int, more: int) -> None:
    n = fewer + more
    assert exact_mcnemar(fewer, more) == pytest.approx(
        sum(comb(n, k) for k in range(fewer + 1)) / 2**n
    )


# M. W. Fagerland, S. Lydersen and P. Laake, "The McNemar test for binary matched-pairs data",
# BMC Medical Research Methodology 13:91 (2013), on airway disease: exact conditional p = 0.070.
def test_the_two_sided_value_is_the_published_one() -> None:
    assert Comparison("m2", "m1", "r1", 1, 1, 7, 12).p_value == pytest.approx(0.0703, abs=5e-5)


def test_photos_that_both_name_rightly_or_neither_does_tell_nothing() -> None:
    few, many = compared(3, 9, samples=20), compared(3, 9, samples=20_000)
    assert few.p_value == many.p_value


@pytest.mark.parametrize(
    ("only_model", "only_champion", "samples", "promoted"),
    [
        (0, 0, 400, True),
        (10, 14, 400, True),  # loses 1 %, which chance explains
        (10, 15, 400, False),  # loses more than 1 %, though chance would explain it
        (0, 4, 400, True),  # too few to tell
        (0, 5, 500, False),  # loses 1 %, but all on one side: p = 0.03
        (300, 400, 100_000, False),  # loses 0.1 %, which is shown not to be chance
        (20, 0, 400, True),
    ],
)
def test_a_model_is_not_worse_if_it_loses_little_and_that_may_be_chance(
    only_model: int, only_champion: int, samples: int, promoted: bool
) -> None:
    found = compared(only_model, only_champion, samples)
    assert decide(found, "not-worse")[0] == promoted


@pytest.mark.parametrize(("only_model", "only_champion"), [(4, 0), (12, 8), (9, 9)])
def test_a_model_that_chance_may_have_helped_is_not_better(
    only_model: int, only_champion: int
) -> None:
    found = compared(only_model, only_champion)
    assert not decide(found, "better")[0]
    assert decide(found, "not-worse")[0]


def test_a_model_that_wins_nearly_all_disagreements_is_better() -> None:
    promoted, why = decide(compared(15, 4), "better")
    assert promoted
    assert "15 rightly that the champion m1 does not, and 4 the other way round" in why


def test_without_a_photo_in_common_only_always_promotes() -> None:
    nothing = compared(0, 0, samples=0)
    assert [decide(nothing, rule)[0] for rule in ("not-worse", "better", "always")] == [
        *(False, False),
        True,
    ]


def test_a_comparison_survives_its_file(tmp_path: Path) -> None:
    assert read_comparison(tmp_path) is None
    compared(3, 9).write(tmp_path)
    assert read_comparison(tmp_path) == compared(3, 9)
