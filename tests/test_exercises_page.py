"""The page's side of the exercises: hashes, formulas, every form answered wrongly and then rightly.

Keys are made here by the rules that page and package share, written out once more and shortly.
In a headless Chromium; skipped, with the reason, where there is none.
"""

import base64
import hashlib
import html
import json
import math
import random

import pytest

SALT = "0a1b2c"
KEPT = "protolib-exercises"


def rounded(value, digits):
    if value == 0:
        return "0"
    mantissa, power = f"{value * (1 + 1e-9):.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(power)}"


def digest(label, text):
    found = hashlib.sha256(f"{SALT}|{label}|{text}".encode()).digest()
    for _ in range(1000):
        found = hashlib.sha256(found).digest()
    return found


def entry(label, text, say):
    found, plain = digest(label, text), say.encode()
    blocks = [hashlib.sha256(found + n.to_bytes(4, "big")).digest() for n in range(len(plain))]
    cipher = bytes(a ^ b for a, b in zip(plain, b"".join(blocks)))
    return [found.hex()[:16], base64.b64encode(cipher).decode()]


def short(label, text):
    return digest(label, text).hex()[:16]


POINTS = [[0.3, 5], [1.1, 20], [1.9, 3]]
CASES = [
    {"x": [0.1, -0.4, 0.9, 0.3], "p": [0.2, -0.7, 0.8], "w": [1.0, -0.5, 0.7], "b": [0.1, 0.4, -0.9]},
    {"x": [-0.9, 0.2, 0.6, -0.1], "p": [0.5, 0.1, -0.3], "w": [0.3, 0.8, -1.0], "b": [0.5, -0.2, 0.6]},
]  # fmt: skip


def by_formula(f, free=False):
    values = [f(*point) for point in POINTS]
    return ",".join(rounded(v / (values[0] if free else 1), 6) for v in values)


def per_case(f):
    return ",".join(rounded(f(**case), 6) for case in CASES)


def sums(x, p, **_):
    return sum(min((a - b) ** 2 for b in p) for a in x)


def number(label, right, digits, wrong=(), unit=None):
    key = {"ask": "number", "digits": digits, "salt": SALT,
           "entries": [entry(label, rounded(right, digits), "Yes: √(τ/2)."),
                       *(entry(label, rounded(v, digits), say) for v, say in wrong)]}  # fmt: skip
    if digits > 1:
        key["rough"] = short(label, rounded(right, digits - 1))
    return key | ({"unit": unit} if unit else {})


def formula(label, f, wrong=(), free=False):
    key = {"ask": "formula", "salt": SALT, "variables": {"d": [0.1, 2.0], "N": [2, 50]}, "points": POINTS,
           "entries": [entry(label, by_formula(f, free), "That is it."),
                       *(entry(label, by_formula(g, free), say) for g, say in wrong)]}  # fmt: skip
    return key | ({"scale": "free"} if free else {})


def loss(label, name, wrong=()):
    return {"ask": "loss", "loss": name, "salt": SALT, "cases": CASES, "right": f"That is {name}.",
            "entries": [entry(label, per_case(g), say) for g, say in wrong]}  # fmt: skip


KEYS = {
    "x-reach": number("x-reach", math.sqrt(0.01 / 2), 2, [(0.1, "That is √τ itself.")]),
    "x-count": number("x-count", 24, 6, unit="%"),
    "x-choice": {"ask": "choice", "salt": SALT, "options": ["All", "Only the outermost", "None"],
                 "entries": [entry("x-choice", "2", "Only those."), entry("x-choice", "1", "Not all.")]},
    "x-order": {"ask": "order", "salt": SALT, "options": ["line A", "line B", "line C"],
                "entries": [entry("x-order", "BCA", "In order.")],
                "prefixes": [short("x-order", "BCA"[:k]) for k in (1, 2, 3)]},
    "x-formula": formula("x-formula", lambda d, N: d * math.exp(-d * d) / N,
                         [(lambda d, N: d * math.exp(-d) / N, "That is the distance itself.")]),
    "x-free": formula("x-free", lambda d, N: d * math.exp(-d * d), free=True),
    "x-coverage": loss("x-coverage", "coverage", [(sums, "A sum, not a mean.")]),
    "x-separation": loss("x-separation", "separation"),
    "x-overlap": loss("x-overlap", "overlap"),
    "x-energy": loss("x-energy", "energy"),
    "x-place": {"ask": "placement", "salt": SALT, "right": "There.",
                "where": [{"measure": "outside", "at_least": 2}, {"measure": "unowned", "at_most": 1}],
                "say": ["Fewer than two are outside.", ""]},
}  # fmt: skip


