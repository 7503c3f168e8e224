"""Sparse codes: how features that share too few units are read out again, and how well.

The world: y = A z, with a dictionary A of more columns (features) than rows (measurements) and a
code z with few non-zero entries. Axes come in the order `nets, samples, …`; a stack holds one
dictionary and one set of samples per net, and nets never mix. Throughout,

    lasso(z) = ½ ‖y − A z‖² + λ ‖z‖₁ ,

without the 1/n of other libraries (scikit-learn's `Lasso` minimises 1/(2n) ‖y − A z‖² + α ‖z‖₁ with
n measurements: its α is λ/n).

Where to look: `world` draws dictionaries and codes, `lasso` has ISTA and FISTA, `recovery` what can
be recovered, `dictionary` learns one, `encoders` trains networks. All is reached from here.

The precise wording matters: with a fixed dictionary this is convex; counting non-zeros instead of
‖z‖₁ makes it NP-hard; learning dictionary and codes together is not convex.
"""

from protolib.sparse.dictionary import Learned, learn_dictionary
from protolib.sparse.encoders import (
    Autoencoder,
    Lista,
    encode,
    largest,
    lista_start,
    run_lista,
    train_autoencoder,
    train_lista,
)
from protolib.sparse.lasso import fista, ista, kkt_residual, lasso, lipschitz, soft_threshold
from protolib.sparse.recovery import (
    basis_pursuit,
    coherence,
    read,
    recovered,
    ridge,
    spark,
    statistical_dimension,
)
from protolib.sparse.world import (
    Codes,
    Dictionary,
    Signals,
    mix,
    random_dictionary,
    sparse_codes,
    unit_columns,
)

__all__ = [
    "Autoencoder", "Codes", "Dictionary", "Learned", "Lista", "Signals", "basis_pursuit",
    "coherence", "encode", "fista", "ista", "kkt_residual", "largest", "lasso", "learn_dictionary",
    "lipschitz", "lista_start", "mix", "random_dictionary", "read", "recovered", "ridge",
    "run_lista", "soft_threshold", "spark", "sparse_codes", "statistical_dimension",
    "train_autoencoder", "train_lista", "unit_columns",
]  # fmt: skip
