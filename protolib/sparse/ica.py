"""Independent component analysis: which axes a linear mixture has, if its sources have any."""

import torch
from jaxtyping import Float
from torch import Tensor

from protolib.sparse.scores.matched import centred


def fast_ica(
    codes: Float[Tensor, "nets samples dims"], *, steps: int = 200
) -> Float[Tensor, "nets samples dims"]:
    """As many units, linear in the codes, uncorrelated and as independent as may be. float64.

    FastICA (Hyvärinen and Oja 1997), symmetric, with the contrast log cosh: whiten the codes to x,
    then repeat W ← E[tanh(Wx) xᵀ] − diag(E[1 − tanh²(Wx)]) W, with W taken back to the nearest
    orthogonal matrix, from W = I. Units have variance 1; their order and signs mean nothing. It
    is a local search: where sources have no axes (a rotation-invariant law) it ends anywhere.

    Raises
    ------
    ValueError
        if there are no more samples than dims, or the codes of a net do not span their space.

    Examples
    --------
    >>> from protolib.data import uniform
    >>> from protolib.sparse.scores import mcc
    >>> square = uniform([0], 2000, 2, dtype=torch.float64)
    >>> turned = square @ torch.tensor([[1.0, 1.0], [-1.0, 1.0]]).double()
    >>> bool(mcc(turned, square) < 0.75), bool(mcc(fast_ica(turned), square) > 0.99)
    (True, True)
    """
    x = centred(codes)
    nets, samples, dims = x.shape
    if samples <= dims:
        raise ValueError(f"expected more samples than dims, got {samples} and {dims}")
    variances, axes = torch.linalg.eigh(x.mT @ x / samples)
    if not (variances[:, 0] > 1e-12 * variances[:, -1]).all():
        raise ValueError("the codes of every net must span their space")
    x = x @ (axes / variances.sqrt()[:, None])
    w = torch.eye(dims, dtype=x.dtype).repeat(nets, 1, 1)
    for _ in range(steps):
        s = (x @ w.mT).tanh()
        slope = 1 - s.square().mean(1)
        left, _, right = torch.linalg.svd(s.mT @ x / samples - slope[..., None] * w)
        old, w = w, left @ right
        if (1 - (w * old).sum(-1).abs()).max() < 1e-12:
            break
    return x @ w.mT