def form(label, key=None):
    held = html.escape(json.dumps(KEYS[label] if key is None else key))
    return f'<protolib-exercise id="{label}" label="{label}" key="{held}"></protolib-exercise>'


PAGE = (
    '<p class="exercise-progress" hidden></p>'
    + "".join(map(form, KEYS))
    + '<prototype-lab id="lab" state="n=4"></prototype-lab>'
)


@pytest.fixture
def page(live_page):
    page, log = live_page(PAGE)
    yield page
    assert not log.errors
    assert not log.requests


def said(page, label):
    return page.locator(f"#{label} .said").text_content()


def answer(page, label, text):
    page.locator(f"#{label} input").fill(text)
    page.locator(f"#{label} input").press("Enter")
    return said(page, label)


RIGHT, WRONG = "Right: ", "Not right: "
STEADY = (
    "() => { let seed = 7; Math.random = () => (seed = (seed * 16807) % 2147483647) / 2147483647; }"
)


def test_the_hash_is_sha_256(page):
    for size in (0, 1, 55, 56, 63, 64, 65, 119, 120, 300):
        data = list(random.Random(size).randbytes(size))
        mine = page.evaluate("b => [...protolib.exercises.sha256(Uint8Array.from(b))]", data)
        assert bytes(mine) == hashlib.sha256(bytes(data)).digest()


def test_hash_and_cipher_are_those_of_the_package(page):
    text = "−b/w, and a long sentence that needs more than one block of thirty-two bytes: τ → 0."
    name, cipher = entry("x-é", "2.2e-2", text)
    mine = """([cipher]) => { const E = protolib.exercises, key = E.secret("x-é", "0a1b2c", "2.2e-2");
        return [E.hash(key), E.open(cipher, key)]; }"""
    assert page.evaluate(mine, [cipher]) == [name, text]


def test_numbers_have_the_normal_form_of_the_package(page):
    draw = random.Random(1)
    values = [0.0, -0.0, 1.0, -1.0, 9.95, 0.5, 1e21, 123456.5, 2.5, 1e-7, 999.9999999]
    values += [draw.uniform(-1, 1) * 10 ** draw.randint(-12, 12) for _ in range(300)]
    cases = [(v, digits) for v in values for digits in (1, 2, 3, 6)]
    mine = page.evaluate("cases => cases.map(([v, d]) => protolib.exercises.normal(v, d))", cases)
    assert mine == [rounded(v, digits) for v, digits in cases]


