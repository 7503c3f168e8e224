"""Inputs and targets, drawn from one generator per network.

Every random number in this package comes from `generator(seed, *key)`: a NumPy generator whose
stream depends on the seed *and* on what it is used for (`protolib.streams`). Network 7 therefore
gets the same start whatever other networks surround it, and its data do not change when its
initialisation does.
"""

import csv
import functools
import os
from collections.abc import Sequence
from numbers import Integral
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from protolib.streams import BOOTSTRAP, CHANCE, GLYPHS, INITIALISATION, INPUTS, LABELS, NOISE

__all__ = [
    "BOOTSTRAP", "CHANCE", "INITIALISATION", "INPUTS", "LABELS", "NOISE", "clustered", "digits",
    "duplicated", "from_csv", "generator", "glyphs", "labels", "line", "noise", "sine", "skewed",
    "uniform",
]  # fmt: skip


def generator(seed: int, *key: int) -> np.random.Generator:
    """The generator of one network: a stream of its own for every `(seed, *key)`.

    Parameters
    ----------
    seed
        int ≥ 0, the network's seed.
    key
        what the stream is for (`INPUTS`, `INITIALISATION`, …), then any sizes.

    Raises
    ------
    ValueError
        if `seed` is negative or no whole number.

    Examples
    --------
    >>> generator(7, INPUTS, 3).random() == generator(7, INPUTS, 3).random()
    True
    >>> generator(7, INPUTS, 3).random() == generator(7, INITIALISATION, 3).random()
    False
    """
    if not isinstance(seed, Integral) or isinstance(seed, bool) or seed < 0:
        raise ValueError(f"a seed must be a whole number ≥ 0, got {seed!r}")
    return np.random.default_rng(np.random.SeedSequence(entropy=int(seed), spawn_key=key))


def uniform(
    seeds: Sequence[int], samples: int, dims: int = 1, *, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "nets samples dims"]:
    """Inputs drawn uniformly from [−1, 1]^dims, one generator per seed.

    The paper states "one-dimensional inputs, uniformly sampled"; the interval is our choice.
    Draws are made in float64 and rounded to `dtype`, so float32 and float64 runs share their data.

    Raises
    ------
    ValueError
        if there is no sample or no dimension.

    Examples
    --------
    >>> uniform([0, 7], samples=5).shape
    torch.Size([2, 5, 1])
    >>> bool((uniform([0, 7], 5)[1] == uniform([7], 5)[0]).all())
    True
    """
    if samples < 1 or dims < 1:
        raise ValueError(f"samples and dims must be ≥ 1, got samples={samples}, dims={dims}")
    draws = [generator(s, INPUTS, samples, dims).uniform(-1, 1, (samples, dims)) for s in seeds]
    return torch.tensor(np.stack(draws), dtype=dtype)


def clustered(
    seeds: Sequence[int],
    samples: int,
    dims: int = 1,
    *,
    clusters: int = 3,
    spread: float = 0.05,
    dtype: torch.dtype = torch.float32,
) -> Float[Tensor, "nets samples dims"]:
    """Inputs in clusters: centres uniform in [−0.9, 0.9]^dims, samples normal around them in turn.

    >>> clustered([0, 7], samples=5).shape
    torch.Size([2, 5, 1])
    """
    draws = []
    for seed in seeds:
        draw = generator(seed, INPUTS, samples, dims)
        centres = draw.uniform(-0.9, 0.9, (clusters, dims))
        own = centres[np.arange(samples) % clusters]
        draws.append(own + spread * draw.standard_normal((samples, dims)))
    return torch.tensor(np.stack(draws), dtype=dtype)


def skewed(
    seeds: Sequence[int], samples: int, dims: int = 1, *, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "nets samples dims"]:
    """Inputs in [−1, 1]^dims that crowd at −1: x = 2u² − 1 with u uniform in [0, 1].

    >>> bool(skewed([0], samples=1000).median() < -0.4)                # in the mean 2/4 − 1
    True
    """
    u = (uniform(seeds, samples, dims, dtype=dtype) + 1) / 2
    return 2 * u.square() - 1


