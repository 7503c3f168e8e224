"""Classifiers whose weights hold their training images, attacks on them, and defences.

A *member* is a sample that a network was trained on. An attack gives every candidate a score and
accuses those above a threshold; the curve of true against false positives, over all thresholds,
says how well. Where one number an image is kept its shape is `nets, samples`; an image's label is
one-hot.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from protolib import losses, matching, model, training
from protolib.data import NOISE, generator
from protolib.masks import Mask
from protolib.model import Parameters
from protolib.streams import DECOYS

# The structural loss of a classifier: its mask, and the options of its training.
FORMS = {
    "baseline": (Mask(0, 0, 0), {}),
    "coverage": (Mask(1, 0, 0), {}),
    "overlap": (Mask(0, 0, 1), {}),
    "energy": (Mask(1, 1, 0), {"attractor": "energy", "kernel": "energy"}),
}


# ------------------------------------------------------------------------------ the classifiers


def classifier(
    seeds: Sequence[int],
    images: Float[Tensor, "nets samples dims"],
    labels: Float[Tensor, "nets samples classes"],
    form: str = "energy",
    *,
    lam: float = 1.0,
    steps: int = 3000,
    snapshot_every: int | None = None,
    task: bool = True,
) -> training.TrainResult:
    """Train classifiers with as many isotropic units as images, one network a seed.

    The prototypes start uniformly in the images' bounding box (seed 0 for all), slopes at 0.3.
    Without a task the readouts, the offsets and all targets are 0: the gradient of the fit is then
    0 throughout, and the structural loss acts alone.

    Raises
    ------
    KeyError
        if `form` is not one of `FORMS`.
    """
    mask, options = FORMS[form]
    _, n, dims = images.shape
    start = model.initialise(seeds, n, dims, outputs=labels.shape[-1], slope=0.3)
    start = start._replace(bias=-0.3 * matching.chance_prototypes(images, n, seed=0))
    if not task:
        labels = torch.zeros_like(labels)
        start = start._replace(readout=0 * start.readout, offset=0 * start.offset)
    masks = torch.tensor([mask] * len(images), dtype=images.dtype)
    config = training.TrainConfig(steps=steps, lam=lam, **options)
    return training.train(start, images, labels, masks, config, snapshot_every=snapshot_every)


def accuracy(net: Parameters, images: Tensor, labels: Tensor) -> float:
    """The share of images, over all networks, that get the class of their one-hot label."""
    hits = model.predict(net, images).argmax(-1) == labels.argmax(-1)
    return hits.double().mean().item()


# ------------------------------------------------------------------------------ the attacks


def nearest(
    a: Float[Tensor, "nets points dims"], b: Float[Tensor, "nets others dims"]
) -> Float[Tensor, "nets points"]:
    """The distance of every point of a to the nearest point of b."""
    return losses.squared_distances(a, b).amin(-1).sqrt()


def neighbours(points: Float[Tensor, "nets points dims"]) -> Float[Tensor, "nets points"]:
    """The distance of every point to the nearest other one."""
    d = losses.squared_distances(points, points)
    return d.masked_fill(torch.eye(d.shape[-1], dtype=torch.bool), torch.inf).amin(-1).sqrt()


def by_output(net: Parameters, images, labels) -> Float[Tensor, "nets samples"]:
    """The score of the attack by output: minus the squared error, averaged over classes."""
    return -(model.predict(net, images) - labels).square().mean(-1)


def by_prototypes(net: Parameters, images) -> Float[Tensor, "nets samples"]:
    """The score of the attack by prototypes: minus the distance to the nearest one."""
    return -nearest(images, model.prototypes(net))


def _predict(net: Parameters, images):
    """`model.predict` by matrix products: quicker to differentiate, a little less exact."""
    w, b = net.slope[:, None], net.bias
    far = w.square() * images.square().sum(-1, keepdim=True) + b.square().sum(-1)[:, None]
    h = torch.exp(-(far + 2 * w * (images @ b.mT)).clamp(min=0))
    return h @ net.readout + net.offset[:, None]


def invert(
    net: Parameters, *, steps: int = 400, rate: float = 0.02, stay: float = 0.01
) -> Float[Tensor, "nets units dims"]:
    """Reconstruction by optimisation, from the weights alone: one candidate a unit.

    A network that fits its images exactly answers each of them with exactly one class. So look,
    from every prototype p, for the nearest image z in the range of pixels that it answers so:
    minimise ‖f(z) − e‖² + ‖z − clip(z)‖² + stay · ‖z − p‖², with e the class nearest to f(z) and
    clip to [0, 1], by Adam. That an image is answered exactly does not make it a training image.
    """
    net = Parameters(*(t.detach() for t in net))
    start = model.prototypes(net)
    z = start.clone().requires_grad_()
    adam = torch.optim.Adam([z], rate)
    for _ in range(steps):
        f = _predict(net, z)
        e = torch.nn.functional.one_hot(f.argmax(-1), f.shape[-1])
        outside = (z - z.clamp(0, 1)).square().sum()
        loss = (f - e).square().sum() + outside + stay * (z - start).square().sum()
        adam.zero_grad()
        loss.backward()
        adam.step()
    return z.detach()


def identified(
    candidates: Float[Tensor, "nets units dims"],
    members: Float[Tensor, "nets samples dims"],
    others: Float[Tensor, "nets decoys dims"],
    *,
    among: int = 99,
    seed: int = 0,
) -> Float[Tensor, " nets"]:
    """The share of members that candidates tell from so many decoys each; chance 1/(among + 1).

    For every member, decoys are drawn from the others without replacement, and member and decoys
    are matched one-to-one to the candidates, so that one blurred candidate cannot stand for many.
    The member is identified if no decoy's match is nearer than its own.

    Raises
    ------
    ValueError
        if there are fewer others than decoys to draw.
    """
    hits = torch.zeros(members.shape[:2], dtype=torch.bool)
    for net, (z, m, o) in enumerate(zip(candidates, members, others)):
        draw = generator(seed, DECOYS, net)
        own, away = (torch.cdist(t.double(), z.double()).numpy() for t in (m, o))
        for k, row in enumerate(own):
            table = np.vstack([row, away[draw.choice(len(away), among, replace=False)]])
            rows, columns = matching.cheapest_pairs(table)
            gaps = np.full(len(table), np.inf)
            gaps[rows] = table[rows, columns]
            hits[net, k] = bool(np.isfinite(gaps[0]) and gaps[0] <= gaps.min())
    return hits.double().mean(-1)


def crossings(
    net: Parameters, target: Callable[[Tensor], Tensor], points: int = 4001
) -> list[Float[Tensor, " crossings"]]:
    """Where networks on a line cross a known function in [−1, 1]; one tensor a network.

    Whoever knows the law of the targets looks there first: a fit without error crosses or touches
    it at every sample. Changes of sign on an even grid, refined by a straight line.
    """
    net = Parameters(*(t.double() for t in net))
    x = torch.linspace(-1, 1, points, dtype=torch.float64)
    grid = x[:, None].expand(len(net.slope), -1, -1)
    gap = model.predict(net, grid) - target(grid)
    found = []
    for r in gap:
        (k,) = torch.nonzero((r[:-1] < 0) != (r[1:] < 0), as_tuple=True)
        found.append(x[k] - r[k] * (x[1] - x[0]) / (r[k + 1] - r[k]))
    return found


def curve(members: Tensor, others: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """False and true positives, from the strictest threshold on; scores of any shape, pooled.

    >>> false, true = curve(torch.tensor([3.0, 1.0]), torch.tensor([2.0, 0.0]))
    >>> false.tolist(), true.tolist()
    ([0.0, 0.5, 0.5, 1.0], [0.5, 0.5, 1.0, 1.0])
    """
    members, others = members.flatten(), others.flatten()
    levels = torch.cat([members, others]).sort(descending=True).values
    false, true = (
        (1 - torch.searchsorted(s.sort().values, levels).double() / len(s)).numpy()
        for s in (others, members)
    )
    return false, true


def found(members: Tensor, others: Tensor, false: float = 0.01) -> float:
    """The share of members found by the loosest threshold with at most so many false positives."""
    f, t = curve(members, others)
    return float(t[f <= false].max(initial=0.0))


def area(members: Tensor, others: Tensor) -> float:
    """The area under the curve: the chance that a member scores above another; ties count half.

    Not a number if one side is empty.

    >>> area(torch.tensor([3.0, 1.0]), torch.tensor([2.0, 0.0]))
    0.75
    """
    members, others = members.flatten(), others.flatten()
    if not len(members) or not len(others):
        return float("nan")
    wins = stats.mannwhitneyu(members, others).statistic
    return float(wins / (len(members) * len(others)))


# ------------------------------------------------------------------------------ the defences


def noisy(net: Parameters, size: float, *, seed: int = 0) -> Parameters:
    """Every weight times 1 + size · ε, with ε standard normal."""
    draws = [
        generator(seed, NOISE, k, *tensor.shape).standard_normal(tuple(tensor.shape))
        for k, tensor in enumerate(net)
    ]
    return Parameters(
        *(t * (1 + size * torch.tensor(e, dtype=t.dtype)) for t, e in zip(net, draws))
    )


def rounded(net: Parameters, bits: int) -> Parameters:
    """Every kind of weight rounded to 2^bits − 1 levels, evenly spaced and symmetric about 0."""

    def grid(tensor: Tensor) -> Tensor:
        step = tensor.abs().amax() / (2 ** (bits - 1) - 1)
        return (tensor / step).round() * step

    return Parameters(*map(grid, net))


def pruned(net: Parameters, share: float) -> Parameters:
    """Without that share of the units, those with the smallest readouts: silent, and far away."""
    size = net.readout.norm(dim=-1)
    keep = (size >= size.quantile(share, dim=-1, keepdim=True))[..., None]
    away = torch.full_like(net.bias, 100.0)
    return net._replace(readout=net.readout * keep, bias=torch.where(keep, net.bias, away))
