"""One style: a typeface, a meaning for each colour, a look for each mask."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib import font_manager

from protolib.masks import Mask

# One meaning a colour: ink (text, axes, the baseline), Okabe and Ito's for the three losses and all
# of them, muted (chance levels, secondary text), faint (guides), the inside of the hull, paper; the
# kernels of an attractor or a repulsion; verdicts; the reader's own pick; learned encoders and
# linear read-outs. Names are CSS variables; live figures read the same file. Text is ink or muted:
# the others are for marks, and too light for small letters.
_SHARED = json.loads((Path(__file__).parents[1] / "shared.json").read_text(encoding="utf-8"))
COLOURS = {f"fig-{name}": colour for name, colour in _SHARED["colours"]["light"].items()}
INK, COVERAGE, SEPARATION, OVERLAP, ALL, MUTED, FAINT, HULL, PAPER, *_OTHERS = COLOURS.values()
ENERGY, GAUSSIAN, IMQ, VERDICT, PICK, ENCODER, LINEAR = _OTHERS

# The page's own typeface, measured where a figure is laid out and drawn where it is read.
FAMILY = "Weights Sans"
for _file in sorted((Path(__file__).parents[1] / "fonts").glob("*.ttf")):
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
