"""G1 …, S5 …: what the sources and the summaries of them say beyond their abstracts' claims.

G: about the first paper (arXiv:2605.25939), from public summaries and from the future work it
names. S: about the second (arXiv:2503.01824) and its companions. Sentences are in our words;
estimands, worlds and rules are ours, and each rule was committed before the interval of any
confirmatory seed (10 and up) was computed. Each is judged on the table that its chapter's module
measures (`protolib.measurements`).
"""

import os

import pandas as pd

from protolib import coefficients, generalisation, limits, measurements
from protolib.claims import measured
from protolib.claims.engine import Claim, Question, Verdict, above, negative, positive
from protolib.claims.intervals import median_interval
from protolib.claims.measured import questions
from protolib.claims.sparse import GOOD
from protolib.sparse import companions, universality

VERIFIED = 0.9  # what "can verify" asks of an auditor's agreement with the network
CONTROLS = ("raw input", "untrained", "shuffled labels", "units", "ICA", "SAE")  # S5
READ = 0.9  # the share of samples that a network must show to be called readable, G4 and G5
LOSS = 0.02  # of accuracy, that counts as nothing


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


def _ask_g3(table: pd.DataFrame) -> list[Question]:
    nominal, found, refined = coefficients.CHAIN
    asks = [("error", found, nominal, negative), ("error", refined, found, negative)]
    asks += [("error", kept, nominal, negative) for kept in coefficients.KEPT]
    return questions(table, [coefficients.WORLD], asks, median_interval)


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


def _ask_g6(table: pd.DataFrame) -> list[Question]:
    errors = [
        ("error", "coverage", "baseline", negative),
        ("error", "overlap", "baseline", positive),
    ]
    shares = [("share outside", "overlap", "baseline", positive)]
    found = questions(table, limits.BEYOND, errors, median_interval)
    return found + questions(table, limits.BEYOND, shares)


def _ask_s5(table: pd.DataFrame) -> list[Question]:
    asks = (
        ("reverse R²", "trained", "raw input", positive),
        ("reverse R²", "trained", "untrained", positive),
        ("reverse R²", "trained", None, above(GOOD)),
        *(("MCC", "chain", control, positive) for control in CONTROLS),
        ("MCC", "chain", None, above(GOOD)),
    )
    return questions(table, ["chain"], asks)


def _ask_s6(table: pd.DataFrame) -> list[Question]:
    apart = [
        ("rank correlation", "lasso and |cos|", None, negative),
        ("rank correlation", "lasso and across", None, negative),
    ]
    amortised = [
        (score, of, "dictionary learning", negative)
        for score in ("|cos|", "across")
        for of in ("ReLU autoencoder", "TopK autoencoder")
    ]
    found = []
    for world, n in universality.JUDGED:
        own = table[(table["world"] == world) & (table["n"] == n)]
        found += questions(own, [world], apart + amortised)
    return found


def _ask_s7(table: pd.DataFrame) -> list[Question]:
    added = [
        (stroke, "trained", minus, positive)
        for stroke in ("ink", "slant", "width")
        for minus in (None, "raw pixels", "untrained")
    ]
    sparse = [
        ("lasso", "trained, saved", None, positive),
        ("lasso", "trained, saved", "untrained, saved", positive),
    ]
    return questions(table, ["digits, strokes"], added + sparse)


def _ask_s8(table: pd.DataFrame) -> list[Question]:
    asks = [(companions.BEYOND, of, None, positive) for of in companions.CHEAP]
    learned = [(companions.BEYOND, "FISTA on TopK's dictionary", None, positive)]
    return questions(table, ["sizes"], asks) + questions(table, ["halves"], learned)


