"""Classifiers that invert their data's making: latents in clusters on a sphere, mixed, classified.

The cluster-centric process of Reizinger et al. (Cross-entropy is all you need to invert the data
generating process, arXiv:2410.21869), which Klindt et al. (arXiv:2503.01824) take as the first of
their three steps: every class has a direction on the sphere, latents scatter around it, an
invertible nonlinear map turns latents into inputs, and a network learns to tell the classes.

Axes: `nets` first, then `samples`, then `dims` (latents and inputs), `units` or `classes`. Every
net has a world of its own, drawn from its seed, and networks never mix. The sizes, the mixing and
the training are our choice; the assumptions are the paper's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from protolib.data import generator
from protolib.sparse.optimise import minimise
from protolib.sparse.rotations import random_rotations
from protolib.streams import CLASSIFIER, GENERATIVE, MIXING

# ------------------------------------------------------------------------------ the sphere


def von_mises_fisher(
    centres: Float[np.ndarray, "samples dims"],
    concentration: Float[np.ndarray, " samples"] | float,
    random: np.random.Generator,
) -> Float[np.ndarray, "samples dims"]:
    """One draw around each centre from the density ∝ exp(κ μ·z) on the unit sphere.

    Wood's rejection sampler (1994): the part W of z along the centre μ has the density
    ∝ exp(κw)(1 − w²)^((d−3)/2), drawn through a transformed Beta variable; then
    z = Wμ + √(1 − W²) v with v uniform among the unit vectors orthogonal to μ.

    Parameters
    ----------
    centres
        unit vectors, in two dimensions or more
    concentration
        κ ≥ 0, one for all or one per sample; at 0 the sphere is filled evenly

    Raises
    ------
    ValueError
        if there are fewer than two dimensions, κ < 0, or centres are not of length 1.

    Examples
    --------
    >>> north = np.tile([0.0, 0.0, 1.0], (1000, 1))
    >>> z = von_mises_fisher(north, 10.0, generator(0, GENERATIVE))
    >>> z.shape, bool(abs((z**2).sum(-1) - 1).max() < 1e-12), round(float(z[:, 2].mean()), 1)
    ((1000, 3), True, 0.9)
    """
    samples, dims = centres.shape
    kappa = np.broadcast_to(np.asarray(concentration, dtype=float), (samples,))
    if dims < 2 or not (kappa >= 0).all():
        raise ValueError(
            f"expected two dimensions or more and κ ≥ 0, got dims={dims}, κ={concentration}"
        )
    if not np.allclose((centres**2).sum(-1), 1):
        raise ValueError("centres must have length 1")
    b = (dims - 1) / (2 * kappa + np.sqrt(4 * kappa**2 + (dims - 1) ** 2))
    x = (1 - b) / (1 + b)
    top = kappa * x + (dims - 1) * np.log1p(-(x**2))
    along = np.empty(samples)
    left = np.arange(samples)
    while len(left):
        beta = random.beta((dims - 1) / 2, (dims - 1) / 2, len(left))
        own = b[left]
        w = (1 - (1 + own) * beta) / (1 - (1 - own) * beta)
        level = kappa[left] * w + (dims - 1) * np.log1p(-x[left] * w) - top[left]
        accepted = level >= np.log1p(-random.uniform(size=len(left)))
        along[left[accepted]] = w[accepted]
        left = left[~accepted]
    across = random.standard_normal((samples, dims))
    across -= (across * centres).sum(-1, keepdims=True) * centres
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    return along[:, None] * centres + np.sqrt(np.maximum(1 - along**2, 0))[:, None] * across


# ------------------------------------------------------------------------------ the world


@dataclass(frozen=True)
class World:
    """How data are made. The defaults are the chapter's.

    Raises
    ------
    ValueError
        if a field is out of its range.
    """

    dims: int = 5  # of the latents, on a sphere in so many dimensions, and of the inputs
    classes: int = 100
    concentration: float = 10.0  # κ: large means tight clusters
    uneven: float = 1.0  # κ of a class is log-uniform between κ/uneven and κ·uneven
    shuffled: float = 0.0  # the share of labels that are replaced by the toss of a die
    layers: int = 3  # of the mixing; 0 shows the latents themselves
    condition: float = 3.0  # condition number of each of them
    slope: float = 0.2  # of the leaky ReLU between them

    def __post_init__(self) -> None:
        if self.dims < 2 or self.classes < 2 or self.layers < 0:
            raise ValueError(f"expected dims ≥ 2, classes ≥ 2 and layers ≥ 0, got {self}")
        if not (self.concentration >= 0 and self.uneven >= 1 and 0 <= self.shuffled <= 1):
            raise ValueError(
                f"expected concentration ≥ 0, uneven ≥ 1 and 0 ≤ shuffled ≤ 1, got {self}"
            )
        if not (self.condition >= 1 and 0 < self.slope <= 1):
            raise ValueError(f"expected condition ≥ 1 and 0 < slope ≤ 1, got {self}")


class Sample(NamedTuple):
    """What was drawn: an encoder sees `inputs` and `labels` only."""

    inputs: Float[Tensor, "nets samples dims"]
    labels: Int[Tensor, "nets samples"]
    latents: Float[Tensor, "nets samples dims"]


def directions(seeds: Sequence[int], world: World = World()) -> Float[Tensor, "nets classes dims"]:
    """The classes' directions on the sphere, drawn evenly, float64.

    >>> directions([0, 1]).shape
    torch.Size([2, 100, 5])
    """
    shape = (world.classes, world.dims)
    normal = np.stack([generator(s, GENERATIVE, *shape).standard_normal(shape) for s in seeds])
    return torch.tensor(normal / np.linalg.norm(normal, axis=-1, keepdims=True))


def mixing(seeds: Sequence[int], world: World = World()) -> Float[Tensor, "nets layers dims dims"]:
    """The mixing's matrices A_l = U diag(s) V: random rotations, singular values from a ladder.

    s runs from 1/√c to √c in equal ratios, so every matrix has the condition number c and the
    determinant ±1. float64.

    >>> a = mixing([0])
    >>> a.shape, [round(float(torch.linalg.cond(m)), 6) for m in a[0]]
    (torch.Size([1, 3, 5, 5]), [3.0, 3.0, 3.0])
    """
    shape = (world.layers, 2, world.dims, world.dims)
    normal = np.stack([generator(s, MIXING, *shape).standard_normal(shape) for s in seeds])
    q = random_rotations(torch.tensor(normal).flatten(0, 2)).reshape(len(seeds), *shape)
    ladder = torch.linspace(-0.5, 0.5, world.dims, dtype=torch.float64)
    return q[:, :, 0] * world.condition**ladder @ q[:, :, 1]


def mix(
    latents: Float[Tensor, "nets samples dims"],
    matrices: Float[Tensor, "nets layers dims dims"],
    *,
    slope: float = 0.2,
) -> Float[Tensor, "nets samples dims"]:
    """x = A_L σ(… σ(A_1 z)), σ the leaky ReLU, between layers only. `unmix` inverts it.

    >>> z = torch.tensor([[[1.0, -1.0]]])
    >>> mix(z, torch.eye(2).expand(1, 2, 2, 2))
    tensor([[[ 1.0000, -0.2000]]])
    """
    x = latents
    for layer in range(matrices.shape[1]):
        if layer:
            x = functional.leaky_relu(x, slope)
        x = x @ matrices[:, layer].mT
    return x


def unmix(
    inputs: Float[Tensor, "nets samples dims"],
    matrices: Float[Tensor, "nets layers dims dims"],
    *,
    slope: float = 0.2,
) -> Float[Tensor, "nets samples dims"]:
    """The latents that `mix` made these inputs of.

    >>> z, a = directions([0]), mixing([0])
    >>> bool(torch.allclose(unmix(mix(z, a), a), z))
    True
    """
    z = inputs
    for layer in reversed(range(matrices.shape[1])):
        z = torch.linalg.solve(matrices[:, layer], z.mT).mT
        if layer:
            z = functional.leaky_relu(z, 1 / slope)
    return z


def draw(
    seeds: Sequence[int], samples: int = 20_000, world: World = World(), *, part: int = 0
) -> Sample:
    """Data of every seed's world, float32: a class at random, a latent around it, its mixture.

    Other parts of the same seed share its directions, concentrations and mixing, and are drawn
    anew: use one to train and another to judge.

    Raises
    ------
    ValueError
        if there are no samples.

    Examples
    --------
    >>> train, test = draw([0], 100), draw([0], 50, part=1)
    >>> train.inputs.shape, test.labels.shape, bool((train.inputs[:, :50] == test.inputs).any())
    (torch.Size([1, 100, 5]), torch.Size([1, 50]), False)
    """
    if samples < 1:
        raise ValueError(f"samples must be ≥ 1, got {samples}")
    labels, latents = [], []
    for seed, centres in zip(seeds, directions(seeds, world).numpy()):
        spread = generator(seed, GENERATIVE, world.classes).uniform(-1, 1, world.classes)
        random = generator(seed, GENERATIVE, part, samples, world.dims)
        own = random.integers(world.classes, size=samples)
        kappa = world.concentration * world.uneven ** spread[own]
        latents.append(von_mises_fisher(centres[own], kappa, random))
        other = random.integers(world.classes, size=samples)
        labels.append(np.where(random.uniform(size=samples) < world.shuffled, other, own))
    z = torch.tensor(np.stack(latents))
    x = mix(z, mixing(seeds, world), slope=world.slope)
    return Sample(x.float(), torch.tensor(np.stack(labels)), z.float())


# ------------------------------------------------------------------------------ the classifier


@dataclass(frozen=True)
class Training:
    """The classifier and how it is trained. The defaults are the chapter's.

    Raises
    ------
    ValueError
        if a number is smaller than 1.
    """

    widths: tuple[int, ...] = (128, 128, 128)  # of the hidden layers
    outputs: int = 5  # of the encoder: the representation's dimensions
    slope: float = 0.2  # of the hidden layers' leaky ReLU
    head_bias: bool = False  # a constant per class in the logits
    steps: int = 1500
    batch: int = 1024
    learning_rate: float = 5e-3  # falls to 0 along half a cosine

    def __post_init__(self) -> None:
        if min(self.outputs, self.steps, self.batch, *self.widths) < 1:
            raise ValueError(f"expected widths, outputs, steps and batch ≥ 1, got {self}")


class Classifier(NamedTuple):
    """Weights of a stack of classifiers: encoder layers, then the head."""

    weights: tuple[Float[Tensor, "nets _ _"], ...]
    biases: tuple[Float[Tensor, "nets 1 _"], ...]
    head: Float[Tensor, "nets outputs classes"]
    head_bias: Float[Tensor, "nets 1 classes"]


def initialise(
    seeds: Sequence[int], dims: int, classes: int, training: Training = Training()
) -> Classifier:
    """Untrained classifiers: weights uniform in ±√(6/((1 + slope²) · inputs)), biases 0.

    That keeps the size of what passes through a leaky ReLU (He et al., arXiv:1502.01852). The head
    starts a tenth as large, so that all classes start about equally likely.

    >>> start = initialise([0, 1], dims=5, classes=100)
    >>> [tuple(w.shape) for w in start.weights], tuple(start.head.shape)
    ([(2, 5, 128), (2, 128, 128), (2, 128, 128), (2, 128, 5)], (2, 5, 100))
    """
    sizes = [dims, *training.widths, training.outputs, classes]
    gain = math.sqrt(6 / (1 + training.slope**2))
    layers = []
    for place, shape in enumerate(zip(sizes, sizes[1:])):
        each = [generator(s, CLASSIFIER, place, *shape).uniform(-1, 1, shape) for s in seeds]
        layers.append(torch.tensor(np.stack(each) * gain / math.sqrt(shape[0])).float())
    return Classifier(
        weights=tuple(layers[:-1]),
        biases=tuple(torch.zeros(len(seeds), 1, size) for size in sizes[1:-1]),
        head=0.1 * layers[-1],
        head_bias=torch.zeros(len(seeds), 1, classes),
    )


def encode(
    classifier: Classifier, inputs: Float[Tensor, "nets samples dims"], *, slope: float = 0.2
) -> Float[Tensor, "nets samples outputs"]:
    """The representation f(x): layers with a leaky ReLU between them, the last one linear.

    >>> encode(initialise([0], 5, 100), draw([0], 7).inputs).shape
    torch.Size([1, 7, 5])
    """
    h = inputs
    for place, (weight, bias) in enumerate(zip(classifier.weights, classifier.biases)):
        if place:
            h = functional.leaky_relu(h, slope)
        h = torch.baddbmm(bias, h, weight)
    return h


def logits(
    classifier: Classifier, codes: Float[Tensor, "nets samples outputs"]
) -> Float[Tensor, "nets samples classes"]:
    """w_c · f(x), plus a constant per class if the head was trained with one."""
    return torch.baddbmm(classifier.head_bias, codes, classifier.head)


def cross_entropy(
    classifier: Classifier,
    inputs: Float[Tensor, "nets samples dims"],
    labels: Int[Tensor, "nets samples"],
    *,
    slope: float = 0.2,
) -> Float[Tensor, " nets"]:
    """mean_i −log softmax(w · f(x_i))_{y_i}, in nats, of every net.

    >>> data = draw([0], 500)
    >>> start = initialise([0], 5, 100)
    >>> bool(abs(cross_entropy(start, data.inputs, data.labels) - math.log(100)) < 0.2)
    True
    """
    scores = logits(classifier, encode(classifier, inputs, slope=slope)).log_softmax(-1)
    return -scores.gather(-1, labels[..., None])[..., 0].mean(-1)


def accuracy(
    classifier: Classifier,
    inputs: Float[Tensor, "nets samples dims"],
    labels: Int[Tensor, "nets samples"],
    *,
    slope: float = 0.2,
) -> Float[Tensor, " nets"]:
    """The share of samples whose largest logit is their label's."""
    found = logits(classifier, encode(classifier, inputs, slope=slope)).argmax(-1)
    return (found == labels).double().mean(-1)


