"""S1 to S4: what the second source claims, and what ten fresh seeds say.

Claims S1 to S4 restate, in our words, the three steps of Klindt et al. (arXiv:2503.01824) and the
amortisation gap of O'Neill et al. (arXiv:2411.13117). Only their abstracts and summaries were
available to us. Estimands, worlds and rules are ours. They were committed before any interval was
computed, but after the chapters had been written, whose three seeds (0, 1, 2) we had seen; so the
ledger takes seeds that no chapter uses. The measurements are those of
`protolib.sparse.measurements`.
"""

import pandas as pd

from protolib.claims import measured
from protolib.claims.engine import Claim, Question, Revision, Verdict, above, below, positive
from protolib.claims.measured import questions
from protolib.sparse.measurements import DEEP, NOISE, SPARSE

GOOD = 0.95  # what "recovers" asks of R² and of MCC
MARGIN = 0.05  # less than this is nothing, for S1's rotations and S4's noise


def _ask_s1(table: pd.DataFrame) -> list[Question]:
    asks = (
        ("R²", "trained", "raw input", positive),
        ("R²", "trained", "untrained", positive),
        ("R²", "trained", None, above(GOOD)),
        ("reverse R²", "trained", "raw input", positive),
        ("reverse R²", "trained", "untrained", positive),
        ("reverse R²", "trained", None, above(GOOD)),
        ("MCC", "trained", "random rotation", below(MARGIN)),
    )
    return questions(table, ["sphere"], asks)


def _mixtures(sizes) -> list[str]:
    return [f"M = {m}, K = {k}" for _, m, k in sizes]


def _ask_s2(table: pd.DataFrame) -> list[Question]:
    asks = (
        ("MCC", "sparse inference", "linear read-out", positive),
        ("MCC", "sparse inference", None, above(GOOD)),
        ("MCC", "learned dictionary", "linear read-out", positive),
    )
    return questions(table, _mixtures(SPARSE), asks)


def _ask_s3(table: pd.DataFrame) -> list[Question]:
    own = "SAE with its own dictionary"
    asks = (
        ("MCC", "sparse inference", "SAE", positive),
        ("MCC", "sparse inference", "one layer, taught", positive),
        ("MCC", "sparse inference on that dictionary", own, positive),
    )
    return questions(table, _mixtures(DEEP), asks)


def _ask_s4(table: pd.DataFrame) -> list[Question]:
    units = dict.fromkeys(f"{u} units" for _, u in NOISE)
    asks = [(s, u, None, above(MARGIN)) for u in units for s in ("MCC", "R²", "DCI: D", "MIG")]
    found = questions(table, ["noise"], asks)
    rivals = (
        ("MCC", "empty", "honest", positive),
        ("MCC above chance", "honest", "empty", positive),
    )
    return found + questions(table, ["rivals"], rivals)


CLAIMS = (
    Claim(
        "S1",
        "A classifier's representation gives the latents back up to a linear map.",
        "For latents on spheres in 3, 5 and 8 dimensions, mean over seeds of the held-out linear "
        "R², of the latents from the representation and in reverse: trained − raw input, trained − "
        "untrained, and trained; and of MCC(trained) − the mean MCC of a random rotation.",
        f"Differences of R²: yes above 0. R² itself: yes above {GOOD:g}. MCC: yes (linear, and no "
        f"further) where it exceeds a rotation's by less than {MARGIN:g}. Yes and no where the "
        "whole interval says so.",
        _ask_s1,
        ("identifiability",),
        (
            "test_sparse_claims.py::test_s1_asks_for_linear_and_no_further",
            "test_identifiability.py::test_centred_logits_of_the_posterior_are_linear_in_the_latent",
        ),
        (
            Revision(
                "2026-11-22",
                "Without the reverse: R² of the latents from the representation, and MCC.",
                (("seeds 10 to 19", "partly"),),
                "That R² is nearly as high for a wide random layer, so alone it cannot tell a "
                "representation that is linear in the latents from one that holds them among much "
                "else.",
            ),
        ),
    ),
    Claim(
        "S2",
        "Sparse coding recovers features in superposition that a linear read-out cannot.",
        "In four worlds of N features in M units with K active, all on the good side of the edge, "
        "mean over seeds of MCC(sparse inference) − MCC(linear read-out, trained on true codes), "
        "and of MCC(sparse inference), with the true dictionary; in two of them also with a "
        "dictionary learned from signals alone.",
        f"Differences: yes above 0. MCC itself: yes (recovers) above {GOOD:g}.",
        _ask_s2,
        ("sparse-codes",),
        ("test_sparse_claims.py::test_s2_asks_for_more_than_a_linear_read_out",),
    ),
    Claim(
        "S3",
        "The one-layer encoder of a sparse autoencoder leaves a gap to sparse inference with the "
        "same dictionary.",
        "In two worlds, mean over seeds of MCC(sparse inference) − MCC(encoder): the encoder "
        "trained on the true dictionary with its best λ of five; one layer taught the true codes; "
        "and encoder and inference on the dictionary that the autoencoder learned.",
        "Yes where the interval lies above 0, no where it lies below.",
        _ask_s3,
        ("sparse-codes",),
        ("test_sparse_claims.py::test_s3_asks_for_a_gap",),
    ),
    Claim(
        "S4",
        "Scores of interpretability mean nothing without their chance levels.",
        "Mean over seeds of MCC, linear R², D and MIG of units that know nothing, at three sizes; "
        "and, for 2000 empty units beside six honest ones on 100 samples, MCC(empty) − MCC(honest) "
        "as it is, and MCC(honest) − MCC(empty) above chance.",
        f"Noise: yes (a chance level is needed) above {MARGIN:g}, no below it, also far below 0. "
        "Differences: yes above 0.",
        _ask_s4,
        ("scores",),
        ("test_sparse_claims.py::test_s4_asks_what_noise_scores",),
    ),
)


def ledger(table: pd.DataFrame) -> list[Verdict]:
    """Decide S1 to S4 on a table of `measure`.

    Raises
    ------
    TableError
        if a column is missing, the table is empty, or it holds a measurement twice.
    """
    return measured.ledger(CLAIMS, table)
