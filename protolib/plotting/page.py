"""Figures on a page: panels, lay-outs for a desk and a phone, titles and names of lines."""

import textwrap
from collections.abc import Callable, Sequence

import numpy as np
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from scipy.optimize import isotonic_regression

from protolib.plotting.style import INK
from protolib.plotting.svg import drawing


def panel(width: float = 5.2, height: float = 3.2) -> tuple[Figure, Axes]:
    """A figure with one axes; sizes in inches of 96 CSS pixels.

    Several small panels (3.4 wide) given to one `show` stand side by side where there is room and
    below each other on a telephone.
    """
    figure = Figure(figsize=(width, height))
    return figure, figure.subplots()


def broken(words: str, width: float) -> str:
    """A title in as many lines as a panel of this width in inches asks for.

    >>> print(broken("No start meets more than 6 of the 10 samples", 2.0))
    No start meets more than 6
    of the 10 samples
    """
    return textwrap.fill(words, int(14 * width), break_on_hyphens=False)


def show(*figures: Figure, alt: str | Sequence[str], phone: Sequence[Figure] = ()) -> HTML:
    """Put figures on the page; their caption is the chapter's next paragraph, in italics.

    Parameters
    ----------
    alt
        what a reader who cannot see the figure should know; one text for each figure, or one for
        all of them together (then it describes the first, and the others are marked decorative).
    phone
        the same figures laid out anew for a narrow screen, at most 3.7 inches wide
    """
    alts = [alt] + [""] * (len(figures) - 1) if isinstance(alt, str) else list(alt)
    if len(alts) != len(figures) or not alts[0].strip():
        raise ValueError("every figure needs an alternative text")
    layouts = [_row(figures, alts, " fig-desk" if phone else "")]
    if phone:  # hidden where no style sheet chooses, as in a notebook
        same = len(phone) == len(figures)
        words = alts if same else [" ".join(alts)] + [""] * (len(phone) - 1)
        layouts.append(_row(phone, words, " fig-phone", ";display:none"))
    return HTML(
        '<figure class="fig" style="background:var(--fig-paper,#fff);color:var(--fig-ink,#000)">'
        f"{''.join(layouts)}</figure>"
    )


def _row(figures: Sequence[Figure], alts: Sequence[str], kind: str, style: str = "") -> str:
    """Panels side by side where there is room, and below each other where there is none."""
    parts = "".join(f"<div>{drawing(one, words)}</div>" for one, words in zip(figures, alts))
    flow = f"display:flex;flex-wrap:wrap;gap:.5rem{style}"
    return f'<div class="fig-panels{kind}" style="{flow}">{parts}</div>'


def multiples(
    draw: Callable[[Axes, int], object],
    count: int,
    *,
    columns: int,
    phone: int = 2,
    size: tuple[float, float] = (2.0, 1.6),
    labels: tuple[str, str] = ("", ""),
    alt: str,
) -> HTML:
    """Small multiples with shared axes, named and numbered once; the phone has its own columns.

    Parameters
    ----------
    draw
        draws panel k on an axes
    size
        of one panel in inches; on the phone 3.6 inches are shared by its columns
    labels
        of the axes below and at the left
    """

    def sheet(columns: int, width: float) -> Figure:
        rows = -(-count // columns)
        figure = Figure(figsize=(width * columns, size[1] * rows + 0.3))
        axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for k, ax in enumerate(axes.flat):
            draw(ax, k) if k < count else ax.set_axis_off()
            ax.label_outer()
        figure.supxlabel(labels[0], fontsize=9.5)
        figure.supylabel(labels[1], fontsize=9.5)
        return figure

    return show(sheet(columns, size[0]), phone=[sheet(phone, 3.6 / phone)], alt=alt)


def both(draw: Callable[[Figure, bool], object], wide: tuple, narrow: tuple, alt: str) -> HTML:
    """One figure in two lay-outs of its own: `draw(figure, phone)`; sizes in inches."""
    sheets = [Figure(figsize=size) for size in (wide, narrow)]
    for figure, phone in zip(sheets, (False, True)):
        draw(figure, phone)
    return show(sheets[0], phone=sheets[1:], alt=alt)


def headline(figure: Figure | SubFigure, words: str) -> None:
    """The finding, over all panels of a figure."""
    figure.suptitle(words, x=0.008, ha="left", fontsize=10.5, fontweight=600)


def label_lines(*several: Axes) -> None:
    """Write the name of each labelled line at its right end, no two on each other: no legend.

    Call it last, when the axes have their limits and all else is drawn.
    """
    for ax in several:
        lines = [one for one in ax.get_lines() if not str(one.get_label()).startswith("_")]
        if not lines:
            continue
        ax.figure.draw_without_rendering()  # the axes take their place
        ends = [one.get_transform().transform(_visible(one)[-1]) for one in lines]
        x, y = ax.transAxes.inverted().transform(ends).T
        height = 9.0 * 1.2 / 72 * ax.figure.dpi / ax.bbox.height  # of a line of text
        order = np.argsort(y, kind="stable")
        room = np.arange(len(lines)) * height
        apart = isotonic_regression(y[order] - room).x
        apart = np.clip(apart, 0, max(1 - room[-1], 0)) + room
        for k, place in zip(order, apart):
            ax.annotate(
                lines[k].get_label(), (min(x[k], 1), y[k]), (1.05, place), "axes fraction",
                va="center", ha="left", fontsize=9, color=INK, annotation_clip=False,
                arrowprops={"arrowstyle": "-", "color": lines[k].get_color(), "lw": 0.8,
                            "shrinkA": 1, "shrinkB": 3},
            )  # fmt: skip


def _visible(line) -> np.ndarray:
    """The finite points of a line, (points, 2)."""
    points = np.asarray(line.get_xydata(), dtype=float)
    return points[np.isfinite(points).all(1)]