def within_classes(
    codes: Float[Tensor, "nets samples outputs"], labels: Int[Tensor, "nets samples"]
) -> Float[Tensor, " nets"]:
    """The share of the codes' variance that lies within classes: tr(T⁺W) / rank T, in [0, 1].

    T is the scatter of all codes around their mean, W that around the means of their classes. No
    invertible linear map of the codes changes it, so where the theorem holds it is the latents'
    own. 0 is neural collapse (Papyan, Han and Donoho, arXiv:2008.08186): a class, a point. 1: the
    classes have one mean. 0 as well if the codes do not vary at all.

    >>> codes = torch.tensor([[[0.0], [2.0], [10.0], [12.0]]])
    >>> within_classes(codes, torch.tensor([[0, 0, 1, 1]]))
    tensor([0.0385], dtype=torch.float64)
    """
    found = []
    for net, own in zip(codes.detach().double(), labels):
        one = functional.one_hot(own).double()
        means = one.mT @ net / one.sum(0).clamp(min=1)[:, None]
        around, inside = net - net.mean(0), net - means[own]
        total = around.mT @ around
        rank = torch.linalg.matrix_rank(total, hermitian=True).clamp(min=1)
        inverse = torch.linalg.pinv(total, hermitian=True)
        found.append(torch.trace(inverse @ (inside.mT @ inside)) / rank)
    return torch.stack(found)


