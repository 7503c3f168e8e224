"""Runs of the live lab that were handed in as links: read, trained again, judged by a challenge.

A link of the lab holds a whole run: the settings and the seed, the steps, and what was changed on
the way. The page trains in float64 as `protolib.training` does, so Python trains it again to the
same numbers, and a table says who met the challenge. The rules of the challenges stand in
`live/challenges.json`, for the page and for Python.

Links come from strangers: every word is checked, sizes, steps and changes are bounded, and a link
has `SECONDS` at most.
"""

import csv
import io
import math
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, get_args
from urllib.parse import parse_qsl

import numpy as np
import pandas as pd
import torch

from protolib import data, hull, matching, model
from protolib.live.scripts import SHARED
from protolib.losses import Attractor, Kernel
from protolib.model import Parameters
from protolib.training import TrainConfig, one_thread
from protolib.training.flat import flatten, shape_of, unflatten
from protolib.training.forces import force_program
from protolib.training.optimisers import adam

CHALLENGES: dict[str, dict] = SHARED["challenges"]
"""By name: what it asks (`text`), and the rules that the page and Python hold a run to."""

_LAB, _HAND_IN = SHARED["lab"], SHARED["hand_in"]
_START, _RANGES, _WORDS = (_LAB[name] for name in ("defaults", "ranges", "words"))
_NAMES = {word: name for name, word in _WORDS.items()}
_SETTINGS: list[str] = _HAND_IN["settings"]
_VIEWS = ("speed", "zoom", "curves", "links", "forces")
_WEIGHTS = ("slope", "bias", "readout", "offset")
_OWN = ("preset", "steps", "run", "moved", "challenge", "says", "version", "present")
_CHOICES = {"attractor": get_args(Attractor), "kernel": get_args(Kernel)}

MOST_STEPS: int = _HAND_IN["most_steps"]
MOST_CHANGES: int = _HAND_IN["most_changes"]
LONGEST = 30_000  # characters of a link, as in the page
MOST_LINKS = 1000
SECONDS = 60.0
AGREE = 1e-9  # of the page's scores with Python's; where rounding alone moves more, a hundredfold
NUMBER = re.compile(r"-?\d{1,400}(\.\d{1,400})?(e[+-]?\d{1,3})?")
LINK = re.compile(r"""[^\s,;"'<>#]*#[A-Za-z][\w.-]*:[^\s,;"'<>]*""")


class Change(NamedTuple):
    """Something that was changed on the way.

    Parameters
    ----------
    step
        steps after the start
    name
        a setting, or "prototype" or "sample" for what was moved by hand
    value
        of the setting; of a move (index, point)
    """

    step: int
    name: str
    value: object


class Run(NamedTuple):
    """A run as a link describes it.

    Parameters
    ----------
    settings
        at the start, by the names of `live.Lab`, seed included
    samples
        (samples, dims) where they are not those of the seed
    weights
        the start where it is not that of the seed, a stack of one network
    steps
        trained from there
    changes
        on the way, in the order of their steps
    challenge
        the name of a challenge, or None
    says
        error and expelled share as the page measured them, or None
    """

    settings: dict
    samples: np.ndarray | None
    weights: Parameters | None
    steps: int
    changes: tuple[Change, ...]
    challenge: str | None
    says: tuple[float, float] | None

    @property
    def moved(self) -> bool:
        """Whether any point was moved by hand, at the start or later."""
        own = self.samples is not None or self.weights is not None
        return own or any(change.name in _MOVES.values() for change in self.changes)


_MOVES = {"p": "prototype", "x": "sample"}

# ------------------------------------------------------------------ reading a link


