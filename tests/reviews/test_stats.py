"""Intervals beside figures worked out elsewhere."""

import pytest

from reviews.rules.stats import Estimate, mean, nps, share, student


def rounded(found: Estimate, digits: int = 3) -> tuple[float | None, ...]:
    return found.n, *(None if one is None else round(one, digits) for one in (found.value, found.low, found.high))


# Tables of Student's distribution, two-sided 95 %.
@pytest.mark.parametrize(
    ("freedom", "wanted"),
    [(1, 12.706), (2, 4.303), (10, 2.228), (11, 2.201), (15, 2.131), (20, 2.086), (30, 2.042), (60, 2.0), (1000, 1.962)],
)
def test_the_percentile_is_that_of_the_tables(freedom: int, wanted: float) -> None:
    assert student(freedom) == pytest.approx(wanted, abs=0.001)


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        ({}, (0, None, None, None)),
        ({4: 1}, (1, 4.0, None, None)),
        ({5: 7}, (7, 5.0, None, None)),
        ({1: 1, 5: 1}, (2, 3.0, 1, 5)),  # cut at the ends of the scale
        # 10 answers, mean 3.7, s 1.059: 3.7 ± 2.262 · 0.335
        ({2: 2, 3: 1, 4: 5, 5: 2}, (10, 3.7, 2.942, 4.458)),
    ],
)
def test_a_mean_has_students_interval_within_its_scale(counts: dict[int, int], wanted: tuple[float | None, ...]) -> None:
    assert rounded(mean(counts, range(1, 6))) == wanted


# Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
@pytest.mark.parametrize(
    ("part", "n", "wanted"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_a_share_has_wilsons_interval(part: int, n: int, wanted: tuple[float, float]) -> None:
    found = share(part, n)
    assert (found.n, found.value, round(found.low or 0, 4), round(found.high or 0, 4)) == (n, part / n, *wanted)


def test_a_share_of_nothing_is_no_share() -> None:
    assert share(0, 0) == Estimate(0)


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        ({}, (0, None, None, None)),
        ({10: 1}, (1, 100.0, -48.5, 100.0)),
        ({0: 3, 6: 1}, (4, -100.0, -100.0, -6.9)),
        ({7: 5, 8: 5}, (10, 0.0, -18.5, 18.5)),
        # p' = 50.75/103, d' = 20.75/103: 29.13 ± 1.96 · sqrt((0.6942 - 0.0848) / 103)
        ({9: 20, 10: 30, 7: 30, 3: 20}, (100, 30.0, 14.1, 44.2)),
    ],
)
def test_a_net_promoter_score_has_the_adjusted_interval(counts: dict[int, int], wanted: tuple[float | None, ...]) -> None:
    assert rounded(nps(counts), 1) == wanted


@pytest.mark.parametrize("n", [1, 2, 5, 20, 100, 10_000])
def test_no_interval_leaves_its_own_figure_out(n: int) -> None:
    for counts in ({10: n}, {0: n}, {8: n}, {10: n, 0: 1}):
        found = nps(counts)
        assert found.low is not None
        assert found.value is not None
        assert found.high is not None
        assert found.low <= found.value <= found.high