def train(
    seeds: Sequence[int], data: Sample, classes: int, training: Training = Training()
) -> Classifier:
    """Train a classifier for every seed on its own data, all at once, by cross-entropy alone.

    Adam (Kingma and Ba, arXiv:1412.6980) with a learning rate that falls along half a cosine, on
    batches drawn with replacement from a generator of each net's own. The loss is *summed* over
    nets, so none feels the others; a net trained in a stack differs from the same net trained
    alone only by the rounding of batched products.

    Raises
    ------
    ValueError
        if data and seeds disagree, or a label is no class.

    Examples
    --------
    >>> data = draw([0], 2000)
    >>> net = train([0], data, 100, Training(steps=60, batch=256))
    >>> bool(cross_entropy(net, data.inputs, data.labels) < math.log(100) - 0.3)
    True
    """
    nets, samples, dims = data.inputs.shape
    if len(seeds) != nets or data.labels.shape != (nets, samples):
        raise ValueError(
            f"expected data of {len(seeds)} nets, one per seed, got inputs "
            f"{tuple(data.inputs.shape)} and labels {tuple(data.labels.shape)}"
        )
    if not 0 <= int(data.labels.min()) <= int(data.labels.max()) < classes:
        raise ValueError(f"labels must be in 0 … {classes - 1}")
    start = initialise(seeds, dims, classes, training)
    tensors = [*start.weights, *start.biases, start.head]
    tensors += [start.head_bias] if training.head_bias else []
    leaves = [t.requires_grad_() for t in tensors]
    random = [generator(s, CLASSIFIER, samples, training.batch) for s in seeds]
    rows = torch.arange(nets)[:, None]

    def loss(step: int) -> Tensor:
        batch = torch.tensor(np.stack([r.integers(samples, size=training.batch) for r in random]))
        x, y = data.inputs[rows, batch], data.labels[rows, batch]
        return cross_entropy(start, x, y, slope=training.slope).sum()

    minimise(leaves, loss, steps=training.steps, learning_rate=training.learning_rate)
    weights, biases = (tuple(t.detach() for t in own) for own in start[:2])
    return Classifier(weights, biases, start.head.detach(), start.head_bias.detach())
