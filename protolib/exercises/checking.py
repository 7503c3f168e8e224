"""Checking an answer: right or not, and if not, which mistake it is."""

import html
import inspect
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from protolib import data, streams
from protolib.exercises import placements
from protolib.exercises.formula import FormulaError, evaluate, number, parse
from protolib.exercises.keys import book, digest, listed, opened, rounded, short
from protolib.live.scripts import in_book

SAY = json.loads(Path(__file__).with_name("messages.json").read_text(encoding="utf-8"))
"""What page and Python say, by name."""
LOOSE = 1e-4
"""How far, relative to its size, a typed loss and its gradient may be from the book's."""

# what undoes a common slip: name of its message → what the right answer is, given the student's
SLIPS: dict[str, Callable[[float], float]] = {
    "sign": lambda v: -v,
    "double": lambda v: v / 2,
    "half": lambda v: v * 2,
    "reciprocal": lambda v: 1 / v if v else math.nan,
    "square": lambda v: math.sqrt(v) if v >= 0 else math.nan,
    "root": lambda v: v * v if v >= 0 else math.nan,
    "percent": lambda v: v / 100,
    "percent ": lambda v: v * 100,
}


@dataclass(frozen=True)
class Check:
    """What came of an answer: `right` (None where none was given) and `message`, why."""

    label: str
    right: bool | None
    message: str

    def __repr__(self) -> str:
        return self.message

    def _repr_html_(self) -> str | None:
        if self.right is None and in_book():
            return f'<protolib-exercise label="{html.escape(self.label)}"></protolib-exercise>'
        return None

    def assert_right(self) -> None:
        """Nothing, or an AssertionError that says what is wrong."""
        if not self.right:
            raise AssertionError(f"{self.label}: {self.message}")


def check(label: str, answer=None) -> Check:
    """Check an answer to an exercise of the book; nothing is sent anywhere.

    Parameters
    ----------
    label
        the exercise's name, as it stands below its text
    answer
        what is asked for: a number or an expression of numbers ("sqrt(0.01/2)"); of a choice its
        number or letter; of an order its letters ("BCA"); a formula as text; for a loss a formula,
        or a function of tensors x (samples,) and p (units,), or of x, w and b; for a placement a
        `live.Lab`, or samples and prototypes as two arrays. None: how to answer.

    Raises
    ------
    ValueError
        if there is no such exercise.

    Examples
    --------
    >>> check("nonsense")
    Traceback (most recent call last):
    ValueError: there is no exercise 'nonsense' that can be checked
    """
    key = book().get(label)
    if key is None:
        chapter = label.rsplit("-", 1)[0]
        near = [name for name in book() if name.rsplit("-", 1)[0] == chapter]
        hint = f"; those of {chapter}: {', '.join(near)}" if near else ""
        raise ValueError(f"there is no exercise {label!r} that can be checked{hint}")
    if answer is None or (isinstance(answer, str) and not answer.strip()):
        lines = [f"{letter}. {line}" for letter, line in zip(_letters(key), key.get("options", ()))]
        return Check(label, None, "\n".join([*lines, say("notebook", label=label, how=_how(key))]))
    try:
        right, message = _ASKS[key["ask"]](label, key, answer)
    except FormulaError as error:
        right, message = False, say(error.key, **{"names": _names(key)} | error.about)
    return Check(label, right, message)


def say(name: str, /, **about: object) -> str:
    """A sentence of page and notebook, with what it speaks of."""
    return SAY[name].format(**about)


def _names(key: dict) -> str:
    if key["ask"] == "number":
        names = ["pi", "e"]
    elif key["ask"] == "loss":
        names = {"overlap": ["x_i", "w_j", "b_j"], "separation": ["p_j", "p_k", "tau"]}.get(
            key["loss"], ["x_i", "p_j", "p_k"]
        )
    else:
        names = list(key.get("variables", {}))
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _letters(key: dict) -> str:
    return "".join(chr(ord("A") + place) for place in range(len(key.get("options", ()))))


def _how(key: dict) -> str:
    return say(f"how_{key['ask']}", names=_names(key) if key["ask"] == "formula" else "")


