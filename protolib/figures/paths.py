"""Prototypes on their way through training, one small panel a network; several chapters use it."""

from collections.abc import Callable, Sequence

from IPython.display import HTML
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from protolib import model, plotting
from protolib.hull import TOLERANCE, hull_distance
from protolib.masks import Mask
from protolib.training import TrainResult


def panel(
    ax: Axes, result: TrainResult, x: Float[Tensor, "nets samples 1"], net: int, mask: Mask,
    *, reach: float,
) -> None:  # fmt: skip
    """The paths of one network of a stack, in [−reach, reach]; the band is its samples' hull."""
    paths = model.prototypes(result.snapshots)[net, ..., 0].numpy()
    hull = x[net].min().item(), x[net].max().item()
    steps = result.snapshot_steps.numpy()
    plotting.plot_trajectories(steps, paths, ax=ax, mask=mask, hull=hull, reach=reach)
    ax.set(xlabel="", ylabel="")
    ax.xaxis.set_major_locator(MaxNLocator(2))


def _outside(result: TrainResult, x: Float[Tensor, "nets n 1"]) -> Bool[Tensor, "nets n"]:
    """Which prototypes of each network end outside the hull of its samples."""
    return hull_distance(model.prototypes(result.parameters), x) > TOLERANCE


def ends_in_words(
    result: TrainResult, x: Float[Tensor, "nets samples 1"], names: Sequence[str], reach: float
) -> str:
    """Where the prototypes of each network of a stack end."""
    ends = model.prototypes(result.parameters)
    near = (x - ends.mT).abs().amin(-1).mean(1).tolist()
    beyond = (ends[..., 0].abs() > reach).sum(1).tolist()
    gone, words = _outside(result, x).sum(1).tolist(), []
    for name, out, away, close in zip(names, gone, beyond, near):
        far = f", {away} of them beyond the picture" if away else ""
        words.append(
            f"{name}: of {ends.shape[1]} prototypes {out} end outside the hull{far}; the mean "
            f"distance from a sample to its nearest prototype is then {close:.2f}."
        )
    return " ".join(words)


@plotting.styled
def by_size(
    runs: dict[int, tuple[Tensor, TrainResult]], seeds: Sequence[int], *, mask: Mask, reach: float
) -> HTML:
    """For each N a row of seeds: its samples (nets, N, 1) and the stack trained on them."""
    left = {n: _outside(result, x) for n, (x, result) in runs.items()}

    def draw(ax: Axes, n: int, k: int) -> None:
        x, result = runs[n]
        panel(ax, result, x, k, mask, reach=reach)
        for line, out in zip(ax.get_lines(), left[n][k].tolist()):
            line.set(lw=1.0 if out else 0.6, alpha=0.9 if out else 0.4)
        ax.set_title(f"N = {n}: {left[n][k].sum()} outside", fontsize=9.5)

    sizes, nets = [*runs], range(len(seeds))
    rows = [[(n, k) for k in nets] for n in sizes]
    wide = sheet(draw, rows, (8.6, 1.9 * len(sizes) + 0.3))
    tall = sheet(draw, [*zip(*rows)], (3.6, 1.7 * len(seeds) + 0.3))
    words = [
        ends_in_words(result, x, [f"N = {n}, seed {seed}" for seed in seeds], reach)
        for n, (x, result) in runs.items()
    ]
    return plotting.show(wide, phone=[tall], alt=" ".join(words))


def sheet(
    draw: Callable[..., None], rows: Sequence[Sequence[tuple]], size: tuple[float, float]
) -> Figure:
    """Panels in rows, which share axes named once: `draw` gets an axes and what stands in rows."""
    figure = Figure(figsize=size)
    axes = figure.subplots(len(rows), len(rows[0]), sharex=True, sharey=True, squeeze=False)
    for line, row in zip(axes, rows):
        for ax, what in zip(line, row):
            draw(ax, *what)
            ax.label_outer()
    figure.supxlabel("step", fontsize=9.5)
    figure.supylabel("prototype p", fontsize=9.5)
    return figure
