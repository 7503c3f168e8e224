"""One engine for both sections of the ledger: questions, intervals, answers, verdicts.

Every claim is split into *questions*. A question is a summary over seeds with an interval, and a
rule that turns the interval into an answer: yes, no or open. The answers decide the claim, by one
rule for all:

    holds       every question is answered yes
    partly      some are answered yes, others no or open
    fails       none is answered yes, and at least one no
    undecided   all are open: more seeds are needed

Many questions find something by luck. So every answer comes twice: as its own interval says, and
*corrected* (Holm's way) for all the questions of its claim.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from protolib.claims.intervals import CONFIDENCE, Interval, holm
from protolib.sweep.store import TableError


class Question(NamedTuple):
    """One cell of a claim: what is estimated, its interval, the answer (yes, no or open).

    corrected is the answer that is left when p, the p-value of the rule's level, is corrected for
    all questions of the claim.
    """

    n: int
    contrast: str
    seeds: int
    estimate: float
    low: float
    high: float
    answer: str
    corrected: str = ""
    p: float = float("nan")


class Rule(NamedTuple):
    """Is the estimate above a level (or below it)? Yes, no, or open where the interval holds it."""

    level: float
    above: bool

    def __call__(self, interval: Interval) -> str:
        if interval.low > self.level:
            return "yes" if self.above else "no"
        if interval.high < self.level:
            return "no" if self.above else "yes"
        return "open"


def above(level: float) -> Rule:
    """Is the estimate above a level?

    >>> above(0.95)(Interval(0.97, 0.96, 0.98)), above(0.95)(Interval(0.97, 0.9, 0.98))
    ('yes', 'open')
    """
    return Rule(level, above=True)


def below(level: float) -> Rule:
    """Is the estimate below a level?"""
    return Rule(level, above=False)


positive = above(0.0)  # is the difference above 0?
negative = below(0.0)


class Revision(NamedTuple):
    """A rule that was changed: when, what it was, what it had said, and why it had to go.

    verdicts: (what it was computed from, the verdict) for each ledger of that time.
    """

    date: str
    rule: str
    verdicts: tuple[tuple[str, str], ...]
    reason: str


class Claim(NamedTuple):
    """A claim as data. `ask` turns a table of runs into questions; it may find that it has none.

    chapters: the slugs of the chapters that examine it; test: the test that checks its rule and,
    where there is a proposition behind it, the proposition; revised: its former rules.
    """

    id: str
    sentence: str
    estimand: str
    rule: str
    ask: Callable[[pd.DataFrame], list[Question]]
    chapters: tuple[str, ...]
    tests: tuple[str, ...]
    revised: tuple[Revision, ...] = ()


class Verdict(NamedTuple):
    """A claim, decided on a table: by the answers, and by the corrected answers."""

    claim: Claim
    verdict: str
    questions: list[Question]
    corrected: str = ""


def question(
    n: int, contrast: str, values: np.ndarray, interval: Callable[..., Interval], rule: Rule
) -> Question:
    """Answer one question from its values, (seeds,); `correct` corrects it among others."""
    *ends, p = found = interval(values, rule.level)
    return Question(int(n), contrast, len(values), *ends, rule(found), p=p)


def correct(questions: Sequence[Question]) -> list[Question]:
    """The questions of one family with the answers that Holm's correction leaves."""
    kept = holm(np.array([q.p for q in questions])) <= 1 - CONFIDENCE
    return [q._replace(corrected=q.answer if k else "open") for q, k in zip(questions, kept)]


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
    """Put every claim's questions to the part of a table that is meant for it.

    C3 is decided by corrected answers: it asks for any yes and any no among many.
    """
    verdicts = []
    for claim in claims:
        questions = correct(claim.ask(table_of(claim)))
        corrected = decide(claim.id, [question.corrected for question in questions])
        verdict = decide(claim.id, [question.answer for question in questions])
        verdict = corrected if claim.id == "C3" else verdict
        verdicts.append(Verdict(claim, verdict, questions, corrected))
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
    check_once(table, [key for key in keys if key in table.columns])


def check_once(table: pd.DataFrame, keys: Sequence[str]) -> None:
    """See that no two rows have all their keys in common, or raise a `TableError`."""
    twice = table[table.duplicated(keys)]
    if len(twice):
        where = ", ".join(f"{key} {value}" for key, value in twice.iloc[0][[*keys]].items())
        raise TableError(
            f"the table holds {len(twice)} rows twice, the first of them {where}: "
            "each would count as another seed."
        )


def evidence(verdict: Verdict) -> pd.DataFrame:
    """The questions of one verdict as a table."""
    return pd.DataFrame(verdict.questions, columns=Question._fields)


def summary(verdicts: list[Verdict]) -> pd.DataFrame:
    """One row a claim: verdict, how many questions were answered how, and the corrected verdict."""
    rows = []
    for claim, verdict, questions, corrected in verdicts:
        answers = [question.answer for question in questions]
        counts = [answers.count(word) for word in ("yes", "no", "open")]
        rows.append((claim.id, claim.sentence, verdict, *counts, corrected))
    return pd.DataFrame(rows, columns=["id", "claim", "verdict", "yes", "no", "open", "corrected"])


def beside(yours: list[Verdict], ours: list[Verdict]) -> pd.DataFrame:
    """Your verdicts beside the book's, one row a claim that both could ask.

    Returns
    -------
    DataFrame
        `id`, `claim`, `yours`, `ours`; of the questions that both asked how many got the same
        answer (`same`), how many one said yes to and the other no (`against`), and how many there
        were (`questions`). An *against* is news: a bug, or a finding.
    """
    rows = []
    book = {verdict.claim.id: verdict for verdict in ours}
    for mine in yours:
        other = book.get(mine.claim.id)
        if other is None or not mine.questions or not other.questions:
            continue
        theirs = {(q.n, q.contrast): q.answer for q in other.questions}
        pairs = [(q.answer, theirs[q.n, q.contrast]) for q in mine.questions
                 if (q.n, q.contrast) in theirs]  # fmt: skip
        same = sum(a == b for a, b in pairs)
        against = sum({a, b} == {"yes", "no"} for a, b in pairs)
        row = (mine.claim.id, mine.claim.sentence, mine.verdict, other.verdict)
        rows.append((*row, same, against, len(pairs)))
    return pd.DataFrame(
        rows, columns=["id", "claim", "yours", "ours", "same", "against", "questions"]
    )