def _known(label: str, key: dict, text: str) -> tuple[bool, str] | None:
    """What the book says to this very answer, if it knows it."""
    found = digest(label, key["salt"], text)
    for place, (name, cipher) in enumerate(key["entries"]):
        if name == short(found):
            return place == 0, opened(found, cipher)
    return None


def _is_right(label: str, key: dict, text: str) -> bool:
    return short(digest(label, key["salt"], text)) == key["entries"][0][0]


def _number(label: str, key: dict, answer) -> tuple[bool, str]:
    value = number(answer) if isinstance(answer, str) else _float(answer)
    digits = key["digits"]
    if not math.isfinite(value):
        raise FormulaError("no_value")
    if found := _known(label, key, rounded(value, digits)):
        return found
    if digits > 1 and "rough" in key:
        rough = digest(label, key["salt"], rounded(value, digits - 1))
        if short(rough) == key["rough"]:
            return False, say("rough", digits=digits)
    near = _as_typed(str(answer), value, digits)
    for name, undo in SLIPS.items():
        if any(_is_right(label, key, rounded(undo(each), digits)) for each in near):
            return False, say(name.strip())
    return False, say("wrong")


def _as_typed(text: str, value: float, digits: int) -> list[float]:
    """Numbers that all are `text` when rounded as it is: so a slip of a rounded answer is seen.

    >>> [round(near, 3) for near in _as_typed("0.14", 0.14, 2)[:3]]
    [0.14, 0.135, 0.136]
    """
    parts = re.fullmatch(r"[-+−]?(\d*)[.,]?(\d*)(?:e([-+]?\d+))?", text.strip(), re.IGNORECASE)
    typed = (parts[1] + parts[2]).lstrip("0") if parts else ""
    if len(typed) < digits:  # an expression, or a number that is meant as it stands
        return [value]
    half = 0.5 * 10.0 ** (int(parts[3] or 0) - len(parts[2]))
    inwards = half / 10 if re.fullmatch("10*", typed) else half  # below a power of ten
    steps = (0, -1, -0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1)
    return [value + 0.999 * t * (inwards if t * value < 0 else half) for t in steps]


def _float(answer) -> float:
    try:
        return float(answer)
    except (TypeError, ValueError):
        raise FormulaError(
            "not_an_answer", expected=say("how_number"), got=str(answer)[:40]
        ) from None


def _choice(label: str, key: dict, answer) -> tuple[bool, str]:
    count = len(key["options"])
    text = str(answer).strip().upper()
    if len(text) == 1 and "A" <= text <= "Z":
        text = str(ord(text) - ord("A") + 1)
    if text not in {str(option) for option in range(1, count + 1)}:
        raise FormulaError("no_choice", first=1, last=count)
    return _known(label, key, text) or (False, say("wrong"))


def _order(label: str, key: dict, answer) -> tuple[bool, str]:
    letters = "".join(letter for letter in str(answer).upper() if letter.isalnum())
    if "".join(sorted(letters)) != _letters(key):
        raise FormulaError("no_order", letters=_letters(key))
    if found := _known(label, key, letters):
        return found
    first = 0
    for place, prefix in enumerate(key.get("prefixes", []), start=1):
        if short(digest(label, key["salt"], letters[:place])) != prefix:
            break
        first = place
    if first == 0:
        return False, say("wrong")
    return False, say("prefix_one") if first == 1 else say("prefix", count=first)


def _formula(label: str, key: dict, answer) -> tuple[bool, str]:
    names, points = list(key["variables"]), key["points"]
    tree = parse(str(answer))
    values = [float(evaluate(tree, dict(zip(names, point)))) for point in points]
    if not all(map(math.isfinite, values)):
        raise FormulaError("no_value")
    free = key.get("scale") == "free"

    def text(found: list[float]) -> str:
        if free:
            found = [value / found[0] if found[0] else math.nan for value in found]
        return listed(found)

    if found := _known(label, key, text(values)):
        return found
    for name, changed in _slips(values, points, names, free):
        if _is_right(label, key, text(changed)):
            return False, say(name.strip(), name="N")
    return False, say("wrong")


