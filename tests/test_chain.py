"""The three steps as one chain: world, classifier, links, and the rule of S5."""

import numpy as np
import pandas as pd
import pytest
import torch

from protolib import measurements
from protolib.claims import further
from protolib.sparse import chain, coding, identifiability, scores


def _table(values, seeds=10, noise=0.01):
    rng, rows = np.random.default_rng(0), []
    for seed in range(seeds):
        for (score, of), value in values.items():
            rows.append(("chain", 8, score, of, seed, value + noise * rng.normal()))
    return pd.DataFrame(rows, columns=measurements.COLUMNS)


def _verdict(r2=0.98, raw=0.7, mcc=0.98, controls=0.4):
    values = {("reverse R²", k): 0.6 for k in ("untrained", "shuffled labels")}
    values |= {("reverse R²", "raw input"): raw, ("reverse R²", "trained"): r2}
    values |= {("MCC", k): controls for k in further.CONTROLS} | {("MCC", "chain"): mcc}
    found = {v.claim.id: v for v in further.ledger(_table(values))}["S5"]
    return found.verdict, [question.answer for question in found.questions]


def test_s5_asks_for_every_link():
    assert _verdict() == ("holds", ["yes"] * 10)
    assert _verdict(r2=0.8)[0] == _verdict(mcc=0.8)[0] == "partly"
    assert _verdict(mcc=0.8)[1] == ["yes"] * 9 + ["no"]
    assert _verdict(r2=0.8)[1] == ["yes", "yes", "no"] + ["yes"] * 7
    assert _verdict(raw=0.99)[1][0] == "no"
    assert _verdict(controls=0.99)[1][3:9] == ["no"] * 6
    assert _verdict(r2=0.5, raw=0.7, mcc=0.3)[0] == "fails"