def _ask_s9(table: pd.DataFrame) -> list[Question]:
    asks = [("fall", of, None, above(companions.MARGIN)) for of in companions.READERS]
    return questions(table, ["halves", "blocks"], asks)


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
        "G3",
        "Coefficients can be optimised and reconstructions refined so that repulsion and attractor "
        "balance across sizes.",
        "At five sizes, median over seeds of error(one setting of three λ, found on other seeds "
        "for all sizes at once) − error(coverage alone, λ = 0.1); of error(the same, with dead "
        "units relocated between stages) − error(without); and, where a repulsion keeps its λ of "
        "0.1 (separation at τ = 1, overlap) and coverage has the best λ of the powers of ten up "
        "to 10,000, of error(the pair) − error(coverage alone, λ = 0.1).",
        "Yes below 0, no above: optimised, refined, and balanced, for either repulsion.",
        _ask_g3,
        ("coefficients",),
        ("test_coefficients.py::test_g3_asks_for_optimised_refined_and_balanced",),
    ),
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
        "Sixty digits, energy attractor in the features of encoders with one to three hidden "
        "layers and 64 features, and of two layers and 4: mean over seeds of the share of digits "
        "that the prototypes tell from 99 decoys, by nearest features and, decoded, by pixels; and "
        "of the accuracy on fresh digits, less that of prototypes among pixels.",
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
    Claim(
        "S5",
        "The three steps form one chain: from a classifier's hidden layer, by sparse coding, to "
        "single interpretable features.",
        "Twelve features, two of them on, behind a bent mixture of four leaky ReLUs; a classifier "
        "of the 66 pairs with 6, 8 or 12 units. Mean over seeds of the reverse R² of the units: "
        "trained − raw input, trained − untrained, and trained; and of MCC between noise-free "
        "features and the sparse codes that a dictionary learned from the units gives (the chain), "
        "less that of the same steps on the raw input, an untrained network and one with shuffled "
        "labels, less that of single units, ICA and a one-layer autoencoder, and as it is.",
        f"Differences: yes above 0. R² and MCC themselves: yes above {GOOD:g}, as in S1 and S2.",
        _ask_s5,
        ("chain",),
        ("test_chain.py::test_s5_asks_for_every_link",),
    ),
    Claim(
        "S6",
        "Suboptimal sparse coding gives features that are neither unique nor universal.",
        "In two known worlds (24 features in 12 units; 24 and 48 atoms) and on the units of a "
        "digits classifier (32 atoms), 14 ways to learn a dictionary, mean over seeds of: the rank "
        "correlation over ways between the lasso that a dictionary reaches and the agreement of "
        "two runs on one network (|cos| of matched atoms), or of runs on two networks (matched "
        "correlation of codes); and the agreement of the usual ReLU and TopK autoencoders − that "
        "of dictionary learning.",
        "Yes where the interval lies below 0: the worse the objective, the less is agreed on.",
        _ask_s6,
        ("universality",),
        ("test_universality.py::test_s6_asks_whether_poorer_coding_agrees_less",),
    ),
    Claim(
        "S7",
        "Features are linearly overlaid in a real representation.",
        "On the 16 units of a digits classifier, mean over seeds: for ink, slant and width, the "
        "mean cosine between classes of the direction in which more of it moves the units, as it "
        "is, − raw pixels, − an untrained network; and the share of the lasso that sparse codes "
        "of fresh digits save against noise with the same covariance, as it is, and − an untrained "
        "network's.",
        "Yes above 0: more of a stroke is the same vector added in every class, and sums of few "
        "atoms describe the units better than their covariance explains; both more so by training.",
        _ask_s7,
        ("universality",),
        ("test_universality.py::test_s7_asks_for_one_direction_and_for_sparse_sums",),
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


def shipped(folder: str | os.PathLike) -> list[Verdict]:
    """The verdicts on the fresh seeds of the tables that the book ships, each from its own table.

    Claims that none of them answers are left out.
    """
    found = {}
    for table in measurements.shipped(folder).values():
        found |= {one.claim.id: one for one in ledger(table) if one.questions}
    return [found[claim.id] for claim in CLAIMS if claim.id in found]
