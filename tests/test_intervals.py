"""Intervals over seeds: closed forms, other libraries, invariances, and what they cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from protolib import claims, sweep
from protolib.claims import mean_interval, median_interval, share_interval
from protolib.claims import paper as paper_claims

values_of = st.lists(st.integers(-40, 40), min_size=2, max_size=60).map(
    lambda v: np.array(v, float) / 40
)


@given(values_of)
def test_the_mean_s_interval_is_student_s(values):
    if np.ptp(values) == 0:
        return
    found = mean_interval(values, 0.25)
    theirs = stats.ttest_1samp(values, 0.25)
    assert found.p == pytest.approx(theirs.pvalue)
    assert found[1:3] == pytest.approx(tuple(theirs.confidence_interval(0.95)))


@given(values_of)
def test_the_median_s_interval_is_the_sign_test_s(values):
    """Against SciPy's binomial test of how many lie above and below the level."""
    found = median_interval(values, 0.25)
    if len(values) < 6:
        assert found[1:] == (-np.inf, np.inf, 1.0)
        return
    tails = [
        stats.binomtest(int(k), len(values), 0.5, alternative="less").pvalue
        for k in ((values <= 0.25).sum(), (values >= 0.25).sum())
    ]
    assert found.p == pytest.approx(min(1, 2 * min(tails)))
    assert found.estimate == np.median(values)


@given(st.integers(1, 60), st.integers(0, 60))
def test_the_share_s_interval_is_clopper_and_pearson_s(n, hits):
    hits = min(hits, n)
    values = np.arange(n) < hits
    found = share_interval(values, 0.1)
    theirs = stats.binomtest(hits, n).proportion_ci(0.95, method="exact")
    assert found[:3] == pytest.approx((hits / n, theirs.low, theirs.high))
    tails = [stats.binomtest(hits, n, 0.1, alternative=a).pvalue for a in ("less", "greater")]
    assert found.p == pytest.approx(min(1, 2 * min(tails)))


@given(values_of, st.sampled_from([mean_interval, median_interval]))
def test_a_p_value_is_small_just_where_the_interval_leaves_the_level_out(values, interval):
    found = interval(values, 0.2)
    assert (found.p <= 0.05) == (not found.low <= 0.2 <= found.high)


@given(st.integers(0, 60), st.integers(1, 60))
def test_a_share_s_p_value_belongs_to_its_interval(hits, n):
    found = share_interval(np.arange(n) < min(hits, n), 0.1)
    assert (found.p <= 0.05) == (not found.low <= 0.1 <= found.high)


@given(values_of, st.floats(-10, 10), st.floats(0.01, 100))
def test_intervals_move_and_scale_with_the_data(values, shift, scale):
    for interval in (mean_interval, median_interval):
        if np.ptp(values) == 0 and interval is mean_interval:
            continue  # then the support speaks, which does not move
        plain, moved = interval(values), interval(scale * values + shift)
        assert moved[:3] == pytest.approx([scale * v + shift for v in plain[:3]], abs=1e-9 * scale)
        assert plain.low <= plain.estimate <= plain.high


def test_equal_values_leave_room_for_what_was_not_seen():
    """If a part of seeds larger than the bound were otherwise, n seeds would have shown one of
    them, 39 times in 40."""
    for n in (2, 10, 40):
        found = mean_interval(np.full(n, 0.25))
        unseen = (0.25 - found.low) / 1.25
        assert (1 - unseen) ** n == pytest.approx(0.025)
        assert found.high == pytest.approx(0.25 + 0.75 * unseen)
    assert mean_interval(np.full(40, 0.25), 0.25).p == 1
    assert mean_interval(np.ones(10)).high == 1
    rounding = 1 - 1e-13 * np.array([0, 1, 0, 1])
    assert mean_interval(rounding).low == pytest.approx(mean_interval(np.ones(4)).low)
    apart = mean_interval(1 + 1e-9 * np.arange(8))
    assert 0 < apart.high - apart.low < 1e-7