def _slips(values, points, names, free) -> Iterator[tuple[str, list[float]]]:
    for name, undo in SLIPS.items():
        if not name.startswith("percent") and not (free and name in ("sign", "double", "half")):
            yield name, [undo(value) for value in values]
    if "N" in names:
        sizes = [point[names.index("N")] for point in points]
        yield "times_n", [value / n for value, n in zip(values, sizes)]
        yield "over_n", [value * n for value, n in zip(values, sizes)]


def _loss(label: str, key: dict, answer) -> tuple[bool, str]:
    wanted, reference = placements.loss(key["loss"])
    theirs = _of_function(answer) if callable(answer) else _of_formula(str(answer))
    cases = [{name: torch.tensor(row, dtype=torch.float64) for name, row in case.items()}
             for case in key["cases"]]  # fmt: skip
    values = [float(theirs(case)) for case in cases]
    if not all(map(math.isfinite, values)):
        raise FormulaError("no_value")
    found = digest(label, key["salt"], listed(values))
    for name, cipher in key["entries"]:
        if name == short(found):
            return False, opened(found, cipher)
    for case in _drawn():
        leaves = {name: case[name].clone().requires_grad_() for name in wanted}
        ours, other = reference(**case | leaves), theirs(case | leaves)
        got, want = (float(torch.as_tensor(loss).detach()) for loss in (other, ours))
        if not math.isclose(got, want, rel_tol=LOOSE, abs_tol=LOOSE * 1e-3):
            return False, say("loss_value", got=f"{got:.4g}", want=f"{want:.4g}")
        for leaf in leaves.values():
            (slope,) = torch.autograd.grad(ours, leaf, retain_graph=True)
            mine = torch.zeros_like(slope)
            if isinstance(other, torch.Tensor) and other.requires_grad:
                (grad,) = torch.autograd.grad(other, leaf, retain_graph=True, allow_unused=True)
                mine = mine if grad is None else grad
            if not torch.allclose(mine, slope, rtol=LOOSE, atol=LOOSE * slope.abs().max().item()):
                return False, say("loss_gradient")
    return True, key["right"]


def _of_formula(text: str) -> Callable[[dict], torch.Tensor]:
    tree = parse(text)
    given = {"tau": placements.TAU, "N": placements.UNITS}
    return lambda case: evaluate(tree, case | given, torch)


def _of_function(function: Callable) -> Callable[[dict], torch.Tensor]:
    names = inspect.signature(function).parameters
    return lambda case: function(**{k: v for k, v in case.items() if k in names},
                                 **({"tau": placements.TAU} if "tau" in names else {}))  # fmt: skip


def _drawn() -> Iterator[dict[str, torch.Tensor]]:
    """Random samples and units on which a typed loss is compared with the book's."""
    sizes = {"x": placements.SAMPLES, "p": placements.UNITS, "w": placements.UNITS,
             "b": placements.UNITS}  # fmt: skip
    for case in range(placements.CASES):
        generator = data.generator(case, streams.TYPED)
        yield {
            name: torch.as_tensor(generator.uniform(-1, 1, size)) for name, size in sizes.items()
        }


def _placement(label: str, key: dict, answer) -> tuple[bool, str]:
    if hasattr(answer, "prototypes") and hasattr(answer, "samples"):
        x, p, tau = answer.samples, answer.prototypes, answer.tau
    elif isinstance(answer, tuple | list) and len(answer) == 2:
        (x, p), tau = answer, placements.TAU
    else:
        got = type(answer).__name__
        raise FormulaError("not_an_answer", expected=say("how_placement"), got=got)
    x, p = (np.asarray(each, dtype=float) for each in (x, p))
    x, p = (torch.as_tensor(each[:, None] if each.ndim == 1 else each) for each in (x, p))
    found = placements.measures(x, p, tau=tau)
    for condition, words in zip(key["where"], key["say"]):
        value = found[condition["measure"]]
        low, high = condition.get("at_least", -math.inf), condition.get("at_most", math.inf)
        if not low <= value <= high:
            return False, words
    return True, key["right"]


_ASKS = {
    "number": _number, "choice": _choice, "order": _order, "formula": _formula, "loss": _loss,
    "placement": _placement,
}  # fmt: skip
