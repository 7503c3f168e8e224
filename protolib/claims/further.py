"""G1 …, S5 …: what the sources and the summaries of them say beyond their abstracts' claims.

G: about the first paper (arXiv:2605.25939), from public summaries and from the future work it
names. S: about the second (arXiv:2503.01824) and its companions. Sentences are in our words;
estimands, worlds and rules are ours, and each rule was committed before the interval of any
confirmatory seed (10 and up) was computed. Each is judged on the table that its chapter's module
measures (`protolib.measurements`).
"""

import pandas as pd

from protolib import limits
from protolib.claims import measured
from protolib.claims.engine import Claim, Question, Verdict, above, negative, positive
from protolib.claims.intervals import median_interval
from protolib.claims.measured import questions
from protolib.sparse import companions


def _ask_g6(table: pd.DataFrame) -> list[Question]:
    errors = [
        ("error", "coverage", "baseline", negative),
        ("error", "overlap", "baseline", positive),
    ]
    shares = [("share outside", "overlap", "baseline", positive)]
    found = questions(table, limits.BEYOND, errors, median_interval)
    return found + questions(table, limits.BEYOND, shares)


def _ask_s8(table: pd.DataFrame) -> list[Question]:
    asks = [(companions.BEYOND, of, None, positive) for of in companions.CHEAP]
    learned = [(companions.BEYOND, "FISTA on TopK's dictionary", None, positive)]
    return questions(table, ["sizes"], asks) + questions(table, ["halves"], learned)


def _ask_s9(table: pd.DataFrame) -> list[Question]:
    asks = [("fall", of, None, above(companions.MARGIN)) for of in companions.READERS]
    return questions(table, ["halves", "blocks"], asks)


CLAIMS = (
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
    Claim(
        "S8",
        "Efficient inference closes the amortisation gap.",
        "Known dictionary, three sizes: mean over seeds of MCC(reader) less that of nine tenths of "
        "the way from one layer to 200 FISTA steps, for four readers that take at most a tenth of "
        "their multiplications (an encoder with a hidden layer, LISTA, a layer and ten FISTA "
        "steps, fifteen FISTA steps). Learned dictionary, two sizes: the same for FISTA on a TopK "
        "autoencoder's dictionary, on the way from its layer to FISTA on the true one.",
        "Yes (closed, but for a tenth) above 0, no below.",
        _ask_s8,
        ("companions",),
        ("test_companions.py::test_s8_asks_for_nine_tenths_of_the_gap",),
    ),
    Claim(
        "S9",
        "Readers of sparse codes fail on data that deviate from the training data.",
        "Combinations of features that training never had: mean over seeds of score(seen) − "
        "score(new). In two worlds where only one feature meets new partners: the correlation of "
        "that feature with its unit, where it is active. In a world of blocks: MCC. For readers "
        "with true, learned and no dictionary.",
        f"Yes (fails) above {companions.MARGIN:g}, no below it.",
        _ask_s9,
        ("companions",),
        ("test_companions.py::test_s9_asks_for_a_fall",),
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
