"""Between the two sources: energies of points and of directions, and one yardstick for both.

Prototypes are points, `(nets, units, dims)`; atoms are directions, the columns of a dictionary
`(nets, measurements, features)`. Here are what the chapter that compares them needs beside
`protolib.losses` and `protolib.sparse.coding`: the repulsion between atoms, a plain descent on any
energy, and reconstructions of the same signals by points, by directions and by both.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from scipy.cluster.vq import kmeans2
from torch import Tensor

from protolib.data import generator
from protolib.losses import squared_distances
from protolib.sparse.lasso import fista
from protolib.sparse.world import Dictionary, Signals, check_seeds, unit_columns
from protolib.streams import KMEANS

# ------------------------------------------------------------------------------ energies


def incoherence(dictionary: Dictionary) -> Float[Tensor, " nets"]:
    """1/(N(N−1)) Σ_{j≠k} ⟨a_j, a_k⟩²: how much atoms overlap; 0 if all are orthogonal, or zero.

    What is made small to keep atoms apart, so "incoherence" is the name of the aim. 0 for a single
    atom.

    >>> incoherence(torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 2.0]]]))            # 2 of 6 pairs
    tensor([0.3333])
    """
    atoms = dictionary.shape[-1]
    gram = dictionary.mT @ dictionary
    squares = gram.square().sum((-2, -1)) - gram.diagonal(dim1=-2, dim2=-1).square().sum(-1)
    return squares / max(atoms * (atoms - 1), 1)


def gram_square(dictionary: Dictionary) -> Float[Tensor, " nets"]:
    """1/(N(N−1)) ‖AᵀA − I‖²: incoherence with its norms attracted to one, a whole square.

    = incoherence + 1/(N(N−1)) Σ_j (‖a_j‖² − 1)². Of N atoms in M dimensions, N ≥ M, at least
    (N − M)/(N(N−1)), where all M singular values are 1. The squared norms then have mean M/N, but
    single atoms may be zero: (I, 0) is such a minimum.

    >>> gram_square(torch.zeros(1, 2, 3)), gram_square(torch.eye(3)[None])
    (tensor([0.5000]), tensor([0.]))
    """
    atoms = dictionary.shape[-1]
    gram = dictionary.mT @ dictionary - torch.eye(atoms, dtype=dictionary.dtype)
    return gram.square().sum((-2, -1)) / max(atoms * (atoms - 1), 1)


def descend(
    loss: Callable[[Tensor], Float[Tensor, " nets"]],
    start: Float[Tensor, "nets a b"],
    *,
    steps: int,
    learning_rate: float,
    adam: bool = False,
    constrain: Callable[[Tensor], Tensor] | None = None,
    frames: int = 50,
) -> Float[Tensor, "frames nets a b"]:
    """Go down on `loss`, summed over nets, by gradient steps; `frames` stations and the start.

    Parameters
    ----------
    adam
        Adam's steps instead of plain gradient steps
    constrain
        applied after every step (and to the start), `unit_columns` for example

    Raises
    ------
    ValueError
        unless 1 ≤ frames ≤ steps.

    Examples
    --------
    >>> path = descend(lambda p: p.square().sum((1, 2)), torch.ones(1, 1, 1), steps=4,
    ...                learning_rate=0.25, frames=2)
    >>> path.flatten()
    tensor([1.0000, 0.2500, 0.0625])
    """
    if steps < 1 or not 1 <= frames <= steps:
        raise ValueError(f"expected 1 ≤ frames ≤ steps, got {frames} and {steps}")
    constrain = constrain or (lambda values: values)
    values = constrain(start.detach()).clone().requires_grad_()
    kind = torch.optim.Adam if adam else torch.optim.SGD
    optimiser = kind([values], lr=learning_rate)
    stations = set(np.linspace(0, steps, frames + 1).round().astype(int)[1:].tolist())
    path = [values.detach().clone()]
    for step in range(1, steps + 1):
        optimiser.zero_grad()
        loss(values).sum().backward()
        optimiser.step()
        with torch.no_grad():
            values.copy_(constrain(values))
        if step in stations:
            path.append(values.detach().clone())
    return torch.stack(path)


class SparseFit:
    """mean_i min_z ½‖y_i − A z‖² + λ‖z‖₁ as a function of the dictionary A, to be descended on.

    The codes z ≥ 0 follow A by a few steps of FISTA from their last values, and are held still when
    the derivative is taken (at the minimum over z that is the whole derivative). Call it again with
    another A, and it goes on from the codes it has: make a new one for a new descent.

    >>> A = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    >>> SparseFit(torch.tensor([[[3.0, 0.2]]]), lam=1.0)(A)          # ½(1² + 0.2²) + 2
    tensor([2.5200])
    """

    def __init__(self, signals: Signals, *, lam: float, steps: int = 5) -> None:
        self.signals, self.lam, self.steps, self.codes = signals, lam, steps, None

    def __call__(self, dictionary: Dictionary) -> Float[Tensor, " nets"]:
        with torch.no_grad():
            self.codes = fista(
                self.signals, dictionary, lam=self.lam, steps=self.steps, nonnegative=True,
                start=self.codes,
            )  # fmt: skip
        error = (self.signals - self.codes @ dictionary.mT).square().sum(-1) / 2
        return (error + self.lam * self.codes.sum(-1)).mean(-1)


# ------------------------------------------------------------------------------ one yardstick


def unexplained(signals: Signals, reconstructions: Signals) -> Float[Tensor, " nets"]:
    """Σ_i ‖y_i − ŷ_i‖² / Σ_i ‖y_i − ȳ‖²: 0 is perfect, 1 what the mean signal scores.

    >>> y = torch.tensor([[[0.0], [2.0]]])
    >>> unexplained(y, y), unexplained(y, torch.ones_like(y))
    (tensor([0.]), tensor([1.]))
    """
    about = (signals - signals.mean(1, keepdim=True)).square().sum((1, 2))
    return (signals - reconstructions).square().sum((1, 2)) / about


def nearest(signals: Signals, prototypes: Float[Tensor, "nets units m"]) -> Signals:
    """Every signal replaced by the prototype nearest to it: one of N, and nothing else.

    >>> nearest(torch.tensor([[[0.4], [2.0]]]), torch.tensor([[[0.0], [1.0]]])).flatten()
    tensor([0., 1.])
    """
    chosen = squared_distances(signals, prototypes).argmin(-1)
    return prototypes.gather(1, chosen[..., None].expand(-1, -1, prototypes.shape[-1]))


def one_atom(signals: Signals, dictionary: Dictionary) -> Signals:
    """Every signal replaced by its best positive multiple of one atom: a direction, and a length.

    Between `nearest` and a sparse code: one of N, but scaled.

    >>> one_atom(torch.tensor([[[0.5, 3.0]]]), torch.eye(2)[None])
    tensor([[[0., 3.]]])
    """
    atoms = unit_columns(dictionary)
    lengths, chosen = torch.relu(signals @ atoms).max(-1, keepdim=True)
    return lengths * atoms.mT.gather(1, chosen.expand(-1, -1, signals.shape[-1]))


def kmeans(signals: Signals, units: int, seeds: Sequence[int], *, restarts: int = 5) -> Tensor:
    """Centres (nets, units, measurements) by Lloyd's algorithm, the best of some k-means++ starts.

    SciPy's; coverage at its best, or nearly: the lowest of `restarts` local minima.

    Raises
    ------
    ValueError
        if there is not one seed for each net, or no start.

    >>> y = torch.tensor([[[0.0], [0.1], [5.0], [5.1]]])
    >>> kmeans(y, 2, [0]).flatten().sort().values
    tensor([0.0500, 5.0500])
    """
    check_seeds(seeds, signals)
    if units < 1 or restarts < 1:
        raise ValueError(f"units and restarts must be ≥ 1, got {units} and {restarts}")
    found = []
    for seed, net in zip(seeds, signals):
        random, tries = generator(seed, KMEANS, units), []
        for _ in range(restarts):
            centres, _ = kmeans2(
                net.double().numpy(), units, iter=50, minit="++", rng=random, missing="warn"
            )
            centres = torch.tensor(centres, dtype=net.dtype)[None]
            tries.append((float(unexplained(net[None], nearest(net[None], centres))), centres))
        found.append(min(tries, key=lambda one: one[0])[1])
    return torch.cat(found)


def principal(
    signals: Signals, components: int, fresh: Float[Tensor, "nets fresh measurements"] | None = None
) -> Float[Tensor, "nets _ measurements"]:
    """The signals (or fresh ones) seen through the first principal components of `signals`.

    >>> y = torch.tensor([[[0.0, 0.0], [2.0, 0.0], [1.0, 0.1], [1.0, -0.1]]])
    >>> principal(y, 1).round()[0, 2]
    tensor([1., 0.])
    """
    mean = signals.mean(1, keepdim=True)
    axes = torch.linalg.svd(signals - mean, full_matrices=False).Vh[:, :components]
    shown = signals if fresh is None else fresh
    return mean + (shown - mean) @ axes.mT @ axes
