"""Make `protolib/keys.json`, what a page may know of the answers, from `book/solutions/keys.toml`.

`python tools/make_keys.py` writes it, `--check` only says whether it would change.
"""

import hashlib
import json
import sys
import tomllib
import zlib
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from protolib import data, streams  # noqa: E402
from protolib.exercises import formula, keys, placements  # noqa: E402

SOURCE = ROOT / "book" / "solutions" / "keys.toml"
EACH = 4  # points at which a formula is evaluated
NEEDED = {
    "number": {"digits", "answer"},
    "choice": {"options", "answer", "say"},
    "order": {"options", "answer"},
    "formula": {"variables", "answer"},
    "loss": {"loss", "answer"},
    "placement": {"where", "say"},
}
ALLOWED = {"ask", "right", "wrong", "unit", "scale"}


def checked(label: str, given: dict) -> None:
    """Raise a ValueError that names what is missing, unknown, or contradicts itself."""
    ask = given.get("ask")
    if ask not in NEEDED:
        raise ValueError(f"{label}: ask must be one of {', '.join(NEEDED)}, got {ask!r}")
    needed = NEEDED[ask] | {"ask", "right"}
    if missing := needed - given.keys():
        raise ValueError(f"{label} needs {', '.join(sorted(missing))}")
    if unknown := given.keys() - needed - ALLOWED:
        raise ValueError(f"{label} has {', '.join(sorted(unknown))}, which nothing reads")
    spoken = [given["right"], *given.get("options", ()), *given.get("say", ())]
    spoken += [wrong["say"] for wrong in given.get("wrong", ())]
    if any("$" in words or "\\" in words for words in spoken):
        raise ValueError(f"{label}: what a form says is plain text, without TeX")
    count = len(given["options"]) if "options" in given else 0
    if ask == "choice" and not (1 <= given["answer"] <= count and len(given["say"]) == count):
        raise ValueError(f"{label}: one of {count} options is right, and each has its say")
    letters = [chr(ord("A") + place) for place in range(count)]
    if ask == "order" and sorted(given["answer"]) != letters:
        raise ValueError(f"{label}: the answer must hold each of {''.join(letters)} once")
    if ask == "placement":
        if len(given["say"]) != len(given["where"]):
            raise ValueError(f"{label}: one say for each condition")
        if bad := {w["measure"] for w in given["where"]} - set(placements.MEASURES):
            raise ValueError(f"{label}: no such measure: {', '.join(sorted(bad))}")


def drawn(label: str, size: int, low: float, high: float) -> list[float]:
    """Numbers that belong to this exercise."""
    seed = zlib.crc32(label.encode())
    generator = data.generator(seed, streams.POINTS)
    return [round(float(value), 4) for value in generator.uniform(low, high, size)]


def points(label: str, variables: dict) -> list[list[float]]:
    """Where a formula is evaluated; N and its like, given by whole bounds, are whole."""
    columns = []
    for name, (low, high) in variables.items():
        column = drawn(f"{label} {name}", EACH, low, high)
        whole = isinstance(low, int) and isinstance(high, int)
        columns.append([round(value) for value in column] if whole else column)
    return [list(row) for row in zip(*columns)]


def cases(label: str) -> list[dict]:
    """Small networks at which mistakes in a typed loss are known by their values."""
    sizes = {"x": placements.SAMPLES, "p": placements.UNITS, "w": placements.UNITS,
             "b": placements.UNITS}  # fmt: skip
    return [
        {name: drawn(f"{label} {name} {case}", size, -1, 1) for name, size in sizes.items()}
        for case in range(2)
    ]


def key(label: str, given: dict) -> dict:
    """What the page and `protolib` hold of an exercise."""
    checked(label, given)
    ask = given["ask"]
    salt = hashlib.sha256(f"read the weights {label}".encode()).hexdigest()[:8]
    made = {"ask": ask, "salt": salt}
    kept = ("digits", "unit", "options", "variables", "scale", "loss", "where")
    made |= {name: given[name] for name in kept if given.get(name)}
    mistakes = [(wrong["answer"], wrong["say"]) for wrong in given.get("wrong", ())]

    def number(answer) -> float:
        return formula.number(answer) if isinstance(answer, str) else float(answer)

    if ask == "placement":
        return made | {"say": given["say"], "right": given["right"]}
    if ask == "number":
        text = lambda answer: keys.rounded(number(answer), given["digits"])  # noqa: E731
        if given["digits"] > 1:
            rough = keys.rounded(number(given["answer"]), given["digits"] - 1)
            made["rough"] = keys.short(keys.digest(label, salt, rough))
    elif ask == "choice":
        text = str
        mistakes = [(n, say) for n, say in enumerate(given["say"], 1) if n != given["answer"]]
    elif ask == "order":
        text = str
        made["prefixes"] = [
            keys.short(keys.digest(label, salt, given["answer"][:n]))
            for n in range(1, len(given["options"]))
        ]
    elif ask == "formula":
        made["points"] = points(label, given["variables"])
        free = given.get("scale") == "free"

        def text(answer: str) -> str:
            tree = formula.parse(answer)
            values = [float(formula.evaluate(tree, dict(zip(given["variables"], point))))
                      for point in made["points"]]  # fmt: skip
            return keys.listed([value / values[0] for value in values] if free else values)
    else:
        made |= {"cases": cases(label), "right": given["right"]}

        def text(answer: str) -> str:
            tree = formula.parse(answer)
            return keys.listed([
                float(formula.evaluate(tree, case | {"tau": placements.TAU}, torch))
                for case in ({k: torch.tensor(v, dtype=torch.float64) for k, v in case.items()}
                             for case in made["cases"])
            ])  # fmt: skip

    right = [] if ask == "loss" else [(given["answer"], given["right"])]
    texts = [text(answer) for answer, _ in [*right, *mistakes]]
    if len(set(texts)) < len(texts):
        raise ValueError(f"{label}: two of its answers are the same to the digits that count")
    made["entries"] = [
        keys.entry(label, salt, text, say)
        for text, (_, say) in zip(texts, [*right, *mistakes])
    ]  # fmt: skip
    return made


def made() -> str:
    """The whole file, one exercise a line."""
    given = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    lines = []
    for label in sorted(given):
        held = json.dumps(key(label, given[label]), ensure_ascii=False, separators=(",", ":"))
        lines.append(f"{json.dumps(label)}: {held}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    try:
        text = made()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    if "--check" in sys.argv:
        sys.exit(text != keys.FILE.read_text(encoding="utf-8") and "run python tools/make_keys.py")
    keys.FILE.write_text(text, encoding="utf-8")
    print(f"{len(json.loads(text))} exercises in {keys.FILE.relative_to(ROOT)}")