def duplicated(
    seeds: Sequence[int], samples: int, dims: int = 1, *, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "nets samples dims"]:
    """The inputs of `uniform`, the second half replaced by a copy of the first.

    >>> duplicated([3], samples=4)[0, :2].equal(duplicated([3], samples=4)[0, 2:])
    True
    """
    x = uniform(seeds, samples, dims, dtype=dtype)
    return x[:, torch.arange(samples) % max((samples + 1) // 2, 1)]


def noise(
    seeds: Sequence[int], rows: int, columns: int, *, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "nets rows columns"]:
    """Standard normal numbers, one generator per seed.

    >>> noise([0, 1], 5, 1).shape
    torch.Size([2, 5, 1])
    """
    draws = [generator(s, NOISE, rows, columns).standard_normal((rows, columns)) for s in seeds]
    return torch.tensor(np.stack(draws), dtype=dtype)


def line(inputs: Float[Tensor, "nets samples dims"]) -> Float[Tensor, "nets samples"]:
    """The target y = x, averaged over dims when there is more than one."""
    return inputs.mean(-1)


def labels(
    seeds: Sequence[int], samples: int, *, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "nets samples"]:
    """Targets −1 or 1 by the toss of a coin: nothing to learn but the samples themselves.

    >>> bool((labels([0], 9).abs() == 1).all())
    True
    """
    draws = [generator(s, LABELS, samples).choice([-1.0, 1.0], samples) for s in seeds]
    return torch.tensor(np.stack(draws), dtype=dtype)


def digits(
    seeds: Sequence[int], samples: int, *, dtype: torch.dtype = torch.float32
) -> tuple[Float[Tensor, "nets samples 64"], Float[Tensor, "nets samples 10"]]:
    """Handwritten digits of 8×8 pixels in [0, 1], and their classes as one-hot rows.

    Drawn without replacement from the 1797 images of the test part of *Optical Recognition of
    Handwritten Digits* (Alpaydin and Kaynak 1998, UCI Machine Learning Repository, CC BY 4.0),
    which comes with this package as `digits.csv.gz`. The first samples of a longer draw are a
    shorter one.

    Raises
    ------
    ValueError
        if there are fewer images than samples asked for, or none are.

    Examples
    --------
    >>> x, y = digits([0], samples=3)
    >>> x.shape, y.sum(-1)
    (torch.Size([1, 3, 64]), tensor([[1., 1., 1.]]))
    """
    table = np.loadtxt(Path(__file__).with_name("digits.csv.gz"), delimiter=",", dtype=np.float64)
    if not 1 <= samples <= len(table):
        raise ValueError(f"samples must be between 1 and {len(table)}, got {samples}")
    order = np.stack([generator(s, INPUTS, 64).permutation(len(table))[:samples] for s in seeds])
    images = torch.tensor(table[order, :64] / 16, dtype=dtype)
    return images, torch.nn.functional.one_hot(torch.tensor(table[order, 64]).long(), 10).to(dtype)


LETTERS = "abcdefghij"
FONTS = (
    *(f"DejaVu{face}{style}" for face in ("Sans", "SansMono") for style in
      ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Italic", "Bol", "BolIta")),
    "cmr10", "cmb10", "cmss10", "cmtt10", "cmti10",
)  # fmt: skip
_CANVAS = 112  # pixels of a letter before it is moved and shrunk


@functools.cache
def _letter(font: str, letter: str):
    """One letter of one font, white on black, in the middle of a canvas."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf")
    face = ImageFont.truetype(path, 80, layout_engine=ImageFont.Layout.BASIC)
    image = Image.new("L", (_CANVAS, _CANVAS))
    middle = (_CANVAS / 2, _CANVAS / 2)
    ImageDraw.Draw(image).text(middle, letter, fill=255, font=face, anchor="mm")
    return image


def glyphs(
    seeds: Sequence[int], samples: int, size: int = 28, *, dtype: torch.dtype = torch.float32
) -> tuple[Float[Tensor, "nets samples pixels"], Float[Tensor, "nets samples 10"]]:
    """Images of size×size pixels in [0, 1] of the letters a to j, and one-hot classes.

    As many as you like: each is a letter and one of the 21 text fonts that come with matplotlib,
    both drawn at random, turned by up to 0.25 radians, sheared, scaled and moved. The first samples
    of a longer draw are a shorter one.

    Raises
    ------
    ValueError
        if there is no sample, or the size is below 4.

    Examples
    --------
    >>> x, y = glyphs([0], samples=3, size=8)
    >>> x.shape, y.sum(-1)
    (torch.Size([1, 3, 64]), tensor([[1., 1., 1.]]))
    """
    from PIL import Image

    if samples < 1 or size < 4:
        raise ValueError(f"expected samples ≥ 1 and size ≥ 4, got {samples} and {size}")
    side = 2 * size  # averaged over 2×2 pixels in the end
    images = np.empty((len(seeds), samples, size * size))
    classes = np.empty((len(seeds), samples), dtype=np.int64)
    for net, seed in enumerate(seeds):
        draws = generator(seed, GLYPHS, size).random((samples, 7))
        for k, (font, letter, turn, shear, scale, *shift) in enumerate(draws):
            classes[net, k] = int(letter * len(LETTERS))
            a, shear, zoom = (turn - 0.5) / 2, (shear - 0.5) * 0.4, 0.6 + 0.25 * scale
            turned = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
            matrix = turned @ np.array([[1, shear], [0, 1]]) * zoom * _CANVAS / side
            corner = _CANVAS / 2 + (np.array(shift) - 0.5) * 14 - matrix.sum(1) * side / 2
            rows = [value for row, at in zip(matrix, corner) for value in (*row, at)]
            whole = _letter(FONTS[int(font * len(FONTS))], LETTERS[classes[net, k]])
            small = whole.transform(
                (side, side), Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR
            )
            pooled = np.asarray(small, dtype=float).reshape(size, 2, size, 2).mean((1, 3))
            images[net, k] = pooled.ravel() / 255
    one_hot = torch.nn.functional.one_hot(torch.tensor(classes), len(LETTERS))
    return torch.tensor(images, dtype=dtype), one_hot.to(dtype)


def sine(inputs: Float[Tensor, "nets samples dims"]) -> Float[Tensor, "nets samples"]:
    """The target y = sin(π x), averaged over dims when there is more than one. Our choice.

    >>> sine(torch.tensor([[[0.0], [0.5]]]))
    tensor([[0., 1.]])
    """
    return torch.sin(torch.pi * inputs).mean(-1)


MOST_ROWS, MOST_COLUMNS = 2000, 64
"""The most that `from_csv` reads: with these, training still takes seconds."""


def from_csv(
    path: str | os.PathLike,
    target: str = "y",
    *,
    rescale: bool = True,
    dtype: torch.dtype = torch.float32,
) -> tuple[Float[Tensor, "1 samples dims"], Float[Tensor, "1 samples"]]:
    """Samples of your own: a table with a row a sample, a column of targets, the others inputs.

    Parameters
    ----------
    path
        a CSV file in UTF-8 with commas, its first line the names of the columns; 2 to 2000 rows and
        up to 64 inputs
    target
        the name of the column of targets
    rescale
        map every column linearly to [−1, 1], where the book's starts and temperatures make sense

    Returns
    -------
    x, y
        inputs and targets of one network, as `uniform` and `sine` give them

    Raises
    ------
    ValueError
        if it cannot be read so; the message names the line and the column.

    Examples
    --------
    >>> import tempfile; file = Path(tempfile.mkdtemp()) / "own.csv"
    >>> _ = file.write_text("hours,y\\n0,10\\n4,30\\n8,20\\n")
    >>> from_csv(file)
    (tensor([[[-1.],
             [ 0.],
             [ 1.]]]), tensor([[-1.,  1.,  0.]]))
    """
    names, rows = _table(Path(path))
    if target not in names:
        raise ValueError(f"{path}: expected a column {target!r}, the target; found {names}")
    if len(names) < 2 or len(names) - 1 > MOST_COLUMNS:
        raise ValueError(
            f"{path}: expected 1 to {MOST_COLUMNS} inputs beside {target!r}, got {len(names) - 1}"
        )
    if not 2 <= len(rows) <= MOST_ROWS:
        raise ValueError(f"{path}: expected 2 to {MOST_ROWS} samples, got {len(rows)}")
    values = np.array([
        [_cell(path, line, name, word) for name, word in zip(names, row)]
        for line, row in enumerate(rows, start=2)
    ])  # fmt: skip
    if rescale:
        low, high = values.min(0), values.max(0)
        if (same := low == high).any():
            name = names[int(same.argmax())]
            raise ValueError(f"{path}: every value of {name!r} is the same, it cannot be rescaled")
        values = 2 * (values - low) / (high - low) - 1
    at = names.index(target)
    x, y = np.delete(values, at, axis=1), values[:, at]
    return torch.tensor(x[None], dtype=dtype), torch.tensor(y[None], dtype=dtype)


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path}: expected text in UTF-8; save it as “CSV UTF-8”") from None
    lines = [row for row in csv.reader(text.splitlines()) if row]
    if not lines:
        raise ValueError(f"{path}: the file is empty")
    names = [name.strip() for name in lines[0]]
    if len(names) == 1 and ";" in names[0]:
        raise ValueError(f"{path}: expected commas between columns, found semicolons")
    if any(_number(name) is not None for name in names) or "" in names:
        raise ValueError(f"{path}: expected the names of the columns in line 1, got {lines[0]}")
    if len(set(names)) < len(names):
        raise ValueError(f"{path}: two columns have the same name: {names}")
    for line, row in enumerate(lines[1:], start=2):
        if len(row) != len(names):
            raise ValueError(f"{path}, line {line}: expected {len(names)} values, got {len(row)}")
    return names, lines[1:]


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _cell(path: str | os.PathLike, line: int, name: str, word: str) -> float:
    value = _number(word)
    if value is None or not np.isfinite(value):
        raise ValueError(f"{path}, line {line}, column {name!r}: expected a number, got {word!r}")
    return value