def parse(link: str) -> Run:
    """What a link says, every word of it checked.

    Parameters
    ----------
    link
        an address with `#name:` and the words of a lab behind it, or only what stands behind

    Raises
    ------
    ValueError
        if it is none of this lab's links; the message says what was expected and what came.

    Examples
    --------
    >>> run = parse("book/index.html#lab:n=20&seed=3&masks=010&steps=500&version=1")
    >>> run.settings["size"], run.settings["masks"], run.steps, run.moved
    (20, (0.0, 1.0, 0.0), 500, False)
    """
    if len(link) > LONGEST:
        raise ValueError(f"a link has at most {LONGEST} characters, this one {len(link)}")
    given = _words(re.sub(r"^[^#]*#[A-Za-z][\w.-]*:", "", link.strip()).replace("&amp;", "&"))
    steps = _whole("steps", given["steps"], (0, MOST_STEPS)) if "steps" in given else 0
    if "steps" in given and given.get("version") != _HAND_IN["version"]:
        raise ValueError(
            f"expected a link of version {_HAND_IN['version']}, got {given.get('version')!r}"
        )
    settings = dict(_START)
    if "preset" in given:
        settings |= _LAB["presets"][_one_of("preset", given["preset"], list(_LAB["presets"]))]
    for name in (*_SETTINGS, "seed", *_VIEWS):
        if _WORDS[name] in given:
            settings[name] = _setting(name, given[_WORDS[name]])
    settings["masks"] = tuple(float(m) for m in settings["masks"])
    dims = settings["dims"]
    samples = None
    if "x" in given:
        samples = _points("x", given["x"], _RANGES["samples"], dims)
        settings["size"] = len(samples)
    weights = _weights(given, dims)
    if "step" in given:
        _whole("step", given["step"], _RANGES["step"])
    units = settings["size"] if weights is None else weights.slope.shape[1]
    changes = _changes(given.get("run", ""), steps, settings["size"], units, dims)
    challenge, says = given.get("challenge"), None
    if challenge is not None:
        _one_of("challenge", challenge, list(CHALLENGES))
    if "says" in given:
        parts = given["says"].split("_")
        if len(parts) != 2:
            raise ValueError(f"says must be two numbers, got {_short(given['says'])}")
        says = tuple(_number("says", part, (0, 1e300)) for part in parts)
    run = Run(settings, samples, weights, steps, changes, challenge, says)
    if "moved" in given and given["moved"] != "1":
        raise ValueError(f"moved must be 1 or missing, got {_short(given['moved'])}")
    if "steps" in given and ("moved" in given) != run.moved:
        raise ValueError(
            "was edited: it says that "
            + ("points were moved by hand, but holds no move" if "moved" in given else "no point")
            + ("" if "moved" in given else " was moved by hand, but holds a move")
        )
    return run


def _words(text: str) -> dict[str, str]:
    known = {*_NAMES, *_OWN}
    if "=" not in text:
        raise ValueError(f"is no link of the lab: no setting stands in {_short(text)}")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    except (ValueError, UnicodeError):
        raise ValueError(f"is no link of the lab: {_short(text)} cannot be read") from None
    for word, _ in pairs:
        if word not in known:
            raise ValueError(f"unknown word {_short(word)}; known are {', '.join(sorted(known))}")
        if [w for w, _ in pairs].count(word) > 1:
            raise ValueError(f"the word {word} stands in it more than once")
    return dict(pairs)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _number(name: str, text: str, limits: Sequence[float | int]) -> float:
    low, high = limits
    value = float(text) if NUMBER.fullmatch(text) else math.nan
    if not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low} to {high}, got {_short(text)}")
    return value


def _whole(name: str, text: str, limits: Sequence[int]) -> int:
    low, high = limits
    if not re.fullmatch(r"\d{1,17}", text) or not low <= int(text) <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, got {_short(text)}")
    return int(text)


def _one_of(name: str, text: str, options: Sequence[str]) -> str:
    if text not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}, got {_short(text)}")
    return text


def _setting(name: str, text: str):
    word = _WORDS[name]
    if name in _CHOICES:
        return _one_of(word, text, _CHOICES[name])
    if name in ("curves", "links", "forces"):
        return _one_of(word, text, ("0", "1")) == "1"
    if name in _LAB["whole"]:
        return _whole(word, text, _RANGES[name])
    if name == "masks":
        parts = text.split("_") if "_" in text else list(text)
        if len(parts) != 3:
            raise ValueError(f"masks must be three numbers, got {_short(text)}")
        return tuple(_number("masks", part, _RANGES["masks"]) for part in parts)
    return _number(word, text, _RANGES[name])


