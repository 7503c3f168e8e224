"""Scale: estimates of the energy force, blocks, the chart, an encoder under the prototypes."""

import numpy as np
import pandas as pd
import pytest
import torch

from protolib import data, encoded, measurements, model, scale, training
from protolib.claims import further


def _judged(claim, world, values, seeds=10):
    rng = np.random.default_rng(0)
    noise = 0.002 * np.linspace(-1, 1, seeds)  # of mean 0
    rows = [
        (world, 100, score, of, 10 + k, value + extra)
        for (score, of), value in values.items()
        for k, extra in enumerate(rng.permutation(noise))
    ]
    table = pd.DataFrame(rows, columns=measurements.COLUMNS)
    found = {verdict.claim.id: verdict for verdict in further.ledger(table)}[claim]
    return found.verdict, [question.answer for question in found.questions]


def _g4(shown, fresh):
    forms = ("coverage", "energy")
    values = {("share shown", form): shown for form in forms}
    values |= {("accuracy, fresh", form): fresh for form in forms}
    return _judged("G4", "digits", {**values, ("accuracy, fresh", "baseline"): 0.9})


def test_g4_asks_for_readable_prototypes_and_as_good_predictions():
    assert _g4(0.95, 0.9) == ("holds", ["yes"] * 4)
    assert _g4(0.85, 0.89) == ("partly", ["no", "yes"] * 2)
    assert _g4(0.85, 0.87) == ("fails", ["no"] * 4)
    assert _g4(0.9, 0.88)[0] == "undecided"


def _g5(by_features, by_pixels, fresh):
    values = {
        ("named by features", "trained"): by_features,
        ("named by pixels", "trained"): by_pixels,
        ("accuracy, fresh", "trained"): fresh,
        ("accuracy, fresh", "raw pixels"): 0.9,
    }
    return _judged("G5", "2 layers, 64 features", values)


def test_g5_asks_for_names_by_features_and_by_pixels():
    assert _g5(0.95, 0.95, 0.9) == ("holds", ["yes"] * 3)
    assert _g5(0.95, 0.5, 0.85) == ("partly", ["yes", "no", "no"])
    assert _g5(0.5, 0.5, 0.5) == ("fails", ["no"] * 3)
    assert _g5(0.9, 0.9, 0.88)[0] == "undecided"
