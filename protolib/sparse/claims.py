"""S1 to S4 under their former name: see `protolib.claims.sparse` and `.measurements`."""

from protolib.claims.engine import above, below, evidence, summary
from protolib.claims.sparse import CLAIMS, GOOD, MARGIN, ledger
from protolib.sparse.measurements import COLUMNS, SEEDS, Row, measure, read, write

__all__ = [
    "CLAIMS", "COLUMNS", "GOOD", "MARGIN", "SEEDS", "Row", "above", "below", "evidence", "ledger",
    "measure", "read", "summary", "write",
]  # fmt: skip
