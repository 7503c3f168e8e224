"""Every way of this book to reconstruct signals: by a point, by a direction, by a sum.

A `Method` says how signals become reconstructions, and by which vectors. `methods` trains or fits
them all to the same signals; `bridge.unexplained` is their yardstick.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from protolib import losses, matching, model, training
from protolib.sparse import bridge, coding
from protolib.sparse.coding import Codes, Dictionary, Signals


class Method(NamedTuple):
    """One way to reconstruct.

    Parameters
    ----------
    rebuild
        signals (nets, samples, measurements) become their reconstructions, and the mean number of
        *real numbers* that takes for each signal, beside the indices of what it uses
    vectors
        the columns that it uses, or None
    """

    rebuild: Callable[[Signals], tuple[Signals, float]]
    vectors: Dictionary | None


def by_nearest(prototypes: Float[Tensor, "nets units measurements"]) -> Method:
    """A signal becomes the prototype nearest to it: an index, and no real number.

    >>> rebuild = by_nearest(torch.tensor([[[0.0], [1.0]]])).rebuild
    >>> rebuild(torch.tensor([[[0.4], [2.0]]]))[0].flatten()
    tensor([0., 1.])
    """
    return Method(lambda v: (bridge.nearest(v, prototypes), 0.0), prototypes.mT)


def by_sum(dictionary: Dictionary, encode: Callable[[Signals], Codes]) -> Method:
    """A signal becomes the sum that its code says; codes above 1e-4 count as real numbers.

    >>> rebuild = by_sum(torch.eye(2)[None], lambda v: v.clamp(min=1)).rebuild
    >>> rebuild(torch.tensor([[[0.0, 3.0]]]))
    (tensor([[[1., 3.]]]), 2.0)
    """

    def rebuild(v: Signals) -> tuple[Signals, float]:
        codes = encode(v)
        return coding.mix(codes, dictionary), (codes > 1e-4).float().sum(-1).mean().item()

    return Method(rebuild, dictionary)


def by_lasso(dictionary: Dictionary, lam: float) -> Method:
    """`by_sum` of the code z ≥ 0 that 200 steps of FISTA find."""
    how = {"lam": lam, "steps": 200, "nonnegative": True}
    return by_sum(dictionary, lambda v: coding.fista(v, dictionary, **how))


def prototypes(
    signals: Signals,
    targets: Shaped[Tensor, "nets samples *outputs"],
    units: int,
    seeds: Sequence[int],
    *,
    steps: int = 1500,
) -> dict[str, Float[Tensor, "nets units measurements"]]:
    """Points by name: random, the first signals, from trained networks, and k-means' centres.

    All networks start at the random points of the signals' box, with widths of the median
    distance, and train with nominal λ = 1: on the task alone, with coverage, with separation at a
    tenth of that width besides, and with the energy attractor.
    """
    tau = losses.squared_distances(signals, signals).median().item()
    corner = matching.chance_prototypes(signals, units, seed=0)
    outputs = None if targets.ndim == 2 else targets.shape[-1]
    start = model.initialise(seeds, units, signals.shape[2], outputs=outputs, slope=tau**-0.5)
    start = start._replace(bias=-corner * tau**-0.5)
    found = {"random points": corner, "random signals": signals[:, :units]}
    for name, mask, more in (
        ("baseline", (0, 0, 0), {}),
        ("coverage", (1, 0, 0), {}),
        ("coverage + separation", (1, 1, 0), {"tau": tau / 10}),
        ("energy", (1, 1, 0), {"attractor": "energy", "kernel": "energy"}),
    ):
        masks = torch.tensor([mask] * len(seeds)).float()
        config = training.TrainConfig(steps=steps, lam=1.0, **more)
        net = training.train(start, signals, targets, masks, config).parameters
        found[name] = model.prototypes(net)
    return found | {"k-means centres": bridge.kmeans(signals, units, seeds)}


def methods(
    signals: Signals,
    targets: Shaped[Tensor, "nets samples *outputs"],
    units: int,
    seeds: Sequence[int],
    *,
    lam: float,
    true: Dictionary | None = None,
    steps: int = 1500,
    rounds: int = 60,
) -> dict[str, Method]:
    """All methods by name, fitted to the same signals, `units` vectors each.

    Parameters
    ----------
    targets
        what the networks learn; a label for each signal, or one for each class
    lam
        λ of every sparse code
    true
        the dictionary that made the signals, if it is known
    steps, rounds
        of training the networks and the autoencoder, and of learning the dictionary
    """
    learned = coding.learn_dictionary(
        signals, units, seeds, lam=lam, rounds=rounds, steps=10, restarts=3, nonnegative=True
    ).dictionary
    blank = coding.random_dictionary([seed + 50 for seed in seeds], signals.shape[2], units)
    sae = coding.train_autoencoder(
        signals, blank, seeds, lam=lam, learn=True, steps=steps, batch=100, learning_rate=1e-2
    )
    points = prototypes(signals, targets, units, seeds, steps=steps)
    found = {name: by_nearest(p) for name, p in points.items()}
    found["one learned atom"] = Method(lambda v: (bridge.one_atom(v, learned), 1.0), None)
    found["random atoms"] = by_lasso(blank, lam)
    found["learned atoms"] = by_lasso(learned, lam)
    found["sparse autoencoder"] = by_sum(sae.dictionary, lambda v: coding.encode(sae, v))
    if true is not None:
        found["true atoms"] = by_lasso(true, lam)
    k = max(1, round(found["learned atoms"].rebuild(signals)[1]))
    found["principal components"] = Method(lambda v: (bridge.principal(signals, k, v), k), None)
    return found