def _points(
    name: str, text: str, limits: Sequence[float | int], dims: int, count: int | None = None
) -> np.ndarray:
    """(points, dims)"""
    low, high = (count, count) if count else _RANGES["size"]
    parts = text.split("_")
    if not (len(parts) % dims == 0 and low <= len(parts) // dims <= high):
        raise ValueError(
            f"{name} must be {low if low == high else f'{low} to {high}'} points of {dims} "
            f"numbers, got {len(parts)} numbers"
        )
    return np.array([_number(name, part, limits) for part in parts]).reshape(-1, dims)


def _weights(given: dict[str, str], dims: int) -> Parameters | None:
    words = [_WORDS[name] for name in _WEIGHTS]
    present = [word for word in words if word in given]
    if not present:
        return None
    if len(present) < len(words):
        raise ValueError(f"w, b, v and c must come together, got {', '.join(present)}")
    w, b, v, c = (
        _points(word, given[word], _RANGES["weights"], d, count)
        for word, d, count in zip(words, (1, dims, 1, 1), (None, None, None, 1))
    )
    if not len(w) == len(b) == len(v):
        raise ValueError(f"w, b and v must be of one length, got {len(w)}, {len(b)} and {len(v)}")
    w, b, v, c = (torch.tensor(part) for part in (w, b, v, c))
    return Parameters(w[None, :, 0], b[None], v[None, :, 0], c[0])


def _changes(text: str, steps: int, samples: int, units: int, dims: int) -> tuple[Change, ...]:
    changes, before = [], 1  # what is changed before the first step is the start's
    for part in text.split("~") if text else []:
        at, *fields = part.split(":")
        step = _whole("the step of a change", at, (before, steps))
        before, word = step, fields[0] if fields else ""
        if len(fields) != (3 if word in ("p", "x") else 2):
            raise ValueError(f"a change must be step:name:value, got {_short(part)}")
        name = _MOVES.get(word) or _NAMES.get(word)
        if word in ("p", "x"):
            index = _whole(word, fields[1], (0, (units if word == "p" else samples) - 1))
            limits = _RANGES["prototypes" if word == "p" else "samples"]
            value = index, _points(word, fields[2], limits, dims, 1)[0]
        elif name in _SETTINGS and name not in ("dims", "size"):
            value = _setting(name, fields[1])
        else:
            raise ValueError(f"{_short(word)} cannot be changed on the way")
        changes.append(Change(step, name, value))
    if len(changes) > MOST_CHANGES:
        raise ValueError(f"at most {MOST_CHANGES} changes are read, got {len(changes)}")
    return tuple(changes)


# ------------------------------------------------------------------ training it again


class Replay(NamedTuple):
    """The end of a run, trained again.

    Parameters
    ----------
    found
        the measures that challenges speak of, by name
    other
        the same of a twin whose units stand in reverse order, so that sums round differently
    drift
        how far the two ends' scores are apart: to that digit the run is determined at all
    """

    found: dict[str, float | int]
    other: dict[str, float | int]
    drift: float


def replay(run: Run, *, seconds: float = SECONDS) -> Replay:
    """Train a run again, as `training.train` does, Adam keeping its memory through every change.

    Raises
    ------
    TimeoutError
        if it takes longer than that; no link within the limits does on an ordinary machine.

    Examples
    --------
    >>> ended = replay(parse("n=20&tau=1&masks=010&steps=500&version=1"))
    >>> ended.found["outside"] > 8, ended.drift < 1e-9
    (True, True)
    """
    begin, s = time.monotonic(), dict(run.settings)
    seed, size, dims = s["seed"], s["size"], s["dims"]
    if run.samples is None:
        x = data.uniform([seed], size, dims, dtype=torch.float64)
    else:
        x = torch.tensor(run.samples)[None]
    start = run.weights or model.initialise([seed], size, dims, dtype=torch.float64)
    # a twin with its units the other way round
    twin = (t.flip(1) if t.ndim > 1 else t for t in start)
    stack = Parameters(*(torch.cat(pair) for pair in zip(start, twin)))
    x, shape = x.repeat(2, 1, 1), shape_of(stack)
    flat = flatten(stack, centre=False)
    gradient = torch.empty_like(flat)
    update, done, before = adam(flat, gradient), 0, []
    with one_thread(), torch.no_grad():
        for change in (*run.changes, Change(run.steps, "end", None)):
            if change.step > done:
                program = _program(flat, gradient, x, shape, s)
                for step in range(done + 1, change.step + 1):
                    program()
                    update(step, s["learning_rate"])
                    if step % 64 == 0 and time.monotonic() - begin > seconds:
                        raise TimeoutError(f"stopped at step {step}: it took over {seconds:g} s")
                done = change.step
            if change.name == "prototype":
                before = before or [_orphans(net, x) for net in _each(flat, shape)]
                _place(flat, shape, *change.value)
            elif change.name == "sample":
                index, point = change.value
                x[:, index] = torch.tensor(point)
            elif change.name != "end":
                s[change.name] = change.value
    one, other = (_measures(net, x[:1], run) for net in _each(flat, shape))
    for found, orphans in zip((one, other), before):
        found["fewer"] = orphans - found["orphans"]
    scores = ("error", "expelled", "r2", "share")
    far = max(abs(one[name] - other[name]) for name in scores)
    return Replay(one, other, far if math.isfinite(far) else math.inf)


def _program(flat, gradient, x, shape, s: dict) -> Callable[[], None]:
    names = ("lam", "tau", "attractor", "kernel", "softness", "learning_rate")
    config = TrainConfig(**{name: s[name] for name in names})
    masks = torch.tensor([s["masks"]] * 2, dtype=torch.float64)
    return force_program(flat, gradient, x, data.sine(x), masks, shape, config)


def _each(flat, shape) -> list[Parameters]:
    """The network and its twin, each a stack of its own."""
    nets = unflatten(flat, shape)
    return [Parameters(*(t[k : k + 1] for t in nets)) for k in (0, 1)]


def _orphans(net: Parameters, x: torch.Tensor) -> int:
    """How many prototypes are nearest to no sample."""
    p = model.prototypes(net)[0]
    owners = torch.cdist(x[0], p, compute_mode="donot_use_mm_for_euclid_dist").argmin(-1)
    return len(p) - len(owners.unique())


def _place(flat, shape, index: int, point: np.ndarray) -> None:
    """Put a prototype there, by b = −w p, in the network and in its twin."""
    for net, j in ((0, index), (1, shape.units - 1 - index)):
        slope = model.safe_slope(flat[net, j])
        for d in range(shape.dims):
            flat[net, shape.units * (1 + d) + j] = -slope * float(point[d])


def _measures(net: Parameters, x: torch.Tensor, run: Run) -> dict[str, float | int]:
    p = model.prototypes(net)
    units, dims = p.shape[1:]
    if not all(bool(t.isfinite().all()) for t in (*net, p)):
        raise ValueError("leads to weights that are not finite")
    copies = x.expand(200 if dims == 1 else 50, -1, -1)
    chance = matching.chance_prototypes(copies, units, seed=0)
    error = matching.reconstruction_error(p, x).item()
    expelled = hull.expelled_share(p, x).item()
    at_chance = matching.reconstruction_error(chance, copies).mean().item()
    return {
        "error": error,
        "expelled": expelled,
        "outside": round(expelled * units),
        "r2": matching.fit_r2(model.predict(net, x), data.sine(x)).item(),
        "share": error / at_chance,
        "orphans": _orphans(net, x),
        "fewer": 0,
        "steps": run.steps,
        "tau": run.settings["tau"],
        "lam": run.settings["lam"],
    }


# ------------------------------------------------------------------ judging it

_SAID = {
    "outside": "the number outside the hull",
    "error": "the error",
    "r2": "R²",
    "share": "the share of chance",
    "fewer": "the number of orphans fetched back",
}


def judge(run: Run, challenge: str, found: dict[str, float | int]) -> list[str]:
    """Why a run does not meet a challenge; empty when it does. The page's `judge` says the same.

    Parameters
    ----------
    found
        the measures at its end, as `replay` finds them

    Examples
    --------
    >>> run = parse("n=20&tau=0.01&masks=010&steps=900&version=1")
    >>> judge(run, "half-out", replay(run).found)[0]
    'it must be 2000 steps'
    """
    rule, why = CHALLENGES[challenge], []
    for name in _SETTINGS:
        asked, given = rule["start"].get(name, _START[name]), run.settings[name]
        if name == "masks":
            asked, given = tuple(asked), tuple(given)
        if name not in rule["free"] and given != asked:
            text = ",".join(map(str, asked)) if name == "masks" else asked
            why.append(f"{_WORDS[name]} must be {text} at the start")
    if run.weights is not None:
        why.append("it must start from its seed")
    elif run.samples is not None and "start" not in rule["hand"]:
        why.append("the samples must be those of the seed")
    for of in ("sample", "prototype"):
        if f"{of}s" not in rule["hand"] and any(change.name == of for change in run.changes):
            why.append(f"no {of} may be moved on the way")
    for change in run.changes:
        if change.name in _SETTINGS and change.name not in rule["change"]:
            why.append(f"{_WORDS[change.name]} may not be changed on the way")
        if change.step < rule["hold"]:
            why.append(f"nothing may be changed before step {rule['hold']}")
    least, most = rule["steps"]
    if not least <= run.steps <= most:
        why.append(f"it must be {least if least == most else f'{least} to {most}'} steps")
    last = run.changes[-1].step if run.changes else 0
    if run.steps - last < rule.get("rest", 0):
        why.append(f"{rule['rest']} steps must follow the last move")
    for name, low, high in rule["need"]:
        if not low <= found[name] <= high:
            wanted = f"{low}" if low == high else f"{low} to {high}"
            why.append(f"{_SAID[name]} is {found[name]:.3g}, not {wanted}")
    return list(dict.fromkeys(why))


# ------------------------------------------------------------------ a file of links

COLUMNS = [
    "name", "challenge", "met", "measured", "value", "rank", "why not", "error",
    "outside the hull", "R2", "N", "seed", "steps", "changes", "moved by hand", "drift",
]  # fmt: skip


def read_links(path: str | Path) -> list[tuple[int, str, str]]:
    """The lines of a file as (number of the line, name, link), of a CSV or plain text file.

    The name is what stands before the link, whatever separates them. A line without a link has an
    empty one; a first line without a link is taken for a heading.

    Raises
    ------
    ValueError
        if the file is no text, is empty, or holds more than `MOST_LINKS` lines.
    """
    path = Path(path)
    if path.stat().st_size > 1_000_000 * 32:
        raise ValueError(f"{path} is too large for a list of links: {path.stat().st_size} bytes")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text in UTF-8; save it as CSV UTF-8") from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        match = LINK.search(line)
        if not match and number == 1:
            continue
        name = line[: match.start()] if match else line
        found.append((number, _clean(name), match[0] if match else ""))
    if not found:
        raise ValueError(f"{path} holds no link: expected a name and a link on every line")
    if len(found) > MOST_LINKS:
        raise ValueError(f"{path} holds {len(found)} lines, at most {MOST_LINKS} are read")
    return found


def _clean(name: str) -> str:
    return "".join(c for c in name if c.isprintable()).strip(" ,;\t\"'|")[:100]


def grade(path: str | Path, *, challenge: str | None = None, progress=None) -> pd.DataFrame:
    """Train every link of a file again and judge it: one row a line, with the columns `COLUMNS`.

    `met` is "yes", "no", "open" where rounding alone decides, or "not read" for a line that is no
    link of the lab; `why not` says why, in words for the student.

    Parameters
    ----------
    challenge
        the one that all links are held to; None: the one that each link names
    progress
        called with each row as it is made

    Raises
    ------
    ValueError
        if the file cannot be read, or there is no such challenge.
    """
    if challenge is not None:
        _one_of("challenge", challenge, list(CHALLENGES))
    rows = []
    for number, name, link in read_links(path):
        row = dict.fromkeys(COLUMNS, "") | {"name": name, "met": "not read"}
        try:
            if not link:
                raise ValueError("there is no link on this line")
            row |= _row(parse(link), challenge)
        except (ValueError, TimeoutError) as error:
            row["why not"] = f"line {number}: {error}"
        rows.append(row)
        if progress:
            progress(row)
    _rank(rows)
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def _row(run: Run, challenge: str | None) -> dict:
    if challenge is not None and run.challenge not in (None, challenge):
        raise ValueError(f"it is a run for {run.challenge}, not for {challenge}")
    if run.steps == 0:
        raise ValueError("it holds no steps: train first, then copy the link")
    ended, challenge = replay(run), challenge or run.challenge
    found = ended.found
    row = {
        "challenge": challenge or "", "met": "", "error": found["error"],
        "outside the hull": f"{found['outside']} of {_units(run)}", "R2": found["r2"],
        "N": run.settings["size"], "seed": run.settings["seed"], "steps": run.steps,
        "changes": len(run.changes), "moved by hand": "yes" if run.moved else "no",
        "drift": ended.drift,
    }  # fmt: skip
    slack, edited = max(AGREE, 100 * ended.drift), False
    ends = [found, ended.other]
    if run.says:
        error, expelled = run.says
        ends.append(
            found | {"error": error, "expelled": expelled, "outside": round(expelled * _units(run))}
        )
        edited = any(
            abs(ends[-1][name] - found[name]) > slack * (1 + abs(found[name]))
            for name in ("error", "expelled")
        )
    if edited:
        row["met"] = "no" if challenge else ""
        row["why not"] = (
            f"was edited: it says error {error:.6g} and {expelled:.3g} outside, trained "
            f"again it is {found['error']:.6g} and {found['expelled']:.3g}"
        )
        return row
    if challenge is not None:
        measured, _ = CHALLENGES[challenge]["best"]
        why = judge(run, challenge, found)
        row |= {"measured": measured, "value": found[measured], "why not": "; ".join(why)}
        row["met"] = "no" if why else "yes"
        if len({not judge(run, challenge, end) for end in ends}) > 1:
            row["met"] = "open"
            row["why not"] = "rounding alone decides: the page and Python may differ"
    if run.weights is not None:
        note = "it starts from weights of its own: how they came about cannot be replayed"
        row["why not"] = "; ".join(filter(None, [row.get("why not"), note]))
    return row


def _units(run: Run) -> int:
    return run.settings["size"] if run.weights is None else run.weights.slope.shape[1]


def _rank(rows: list[dict]) -> None:
    """1 for the best of those that met a challenge with the same seed; equals share a rank."""
    met = [row for row in rows if row["met"] == "yes"]
    for row in met:
        sign = 1 if CHALLENGES[row["challenge"]]["best"][1] == "least" else -1
        peers = [o for o in met if (o["challenge"], o["seed"]) == (row["challenge"], row["seed"])]
        row["rank"] = 1 + sum(sign * o["value"] < sign * row["value"] for o in peers)


def to_csv(table: pd.DataFrame) -> str:
    """The table as text; what a spreadsheet would take for a formula is quoted."""

    def safe(value):
        if isinstance(value, str) and value[:1] in tuple("=+-@\t\r"):
            return "'" + value
        return repr(value) if isinstance(value, float) else value

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([safe(value) for value in row] for row in table.itertuples(index=False))
    return out.getvalue()
