"""What the sources say, sentence by sentence, and the row of the ledger that answers it.

From their abstracts, from public summaries of them (more could not be had), and from the limits and
the future work that these name; in our words.
"""

from collections.abc import Iterable
from typing import NamedTuple

from protolib.claims import paper, sparse
from protolib.claims.engine import Verdict


class Sentence(NamedTuple):
    """A sentence of a source: the source's key in the bibliography, where it stands, claims' ids.

    kind is one of `KINDS`.
    """

    source: str
    kind: str
    words: str
    claims: tuple[str, ...]


SOURCES = FIRST, SECOND, COMPANION = "alba2026", "klindt2025", "oneill2024"
KINDS = ("abstract", "summary", "limit", "future work")

BEYOND = (
    Sentence(FIRST, "summary", "Faithful reconstruction improves generalisation.", ("G1",)),
    Sentence(
        FIRST,
        "summary",
        "Who can reconstruct what a network memorised can verify its behaviour.",
        ("G2",),
    ),
    Sentence(
        FIRST,
        "summary",
        "Coverage may scale to networks far from minimal, of 100 million parameters and more, "
        "and keep interpretability and generalisation.",
        ("G4",),
    ),
    Sentence(FIRST, "limit", "The data are synthetic and one-dimensional.", ("G6", "G4")),
    Sentence(FIRST, "limit", "The activation is Gaussian.", ("G6",)),
    Sentence(FIRST, "limit", "There is one coefficient for all losses.", ("G6", "G3")),
    Sentence(FIRST, "limit", "The width is tied to the number of samples.", ("G6",)),
    Sentence(FIRST, "limit", "The networks are small.", ("G4",)),
    Sentence(FIRST, "future work", "Data of higher dimension.", ("G6", "G4")),
    Sentence(FIRST, "future work", "Varied architectures.", ("G5",)),
    Sentence(
        FIRST,
        "future work",
        "Iterative refinement, and coefficients that are optimised themselves, to balance "
        "repulsions and attractors across sizes.",
        ("G3",),
    ),
    Sentence(
        FIRST,
        "future work",
        "Guarantees for attractor-compatible repulsions in broader settings.",
        ("C10",),
    ),
    Sentence(SECOND, "abstract", "The three steps form one chain.", ("S5",)),
    Sentence(
        SECOND,
        "abstract",
        "Features lie linearly over one another in the representations of real networks.",
        ("S7",),
    ),
    Sentence(
        SECOND,
        "abstract",
        "Quantitative metrics assess the success, and so ensure that features align with what "
        "people can interpret.",
        ("S4",),
    ),
    Sentence(SECOND, "limit", "Sparse inference is expensive: not convex, or NP-hard.", ("S8",)),
    Sentence(
        SECOND,
        "limit",
        "Suboptimal sparse coding gives features that are neither unique nor universal.",
        ("S6",),
    ),
    Sentence(
        SECOND,
        "future work",
        "Efficient, scalable inference that closes the amortisation gap.",
        ("S8",),
    ),
    Sentence(SECOND, "future work", "Data that deviate from those of training.", ("S9",)),
)


def sentences() -> list[Sentence]:
    """Every sentence by source and kind: the abstracts' claims in the ledger's words, and the rest.

    S3 is a companion's. S4 words what we ask of the abstract's sentence on metrics, and is no
    sentence of its own.
    """
    told = [(FIRST, claim) for claim in paper.CLAIMS]
    told += zip((SECOND, SECOND, COMPANION), sparse.CLAIMS)
    abstracts = [Sentence(source, "abstract", c.sentence, (c.id,)) for source, c in told]
    return sorted(
        [*abstracts, *BEYOND], key=lambda s: (SOURCES.index(s.source), KINDS.index(s.kind))
    )


def unanswered(verdicts: Iterable[Verdict]) -> list[Sentence]:
    """The sentences of which a claim has no verdict."""
    known = {verdict.claim.id for verdict in verdicts if verdict.questions}
    return [sentence for sentence in sentences() if not {*sentence.claims} <= known]
