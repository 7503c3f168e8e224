"""What to run, and how it is cut into chunks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real

from protolib.experiment import Chunk, Setting
from protolib.masks import MASKS, Mask
from protolib.training import TrainConfig

# The order inside a chunk: the nets with separation stand together, and so do those with overlap,
# so that each costly loss is computed on one contiguous slice of the stack.
_CHUNK_ORDER = tuple(
    Mask(*bits)
    for bits in [
        (0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1), (0, 1, 1), (1, 1, 1), (1, 1, 0), (0, 1, 0),
    ]
)  # fmt: skip
_CHUNK_ELEMENTS = 100_000  # responses held at a time: 400 KB in float32, so a chunk stays in cache
_CHUNK_SEEDS = 10
LARGEST = 2**62  # of a seed or size: tables hold them in 64 bits


def check_numbers(name: str, values: Sequence[int], least: int) -> None:
    """See that there are numbers, all of them whole, in range and different.

    Raises
    ------
    ValueError
        if not; the message says which.
    """
    if not len(values):
        raise ValueError(f"{name} is empty: there is nothing to run")
    for value in values:
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name} must be whole numbers ≥ {least}, got {value}")
        if value > LARGEST:
            raise ValueError(f"{name} must be at most {LARGEST}, got {value}")
    if len(set(values)) != len(values):
        raise ValueError(f"{name} holds a number twice: {list(values)}")


@dataclass(frozen=True)
class Grid:
    """What to run: every size with every mask and every seed. The defaults are the paper's 480.

    Parameters
    ----------
    sizes
        numbers of samples N, each ≥ 1; the width of the network equals it, as in the paper
    seeds
        each ≥ 0
    masks
        a subset of `MASKS`
    config
        how every run is trained
    setting
        on what, and from what start
    alone
        train every mask in a chunk of its own, and not with others: less work when only one or two
        are wanted. The last bits of a run depend on this choice.

    Raises
    ------
    ValueError
        if there is nothing to run, something twice, or something that is none of these.
    """

    sizes: Sequence[int] = (3, 5, 10, 20, 50, 100)
    seeds: Sequence[int] = tuple(range(10))
    masks: Sequence[Mask] = MASKS
    config: TrainConfig = field(default_factory=TrainConfig)
    setting: Setting = field(default_factory=Setting)
    alone: bool = False

    def __post_init__(self) -> None:
        check_numbers("sizes", self.sizes, 1)
        check_numbers("seeds", self.seeds, 0)
        if not isinstance(self.config.lam, Real):
            raise ValueError(
                "the runs of a grid share one λ, as a column of their table, "
                f"got lam={self.config.lam}; `training.train` takes three"
            )
        if not len(self.masks):
            raise ValueError("masks is empty: there is nothing to run")
        for mask in self.masks:
            if tuple(mask) not in MASKS:
                raise ValueError(f"unknown mask {mask!r}: expected three numbers, each 0 or 1")
        if len(set(self.masks)) != len(self.masks):
            raise ValueError(f"masks holds one twice: {list(self.masks)}")

    def __len__(self) -> int:
        return len(self.sizes) * len(self.seeds) * len(self.masks)


def chunks(grid: Grid) -> list[Chunk]:
    """The chunks that hold every run of the grid, the costliest first.

    >>> [(c.n, len(c.masks), len(c.seeds)) for c in chunks(Grid(sizes=[5, 50], seeds=[3]))]
    [(50, 4, 10), (50, 4, 10), (5, 8, 10)]
    """
    found = []
    for n in sorted(grid.sizes, reverse=True):
        nets = max(_CHUNK_ELEMENTS // (n * grid.setting.units(n)), 1)
        block = min(nets, _CHUNK_SEEDS)
        together = max(
            size for size in (1, 2, 4, 8) if size == 1 or (size * block <= nets and not grid.alone)
        )
        starts = sorted({seed - seed % block for seed in grid.seeds})
        for first in range(0, 8, together):
            masks = _CHUNK_ORDER[first : first + together]
            if set(masks) & {Mask(*m) for m in grid.masks}:
                for start in starts:
                    seeds = tuple(range(start, start + block))
                    found.append(Chunk(int(n), masks, seeds, grid.config, grid.setting))
    return found
