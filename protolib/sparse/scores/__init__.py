"""Scores of a representation against known features, each with its chance level.

All take the learned codes first, `codes_hat` (nets, samples, units), and the true ones second,
`codes` (nets, samples, features), score each net by itself in float64 and return `(nets,)`, 1 for a
perfect representation. Rows are samples in random order: scores that fit something do so on the
first half and are judged on the second.

MCC, MIG and F1 settle unequal numbers as `protolib.matching` does: means run over *all features*,
so a feature that no unit is left for counts 0, and spare units are free. (DCI judges shares of
importance, however small.) A column that never changes is related to nothing: it counts 0.

What a representation that knows nothing scores is never zero by right: every score has a function
for its chance level, a closed form where we know one, else independent draws. `permuted` gives one
for any score and any data.
"""

from protolib.sparse.rotations import random_rotations
from protolib.sparse.scores.chance import (
    Score,
    best_of_random,
    best_of_rotation,
    dci_chance,
    linear_r2_chance,
    mcc_chance,
    mcc_of_rotations,
    mig_chance,
    permuted,
    recovery_chance,
    reverse_r2_chance,
    support_f1_chance,
)
from protolib.sparse.scores.disentanglement import DCI, dci, dci_of_importance
from protolib.sparse.scores.information import mig, mutual_information
from protolib.sparse.scores.matched import (
    Correlation,
    correlations,
    dictionary_recovery,
    mcc,
    support_f1,
)
from protolib.sparse.scores.readout import Importance, linear_r2, reverse_r2

__all__ = [
    "DCI", "Correlation", "Importance", "Score", "best_of_random", "best_of_rotation",
    "correlations", "dci", "dci_chance", "dci_of_importance", "dictionary_recovery", "linear_r2",
    "linear_r2_chance", "mcc", "mcc_chance", "mcc_of_rotations", "mig", "mig_chance",
    "mutual_information", "permuted", "random_rotations", "recovery_chance", "reverse_r2",
    "reverse_r2_chance", "support_f1", "support_f1_chance",
]  # fmt: skip
