"""Formulas that a student types, `2*d/tau*exp(-d^2/tau)` or `mean_i(min_j((x_i - p_j)^2))`.

The page reads the same language (`js/formula.js`). Indices run over samples (i) and units (j, k);
`mean_i`, `sum_i`, `min_i`, `max_i` and their like reduce one of them, `mean_jk` and `sum_jk` run
over pairs j ≠ k. Nothing is evaluated but what the tables below name.
"""

import ast
import itertools
import math
import operator
import re
from collections.abc import Mapping

SIGNS = str.maketrans({"−": "-", "–": "-", "·": "*", "×": "*", "÷": "/", "²": "^2", "³": "^3",
                       "%": "/100"})  # fmt: skip
NAMES = {
    "π": "pi", "τ": "tau", "λ": "lam", "σ": "sigma", "μ": "mu", "γ": "gamma", "√": "sqrt",
}  # fmt: skip
OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.Pow: lambda a, b: _real(a**b),
}  # fmt: skip
FUNCTIONS = ("exp", "log", "ln", "sqrt", "abs", "sin", "cos", "tan", "tanh")
REDUCTION = re.compile(r"(mean|sum|min|max)_(i|j|k|jk)")
INDEXED = re.compile(r"([a-z])_([ijk])")
AXIS = {"x": "i", "p": "jk", "w": "jk", "b": "jk"}
LONGEST = 500


def _real(value):
    return math.nan if isinstance(value, complex) else value


class FormulaError(ValueError):
    """What was typed cannot be read; `key` names the message, `about` what it speaks of."""

    def __init__(self, key: str, /, **about: object) -> None:
        super().__init__(f"{key} {about or ''}")
        self.key, self.about = key, about


def _decimal_points(text: str) -> str:
    """Commas between digits become points, but not those that part the arguments of min and max."""
    parting, out = [], []
    for piece in re.findall(r"[a-zA-Z_]\w*|\d+|.", text, re.DOTALL):
        if piece == "(":
            parting.append(bool(out) and out[-1] in ("min", "max"))
        elif piece == ")" and parting:
            parting.pop()
        comma = piece == "," and out and out[-1].isdecimal() and not (parting and parting[-1])
        out.append("." if comma else piece)
    return "".join(out)


def parse(text: str) -> ast.expr:
    """The formula as a tree of Python's.

    Raises
    ------
    FormulaError
        if it is empty, too long, or no formula.
    """
    if re.search(r"√\s*[^\s(]", text):
        raise FormulaError("call", name="sqrt")
    for letter, name in NAMES.items():
        text = text.replace(letter, name)
    text = _decimal_points(text.translate(SIGNS).strip())
    if not text:
        raise FormulaError("empty")
    if len(text) > LONGEST:
        raise FormulaError("too_long")
    if text.count("(") > text.count(")"):
        raise FormulaError("unclosed")
    if text[-1] in "+-*/^":
        raise FormulaError("unfinished")
    try:
        return ast.parse(text.replace("^", "**"), mode="eval").body
    except SyntaxError as error:
        rest = text.replace("^", "**")[max((error.offset or 1) - 1, 0) :]
        raise FormulaError("unreadable", rest=rest.replace("**", "^")[:40]) from None
    except (ValueError, MemoryError, RecursionError):
        raise FormulaError("unreadable", rest=text[:40]) from None


def evaluate(tree: ast.expr, values: Mapping, functions=math):
    """The value of a formula.

    Parameters
    ----------
    tree
        from `parse`
    values
        numbers by name; for losses also sequences: `x` over samples, `p`, `w`, `b` over units
    functions
        where `exp` and its like are found: `math`, or `torch` for values to be differentiated

    Raises
    ------
    FormulaError
        if it uses a name, a function or a sign that is not known here.

    Examples
    --------
    >>> evaluate(parse("mean_i(min_j((x_i - p_j)^2))"), {"x": [0.0, 1.0], "p": [0.0, 3.0]})
    0.5
    """
    rows = {name: len(given) for name, given in values.items() if hasattr(given, "__len__")}
    sizes = {"i": rows.get("x", 0), "j": rows.get("p", rows.get("w", 0))}
    sizes["k"] = sizes["j"]

    def reduce(kind, axes, body, at):
        pairs = itertools.product(*(range(sizes[axis]) for axis in axes))
        found = [
            value(body, at | dict(zip(axes, pair)))
            for pair in pairs
            if len(axes) == 1 or pair[0] != pair[1]
        ]
        if not found:
            raise FormulaError("no_value")
        if kind in ("min", "max"):
            return (min if kind == "min" else max)(found)
        return sum(found) / (len(found) if kind == "mean" else 1)

    def call(node, at):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if (match := REDUCTION.fullmatch(name)) and any(sizes.values()):
            if len(node.args) != 1 or node.keywords:
                raise FormulaError("arguments", name=name, count=1)
            return reduce(match[1], match[2], node.args[0], at)
        given = [value(arg, at) for arg in node.args]
        if name in ("min", "max") and given and not node.keywords:
            return (min if name == "min" else max)(given)
        if name not in FUNCTIONS:
            raise FormulaError("unknown_name", name=name or ast.unparse(node.func))
        if len(given) != 1 or node.keywords:
            raise FormulaError("arguments", name=name, count=1)
        if name == "abs":
            return abs(given[0])
        plain = isinstance(given[0], int | float)  # needs no gradient
        return getattr(math if plain else functions, {"ln": "log"}.get(name, name))(given[0])

    def name(word, at):
        if match := INDEXED.fullmatch(word):
            table, axis = match[1], match[2]
            if table in values and axis in AXIS.get(table, ""):
                if axis not in at:
                    raise FormulaError("index", name=word, index=axis)
                return values[table][at[axis]]
        elif word in values and not hasattr(values[word], "__len__"):
            return values[word]
        elif word in ("pi", "e"):
            return getattr(math, word)
        if word in FUNCTIONS or REDUCTION.fullmatch(word):
            raise FormulaError("call", name=word)
        raise FormulaError("unknown_name", name=word)

    def value(node, at):
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return float(number)
            case ast.Name(id=word):
                return name(word, at)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=inner):
                return -value(inner, at) if isinstance(node.op, ast.USub) else value(inner, at)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return OPERATORS[type(op)](value(left, at), value(right, at))
            case ast.Call():
                return call(node, at)
        raise FormulaError("unreadable", rest=ast.unparse(node)[:40])

    try:
        result = value(tree, {})
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        if isinstance(error, FormulaError):
            raise
        return math.nan
    except RecursionError:
        raise FormulaError("too_long") from None
    return result


def number(text: str) -> float:
    """A number, or an expression of numbers; a decimal comma is a point.

    >>> number("sqrt(0,01/2)")
    0.07071067811865475
    """
    return float(evaluate(parse(text), {}))
