"""Figures: one style, one colour a mask through the whole book, and a way to show them.

`plot_*(…, ax) -> ax` functions draw and return the axes. `panel` makes a figure in the book's
style, and `show` puts one or several of them on the page, with the text that a reader who cannot
see them needs, and a caption. What `show` returns is plain HTML with inline SVG: it looks the same
in a notebook and in the book, and there it follows the light or dark theme, because colours are
written as CSS variables (defined in `book/_assets/book.css`) with the values below as defaults.
"""

import base64
import functools
import html
import io
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
import pandas as pd
import torch
from IPython.display import HTML
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, ScalarFormatter
from PIL import Image
from scipy.optimize import isotonic_regression

from protolib import model
from protolib.claims import Question
from protolib.masks import MASKS, Mask, by_mask, mask_name

# One meaning a colour: ink (text, axes, the baseline), Okabe and Ito's for the three losses and all
# of them, muted (chance levels, secondary text), faint (guides), the inside of the hull, paper; the
# kernels of an attractor or a repulsion; verdicts; the reader's own pick; learned encoders and
# linear read-outs. Names are CSS variables; live figures read the same file. Text is ink or muted:
# the others are for marks, and too light for small letters.
_SHARED = json.loads(Path(__file__).with_name("shared.json").read_text(encoding="utf-8"))
COLOURS = {f"fig-{name}": colour for name, colour in _SHARED["colours"]["light"].items()}
INK, COVERAGE, SEPARATION, OVERLAP, ALL, MUTED, FAINT, HULL, PAPER, *_OTHERS = COLOURS.values()
ENERGY, GAUSSIAN, IMQ, VERDICT, PICK, ENCODER, LINEAR = _OTHERS

# The page's own typeface, measured where a figure is laid out and drawn where it is read.
FAMILY = "Weights Sans"
for _file in sorted((Path(__file__).parent / "fonts").glob("*.ttf")):
    font_manager.fontManager.addfont(_file)

STYLE = {
    "figure.constrained_layout.use": True,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10.5,
    "axes.titleweight": 600,
    "axes.titlelocation": "left",
    "axes.labelsize": 9.5,
    "font.size": 9.5,
    "font.family": FAMILY,
    "mathtext.fontset": "custom",
    "mathtext.rm": FAMILY,
    "mathtext.it": f"{FAMILY}:italic",
    "mathtext.bf": f"{FAMILY}:semibold",
    "mathtext.cal": FAMILY,
    "mathtext.sf": FAMILY,
    "mathtext.tt": FAMILY,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "path.simplify": False,  # dots are lines without length
    "svg.fonttype": "none",  # real text, in the page's own font
    "svg.hashsalt": "protolib",  # the same figure gives the same file
}


class Look(NamedTuple):
    """How a mask is drawn, everywhere: by colour, and by marker and dash, never colour alone."""

    colour: str
    fill: str  # of the marker; a pair of losses has the line of one and the filling of the other
    marker: str
    dash: str | tuple


LOOKS = {
    Mask(0, 0, 0): Look(INK, INK, "o", "-"),
    Mask(1, 0, 0): Look(COVERAGE, COVERAGE, "s", "-"),
    Mask(0, 1, 0): Look(SEPARATION, SEPARATION, "^", "-"),
    Mask(0, 0, 1): Look(OVERLAP, OVERLAP, "D", "-"),
    Mask(1, 1, 0): Look(COVERAGE, SEPARATION, "^", (0, (4, 1.5))),
    Mask(1, 0, 1): Look(COVERAGE, OVERLAP, "s", (0, (4, 1.5))),
    Mask(0, 1, 1): Look(SEPARATION, OVERLAP, "D", (0, (4, 1.5))),
    Mask(1, 1, 1): Look(ALL, ALL, "P", "-"),
}


# ------------------------------------------------------------------------------ the page


def use_style() -> None:
    """Switch matplotlib to the book's style, for all figures that follow."""
    matplotlib.rcdefaults()  # leaves the notebook's way of showing plots alone
    matplotlib.rcParams.update(STYLE)


