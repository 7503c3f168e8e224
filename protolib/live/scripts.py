"""The scripts of the live figures: which files make them, and what Python and they share."""

import json
import os
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
_JSON = {"shared.json": FOLDER.parent / "shared.json"} | {
    name: FOLDER / name for name in ("sparse.json", "challenges.json")
}
_HELD = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in _JSON.items()}
SHARED = {name: value for held in _HELD.values() for name, value in held.items()}
"""What Python and the figures share: colours, presets, ranges and defaults."""

ENGINE = ("shared.json", "random.js", "network.js", "matching.js", "forces.js")
LIVE = (*ENGINE, "input.js", "page.js", "tries.js", "hands.js", "lab-state.js",
        "lab-draw.js", "lab-panel.js", "lab.js")  # fmt: skip
DIGITS = ("figure.js", "digits.js")
FIGURES = (*DIGITS, "ramp.js", "phase-map.js", "predict.js")
SPARSE = ("sparse.json", "sparse-engine.js", "linked.js", "ramp.js", "plane.js",
          "transition.js")  # fmt: skip
CLASS = ("challenges.json", "hand-in.js", "present.js")

SMALL = ("phase-map", "predict-reveal")
OF_CODES = ("superposition-plane", "transition-map")
BUNDLES = {
    "live.js": (LIVE, ("prototype-lab", "digits-viewer", *SMALL, *OF_CODES)),
    "live-digits.js": (DIGITS, ("digits-viewer", *SMALL, *OF_CODES)),
    "live-figures.js": (FIGURES[len(DIGITS) :], SMALL),
    "live-sparse.js": (SPARSE, OF_CODES),
    "live-class.js": (CLASS, ()),
}
"""The files of a page: their sources and the tags that need them, loaded in this order.

What no tag needs is loaded when a reader first asks for it.
"""


@cache
def script(*names: str) -> str:
    """The files' JavaScript, one after the other, without indentation and comments.

    Parameters
    ----------
    names
        files of `js/`, "shared.json", "sparse.json" and "challenges.json"

    Examples
    --------
    >>> "prototype-lab" in script(*LIVE)
    True
    """
    lines = [
        re.sub(r"\s// [^\"'`]*$", "", line).strip()
        for name in names
        for line in _source(name).splitlines()
    ]
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def _source(name: str) -> str:
    if name in _HELD:
        held = json.dumps(_HELD[name], separators=(",", ":"), ensure_ascii=False)
        return f"Object.assign((globalThis.protolib ??= {{}}).shared ??= {{}}, {held});"
    return (FOLDER / "js" / name).read_text(encoding="utf-8")


def in_book() -> bool:
    """Whether the book is being built: then a page gets the figure itself, not a widget."""
    return os.environ.get("PROTOLIB_BOOK") == "1"
