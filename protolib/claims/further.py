"""G1 …, S5 …: what the sources and the summaries of them say beyond their abstracts' claims.

G: about the first paper (arXiv:2605.25939), from public summaries and from the future work it
names. S: about the second (arXiv:2503.01824) and its companions. Sentences are in our words;
estimands, worlds and rules are ours, and each rule was committed before the interval of any
confirmatory seed (10 and up) was computed. Each is judged on the table that its chapter's module
measures (`protolib.measurements`).
"""

import pandas as pd

from protolib.claims import measured
from protolib.claims.engine import Claim, Verdict

CLAIMS: tuple[Claim, ...] = ()


def ledger(table: pd.DataFrame) -> list[Verdict]:
    """Decide the claims on a table of measurements (or several, one below the other).

    Raises
    ------
    TableError
        if a column is missing, the table is empty, or it holds a measurement twice.
    """
    return measured.ledger(CLAIMS, table)
