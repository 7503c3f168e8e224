"""Scores of units matched one to one with features: MCC, dictionary recovery, F1 of the support."""

from typing import Literal

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from protolib.matching import cheapest_pairs

Correlation = Literal["pearson", "spearman"]


def check(codes_hat: Tensor, codes: Tensor) -> None:
    """See that codes can be scored; a `ValueError` says why not."""
    shapes = tuple(codes_hat.shape), tuple(codes.shape)
    if codes_hat.ndim != 3 or codes.ndim != 3 or shapes[0][:2] != shapes[1][:2]:
        raise ValueError(
            "expected codes_hat (nets, samples, units) and codes (nets, samples, features), "
            f"got {shapes[0]} and {shapes[1]}"
        )
    if min(shapes[0] + shapes[1]) < 1 or shapes[0][1] < 4:
        raise ValueError(
            "expected at least four samples, one unit and one feature, "
            f"got {shapes[0]} and {shapes[1]}"
        )
    for name, values in (("codes_hat", codes_hat), ("codes", codes)):
        if not torch.isfinite(values).all():
            raise ValueError(f"{name} must be finite, got values that are infinite or no numbers")


def directions(columns: Float[Tensor, "nets rows k"]) -> Float[Tensor, "nets rows k"]:
    """Columns scaled to length 1; those that are zero, up to rounding, stay zero."""
    length = columns.norm(dim=1, keepdim=True)
    return torch.where(length > 0, columns / torch.where(length > 0, length, 1.0), 0.0)


def centred(codes: Float[Tensor, "nets samples k"]) -> Float[Tensor, "nets samples k"]:
    """Columns less their mean, in float64; a column that is constant up to rounding becomes 0."""
    codes = codes.detach().double()
    centred = codes - codes.mean(1, keepdim=True)
    constant = centred.abs().amax(1, keepdim=True) <= 1e-12 * codes.abs().amax(1, keepdim=True)
    return centred.masked_fill(constant, 0.0)


def mean_matched(table: Float[Tensor, "nets units features"]) -> Float[Tensor, " nets"]:
    """The mean over features of the one-to-one pairing with the largest sum."""
    means = []
    for net in table.mT.numpy():
        rows, columns = cheapest_pairs(-net)
        means.append(net[rows, columns].sum() / len(net))
    return torch.tensor(means, dtype=torch.float64)


def correlations(
    codes_hat: Float[Tensor, "nets samples units"],
    codes: Float[Tensor, "nets samples features"],
    *,
    method: Correlation = "pearson",
) -> Float[Tensor, "nets units features"]:
    """Pearson's or Spearman's correlation of every unit with every feature, in [−1, 1].

    Spearman's is Pearson's of the ranks; ties share their mean rank.

    Raises
    ------
    ValueError
        if shapes disagree, there are fewer than four samples, a number is not finite, or there is
        no such method.

    Examples
    --------
    >>> z = torch.tensor([[[0.0], [1.0], [2.0], [3.0]]])
    >>> round(correlations(z**3, z).item(), 2), correlations(-(z**3), z, method="spearman").item()
    (0.91, -1.0)
    """
    check(codes_hat, codes)
    if method not in ("pearson", "spearman"):
        raise ValueError(f'method must be "pearson" or "spearman", got {method!r}')
    both = [values.detach().double() for values in (codes_hat, codes)]
    if method == "spearman":
        both = [torch.tensor(stats.rankdata(values.numpy(), axis=1)) for values in both]
    a, b = (directions(centred(values)) for values in both)
    return (a.mT @ b).clamp(-1, 1)


