"""The ledger: what the sources claim, the rule by which we decide, and what a table of runs says.

Every claim is split into *questions* (one a size, or one a size and a pair of masks). A question is
an average over seeds with an interval, and a rule that turns the interval into an answer: yes, no
or open. The answers decide the claim, by one rule for all:

    holds       every question is answered yes
    partly      some are answered yes, others no or open
    fails       none is answered yes, and at least one no
    undecided   all are open: more seeds are needed

C3, that effects are mixed, needs a yes and a no; see its rule. Estimands and rules are ours, and
were committed before any interval was computed. `engine` decides; `paper` holds C1 to C10, which
are this module's own `CLAIMS` and `ledger`; `sparse` holds S1 to S4.
"""

from protolib.claims.engine import (
    CONFIDENCE,
    RESAMPLES,
    Claim,
    Interval,
    Question,
    Verdict,
    bootstrap,
    decide,
    evidence,
    negative,
    positive,
    summary,
)
from protolib.claims.paper import (
    BASELINE,
    CLAIMS,
    COVERAGE,
    HOT,
    OVERLAP,
    OVERLAP_FREE,
    R2_MARGIN,
    REPULSIONS,
    SEPARATION,
    by_seed,
    contrasts,
    grids,
    ledger,
    paired,
)

__all__ = [
    "BASELINE", "CLAIMS", "CONFIDENCE", "COVERAGE", "HOT", "OVERLAP", "OVERLAP_FREE", "R2_MARGIN",
    "REPULSIONS", "RESAMPLES", "SEPARATION", "Claim", "Interval", "Question", "Verdict",
    "bootstrap", "by_seed", "contrasts", "decide", "evidence", "grids", "ledger", "negative",
    "paired", "positive", "summary",
]  # fmt: skip
