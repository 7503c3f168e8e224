"""One hundred digits read back in several ways, all judged by the same scores.

Readers of weights are given a network that was trained on the digits and, as a control, one that
was trained on a hundred others; readers of data (centres, means) are given the digits themselves.
Every reader returns a candidate a digit, clipped to the range of pixels, [0, 1]. `measure` makes
the table that the book ships.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from protolib import data, matching, model, privacy
from protolib.data import generator
from protolib.measurements import COLUMNS, Row
from protolib.sparse import bridge
from protolib.streams import GUESSES, RELU
from protolib.sweep.grid import check_numbers
from protolib.training import one_thread

SEEDS = range(10)
N, OTHERS = 100, 400  # digits of a network; digits that no network saw
CENTRES = 50  # of k-means
ALIKE = 0.4  # the usual bar of structural similarity
SHEET = 10  # digits on the sheet

Images = Float[Tensor, "nets points dims"]


# ------------------------------------------------------------------------------ the victim


class Relu(NamedTuple):
    """A stack of networks f(x) = relu((x − centre) W + b) V, one hidden layer of ordinary units.

    weight: (nets, dims, units); bias: (nets, 1, units); readout: (nets, units, classes); centre:
    (nets, 1, dims), what is subtracted from every image, known to whoever has the network.
    """

    weight: Tensor
    bias: Tensor
    readout: Tensor
    centre: Tensor


def relu_classifier(
    seeds: Sequence[int],
    images: Float[Tensor, "nets samples dims"],
    labels: Float[Tensor, "nets samples classes"],
    centre: Float[Tensor, "nets 1 dims"],
    *,
    units: int = 1000,
    size: float = 0.01,
    decay: float = 3e-4,
    rate: float = 2.0,
    steps: int = 8000,
) -> tuple[Relu, Float[Tensor, " nets"]]:
    """Train by gradient descent on cross-entropy + decay/2 · ‖θ‖², from a small start.

    Weights and biases start normal with standard deviation `size`, readouts with 1/√units; the rate
    falls to zero along a cosine. This is what the attack asks for: where the gradient vanishes,
    decay · θ = Σ_i Σ_k (y_ik − q_ik) ∇_θ f_k(x_i) / samples, a sum of gradients at the images.

    Returns the networks, and the share of ‖θ‖² by which each misses that equation.
    """
    _, n, dims = images.shape
    draws = [generator(seed, RELU, units, dims) for seed in seeds]
    shapes = ((dims, units), size), ((1, units), size), ((units, labels.shape[-1]), units**-0.5)
    start = zip(*([s * draw.standard_normal(shape) for shape, s in shapes] for draw in draws))
    w, b, v = (torch.tensor(np.stack(part), dtype=images.dtype) for part in start)
    x = images - centre
    for step in range(steps):
        z = torch.baddbmm(b, x, w)
        h = z.clamp(min=0)
        left = (labels - (h @ v).softmax(-1)) / n
        back = (left @ v.mT) * (z > 0)
        push = (
            x.mT @ back - decay * w,
            back.sum(1, keepdim=True) - decay * b,
            h.mT @ left - decay * v,
        )
        now = rate * (1 + math.cos(math.pi * step / steps)) / 2
        w, b, v = (t + now * g for t, g in zip((w, b, v), push))
    missed = _squares(*push) / _squares(w, b, v) / decay**2
    return Relu(w, b, v, centre), missed


def _squares(*tensors: Tensor) -> Tensor:
    return sum(t.square().sum((-2, -1)) for t in tensors)


def predict(net: Relu, images: Images) -> Float[Tensor, "nets points classes"]:
    """The network's answers (logits)."""
    z = torch.baddbmm(net.bias, images - net.centre, net.weight)
    return z.clamp(min=0) @ net.readout


# ------------------------------------------------------------------------------ the attack


class _Ramp(torch.autograd.Function):
    """relu(z), whose derivative is sigmoid(sharp · z): so that an attack feels units switch."""

    @staticmethod
    def forward(ctx, z, sharp):
        ctx.save_for_backward(z)
        ctx.sharp = sharp
        return z.clamp(min=0)

    @staticmethod
    def backward(ctx, gradient):
        (z,) = ctx.saved_tensors
        return gradient * torch.sigmoid(ctx.sharp * z), None


