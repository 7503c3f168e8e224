"""What the figures of Part V share: layouts for desk and telephone, levels with names, rows."""

from collections.abc import Callable, Sequence

from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from protolib import plotting
from protolib.plotting import MUTED

Number = float | int | Tensor
DESK, PHONE = 8.4, 3.7  # inches
DASHED, DOTTED = (0, (5, 1.5)), (0, (1, 1.2))


def desk_and_phone(draw: Callable[[bool], Figure], alt: str) -> HTML:
    """The figure that `draw` makes for a desk (False) and anew for a telephone (True)."""
    return plotting.show(draw(False), phone=[draw(True)], alt=alt)


def beside(
    count: int, phone: bool, height: float, *, sharex: bool = True, sharey: bool = True
) -> tuple[Figure, list]:
    """Panels beside each other, on a telephone below each other, axes numbered once.

    height: of one panel, in inches.
    """
    rows, columns = (count, 1) if phone else (1, count)
    figure = Figure(figsize=(PHONE if phone else DESK, height * rows))
    axes = figure.subplots(rows, columns, sharex=phone and sharex, sharey=sharey, squeeze=False)
    return figure, [*axes.flat]


def name_x(axes: Sequence[Axes], words: str) -> None:
    """The name of an axis that panels share: below each on a desk, below the last in a column."""
    last = axes[0].get_subplotspec().get_gridspec().ncols == 1
    for ax in axes[-1:] if last else axes:
        ax.set_xlabel(words)


def level(ax: Axes, value: Number, word: str | None = None, *, dots: bool = False) -> None:
    """A grey line across at a value: dotted for chance, thin for an ideal."""
    look = {"ls": DOTTED, "lw": 1.4} if dots else {"lw": 0.8}
    ax.axhline(value, color=MUTED, zorder=1, label=word, **look)


def rows(ax: Axes, names: Sequence[str], chance: Number | None = None, ideal: Number = 1) -> None:
    """Rows with names, and above them the names of the upright lines at chance and ideal."""
    ax.axvline(ideal, color=MUTED, lw=0.8, zorder=1)
    places = [(ideal, "ideal")]
    if chance is not None:
        ax.axvline(chance, color=MUTED, ls=DOTTED, lw=1.4, zorder=1)
        places.append((chance, "chance"))
    for x, word in places:
        above(ax, x, word)
    ax.set(yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.5, -0.5))
    ax.spines["left"].set_visible(False)
    ax.tick_params(left=False)


def segments(ax: Axes, ends: Sequence[tuple], **look) -> None:
    """Many straight lines (x, y, x, y) as one path: small files."""
    gap = float("nan")
    x = [value for one in ends for value in (one[0], one[2], gap)]
    y = [value for one in ends for value in (one[1], one[3], gap)]
    ax.plot(x, y, **look)


def above(ax: Axes, x: Number, word: str) -> None:
    """A small grey word just above the panel, at x."""
    ax.annotate(
        word, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 2), ha="center",
        textcoords="offset points", fontsize=9, color=MUTED, annotation_clip=False,
    )  # fmt: skip
