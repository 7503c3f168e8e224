"""G1 …, S5 …: what the sources and the summaries of them say beyond their abstracts' claims.

G: about the first paper (arXiv:2605.25939), from public summaries and from the future work it
names. S: about the second (arXiv:2503.01824) and its companions. Sentences are in our words;
estimands, worlds and rules are ours, and each rule was committed before the interval of any
confirmatory seed (10 and up) was computed. Each is judged on the table that its chapter's module
measures (`protolib.measurements`).
"""

import os

import pandas as pd

from protolib import limits, measurements
from protolib.claims import measured
from protolib.claims.engine import Claim, Question, Verdict, above, negative, positive
from protolib.claims.intervals import median_interval
from protolib.claims.measured import questions


def _ask_g6(table: pd.DataFrame) -> list[Question]:
    errors = [
        ("error", "coverage", "baseline", negative),
        ("error", "overlap", "baseline", positive),
    ]
    shares = [("share outside", "overlap", "baseline", positive)]
    found = questions(table, limits.BEYOND, errors, median_interval)
    return found + questions(table, limits.BEYOND, shares)


READ = 0.9  # the share of samples that a network must show to be called readable, G4 and G5
LOSS = 0.02  # of accuracy, that counts as nothing


def _ask_g4(table: pd.DataFrame) -> list[Question]:
    asks = (
        ("share shown", "coverage", None, above(READ)),
        ("accuracy, fresh", "coverage", "baseline", above(-LOSS)),
        ("share shown", "energy", None, above(READ)),
        ("accuracy, fresh", "energy", "baseline", above(-LOSS)),
    )
    return questions(table, ["digits"], asks)


def _ask_g5(table: pd.DataFrame) -> list[Question]:
    asks = (
        ("named by features", "trained", None, above(READ)),
        ("named by pixels", "trained", None, above(READ)),
        ("accuracy, fresh", "trained", "raw pixels", above(-LOSS)),
    )
    worlds = [world for world in table["world"].unique() if "layer" in world]
    return questions(table, worlds, asks)


CLAIMS = (
    Claim(
        "G4",
        "Coverage scales to networks larger than minimal ones: their prototypes stay readable, and "
        "they predict as well.",
        "Classifiers of 100, 300 and 1,000 digits with as many units, mean over seeds of the share "
        "of samples shown (some prototype is nearer than a quarter of the distance to the nearest "
        "other sample) and of the accuracy on fresh digits, less the baseline's; for coverage, and "
        "for its matched form, energy in blocks of fifty.",
        f"Share shown: yes above {READ:g}. Accuracy: yes (no worse) above −{LOSS:g}.",
        _ask_g4,
        ("scale",),
        ("test_scale.py::test_g4_asks_for_readable_prototypes_and_as_good_predictions",),
    ),
    Claim(
        "G5",
        "Prototypes stay readable in other architectures: in the features of an encoder that is "
        "trained with them.",
        "A hundred digits, energy attractor in the features of encoders with one to three hidden "
        "layers and with 64, 16 and 4 features: mean over seeds of the share of digits that the "
        "prototypes tell from 99 decoys, by nearest features and, decoded, by pixels; and of the "
        "accuracy on fresh digits, less that of prototypes among pixels.",
        f"Shares: yes above {READ:g}. Accuracy: yes (no worse) above −{LOSS:g}.",
        _ask_g5,
        ("scale",),
        ("test_scale.py::test_g5_asks_for_names_by_features_and_by_pixels",),
    ),
    Claim(
        "G6",
        "What the paper finds of single losses holds beyond the limits that it names: one "
        "dimension, one activation, one coefficient, a width tied to N.",
        "With each of these changed, at three sizes: median over seeds of error(coverage) − "
        "error(baseline) and of error(overlap) − error(baseline), mean of the share of prototypes "
        "outside the hull, overlap − baseline.",
        "Coverage's error: yes below 0. Overlap's error and share: yes above 0.",
        _ask_g6,
        ("robustness",),
        ("test_limits.py::test_g6_asks_what_coverage_and_overlap_do_beyond_each_limit",),
    ),
)


def ledger(table: pd.DataFrame) -> list[Verdict]:
    """Decide the claims on a table of measurements (or several, one below the other).

    Raises
    ------
    TableError
        if a column is missing, the table is empty, or it holds a measurement twice.
    """
    return measured.ledger(CLAIMS, table)


def shipped(folder: str | os.PathLike) -> list[Verdict]:
    """The verdicts on the fresh seeds of the tables that the book ships, each from its own table.

    Claims that none of them answers are left out.
    """
    found = {}
    for table in measurements.shipped(folder).values():
        found |= {one.claim.id: one for one in ledger(table) if one.questions}
    return [found[claim.id] for claim in CLAIMS if claim.id in found]