def unexplained(
    net: Relu,
    images: Images,
    coefficients: Float[Tensor, "nets points classes"],
    sharp: float | None = None,
) -> Float[Tensor, " nets"]:
    """‖θ − Σ_i Σ_k c_ik ∇_θ f_k(z_i)‖² / ‖θ‖²: how badly images explain the weights; 0, fully.

    `sharp` makes the derivative of relu a sigmoid of that steepness; None leaves it as it is.
    """
    x = images - net.centre
    z = torch.baddbmm(net.bias, x, net.weight)
    on = (z > 0).to(z) if sharp is None else torch.sigmoid(sharp * z)
    h = z.clamp(min=0) if sharp is None else _Ramp.apply(z, sharp)
    back = on * (coefficients @ net.readout.mT)
    theta = net[:3]
    made = x.mT @ back, back.sum(1, keepdim=True), h.mT @ coefficients
    return _squares(*(m - t for m, t in zip(made, theta))) / _squares(*theta)


class Setting(NamedTuple):
    """How an attack searches: Adam's rates, the start's spread, how sharp relu's switch becomes."""

    images: float
    coefficients: float
    spread: float
    sharp: float


SETTINGS = (
    Setting(0.03, 0.01, 0.3, 1000.0),
    Setting(0.06, 0.01, 0.3, 1000.0),
    Setting(0.03, 0.02, 0.1, 1000.0),
)


def reconstruct(
    net: Relu,
    seeds: Sequence[int],
    setting: Setting,
    *,
    points: int = N,
    steps: int = 2000,
) -> tuple[Images, Float[Tensor, " nets"]]:
    """Candidates from the weights alone, after Haim and others (2022), Buzaglo and others (2023).

    Seeks images z_i in [0, 1] and coefficients λ_ik ≥ 0 so that the weights are the sum of
    Σ_k λ_ik ∇_θ(f_y − f_k)(z_i), with every class y given to as many candidates as every other.
    Minimises `unexplained` and the squares of what leaves the range, by Adam with rates that fall
    along a cosine, while relu's switch sharpens from 10. The digits are not used.

    Returns candidates (nets, points, dims), and what they leave unexplained (with relu itself).
    """
    dims = net.weight.shape[1]
    classes = net.readout.shape[-1]
    draws = [generator(seed, GUESSES, points, dims) for seed in seeds]
    noise = np.stack([draw.standard_normal((points, dims)) for draw in draws])
    start = np.stack([draw.uniform(0, 0.05, (points, classes)) for draw in draws])
    z = (net.centre + setting.spread * torch.tensor(noise).to(net.weight)).requires_grad_()
    free = torch.tensor(start).to(net.weight).requires_grad_()
    own = torch.nn.functional.one_hot(torch.arange(points) % classes, classes).to(net.weight)

    def coefficients() -> Tensor:
        lam = free.clamp(min=0) * (1 - own)
        return own * lam.sum(-1, keepdim=True) - lam

    adam = torch.optim.Adam([{"params": [z]}, {"params": [free]}])
    for step in range(steps):
        fall = (1 + math.cos(math.pi * step / steps)) / 2
        for group, rate in zip(adam.param_groups, setting[:2]):
            group["lr"] = rate * fall
        sharp = 10.0 * (setting.sharp / 10) ** (step / steps)
        outside = (z - z.clamp(0, 1)).square().sum() + free.clamp(max=0).square().sum()
        loss = unexplained(net, z, coefficients(), sharp).sum() + outside / points
        adam.zero_grad()
        loss.backward()
        adam.step()
    with torch.no_grad():
        shown = z.clamp(0, 1)
        return shown, unexplained(net, shown, coefficients())


