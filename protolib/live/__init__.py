"""The network alive: in the book's pages without Python, in a notebook driven from Python.

`shared.json` holds what both languages need: presets, ranges, defaults, colours. The files in `js/`
hold the one implementation in the page. Four of them are its engine (`random.js`, `network.js`,
`matching.js`, `forces.js`): NumPy's generator, the model, closed-form gradients of its losses
and Adam, in float64, tested to agree with this package to 1e-9. The others are the figure
`<prototype-lab>` and the smaller ones. The book's pages load them as they are. In a notebook `Lab`
shows the same figure, and its traits follow it both ways.

`show`, `phase_map`, `digits_viewer`, `predict_winner` and `predict_places` put live figures on a
page, each with a still that is seen in print and where scripts are off, and with buttons that
set a state, play, and say what to watch: a `Try` each, the book's own in `TRIES`. `controls` is for
what only Python can compute: sliders in a notebook, and on a page one saved result that says so.
`protolib.live.sparse` adds two figures of sparse codes.
"""

from protolib.live.controls import controls
from protolib.live.figures import (
    digits_viewer,
    pack,
    phase_map,
    predict_places,
    predict_winner,
    unpack,
)
from protolib.live.lab import PRESETS, Lab, show
from protolib.live.page import element
from protolib.live.scripts import (
    BUNDLES,
    CLASS,
    DIGITS,
    ENGINE,
    FIGURES,
    FOLDER,
    LIVE,
    SHARED,
    SPARSE,
    in_book,
    script,
)
from protolib.live.tries import TRIES, Act, Try

__all__ = [
    "BUNDLES",
    "CLASS",
    "DIGITS",
    "ENGINE",
    "FIGURES",
    "FOLDER",
    "LIVE",
    "PRESETS",
    "SHARED",
    "SPARSE",
    "TRIES",
    "Act",
    "Lab",
    "Try",
    "controls",
    "digits_viewer",
    "element",
    "in_book",
    "pack",
    "phase_map",
    "predict_places",
    "predict_winner",
    "script",
    "show",
    "unpack",
]  # fmt: skip
