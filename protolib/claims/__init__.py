"""The ledger: what the sources claim, the rule by which we decide, and what a table of runs says.

Every claim is split into *questions* (one a size, or one a size and a pair of masks). A question is
a summary over seeds with an interval, and a rule that turns the interval into an answer: yes, no or
open. The answers decide the claim, by one rule for all:

    holds       every question is answered yes
    partly      some are answered yes, others no or open
    fails       none is answered yes, and at least one no
    undecided   all are open: more seeds are needed

C3, that effects are mixed, needs a yes and a no; see its rule. Estimands and rules are ours; a rule
that was changed keeps the former ones beside it (`Claim.revised`). `engine` decides, by the
`intervals`; `paper` holds C1 to C10, which are this module's own `CLAIMS` and `ledger`; `sparse`
holds S1 to S4.
"""

from protolib.claims.engine import (
    Claim,
    Question,
    Revision,
    Rule,
    Verdict,
    above,
    below,
    beside,
    decide,
    evidence,
    negative,
    positive,
    summary,
)
from protolib.claims.intervals import (
    CONFIDENCE,
    Interval,
    coverage,
    holm,
    mean_interval,
    median_interval,
    share_interval,
)
from protolib.claims.paper import (
    BASELINE,
    CLAIMS,
    COVERAGE,
    HOT,
    INTERVALS,
    OVERLAP,
    OVERLAP_FREE,
    R2_MARGIN,
    RARE,
    REPULSIONS,
    SEPARATION,
    SHARE_MARGIN,
    by_seed,
    contrasts,
    grids,
    ledger,
    paired,
    shuffled,
)

__all__ = [
    "BASELINE", "CLAIMS", "CONFIDENCE", "COVERAGE", "HOT", "INTERVALS", "OVERLAP", "OVERLAP_FREE",
    "R2_MARGIN", "RARE", "REPULSIONS", "SEPARATION", "SHARE_MARGIN", "Claim", "Interval",
    "Question", "Revision", "Rule", "Verdict", "above", "below", "beside", "by_seed", "contrasts",
    "coverage", "decide", "evidence", "grids", "holm", "ledger", "mean_interval",
    "median_interval", "negative", "paired", "positive", "share_interval", "shuffled", "summary",
]  # fmt: skip
