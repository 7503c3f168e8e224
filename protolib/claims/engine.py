"""One engine for both sections of the ledger: questions, intervals, answers, verdicts.

Every claim is split into *questions*. A question is an average over seeds with an interval, and a
rule that turns the interval into an answer: yes, no or open. The answers decide the claim, by one
rule for all:

    holds       every question is answered yes
    partly      some are answered yes, others no or open
    fails       none is answered yes, and at least one no
    undecided   all are open: more seeds are needed
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from protolib.data import BOOTSTRAP, generator
from protolib.sweep.store import TableError

CONFIDENCE = 0.95
RESAMPLES = 9999


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
    """A claim as data. `ask` turns a table of runs into questions; it may find that it has none.

    chapters: the slugs of the chapters that examine it; test: the test that checks its rule and,
    where there is a proposition behind it, the proposition.
    """

    id: str
    sentence: str
    estimand: str
    rule: str
    ask: Callable[[pd.DataFrame], list[Question]]
    chapters: tuple[str, ...]
    tests: tuple[str, ...]


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


def above(level: float) -> Callable[[Interval], str]:
    """Is the mean above a level? Yes, no, or open where the interval holds it.

    >>> above(0.95)(Interval(0.97, 0.96, 0.98)), above(0.95)(Interval(0.97, 0.9, 0.98))
    ('yes', 'open')
    """

    def answer(interval: Interval) -> str:
        return "yes" if interval.low > level else "no" if interval.high < level else "open"

    return answer


def below(level: float) -> Callable[[Interval], str]:
    """Is the mean below a level?"""

    def answer(interval: Interval) -> str:
        return "yes" if interval.high < level else "no" if interval.low > level else "open"

    return answer


positive = above(0.0)  # is the difference above 0?
negative = below(0.0)


def decide(claim: str, answers: Iterable[str]) -> str:
    """The verdict on a claim (its id) from the answers to its questions.

    >>> decide("C1", ["yes", "open"]), decide("C3", ["yes", "no"]), decide("C1", [])
    ('partly', 'holds', 'not tested here')
    """
    answers = [*answers]
    if not answers:
        return "not tested here"
    if set(answers) == {"open"}:
        return "undecided"
    if claim == "C3":
        if {"yes", "no"} <= set(answers):
            return "holds"
        return "partly" if "open" in answers else "fails"
    if set(answers) == {"yes"}:
        return "holds"
    return "partly" if "yes" in answers else "fails"


def judge(claims: Iterable[Claim], table_of: Callable[[Claim], pd.DataFrame]) -> list[Verdict]:
    """Put every claim's questions to the part of a table that is meant for it."""
    verdicts = []
    for claim in claims:
        questions = claim.ask(table_of(claim))
        answers = [question.answer for question in questions]
        verdicts.append(Verdict(claim, decide(claim.id, answers), questions))
    return verdicts


def check_table(table: pd.DataFrame, columns: Iterable[str], keys: Sequence[str]) -> None:
    """See that a table can be judged: rows, columns, and every measurement in it once.

    Raises
    ------
    TableError
        if a column is missing, the table is empty, or rows have all their keys in common: they
        would count as more seeds than there are.
    """
    missing = sorted(set(columns) - set(table.columns))
    if missing:
        raise TableError(f"the table lacks the columns {', '.join(missing)}.")
    if table.empty:
        raise TableError("the table has no rows.")
    keys = [key for key in keys if key in table.columns]
    twice = table[table.duplicated(keys)]
    if len(twice):
        where = ", ".join(f"{key} {value}" for key, value in twice.iloc[0][keys].items())
        raise TableError(
            f"the table holds {len(twice)} rows twice, the first of them {where}: "
            "each would count as another seed."
        )


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