def best_attack(
    net: Relu, seeds: Sequence[int], settings: Sequence[Setting] = SETTINGS, **how: int
) -> tuple[Images, Float[Tensor, " nets"]]:
    """`reconstruct` in several settings; each network keeps what leaves least unexplained."""
    tries = [reconstruct(net, seeds, setting, **how) for setting in settings]
    left = torch.stack([left for _, left in tries])
    best = left.argmin(0)
    z = torch.stack([z for z, _ in tries])[best, torch.arange(len(seeds))]
    return z, left.amin(0)


# ------------------------------------------------------------------------------ the scores


def similarity(
    a: Float[Tensor, "nets points dims"], b: Float[Tensor, "nets others dims"], window: int = 3
) -> Float[Tensor, "nets points others"]:
    """Structural similarity (Wang and others 2004) of every a with every b, images in [0, 1].

    Means over all windows that lie in the image, sample covariances, as scikit-image; window 3, as
    in the attacks' own code.
    """
    side = math.isqrt(a.shape[-1])

    def patches(images: Tensor) -> Tensor:  # (nets, points, windows, pixels of a window)
        square = images.double().unflatten(-1, (side, side))
        return square.unfold(-2, window, 1).unfold(-2, window, 1).flatten(-2).flatten(-3, -2)

    p, q = patches(a), patches(b)
    mp, mq = p.mean(-1), q.mean(-1)
    vp, vq = p.var(-1), q.var(-1)
    found = []
    for k in range(p.shape[1]):  # one a at a time: no (points, others, windows, pixels) array
        m, v = mp[:, k, None], vp[:, k, None]
        shared = ((p[:, k, None] - m[..., None]) * (q - mq[..., None])).sum(-1) / (window**2 - 1)
        s = (2 * m * mq + 0.01**2) * (2 * shared + 0.03**2)
        s = s / (m.square() + mq.square() + 0.01**2) / (v + vq + 0.03**2)
        found.append(s.mean(-1))
    return torch.stack(found, dim=1)


def judge(
    candidates: Float[Tensor, "nets candidates 64"],
    members: Float[Tensor, "nets members 64"],
    others: Float[Tensor, "nets others 64"],
) -> dict[str, np.ndarray]:
    """All scores of a reader, each (nets,).

    matched error: mean distance, one-to-one; alike, best match: the share of digits that some
    candidate resembles above `ALIKE`; alike, one-to-one: the same when every candidate may serve
    one digit; identified: among 99 decoys; found at 1% false: by the distance to the nearest.
    """
    alike = similarity(members, candidates).numpy()
    own = [table[matching.cheapest_pairs(-table)] > ALIKE for table in alike]
    near = -privacy.nearest(members, candidates), -privacy.nearest(others, candidates)
    return {
        "matched error": matching.reconstruction_error(candidates, members).numpy(),
        "alike, best match": (alike.max(-1) > ALIKE).mean(-1),
        "alike, one-to-one": np.array([hit.sum() for hit in own]) / members.shape[1],
        "identified": privacy.identified(candidates, members, others).numpy(),
        "found at 1% false": np.array([privacy.found(*pair) for pair in zip(*near)]),
    }


# ------------------------------------------------------------------------------ the readers


def _centres(images: Images, labels: Tensor, seeds: Sequence[int]) -> Images:
    """For every digit the centre of its cluster: so many copies as digits stand for it."""
    centres = bridge.kmeans(images, CENTRES, seeds)
    own = torch.cdist(images, centres).argmin(-1)
    return torch.stack([c[k] for c, k in zip(centres, own)])


def _means(images: Images, labels: Tensor, seeds: Sequence[int]) -> Images:
    """For every digit the mean of its class."""
    same = labels @ labels.mT
    return same @ images / same.sum(-1, keepdim=True)


def _box(images: Images, labels: Tensor, seeds: Sequence[int]) -> Images:
    return torch.cat(
        [matching.chance_prototypes(x[None], len(x), seed=s) for x, s in zip(images, seeds)]
    )


def _plain(images: Images, labels: Tensor, seeds: Sequence[int]) -> dict[str, Images]:
    """What the weights of bumps show: −b/w of four forms, and the images answered exactly.

    Prototypes start at the same places of the digits' bounding box for every seed; for seed 0 these
    are also `_box`'s.
    """
    nets = {
        form: privacy.classifier(seeds, images, labels, form).parameters
        for form in ("energy", "coverage", "overlap", "baseline")
    }
    shown = {f"{form}, −b/w": model.prototypes(net) for form, net in nets.items()}
    return shown | {"baseline, attack": privacy.invert(nets["baseline"])}


