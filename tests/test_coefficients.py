"""One coefficient for each loss: stacks of settings, Lloyd's steps, the window of balance, G3."""

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import stack
from hypothesis import given, settings
from hypothesis import strategies as st

from protolib import coefficients, data, losses, matching, measurements, model, search, training
from protolib.claims import further


def _table(**errors):
    rng, rows = np.random.default_rng(0), []
    for seed in range(10, 30):
        for of, value in errors.items():
            of = {"optimised": coefficients.CHAIN[1], "refined": coefficients.CHAIN[2]}.get(of, of)
            noisy = value + 0.01 * rng.normal()
            rows.append(("coefficients", 20, "error", of.replace("_", " "), seed, noisy))
    return pd.DataFrame(rows, columns=measurements.COLUMNS)


def _answers(**errors):
    verdicts = further.ledger(_table(nominal=0.3, **errors))
    found = {verdict.claim.id: verdict for verdict in verdicts}["G3"]
    return found.verdict, [question.answer for question in found.questions]


def test_g3_asks_for_optimised_refined_and_balanced():
    good = {"optimised": 0.2, "refined": 0.1, "separation_kept": 0.2, "overlap_kept": 0.2}
    assert _answers(**good) == ("holds", ["yes"] * 4)
    lost = good | {"separation_kept": 0.9}
    assert _answers(**lost) == ("partly", ["yes", "yes", "no", "yes"])
    assert _answers(**good | {"refined": 0.25})[1] == ["yes", "no", "yes", "yes"]
    bad = {"optimised": 0.4, "refined": 0.5, "separation_kept": 0.4, "overlap_kept": 0.4}
    assert _answers(**bad) == ("fails", ["no"] * 4)
    same = {"optimised": 0.3, "refined": 0.3, "separation_kept": 0.3, "overlap_kept": 0.3}
    assert _answers(**same)[0] == "undecided"
