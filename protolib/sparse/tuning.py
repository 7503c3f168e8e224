"""Sparse autoencoders for several λ at once, to choose among."""

from collections.abc import Sequence

import torch

from protolib.sparse.coding import Autoencoder, Dictionary, Signals, train_autoencoder


def for_each_penalty(
    signals: Signals, dictionary: Dictionary, seeds: Sequence[int], lams: Sequence[float], **how
) -> list[Autoencoder]:
    """An autoencoder of every λ, (nets, …) each, trained in one stack.

    Nets never mix and each draws its own batches, so this is `train_autoencoder` called once for
    each λ, up to the rounding of batched products, in a fraction of the time.

    Parameters
    ----------
    how
        what else `train_autoencoder` takes

    Examples
    --------
    >>> y, A = torch.ones(2, 10, 3), torch.eye(3).expand(2, 3, 3)
    >>> nets = for_each_penalty(y, A, [0, 1], (0.1, 0.2, 0.3), steps=5)
    >>> len(nets), nets[0].weight.shape
    (3, torch.Size([2, 3, 3]))
    """
    n = len(lams)
    if n == 0:
        raise ValueError("expected one λ or more, got none")
    each = torch.tensor(lams).repeat_interleave(len(seeds))
    stack = train_autoencoder(
        signals.repeat(n, 1, 1), dictionary.repeat(n, 1, 1), [*seeds] * n, lam=each, **how
    )
    return [Autoencoder(*parts) for parts in zip(*(part.split(len(seeds)) for part in stack))]