DATA: dict[str, Callable[..., Images]] = {
    f"k-means, {CENTRES}": _centres,
    "class means": _means,
    "uniform": _box,
}
ATTACK = "ReLU, attack"


def draw(
    seed: int,
) -> tuple[Float[Tensor, "2 N 64"], Float[Tensor, "2 N 10"], Float[Tensor, "1 others 64"]]:
    """Digits and classes of two networks, the reader's and the control's; digits neither saw.

    Shapes (2, N, 64), (2, N, 10) and (1, OTHERS, 64).
    """
    x, y = data.digits([seed], 2 * N + OTHERS)
    own, labels = (torch.stack(t[0, : 2 * N].split(N)) for t in (x, y))
    return own, labels, x[:, 2 * N :]


def read(
    seed: int, settings: Sequence[Setting] = SETTINGS, **how: int
) -> tuple[dict[str, Images], dict[str, Tensor]]:
    """Every reader's candidates (2, N, 64): of the digits' own network, and of the control.

    The second part holds what the attack on the ReLU networks leaves unexplained, and by how much
    these miss its equation; two numbers each.
    """
    x, y, others = draw(seed)
    centre, both = others.mean(1, keepdim=True).expand(2, -1, -1), [seed, seed]
    net, missed = relu_classifier(both, x, y, centre)
    attacked, left = best_attack(net, both, settings, **how)
    found = _plain(x, y, both) | {ATTACK: attacked}
    found |= {name: reader(x, y, both) for name, reader in DATA.items()}
    shown = {name: z.detach().clamp(0, 1) for name, z in found.items()}
    return shown, {"unexplained": left, "missed": missed}


def measure(seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """The arena's table: world "own" or "wrong" network, of a reader, n its digits.

    World "sheet": for the first seed the pixels (score, 0 … 63) of the ten digits (n, 0 … 9) that
    the attack on the ReLU network gets nearest, and of what is matched to them. A minute or more a
    seed.

    Raises
    ------
    ValueError
        before any work, if seeds are none, not whole numbers ≥ 0, or not all different.
    """
    check_numbers("seeds", seeds, 0)
    table: list[Row] = []
    with one_thread():
        for seed in seeds:
            found, notes = read(seed)
            x, _, others = draw(seed)
            for k, world in enumerate(("own", "wrong")):
                for reader, z in found.items():
                    for score, value in judge(z[k : k + 1], x[:1], others).items():
                        table.append(Row(world, N, score, reader, seed, float(value[0])))
                table += [Row(world, N, s, ATTACK, seed, float(v[k])) for s, v in notes.items()]
            if seed == seeds[0]:
                pixels = _sheet(found, x[0], seed)
    return pd.DataFrame(table + pixels, columns=COLUMNS)


def _sheet(found: dict[str, Images], x: Float[Tensor, "samples 64"], seed: int) -> list[Row]:
    """The ten digits that the attack gets nearest, and what is matched to them."""
    shown = {name: z[0] for name, z in found.items()}
    shown["ReLU, wrong network"] = found[ATTACK][1]
    matched = {name: z[matching.assign(z[None], x[None])[0][1]] for name, z in shown.items()}
    best = (matched[ATTACK] - x).norm(dim=-1).argsort()[:SHEET]
    images = {"training digits": x[best]} | {name: z[best] for name, z in matched.items()}
    return [
        Row("sheet", k, str(pixel), name, seed, float(value))
        for name, sheet in images.items()
        for k, image in enumerate(sheet)
        for pixel, value in enumerate(image)
    ]


def sheet(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """The sheet of a table of `measure`: name → (images, pixels)."""
    part = table[table["world"] == "sheet"]
    return {
        name: one.assign(pixel=one["score"].astype(int))
        .pivot(index="n", columns="pixel", values="value")
        .to_numpy()
        for name, one in part.groupby("of", sort=False)
    }