def styled(draw: Callable) -> Callable:
    """A function that draws in the book's style, and leaves matplotlib's settings as they were."""

    @functools.wraps(draw)
    def drawn(*arguments, **named):
        with matplotlib.rc_context():
            use_style()
            return draw(*arguments, **named)

    return drawn


def panel(width: float = 5.2, height: float = 3.2) -> tuple[Figure, Axes]:
    """A figure with one axes; sizes in inches of 96 CSS pixels.

    Several small panels (3.4 wide) given to one `show` stand side by side where there is room and
    below each other on a telephone.
    """
    figure = Figure(figsize=(width, height))
    return figure, figure.subplots()


def broken(words: str, width: float) -> str:
    """A title in as many lines as a panel of this width in inches asks for.

    >>> print(broken("No start meets more than 6 of the 10 samples", 2))
    No start meets more than 6
    of the 10 samples
    """
    return textwrap.fill(words, int(14 * width), break_on_hyphens=False)


def svg(figure: Figure) -> str:
    """The figure as inline SVG: colours as CSS variables, no identifiers that would clash."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", file.getvalue(), flags=re.DOTALL)
    text = text[text.index("<svg") :]
    text = re.sub(r'(<g) id="[^"]*"', r"\1", text)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = text.replace(f"; font-family: '{FAMILY}'", "")  # said once, by `drawing`
    text = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", text)
    text = re.sub(r'\b(?:d|x|y|transform)="[^"]*"', _rounded, text)
    text = re.sub(r'(?<= d=")[^"]*', _shortened, text)
    text = _without_groups(_without_repetition(text))
    text = re.sub(r'<image (xlink:href="data:image/png;base64,\s*([^"]+)")', _inked, text)
    for name, colour in COLOURS.items():
        text = text.replace(colour, f"var(--{name}, {colour})")
    return re.sub(r"\s*\n\s*", "\n", text)


def drawing(figure: Figure, alt: str) -> str:
    """One figure as an `<svg>` that fills its panel up to its natural width; "" is decorative."""
    text = svg(figure)
    box = re.search(r'viewBox="[^"]*"', text)[0]
    role = f'role="img" aria-label="{html.escape(alt)}"' if alt else 'aria-hidden="true"'
    width = f"{figure.get_figwidth() * 96:.0f}px"
    style = (
        f"width:100%;max-width:{width};height:auto;fill:var(--fig-ink,#000);"
        f"font-family:'{FAMILY}',sans-serif"
    )
    return f'<svg {role} {box} style="{style}" {text[text.index("xmlns") :]}'


def _without_repetition(text: str) -> str:
    """A mark says its stroke, and its filling if it has but one, where it is defined."""
    marks, fills = {*re.findall(r'<path id="([^"]+)"[^>]*\bstyle="[^"]*stroke', text)}, {}
    use = r'<use xlink:href="#([^"]+)"([^>]*?) style="([^"]*)"/>'
    for mark, _, style in re.findall(use, text):
        kept = [part for part in style.split("; ") if not part.startswith("stroke")]
        fills.setdefault(mark, set()).add("; ".join(kept))

    def once(found: re.Match) -> str:
        if found[1] not in marks:
            return found[0]
        kept = [part for part in found[3].split("; ") if not part.startswith("stroke")]
        style = f' style="{"; ".join(kept)}"' if kept and len(fills[found[1]]) > 1 else ""
        return f'<use xlink:href="#{found[1]}"{found[2]}{style}/>'

    def defined(found: re.Match) -> str:
        only = fills.get(found[2], ())
        return f"{found[1]}{next(iter(only))}; " if len(only) == 1 and "" not in only else found[0]

    text = re.sub(use, once, text)
    return re.sub(r'(<path id="([^"]+)"[^>]*\bstyle=")(?=[^"]*stroke)', defined, text)


def _shortened(path: re.Match) -> str:
    """Lines follow their start without a letter each; a dot is a line of no length."""
    text = re.sub(r"\s+", " ", path[0])
    text = re.sub(r"M (\S+) (\S+) L \1 \2(?= [MZz]| ?$)", r"M\1 \2h0", text)
    lines = r"(M \S+ \S+)((?: L \S+ \S+)+)"
    return re.sub(lines, lambda run: run[1] + run[2].replace(" L ", " "), text).strip()


def _inked(image: re.Match) -> str:
    """An image of black ink alone is marked: where the page is dark, its style sheet turns it."""
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(image[2]))).convert("RGBA"))
    kind = "" if pixels[..., :3][pixels[..., 3] > 0].any() else 'class="ink" '
    return f"<image {kind}{image[1]}"


def _without_groups(text: str) -> str:
    """Groups that say nothing are left out, which makes a drawing lighter by a sixteenth.

    >>> _without_groups('<g><g clip-path="url(#a)"><g><use/></g></g></g>')
    '<g clip-path="url(#a)"><use/></g>'
    """
    kept, parts = [], []
    for part in re.split(r"(<g\b[^>]*>|</g>)", text):
        if part.startswith("<g"):
            kept.append(part != "<g>")
        if not ((part == "</g>" and not kept.pop()) or part == "<g>"):
            parts.append(part)
    return "".join(parts)


def _rounded(attribute: re.Match) -> str:
    """Coordinates to a tenth of a point, which no eye can tell."""
    return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.1f}", attribute[0])


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
    if len(figures) % 3 == 0 and figures[0].get_figwidth() < 3.2:
        kind += " fig-threes"
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


# ------------------------------------------------------------------------------ shared marks


def shade_hull(ax: Axes, low: float, high: float, *, vertical: bool = True, label: bool = True):
    """Shade the inside of the hull [low, high], along x (`vertical`) or along y."""
    span = ax.axvspan if vertical else ax.axhspan
    span(low, high, color=HULL, lw=0, zorder=0, label="inside the hull" if label else None)


def lighten(lines: Iterable[Line2D], within: float = 0.15) -> None:
    """Leave out the points of lines without markers that lie within so many points of the rest."""
    for line in lines:
        path = line.get_path()
        path.should_simplify, path.simplify_threshold = True, within


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


def _chance_and_ideal(ax: Axes, x, chance, ideal: float | None) -> None:
    ax.plot(x, chance, color=MUTED, ls=":", lw=1.4, label="chance", zorder=1)
    if ideal is not None:
        ax.axhline(ideal, color=MUTED, lw=0.8, label="ideal", zorder=1)


def size_axis(ax: Axes, sizes: Sequence[int]) -> None:
    """N on a logarithmic x axis, ticks at the sizes that were run."""
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator([*sizes]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.set_xlabel("N")


# ------------------------------------------------------------------------------ one network


def plot_responses(parameters: model.Parameters, *, ax: Axes, reach: float = 1.6) -> Axes:
    """Response curves h_j of the first network of a stack, a tick at each prototype."""
    grid = torch.linspace(-reach, reach, 400, dtype=parameters.slope.dtype)[None, :, None]
    net = model.Parameters(*(tensor[:1] for tensor in parameters))
    h, p = model.respond(net, grid)[0], model.prototypes(net)[0, :, 0]
    lighten(ax.plot(grid[0, :, 0], h, color=INK, lw=1, alpha=0.75))
    ax.plot(p, np.ones_like(p), "v", color=INK, clip_on=True, ms=5)
    ax.set(xlim=(-reach, reach), ylim=(0, 1.12), xlabel="input x", ylabel="response")
    return ax


def plot_fit(parameters: model.Parameters, inputs, targets, *, ax: Axes, reach=1.6) -> Axes:
    """The function the first network computes, and the data it was trained on."""
    grid = torch.linspace(-reach, reach, 400, dtype=parameters.slope.dtype)[None, :, None]
    net = model.Parameters(*(tensor[:1] for tensor in parameters))
    ax.plot(grid[0, :, 0], model.predict(net, grid)[0], color=MUTED, label="network f")
    ax.plot(inputs[0, :, 0], targets[0], "o", color=INK, ms=4, label="samples (x, y)")
    ax.set(xlim=(-reach, reach), xlabel="input x", ylabel="output")
    return ax


def plot_dots(x, y, *, ax: Axes, colour: str, size: float = 3, label: str | None = None) -> Axes:
    """Many dots as one path, round ends of lines without length: small files."""
    x, y = (np.asarray(v, dtype=float).ravel() for v in (x, y))
    gap = np.full_like(x, np.nan)
    ax.plot(
        np.column_stack([x, x, gap]).ravel(), np.column_stack([y, y, gap]).ravel(), color=colour,
        lw=size, solid_capstyle="round", alpha=0.6, label=label, zorder=1.5,
    )  # fmt: skip
    return ax


def plot_matching(samples, prototypes, pairs, *, ax: Axes, colour: str = INK) -> Axes:
    """Samples on the upper rail, prototypes on the lower, links for the assignment.

    samples (N,), prototypes (units,), pairs: two index arrays as from `matching.assign`.
    """
    for i, j in zip(*pairs):
        ax.plot([samples[i], prototypes[j]], [1, 0], color=FAINT, lw=1, zorder=1)
    ax.plot(samples, np.ones(len(samples)), "o", color=INK, ms=6, clip_on=False)
    ax.plot(prototypes, np.zeros(len(prototypes)), "v", color=colour, ms=7)
    ax.set(yticks=[0, 1], yticklabels=["prototypes", "samples"], ylim=(-0.25, 1.25))
    ax.set_xlabel("input x")
    ax.spines["left"].set_visible(False)
    ax.tick_params(left=False)
    return ax


def plot_field(positions, force, *, ax: Axes, mask: Mask, hull, label: str | None = None) -> Axes:
    """The push on one prototype against where it stands; above 0 it is pushed to the right.

    positions, force : (points,). Arrows along the bottom show the direction.
    """
    colour = LOOKS[mask].colour
    shade_hull(ax, *hull, label=False)
    ax.axhline(0, color=MUTED, lw=0.7)
    lighten(ax.plot(positions, force, color=colour, label=label))
    low, high = np.nanmin(force), np.nanmax(force)
    room = max(high - low, 1e-12)
    ax.set_ylim(low - 0.28 * room, high + 0.1 * room)
    inside = np.linspace(0, len(positions) - 1, 19).round().astype(int)[1:-1]
    step = 0.3 * (positions[-1] - positions[0]) / 19
    for k in inside:
        if abs(force[k]) > 1e-3 * room:
            ax.annotate(
                "",
                xy=(positions[k] + np.sign(force[k]) * step, low - 0.17 * room),
                xytext=(positions[k] - np.sign(force[k]) * step, low - 0.17 * room),
                arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.1, "mutation_scale": 7},
            )
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.set(xlim=(positions[0], positions[-1]), xlabel="prototype p")
    return ax


def plot_trajectories(steps, paths, *, ax: Axes, mask: Mask, hull, reach: float = 2.5) -> Axes:
    """Prototype positions during training: steps (frames,), paths (frames, units)."""
    shade_hull(ax, *hull, vertical=False, label=False)
    lighten(ax.plot(steps, paths, color=LOOKS[mask].colour, lw=1, alpha=0.9))
    ax.set(xlim=(steps[0], steps[-1]), ylim=(-reach, reach), xlabel="step", ylabel="prototype p")
    return ax


# ------------------------------------------------------------------------------ many runs


def plot_by_size(
    table: pd.DataFrame,
    column: str,
    *,
    ax: Axes,
    masks: Iterable[Mask] = MASKS,
    chance: pd.Series | None = None,
    ideal: float | None = None,
    centre: str = "median",
    label: bool = True,
) -> Axes:
    """A score against N: the median (or mean) over seeds and the middle half of the runs.

    Parameters
    ----------
    chance
        the null's level, indexed by N.
    """
    sizes = sorted(table["n"].unique().tolist())
    if chance is not None:
        _chance_and_ideal(ax, chance.index, chance.to_numpy(), ideal)
    masks = [*masks]
    for mask, part in by_mask(table):
        if mask in masks:
            look, groups = LOOKS[mask], part.groupby("n")[column]
            ax.fill_between(
                sizes, groups.quantile(0.25), groups.quantile(0.75), color=look.colour, alpha=0.15,
                lw=0,
            )  # fmt: skip
            ax.plot(
                sizes, groups.agg(centre), color=look.colour, ls=look.dash, marker=look.marker,
                mfc=look.fill, mec=look.colour, label=mask_name(mask) if label else None,
            )  # fmt: skip
    size_axis(ax, sizes)
    return ax


def plot_band(
    x, values, *, ax: Axes, mask: Mask | None = None, colour: str = INK, marker: str = "o",
    dash: str | tuple = "-", label: str | None = None,
) -> Axes:  # fmt: skip
    """The median of many runs against x, and their middle half as a band.

    Parameters
    ----------
    x
        (points,)
    values
        (runs, points); what is not a number is left out
    mask
        draw it in this mask's look; else in `colour`, `marker` and `dash`
    """
    fill = colour
    if mask is not None:
        colour, fill, marker, dash = LOOKS[mask]
    low, middle, high = np.nanquantile(np.asarray(values, dtype=float), [0.25, 0.5, 0.75], axis=0)
    ax.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
    ax.plot(x, middle, color=colour, mfc=fill, mec=colour, marker=marker, ls=dash, label=label)
    return ax


def plot_images(images, *, ax: Axes, columns: int = 10) -> Axes:
    """A sheet of square images, (images, pixels) with values in [0, 1]: ink, more or less of it."""
    images = np.asarray(images, dtype=float).clip(0, 1)
    side, rows = round(images.shape[1] ** 0.5), -(-len(images) // columns)
    sheet = np.zeros((rows * (side + 1) - 1, columns * (side + 1) - 1, 4))
    for k, image in enumerate(images):
        r, c = divmod(k, columns)
        tile = np.s_[r * (side + 1) : r * (side + 1) + side, c * (side + 1) : c * (side + 1) + side]
        sheet[(*tile, 3)] = image.reshape(side, side)
    ax.imshow(sheet, interpolation="none")
    ax.set_axis_off()
    return ax


def rows_of_images(figure: Figure, rows: dict[str, np.ndarray], columns: int) -> None:
    """Rows of `columns` images, each under its name; what does not fit a row is left out."""
    for ax, (name, images) in zip(figure.subplots(len(rows), 1), rows.items()):
        plot_images(images[:columns], ax=ax, columns=columns)
        ax.set_title(name, fontsize=9.5, pad=6)


def plot_cells(values: np.ndarray, *, ax: Axes, colour: str, most: float = 0.8) -> Axes:
    """Shares as tinted cells, row 0 below, with their percentages; what is no number stays blank.

    values: (rows, columns), full tint at `most`.
    """
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            box, tint = (column - 0.5, row - 0.5), 0.5 * min(max(value, 0) / most, 1)
            ax.add_patch(Rectangle(box, 1, 1, color=colour, alpha=tint, lw=0))
            text = f"{100 * value:.0f}".replace("-", "−" if value <= -0.005 else "")
            ax.text(column, row, text, ha="center", va="center", fontsize=9)
    ax.set(xlim=(-0.5, values.shape[1] - 0.5), ylim=(-0.5, len(values) - 0.5))
    ax.tick_params(left=False, bottom=False)
    return ax


def plot_contrasts(
    questions: Sequence[Question], *, ax: Axes, mask: Mask, offset: float = 0.0, label=None
) -> Axes:
    """Paired differences with their intervals, one a size, from top to bottom; 0 is no effect."""
    look = LOOKS[mask]
    rows = np.arange(len(questions)) + offset
    middle = np.array([q.estimate for q in questions])
    low, high = (np.array([getattr(q, end) for q in questions]) for end in ("low", "high"))
    ax.axvline(0, color=MUTED, lw=0.8)
    ax.hlines(rows, low, high, color=look.colour, lw=1.6, ls=look.dash)
    ax.plot(middle, rows, ls="none", marker=look.marker, color=look.colour, mfc=look.fill, ms=5.5,
            label=label)  # fmt: skip
    ax.set(yticks=range(len(questions)), yticklabels=[f"N = {q.n}" for q in questions])
    ax.set_ylim(len(questions) - 0.5, -0.5)
    return ax
