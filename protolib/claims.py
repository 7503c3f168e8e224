"""The ledger: what the paper claims, the rule by which we decide, and what a table of runs says.

Every claim is split into *questions* (one a size, or one a size and a pair of masks). A question is
an average over seeds with an interval, and a rule that turns the interval into an answer: yes, no
or open. The answers decide the claim, by one rule for all:

    holds       every question is answered yes
    partly      some are answered yes, others no or open
    fails       none is answered yes, and at least one no
    undecided   all are open: more seeds are needed

C3, that effects are mixed, needs a yes and a no; see its rule. The sentences restate the paper's
claims (arXiv:2605.25939) in our words; estimands and rules are ours, and were committed before any
interval was computed.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from protolib.data import generator
from protolib.sweep import LOSSES, MASKS, Mask, TableError, mask_name

BASELINE, COVERAGE, SEPARATION, OVERLAP = MASKS[:4]
CONFIDENCE = 0.95
RESAMPLES = 9999
R2_MARGIN = 0.01
BOOTSTRAP = 3  # the bootstrap's key among `data.generator`'s purposes


class Interval(NamedTuple):
    """An average over seeds and its 95% bootstrap interval."""

    estimate: float
    low: float
    high: float


class Question(NamedTuple):
    """One cell of a claim: what is averaged, the interval, the answer (yes, no or open)."""

    n: int
    contrast: str
    seeds: int
    estimate: float
    low: float
    high: float
    answer: str


class Claim(NamedTuple):
    """A claim as data. `ask` turns a table of runs into questions; it may find that it has none."""

    id: str
    sentence: str
    estimand: str
    rule: str
    ask: Callable[[pd.DataFrame], list[Question]]


class Verdict(NamedTuple):
    """A claim, decided on a table."""

    claim: Claim
    verdict: str
    questions: list[Question]


def bootstrap(values: np.ndarray, *, seed: int = 0) -> Interval:
    """The mean of `values`, (seeds,), with a BCa bootstrap interval over seeds (SciPy's).

    Pairing is the caller's: pass differences within seeds. Constant values have a point interval; a
    single one, or any that is not finite, has none: (mean, −inf, inf).

    >>> bootstrap(np.array([2.0, 2.0, 2.0]))
    Interval(estimate=2.0, low=2.0, high=2.0)
    """
    values = np.asarray(values, dtype=float)
    mean = float(values.mean())
    if len(values) < 2 or not np.isfinite(values).all():
        return Interval(mean, -np.inf, np.inf)
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        return Interval(mean, mean, mean)
    result = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="BCa",
        rng=generator(seed, BOOTSTRAP, len(values)),
    ).confidence_interval
    return Interval(mean, float(result.low), float(result.high))


def by_seed(table: pd.DataFrame, n: int, mask: Mask, column: str) -> pd.Series:
    """One column of the runs of one size and mask, indexed by seed."""
    chosen = (table["n"] == n) & (table[[*LOSSES]] == list(mask)).all(axis=1)
    return table[chosen].set_index("seed")[column].sort_index()


def paired(table: pd.DataFrame, n: int, column: str, one: Mask, other: Mask) -> np.ndarray:
    """column(one) − column(other) within each seed that has both, shape (seeds,)."""
    return (by_seed(table, n, one, column) - by_seed(table, n, other, column)).dropna().to_numpy()


def contrasts(
    table: pd.DataFrame,
    column: str,
    pairs: Iterable[tuple[Mask, Mask]],
    answer: Callable[[Interval], str],
) -> list[Question]:
    """Mean over seeds of column(one) − column(other), for every size and pair of masks."""
    found = []
    for n in sorted(table["n"].unique().tolist()):
        for one, other in pairs:
            differences = paired(table, n, column, one, other)
            if len(differences):
                interval = bootstrap(differences)
                words = f"{mask_name(one)} − {mask_name(other)}"
                found.append(Question(int(n), words, len(differences), *interval, answer(interval)))
    return found


def positive(interval: Interval) -> str:
    """Is the difference above 0?"""
    return "yes" if interval.low > 0 else "no" if interval.high < 0 else "open"


def negative(interval: Interval) -> str:
    """Is the difference below 0?"""
    return "yes" if interval.high < 0 else "no" if interval.low > 0 else "open"


def _not_lower(interval: Interval) -> str:
    """Is the difference above −R2_MARGIN?"""
    return "yes" if interval.low > -R2_MARGIN else "no" if interval.high < -R2_MARGIN else "open"


def _with_overlap(mask: Mask) -> Mask:
    return mask._replace(overlap=1)


OVERLAP_FREE = tuple(mask for mask in MASKS if not mask.overlap)


def _ask_c1(table: pd.DataFrame) -> list[Question]:
    rivals = [(COVERAGE, mask) for mask in MASKS if mask != COVERAGE]
    return contrasts(table, "reconstruction_error", rivals, negative)


def _ask_c2(table: pd.DataFrame) -> list[Question]:
    return contrasts(table, "specialization_ratio", [(COVERAGE, BASELINE)], positive)


def _ask_c3(table: pd.DataFrame) -> list[Question]:
    return contrasts(table, "reconstruction_error", [(SEPARATION, BASELINE)], negative)


def _ask_c4(table: pd.DataFrame) -> list[Question]:
    pairs = [(_with_overlap(mask), mask) for mask in OVERLAP_FREE]
    return contrasts(table, "reconstruction_error", pairs, positive)


def _ask_c5(table: pd.DataFrame) -> list[Question]:
    pairs = [(_with_overlap(mask), mask) for mask in OVERLAP_FREE]
    return contrasts(table, "fit_r2", pairs, _not_lower)


def _ask_c6(table: pd.DataFrame) -> list[Question]:
    shares = by_seed(table, 100, OVERLAP, "expelled_share")
    if shares.empty:
        return []
    interval = bootstrap(shares.to_numpy())
    answer = "yes" if interval.low > 0.5 else "no" if interval.high < 0.5 else "open"
    return [Question(100, "overlap", len(shares), *interval, answer)]


def _ask_c7(table: pd.DataFrame) -> list[Question]:
    return contrasts(table, "hull_distance", [(COVERAGE, BASELINE)], negative)


def _ask_c8(table: pd.DataFrame) -> list[Question]:
    chosen = table[(table[[*LOSSES]] == list(SEPARATION)).all(axis=1)]
    taus = sorted(chosen["tau"].unique().tolist())
    if len(taus) < 2:
        return []
    found = []
    for n in sorted(chosen["n"].unique().tolist()):
        small, large = (
            chosen[(chosen["n"] == n) & (chosen["tau"] == tau)].set_index("seed")["expelled_share"]
            for tau in (taus[0], taus[-1])
        )
        differences = (large - small).dropna().to_numpy()
        if len(differences):
            interval = bootstrap(differences)
            words = f"separation, τ = {taus[-1]:g} − τ = {taus[0]:g}"
            found.append(Question(int(n), words, len(differences), *interval, positive(interval)))
    return found


def _ask_c9(table: pd.DataFrame) -> list[Question]:
    return contrasts(table, "expelled_share", [(OVERLAP, BASELINE)], positive)


def _ask_nothing(table: pd.DataFrame) -> list[Question]:
    return []


CLAIMS = (
    Claim(
        "C1",
        "Coverage gives the lowest mean reconstruction error at every tested size.",
        "Mean over seeds of error(coverage) − error(m), for every other mask m and every size.",
        "Yes where the interval lies below 0, no where it lies above.",
        _ask_c1,
    ),
    Claim(
        "C2",
        "Coverage raises the specialization ratio above the baseline's.",
        "Mean over seeds of ratio(coverage) − ratio(baseline), for every size.",
        "Yes where the interval lies above 0, no where it lies below.",
        _ask_c2,
    ),
    Claim(
        "C3",
        "Separation has mixed effects on the reconstruction.",
        "Mean over seeds of error(separation) − error(baseline), for every size.",
        "Yes (it helps) where the interval lies below 0, no (it harms) where it lies above. "
        "Holds with at least one yes and one no; partly with some of one kind and the rest open; "
        "fails if every size gives the same answer.",
        _ask_c3,
    ),
    Claim(
        "C4",
        "Overlap penalties are systematically harmful to the reconstruction.",
        "Mean over seeds of error(m with overlap) − error(m), for the four masks m without overlap "
        "and every size.",
        "Yes where the interval lies above 0, no where it lies below.",
        _ask_c4,
    ),
    Claim(
        "C5",
        "That harm is no failure to optimise: runs with overlap fit the data as well as runs "
        "without.",
        "Mean over seeds of R²(m with overlap) − R²(m), for the four masks m without overlap and "
        "every size.",
        f"Yes where the interval lies above a margin of −{R2_MARGIN:g}, no where it lies below it.",
        _ask_c5,
    ),
    Claim(
        "C6",
        "Overlap ends with prototypes pushed outside the convex hull of the inputs (shown at "
        "N = 100).",
        "Mean over seeds of the expelled share under overlap alone, at N = 100.",
        "Yes where the interval lies above one half, no where it lies below. That the end is an "
        "equilibrium is not part of this rule.",
        _ask_c6,
    ),
    Claim(
        "C7",
        "Coverage cannot reward expulsion: it acts as an attractor.",
        "Mean over seeds of the mean distance outside the hull, coverage − baseline, for every "
        "size.",
        "Yes where the interval lies below 0, no where it lies above.",
        _ask_c7,
    ),
    Claim(
        "C8",
        "Separation admits expulsion only at large temperatures τ.",
        "Mean over seeds of expelled share(largest τ) − expelled share(smallest τ) under "
        "separation alone, for every size; needs a table with two or more τ.",
        "Yes where the interval lies above 0, no where it lies below.",
        _ask_c8,
    ),
    Claim(
        "C9",
        "Overlap admits expulsion at the nominal settings.",
        "Mean over seeds of expelled share(overlap) − expelled share(baseline), for every size.",
        "Yes where the interval lies above 0, no where it lies below.",
        _ask_c9,
    ),
    Claim(
        "C10",
        "Every repulsive structural loss must be compensated by a compatible attractor.",
        "Needs runs with other attractors than coverage, which no table of this schema holds.",
        "Not decided from a table of the eight masks.",
        _ask_nothing,
    ),
)


def _decide(claim: Claim, questions: list[Question]) -> str:
    answers = [question.answer for question in questions]
    if not answers:
        return "not tested here"
    if set(answers) == {"open"}:
        return "undecided"
    if claim.id == "C3":
        if {"yes", "no"} <= set(answers):
            return "holds"
        return "partly" if "open" in answers else "fails"
    if set(answers) == {"yes"}:
        return "holds"
    return "partly" if "yes" in answers else "fails"


def ledger(table: pd.DataFrame) -> list[Verdict]:
    """Decide every claim on a table of runs.

    Raises
    ------
    TableError
        if a column is missing, or the table is empty.
    """
    needed = {"n", "seed", *LOSSES, "reconstruction_error", "specialization_ratio",
              "expelled_share", "hull_distance", "fit_r2", "tau"}  # fmt: skip
    missing = sorted(needed - set(table.columns))
    if missing:
        raise TableError(f"the table lacks the columns {', '.join(missing)}.")
    if table.empty:
        raise TableError("the table has no rows.")
    nominal = table[table["tau"] == table["tau"].min()] if table["tau"].nunique() > 1 else table
    verdicts = []
    for claim in CLAIMS:
        questions = claim.ask(table if claim.id == "C8" else nominal)
        verdicts.append(Verdict(claim, _decide(claim, questions), questions))
    return verdicts


def evidence(verdict: Verdict) -> pd.DataFrame:
    """The questions of one verdict as a table."""
    return pd.DataFrame(verdict.questions, columns=Question._fields)


def summary(verdicts: list[Verdict]) -> pd.DataFrame:
    """One row a claim: verdict, and how many questions were answered yes, no, and left open."""
    rows = []
    for claim, verdict, questions in verdicts:
        answers = [question.answer for question in questions]
        counts = [answers.count(word) for word in ("yes", "no", "open")]
        rows.append((claim.id, claim.sentence, verdict, *counts))
    return pd.DataFrame(rows, columns=["id", "claim", "verdict", "yes", "no", "open"])