@pytest.mark.parametrize("values", [[1.0], [1.0, np.nan], [1.0] * 9 + [np.nan]])
@pytest.mark.parametrize("interval", [mean_interval, median_interval])
def test_what_has_no_interval_is_left_open(values, interval):
    found = interval(np.array(values))
    assert found[1:] == (-np.inf, np.inf, 1.0)
    assert claims.positive(found) == claims.negative(found) == "open"


def test_infinite_values_break_a_mean_and_not_a_median():
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, np.inf, np.inf])
    assert mean_interval(values)[1:] == (-np.inf, np.inf, 1.0)
    assert median_interval(values)[:3] == (5, 2, np.inf)
    assert median_interval(np.full(9, -np.inf))[:3] == (-np.inf, -np.inf, -np.inf)


def test_five_values_bound_no_median_and_six_do():
    assert median_interval(np.arange(5.0)).p == 1
    assert median_interval(np.arange(6.0), -1.0)[1:] == (0, 5, 2 / 64)
    assert median_interval(np.arange(8.0))[1:3] == (0, 7)  # nine are needed to leave two out
    assert median_interval(np.arange(9.0))[1:3] == (1, 7)


def test_holm_s_correction_by_hand():
    """Four questions: 0.01 × 4, 0.02 × 3, then never less than the one before."""
    p = [0.02, 0.03, 0.01, 0.5]
    assert claims.holm(np.array(p)) == pytest.approx([0.06, 0.06, 0.04, 0.5])
    assert claims.holm(np.array([0.9, 0.8])).tolist() == [1, 1]
    assert claims.holm(np.array([])).tolist() == []


def test_the_guarantee_of_the_median_holds_for_the_wildest_law():
    """Cauchy's law has no mean; 2000 samples of ten: 97.9% by the binomial, within 4 errors."""
    draw = np.random.default_rng(0)
    found = [median_interval(v) for v in draw.standard_cauchy((2000, 10))]
    covered = np.mean([i.low <= 0 <= i.high for i in found])
    assert covered == pytest.approx(1 - 2 * stats.binom.cdf(1, 10, 0.5), abs=0.013)
    student = [mean_interval(v) for v in draw.standard_cauchy((500, 10))]
    assert np.mean([i.low <= 0 <= i.high for i in student]) > 0.9  # symmetric: t keeps its level


@pytest.fixture(scope="module")
def asked():
    """Every question of the shipped ledger with its fifty values: [(claim, question, values)]."""
    table = sweep.read_table("book/_data/ledger.csv.gz")
    found, original = [], paper_claims.question

    def spy(n, words, values, interval, rule):
        found.append((n, words, values, interval))
        return original(n, words, values, interval, rule)

    paper_claims.question = spy
    try:
        claims.ledger(table)
    finally:
        paper_claims.question = original
    return found


@pytest.mark.parametrize("n", [10, 50])
def test_intervals_cover_on_the_ledger_s_own_data(asked, n):
    """Nominal 95%: at least 92% on the questions' own values, which stand for the population.

    Every mean, for which it is no theorem, and a sixth of the medians and shares, for which it is.
    200 samples have a standard error of 0.015: what falls below 95% is drawn 8000 times.
    """
    few = {}
    for k, (size, words, values, interval) in enumerate(asked):
        if interval is mean_interval or k % 6 == n // 10 % 6:
            covered = claims.coverage(values, interval, n, draws=200)
            if covered < 0.95:
                covered = claims.coverage(values, interval, n, draws=8000)
            few[size, words, interval.__name__] = covered
    assert {name for _, _, name in few} == {"mean_interval", "median_interval", "share_interval"}
    assert {k: v for k, v in few.items() if v < 0.92} == {}


def test_student_s_interval_of_a_mean_error_does_not_cover(asked):
    """Why errors are judged by medians: where overlap is in, a mean of ten misses far too often."""
    errors = [v for _, words, v, i in asked if i is median_interval and "overlap" in words]
    covered = [claims.coverage(v, mean_interval, 10, draws=200) for v in errors]
    assert np.mean(np.array(covered) < 0.9) > 0.5
    assert min(covered) < 0.6
