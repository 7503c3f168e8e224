"""G1 …, S5 …: what the sources and the summaries of them say beyond their abstracts' claims.

G: about the first paper (arXiv:2605.25939), from public summaries and from the future work it
names. S: about the second (arXiv:2503.01824) and its companions. Sentences are in our words;
estimands, worlds and rules are ours, and each rule was committed before the interval of any
confirmatory seed (10 and up) was computed. Each is judged on the table that its chapter's module
measures (`protolib.measurements`).
"""

import pandas as pd

from protolib import generalisation, limits
from protolib.claims import measured
from protolib.claims.engine import Claim, Question, Verdict, above, negative, positive
from protolib.claims.intervals import median_interval
from protolib.claims.measured import questions

VERIFIED = 0.9  # what "can verify" asks of an auditor's agreement with the network


def _ask_g1(table: pd.DataFrame) -> list[Question]:
    lines = [generalisation.line(noise) for noise in generalisation.NOISES]
    images = [generalisation.digits(share) for share in generalisation.FLIPPED]
    held = "{}, widths learnt".format
    errors = [
        (generalisation.INSIDE, "coverage", "baseline", negative),
        (generalisation.INSIDE, "energy", "baseline", negative),
        (generalisation.INSIDE, held("on the samples"), held("random"), negative),
    ]
    within = [("rank correlation", generalisation.ERROR, None, positive)]
    right = [(generalisation.ACCURACY, of, "baseline", positive) for of in ("coverage", "energy")]
    found = questions(table, lines, errors, median_interval)
    return found + questions(table, lines, within) + questions(table, images, right)


def _ask_g2(table: pd.DataFrame) -> list[Question]:
    lines = [generalisation.line(noise) for noise in generalisation.NOISES]
    images = [generalisation.digits(share) for share in generalisation.FLIPPED]

    def asks(inside: str, beyond: str, control: str):
        scores = [f"{generalisation.AGREE} {where}" for where in (inside, beyond)]
        enough = [(score, "read", None, above(VERIFIED)) for score in scores]
        return [*enough, (scores[0], "read", control, positive)]

    found = questions(table, lines, asks("in the hull", "beyond", "random places"), median_interval)
    return found + questions(
        table, images, asks("on fresh digits", "on their negatives", "other digits")
    )


def _ask_g6(table: pd.DataFrame) -> list[Question]:
    errors = [
        ("error", "coverage", "baseline", negative),
        ("error", "overlap", "baseline", positive),
    ]
    shares = [("share outside", "overlap", "baseline", positive)]
    found = questions(table, limits.BEYOND, errors, median_interval)
    return found + questions(table, limits.BEYOND, shares)


CLAIMS = (
    Claim(
        "G1",
        "A network from whose weights the samples can be read predicts better.",
        "On a line, at five sizes and three levels of noise on the targets: median over seeds of "
        "log₁₀ of the test error in the hull, coverage − baseline, energy − baseline, and "
        "prototypes held on the samples − held at random, widths learnt; and, at three sizes, mean "
        "over data sets of the rank correlation of reconstruction error and test error over ten "
        "starts of the plain fit. On digits, with and without wrong labels: mean over seeds of the "
        "accuracy on fresh ones, coverage − baseline and energy − baseline.",
        "Test errors: yes below 0. Correlations and accuracy: yes above 0.",
        _ask_g1,
        ("generalisation",),
        ("test_generalisation.py::test_g1_asks_for_better_predictions",),
    ),
    Claim(
        "G2",
        "Whoever can reconstruct what a network memorised can verify how it behaves.",
        "Networks with the energy attractor. An auditor reads the prototypes, asks the network for "
        "its answers there, and predicts all others by kernel ridge regression. On a line, at five "
        "sizes and three levels of noise: median over seeds of the share R² of the variance of the "
        "network's outputs that is predicted, in the hull and up to half a unit beyond it; and, in "
        "the hull, the same less that of an auditor who asks at as many random places. On digits: "
        "mean over seeds of how often the predicted class is the network's, on fresh digits and on "
        "their negatives; and, on fresh ones, less that of an auditor who asks at other digits.",
        f"Agreement: yes (can verify) above {VERIFIED:g}. Differences: yes (thanks to the "
        "reconstruction) above 0.",
        _ask_g2,
        ("generalisation",),
        ("test_generalisation.py::test_g2_asks_for_agreement_and_for_what_the_reading_adds",),
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