TYPED = [
    ("x-reach", "0.0707", RIGHT + "Yes: √(τ/2)."),
    ("x-reach", "0,071", RIGHT + "Yes: √(τ/2)."),
    ("x-reach", " sqrt(0.01/2) ", RIGHT + "Yes: √(τ/2)."),
    ("x-reach", "√(0,005)", RIGHT + "Yes: √(τ/2)."),
    ("x-reach", "7.07e-2", RIGHT + "Yes: √(τ/2)."),
    ("x-reach", "0.1", WRONG + "That is √τ itself."),
    ("x-reach", "0.07", WRONG + "Close, but it has to be right to 2 significant digits."),
    ("x-reach", "0.074", WRONG + "Close, but it has to be right to 2 significant digits."),
    ("x-reach", "−sqrt(0.005)", WRONG + "Only the sign is wrong."),
    ("x-reach", "-0.071", WRONG + "Only the sign is wrong."),
    ("x-reach", "0.14", WRONG + "Twice as large as it should be."),
    ("x-reach", "0.035", WRONG + "Half of what it should be: a factor 2 is missing."),
    ("x-reach", "14", WRONG + "Upside down: this is one over the answer."),
    ("x-reach", "0.0050", WRONG + "This is the square of the answer."),
    ("x-reach", "0.27", WRONG + "This is the square root of the answer."),
    ("x-reach", "7.1", WRONG + "Off by a factor of 100: is it a share or a percentage?"),
    ("x-reach", "0.00071", WRONG + "Off by a factor of 100: is it a share or a percentage?"),
    ("x-reach", "0.2", WRONG + "Not yet. Try again, or open a hint."),
    ("x-reach", "0", WRONG + "Not yet. Try again, or open a hint."),
    ("x-reach", "", WRONG + "Give an answer first."),
    ("x-reach", "y", WRONG + "I do not know the name y; here there are pi and e."),
    ("x-reach", "1/0", WRONG + "This has no finite value."),
    ("x-reach", "sqrt(-1)", WRONG + "This has no finite value."),
    ("x-reach", "sqrt(2", WRONG + "A bracket is not closed."),
    ("x-reach", "2+", WRONG + "Something is missing at the end."),
    ("x-reach", "2 apples", WRONG + "Write a * for times: 2*apples."),
    ("x-reach", "0.07 ?", WRONG + "I cannot read this from “?” on."),
    ("x-reach", "sqrt 2", WRONG + "sqrt needs brackets, as in sqrt(…)."),
    ("x-reach", "1" * 501, WRONG + "That is too long to read."),
    ("x-count", "24", RIGHT + "Yes: √(τ/2)."),
    ("x-count", "24 %", RIGHT + "Yes: √(τ/2)."),
    ("x-count", "0.24", WRONG + "Off by a factor of 100: is it a share or a percentage?"),
    ("x-count", "24.4", WRONG + "Not yet. Try again, or open a hint."),
    ("x-formula", "d*exp(-d^2)/N", RIGHT + "That is it."),
    ("x-formula", "exp(log(d) − d²)·1/N", RIGHT + "That is it."),
    ("x-formula", "d*exp(-d)/N", WRONG + "That is the distance itself."),
    ("x-formula", "-d*exp(-d**2)/N", WRONG + "Only the sign is wrong."),
    ("x-formula", "2*d*exp(-d^2)/N", WRONG + "Twice as large as it should be."),
    ("x-formula", "d*exp(-d^2)/2/N", WRONG + "Half of what it should be: a factor 2 is missing."),
    ("x-formula", "N/(d*exp(-d^2))", WRONG + "Upside down: this is one over the answer."),
    ("x-formula", "(d*exp(-d^2)/N)^2", WRONG + "This is the square of the answer."),
    ("x-formula", "sqrt(d*exp(-d^2)/N)", WRONG + "This is the square root of the answer."),
    ("x-formula", "d*exp(-d^2)", WRONG + "A factor N too much: is it a sum where a mean was asked?"),
    ("x-formula", "d*exp(-d^2)/N^2", WRONG + "A factor N too little: is it a mean where a sum was asked?"),
    ("x-formula", "d", WRONG + "Not yet. Try again, or open a hint."),
    ("x-formula", "n*d", WRONG + "I do not know the name n; here there are d and N."),
    ("x-formula", "x_i", WRONG + "I do not know the name x_i; here there are d and N."),
    ("x-formula", "sum_i(d)", WRONG + "I do not know the name sum_i; here there are d and N."),
    ("x-formula", "2d", WRONG + "Write a * for times: 2*d."),
    ("x-free", "-7.5*d*exp(-d^2)", RIGHT + "That is it."),
    ("x-free", "N*d*exp(-d^2)", WRONG + "A factor N too much: is it a sum where a mean was asked?"),
    ("x-coverage", "mean_i(min_j((x_i - p_j)^2))", RIGHT + "That is coverage."),
    ("x-coverage", "min_i(0) + mean_i(min_k(abs(p_k - x_i))^2)", RIGHT + "That is coverage."),
    ("x-coverage", "sum_i(min_j((x_i - p_j)^2))", WRONG + "A sum, not a mean."),
    ("x-coverage", "mean_i(min_j((x_i - p_j)^2)) + 1/4", WRONG + "The gradient is right, but the value is off by 0.25, always."),
    ("x-coverage", "-mean_i(min_j((x_i - p_j)^2))", WRONG + "Always −1 times the loss (tried with 4 samples and 3 units)."),
    ("x-coverage", "mean_i(min_j((x_i - p_i)^2))", WRONG + "I do not know the name p_i; here there are x_i and p_j."),
    ("x-coverage", "min_j((x_i - p_j)^2)", WRONG + "x_i stands outside of a sum, mean, min or max over i."),
    ("x-coverage", "sum_i(sum_i(x_i))", WRONG + "The index i is taken already; use another inside."),
    ("x-separation", "mean_jk(exp(-(p_j - p_k)^2/tau))", RIGHT + "That is separation."),
    ("x-separation", "sum_jk(exp(-(p_j-p_k)^2/tau))/(N*(N-1))", RIGHT + "That is separation."),
    ("x-separation", "sum_jk(exp(-(p_j-p_k)^2/τ))", WRONG + "Always 6 times the loss (tried with 4 samples and 3 units)."),
    ("x-overlap", "mean_i(mean_jk(exp(-(w_j*x_i+b_j)^2 - (w_k*x_i+b_k)^2)))", RIGHT + "That is overlap."),
]  # fmt: skip


def test_what_is_typed_is_told_what_it_is(page):
    """Every generic slip, every named mistake, everything that cannot be read."""
    page.evaluate(STEADY)
    for label, text, told in TYPED:
        assert answer(page, label, text) == told, text
        invalid = page.locator(f"#{label} input").get_attribute("aria-invalid")
        assert invalid == ("false" if told.startswith(RIGHT) else "true")
