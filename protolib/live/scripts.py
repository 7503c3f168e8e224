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
_EXERCISES = FOLDER.parent / "exercises"
SHARED = {name: value for held in _HELD.values() for name, value in held.items()}
"""What Python and the figures share: colours, presets, ranges and defaults."""

ENGINE = ("shared.json", "random.js", "network.js", "matching.js", "forces.js")
LIVE = (*ENGINE, "input.js", "page.js", "tries.js", "hands.js", "lab-state.js",
        "lab-draw.js", "lab-panel.js", "lab.js")  # fmt: skip
DIGITS = ("figure.js", "digits.js")
FIGURES = (*DIGITS, "ramp.js", "phase-map.js", "predict.js")
SPARSE = ("sparse.json", "sparse-engine.js", "linked.js", "ramp.js", "plane.js",
          "transition.js")  # fmt: skip
EXERCISES = ("messages.json", "formula.js", "exercise.js")
TYPED = ("messages.json", "engine.js")
BY_ENGINE = r"protolib-exercise [^>]*&quot;ask&quot;:&quot;(loss|placement)"
CLASS = ("challenges.json", "hand-in.js", "present.js")

SMALL = ("phase-map", "predict-reveal")
OF_CODES = ("superposition-plane", "transition-map")
BUNDLES = {
    "live.js": (LIVE, ("prototype-lab", "digits-viewer", *SMALL, *OF_CODES, BY_ENGINE)),
    "live-digits.js": (DIGITS, ("digits-viewer", *SMALL, *OF_CODES)),
    "live-figures.js": (FIGURES[len(DIGITS) :], SMALL),
    "live-sparse.js": (SPARSE, OF_CODES),
    "exercises.js": (EXERCISES, ("protolib-exercise", 'p class="exercise-progress"')),
    "exercises-engine.js": (TYPED, (BY_ENGINE,)),
    "live-class.js": (CLASS, ()),
}
"""The files of a page: their sources and the tags (patterns) that need them, in this order.

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
        for line in _source(name, names).splitlines()
    ]
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def _source(name: str, names: tuple[str, ...]) -> str:
    if name in _HELD:
        held = json.dumps(_HELD[name], separators=(",", ":"), ensure_ascii=False)
        return f"Object.assign((globalThis.protolib ??= {{}}).shared ??= {{}}, {held});"
    if name == "messages.json":  # of its sentences those that the files beside it say
        beside = script(*(other for other in names if other != name))
        said = json.loads((_EXERCISES / name).read_text(encoding="utf-8"))
        held = {key: say for key, say in said.items() if f'"{key}"' in beside}
        held = json.dumps(held, separators=(",", ":"), ensure_ascii=False)
        return f"Object.assign((globalThis.protolib ??= {{}}).messages ??= {{}}, {held});"
    folder = _EXERCISES if name in (*EXERCISES, *TYPED) else FOLDER
    return (folder / "js" / name).read_text(encoding="utf-8")


def in_book() -> bool:
    """Whether the book is being built: then a page gets the figure itself, not a widget."""
    return os.environ.get("PROTOLIB_BOOK") == "1"
