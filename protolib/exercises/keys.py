"""What a page may know of an answer: hashes of it, and feedback that only the answer opens.

The hashes keep an answer from being read by accident; a number of two digits can be guessed by
whoever tries all of them. `protolib/keys.json` is made by `tools/make_keys.py`.
"""

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "keys.json"
ROUNDS = 1000
FORMULA_DIGITS = 6


@cache
def book() -> dict[str, dict]:
    """All exercises that can be checked, by label."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def rounded(value: float, digits: int) -> str:
    """A number with so many significant digits, as page and Python write it.

    >>> rounded(0.0223607, 2), rounded(-1234.0, 2), rounded(0.0, 3)
    ('2.2e-2', '-1.2e3', '0')
    """
    if not math.isfinite(value):
        return "nan"
    if value == 0:
        return "0"
    mantissa, power = f"{value * (1 + 1e-9):.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(power)}"


def listed(values: Sequence[float], digits: int = FORMULA_DIGITS) -> str:
    """The values of a formula in one text."""
    return ",".join(rounded(value, digits) for value in values)


def digest(label: str, salt: str, text: str) -> bytes:
    """SHA-256, and again a thousand times, of an answer."""
    found = f"{salt}|{label}|{text}".encode()
    for _ in range(ROUNDS + 1):
        found = hashlib.sha256(found).digest()
    return found


def short(found: bytes) -> str:
    """What a page holds of a digest."""
    return found.hex()[:16]


def _mixed(found: bytes, text: bytes) -> bytes:
    stream = b"".join(
        hashlib.sha256(found + block.to_bytes(4, "big")).digest()
        for block in range(len(text) // 32 + 1)
    )
    return bytes(a ^ b for a, b in zip(text, stream))


def sealed(found: bytes, say: str) -> str:
    """Feedback that only the answer with this digest opens."""
    return base64.b64encode(_mixed(found, say.encode())).decode()


def opened(found: bytes, cipher: str) -> str:
    """The feedback again.

    >>> key = digest("a", "b", "c")
    >>> opened(key, sealed(key, "Yes."))
    'Yes.'
    """
    return _mixed(found, base64.b64decode(cipher)).decode()


def entry(label: str, salt: str, text: str, say: str) -> list[str]:
    """One answer as a page holds it: its hash and its feedback."""
    found = digest(label, salt, text)
    return [short(found), sealed(found, say)]