def mcc(
    codes_hat: Float[Tensor, "nets samples units"],
    codes: Float[Tensor, "nets samples features"],
    *,
    method: Correlation = "pearson",
) -> Float[Tensor, " nets"]:
    """Mean correlation coefficient: `mean_k |corr(ĉ_π(k), c_k)|` at the best one-to-one matching π.

    The matching is the assignment that also gives prototypes to samples, with `−|corr|` as cost. A
    score of the identifiability literature, for example Khemakhem et al. (arXiv:1907.04809).
    Unchanged if units are reordered, shifted, scaled or flipped; with `method="spearman"` also
    under monotone maps of single units.

    Unequal numbers: the mean runs over all features. Spare units are free, features left alone
    count 0. Chance: `mcc_chance`, and `mcc_of_rotations` for a code that is right up to a rotation.
    Floor: an invertible linear map of d uncorrelated features scores more than 1/d, and 1/d is the
    infimum, which units come near that are nearly copies of one feature. (A unit's correlations
    have squares that add up to 1, so their absolute values add up to at least 1; each of d disjoint
    matchings scores at most what the best does.) Correlated features have no such floor.

    Raises
    ------
    ValueError
        if shapes disagree, there are fewer than four samples, or a number is not finite.

    Examples
    --------
    >>> c = torch.tensor([[[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]])
    >>> mcc(-3 * c.flip(2), c), mcc(c[..., :1], c)
    (tensor([1.], dtype=torch.float64), tensor([0.5000], dtype=torch.float64))
    """
    return mean_matched(correlations(codes_hat, codes, method=method).abs())


def dictionary_recovery(
    atoms_hat: Float[Tensor, "nets dims units"], atoms: Float[Tensor, "nets dims features"]
) -> Float[Tensor, " nets"]:
    """`mean_k |cos(â_π(k), a_k)|` of matched columns: how well a dictionary's atoms are found.

    `mcc` without centring, of atoms instead of codes: unchanged if atoms are reordered, scaled or
    flipped; an atom of length 0 matches nothing. Unequal numbers and matching as there. Chance:
    `recovery_chance`.

    Raises
    ------
    ValueError
        if the shapes disagree.

    Examples
    --------
    >>> dictionary_recovery(torch.eye(3)[None, :, [2, 0, 1]] * -5, torch.eye(3)[None])
    tensor([1.], dtype=torch.float64)
    """
    if atoms_hat.ndim != 3 or atoms.ndim != 3 or atoms_hat.shape[:2] != atoms.shape[:2]:
        raise ValueError(
            "expected atoms_hat (nets, dims, units) and atoms (nets, dims, features), "
            f"got {tuple(atoms_hat.shape)} and {tuple(atoms.shape)}"
        )
    a, b = (directions(columns.detach().double()) for columns in (atoms_hat, atoms))
    return mean_matched((a.mT @ b).abs().clamp(max=1))


def support_f1(
    codes_hat: Float[Tensor, "nets samples units"],
    codes: Float[Tensor, "nets samples features"],
    *,
    threshold: float = 0.0,
    aligned: bool = False,
) -> Float[Tensor, " nets"]:
    """Which units are on? F1 = 2·both / (on_hat + on) of matched pairs, the mean over features.

    A code is on where its absolute value is larger than `threshold`. Units are matched one to one
    so that the sum of F1 is largest, or, if they are `aligned`, unit k stands for feature k. If
    neither of a pair is ever on, they agree: 1. Unequal numbers as in `mcc`. Chance for aligned
    pairs: `support_f1_chance`; else `permuted`.

    Raises
    ------
    ValueError
        if the codes cannot be scored (see `mcc`), the threshold is negative, or aligned codes are
        not equally many.

    Examples
    --------
    >>> c = torch.tensor([[[0.0, 2.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]])
    >>> support_f1(c.flip(2), c), support_f1(c.flip(2), c, aligned=True)  # 2 · 1 / (2 + 2)
    (tensor([1.], dtype=torch.float64), tensor([0.5000], dtype=torch.float64))
    """
    check(codes_hat, codes)
    if not threshold >= 0:
        raise ValueError(f"threshold must be ≥ 0, got {threshold}")
    a, b = ((values.detach().abs() > threshold).double() for values in (codes_hat, codes))
    total = a.sum(1)[..., None] + b.sum(1)[:, None]
    f1 = torch.where(total > 0, 2 * (a.mT @ b) / total.clamp(min=1), 1.0)
    if not aligned:
        return mean_matched(f1)
    if f1.shape[1] != f1.shape[2]:
        raise ValueError(f"aligned codes must be equally many, got {f1.shape[1]} and {f1.shape[2]}")
    return f1.diagonal(dim1=1, dim2=2).mean(-1)
