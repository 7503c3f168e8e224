"""Questions put to a table of measurements (`protolib.measurements`)."""

from collections.abc import Callable, Iterable

import pandas as pd

from protolib.claims.engine import Claim, Question, Rule, Verdict, check_table, judge, question
from protolib.claims.intervals import Interval, mean_interval
from protolib.measurements import COLUMNS

Ask = tuple[str, str, str | None, Rule]  # a score of what, less that of what else, judged how


def questions(
    table: pd.DataFrame,
    worlds: Iterable[str],
    asks: Iterable[Ask],
    interval: Callable[..., Interval] = mean_interval,
) -> list[Question]:
    """One question for every world, size and ask that the table can answer, over its seeds.

    An ask (score, of, minus, rule) is about the score of `of`, less that of `minus` on the same
    seed unless that is None. The interval is of the mean, or `claims.median_interval`.
    """
    found = []
    for (world, n), part in table[table["world"].isin([*worlds])].groupby(
        ["world", "n"], sort=False
    ):
        wide = part.pivot(index="seed", columns=["score", "of"], values="value")
        for score, of, minus, rule in asks:
            if (score, of) not in wide or (minus is not None and (score, minus) not in wide):
                continue
            values = wide[score, of] - (0.0 if minus is None else wide[score, minus])
            values = values.dropna().to_numpy()
            words = f"{world}: {score}, {of}" + (f" − {minus}" if minus else "")
            found.append(question(n, words, values, interval, rule))
    return found


def ledger(claims: Iterable[Claim], table: pd.DataFrame) -> list[Verdict]:
    """Decide claims on a table of measurements.

    Raises
    ------
    TableError
        if a column is missing, the table is empty, or it holds a measurement twice.
    """
    check_table(table, COLUMNS, COLUMNS[:-1])
    return judge(claims, lambda claim: table)
