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
import tomllib
from pathlib import Path

import pytest
import torch

from protolib import exercises, hull, losses, matching
from protolib.exercises import checking, keys
from protolib.exercises import formula as package

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
    key = dict(KEYS[label] if key is None else key)
    lines = "".join(f"<li>{html.escape(line)}</li>" for line in key.pop("options", []))
    inside = f"<ol>{lines}</ol>" if lines else ""
    held = html.escape(json.dumps(key, separators=(",", ":")))
    return (
        f'<protolib-exercise id="{label}" label="{label}" key="{held}">{inside}</protolib-exercise>'
    )


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
    ("x-reach", "√5/32", WRONG + "sqrt needs brackets, as in sqrt(…)."),
    ("x-reach", "7.07%", RIGHT + "Yes: √(τ/2)."),
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
    ("x-reach", "0.2", WRONG + "Not yet. Try again."),
    ("x-reach", "0", WRONG + "Not yet. Try again."),
    ("x-reach", "", WRONG + "Give an answer first."),
    ("x-reach", "y", WRONG + "I do not know the name y; here there are pi and e."),
    ("x-reach", "1/0", WRONG + "This has no finite value."),
    ("x-reach", "sqrt(-1)", WRONG + "This has no finite value."),
    ("x-reach", "sqrt(2", WRONG + "A bracket is not closed."),
    ("x-reach", "2+", WRONG + "Something is missing at the end."),
    ("x-reach", "2 apples", WRONG + "Write a * for times: 2*apples."),
    ("x-reach", "0.07 ?", WRONG + "I cannot read this from “?” on."),
    ("x-reach", "sqrt 2", WRONG + "sqrt needs brackets, as in sqrt(…)."),
    ("x-reach", "1" * 501, WRONG + "That is too long."),
    ("x-count", "24", RIGHT + "Yes: √(τ/2)."),
    ("x-count", "24 %", RIGHT + "Yes: √(τ/2)."),
    ("x-count", "0.24", WRONG + "Off by a factor of 100: is it a share or a percentage?"),
    ("x-count", "24.4", WRONG + "Not yet. Try again."),
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
    ("x-formula", "d", WRONG + "Not yet. Try again."),
    ("x-formula", "n*d", WRONG + "I do not know the name n; here there are d and N."),
    ("x-formula", "x_i", WRONG + "I do not know the name x_i; here there are d and N."),
    ("x-formula", "sum_i(d)", WRONG + "I do not know the name sum_i; here there are d and N."),
    ("x-formula", "2d", WRONG + "Write a * for times: 2*d."),
    ("x-free", "-7.5*d*exp(-d^2)", RIGHT + "That is it."),
    ("x-free", "N*d*exp(-d^2)", WRONG + "A factor N too much: is it a sum where a mean was asked?"),
    ("x-coverage", "mean_i(min_j((x_i - p_j)^2))", RIGHT + "That is coverage."),
    ("x-coverage", "1/N*sum_i(min_j((x_i - p_j)^2))", RIGHT + "That is coverage."),
    ("x-coverage", "min_i(0) + mean_i(min_k(abs(p_k - x_i))^2)", RIGHT + "That is coverage."),
    ("x-coverage", "sum_i(min_j((x_i - p_j)^2))", WRONG + "A sum, not a mean."),
    ("x-coverage", "mean_i(min_j((x_i - p_j)^2)) + 1/4", WRONG + "The gradient is right, but the value is off by 0.25, always."),
    ("x-coverage", "-mean_i(min_j((x_i - p_j)^2))", WRONG + "Always −1 times the loss (tried with 3 samples and 3 units)."),
    ("x-coverage", "mean_i(min_j((x_i - p_i)^2))", WRONG + "I do not know the name p_i; here there are x_i and p_j."),
    ("x-coverage", "min_j((x_i - p_j)^2)", WRONG + "x_i stands outside of a sum, mean, min or max over i."),
    ("x-coverage", "sum_i(sum_i(x_i))", WRONG + "The index i is taken already; use another inside."),
    ("x-separation", "mean_jk(exp(-(p_j - p_k)^2/tau))", RIGHT + "That is separation."),
    ("x-separation", "sum_jk(exp(-(p_j-p_k)^2/tau))/(N*(N-1))", RIGHT + "That is separation."),
    ("x-separation", "sum_jk(exp(-(p_j-p_k)^2/τ))", WRONG + "Always 6 times the loss (tried with 3 samples and 3 units)."),
    ("x-overlap", "mean_i(mean_jk(exp(-(w_j*x_i+b_j)^2 - (w_k*x_i+b_k)^2)))", RIGHT + "That is overlap."),
    ("x-energy", "2*mean_i(mean_j(abs(x_i - p_j))) - mean_j(mean_k(abs(p_j - p_k)))", RIGHT + "That is energy."),
]  # fmt: skip


def test_what_is_typed_is_told_what_it_is(page):
    """Every generic slip, every named mistake, everything that cannot be read."""
    page.evaluate(STEADY)
    for label, text, told in TYPED:
        assert answer(page, label, text) == told, text
        invalid = page.locator(f"#{label} input").get_attribute("aria-invalid")
        assert invalid == ("false" if told.startswith(RIGHT) else "true")


def test_a_choice(page):
    form = page.locator("#x-choice")
    form.get_by_role("button", name="Check").click()
    assert said(page, "x-choice") == WRONG + "Give an answer first."
    form.get_by_label("All").check()
    form.get_by_role("button", name="Check").click()
    assert said(page, "x-choice") == WRONG + "Not all."
    form.get_by_label("None").check()
    form.get_by_role("button", name="Check").click()
    assert said(page, "x-choice") == WRONG + "Not yet. Try again."
    form.get_by_label("Only the outermost").check()
    form.get_by_role("button", name="Check").click()
    assert said(page, "x-choice") == RIGHT + "Only those."


def test_an_order_by_its_buttons(page):
    form = page.locator("#x-order")

    def lines():
        return "".join(form.locator("li b").all_text_contents())

    def check():
        form.get_by_role("button", name="Check").click()
        return said(page, "x-order")

    assert lines() == "ABC"
    assert check() == WRONG + "Not yet. Try again."
    form.get_by_role("button", name="Move down: A").click()
    assert said(page, "x-order") == "A is now 2 of 3."
    assert check() == WRONG + "The first is right. What comes next?"
    form.get_by_role("button", name="Move up: B").click()
    assert (lines(), said(page, "x-order")) == ("BAC", "B is now 1 of 3.")
    form.get_by_role("button", name="Move up: C").click()
    assert lines() == "BCA"
    assert check() == RIGHT + "In order."


def test_a_placement_is_read_off_the_lab(page):
    def check(samples, prototypes):
        page.evaluate(
            "([x, p]) => lab.set({samples: x, prototypes: p, dims: 1})", [samples, prototypes]
        )
        page.locator("#x-place").get_by_role("button", name="Check the live lab").click()
        return said(page, "x-place")

    x = [-0.5, 0.0, 0.5, 1.0]
    assert check(x, [-0.5, 0.0, 0.5, 1.2]) == WRONG + "Fewer than two are outside."
    assert check(x, [0.0, 1.0, 2.0, 3.0]) == WRONG + "unowned is 2, not yet ≤ 1."
    assert check(x, [-0.6, 0.1, 0.5, 1.2]) == RIGHT + "There."


def test_what_a_lab_measures_is_what_the_package_measures(page):
    draw = random.Random(3)
    for dims in (1, 2):
        x, p = ([[draw.uniform(-1, 1) for _ in range(dims)] for _ in range(5)] for _ in "xp")
        p[0] = [1.7] * dims
        page.evaluate("""([x, p, dims]) => { lab.set({dims, tau: 0.2, size: 5});
            lab.set({samples: dims === 1 ? x.flat() : x}); lab.set({prototypes: dims === 1 ? p.flat() : p}); }""", [x, p, dims])  # fmt: skip
        mine = page.evaluate("""() => Object.fromEntries(Object.entries(protolib.exercises.MEASURE)
            .map(([name, f]) => [name, f(lab.lab.prototypes, lab.lab.x, lab.lab.s)]))""")
        a, b = (torch.tensor([points], dtype=torch.float64) for points in (x, p))
        near = losses.squared_distances(a, b)[0].argmin(1)
        theirs = {
            "outside": int((hull.hull_distance(b, a) > 1e-6).sum()),
            "unowned": 5 - len(near.unique()),
            "error": matching.reconstruction_error(b, a).item(),
            "coverage": losses.coverage(a, b).item(),
            "separation": losses.separation(b, tau=0.2).item(),
        }
        assert mine == pytest.approx(theirs, rel=1e-9)


def test_losses_and_their_slopes_are_the_packages(page):
    """Values by the page and gradients by its engine, against autograd."""
    x, w, b = [0.1, -0.4, 0.9, 0.3], [1.0, 0.5, 0.7], [0.1, 0.4, -0.9]
    mine = page.evaluate("""([x, w, b]) => { const {LOSS, engine} = protolib.exercises, p = w.map((s, j) => -b[j] / s);
        return Object.fromEntries(Object.keys(LOSS).map((name) => [name, [LOSS[name]({x, w, b, p}), engine(name, {x, w, b})]])); }""",
        [x, w, b])  # fmt: skip
    for name, (value, slope) in mine.items():
        ws, bs = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (w, b))
        xs = torch.tensor(x, dtype=torch.float64)
        column, places = xs[None, :, None], (-bs / ws)[None, :, None]
        h = torch.exp(-((ws * xs[:, None] + bs) ** 2))[None]
        if name == "energy":  # without the samples' own part
            both = losses.mmd2(column, places, tau=0.3, kernel="energy")
            ours = both + (column - column.mT).abs().mean()
        else:
            ours = {"coverage": losses.coverage(column, places), "overlap": losses.overlap(h),
                    "separation": losses.separation(places, tau=0.3)}[name]  # fmt: skip
        ours.backward()
        assert value == pytest.approx(ours.item(), rel=1e-9), name
        assert slope == pytest.approx([*ws.grad.tolist(), *bs.grad.tolist()], rel=1e-6, abs=1e-9), (
            name
        )


TABLE = {
    "1 + 2*3 - 4/8": 6.5, "-2^2": -4, "2^-1": 0.5, "2^3^2": 512, "(1+2)*3": 9, "2e3": 2000, "0,5*4": 2,
    ".5 + 5.": 5.5, "pi": math.pi, "e": math.e, "exp(1)": math.e, "log(e^2)": 2, "ln(e)": 1, "sqrt(0,25)": 0.5,
    "abs(-3)": 3, "sin(pi/2)": 1, "cos(0)": 1, "tan(pi/4)": 1, "tanh(0,5)": math.tanh(0.5), "min(1,2)": 1,
    "max(1,2; 3)": 3, "max(sqrt(0,25), 0.1)": 0.5, "min(0.5, 3)": 0.5, "2 × 3 ÷ 4 − 1": 0.5, "3²": 9, "2**3": 8,
    "--1": 1, "+1": 1, "2*-3": -6, "√(4)": 2, "x + N*x_1": 23, "τ": 0.3, "x*-x": -9,
}  # fmt: skip


def test_formulas_have_the_values_of_a_table(page):
    held = {"x": 3, "N": 5, "x_1": 4, "tau": 0.3}
    read = "([text, held]) => protolib.formula(text, Object.keys(held))(held)"
    for text, value in TABLE.items():
        assert page.evaluate(read, [text, held]) == pytest.approx(value, rel=1e-12), text


def test_formulas_are_those_of_the_package(page):
    """What the page reads, the package reads alike, and the other way round."""
    draw, held = random.Random(5), {"x": 0.7, "N": 5.0, "tau": 0.3}

    def made(depth):
        if depth == 0 or draw.random() < 0.2:
            return draw.choice(["x", "N", "tau", "pi", "e", "2", "0.5", "1e-1", "3.25"])
        kind = draw.randrange(4)
        if kind == 0:
            return f"{draw.choice(['exp', 'sqrt', 'abs', 'sin', 'cos', 'tanh', 'log', 'tan'])}({made(depth - 1)})"
        if kind == 1:
            return f"{draw.choice(['min', 'max'])}({made(depth - 1)}, {made(depth - 1)})"
        if kind == 2:
            return f"({made(depth - 1)})"
        return f"{made(depth - 1)} {draw.choice('+-*/^')} {draw.choice(['', '-'])}{made(depth - 1)}"

    texts = [text for text in (made(4) for _ in range(200)) if len(text) < 500]
    read = """([texts, held]) => texts.map((text) => { try { return protolib.formula(text, Object.keys(held))(held); }
        catch (error) { return error.key; } })"""
    for text, mine in zip(texts, page.evaluate(read, [texts, held])):
        theirs = package.evaluate(package.parse(text), held)
        if mine == "no_value":
            assert not math.isfinite(theirs), text
        else:
            assert mine == pytest.approx(theirs, rel=1e-9, abs=1e-12), text


def test_nonsense_is_refused_with_a_sentence_and_never_throws(page):
    draw = random.Random(9)
    pieces = [*"0123456789.,;+-*/^()[]{}'\"`$\\ eEijkNxd_−·²√πé😀\n", "sum_i(", "mean_jk(", "x_i", "p_j", "exp(", "min(",
              "constructor", "__proto__", "=>", "alert(1)", "1e999", "sum_i(sum_j(sum_k("]  # fmt: skip
    texts = ["".join(draw.choices(pieces, k=draw.randint(0, 30))) for _ in range(500)]
    texts += [
        "(" * 499,
        "sum_i(" * 80,
        "-" * 500,
        "1" * 500,
        "^" * 30,
        "2^" * 200 + "2",
        "min(" * 120,
    ]
    bad = page.evaluate("""(texts) => { const out = [];
        for (const text of texts) for (const more of [undefined, 1]) {
          try { const v = protolib.formula(text, ["d", "N"], more && protolib.exercises.indices(["x_i"]))({ d: 1, N: 2, x: [1, 2], p: [1, 2, 3], w: [1, 1, 1], b: [1, 1, 1] });
            if (!Number.isFinite(v)) out.push(text); }
          catch (error) { if (!error.key || /undefined/.test(protolib.exercises.fill(error.key, { names: "", ...error.values }))) out.push([text, String(error)]); } }
        return out; }""", texts)  # fmt: skip
    assert bad == []
    for label in ("x-reach", "x-formula", "x-coverage"):
        for text in texts[:25]:
            page.evaluate(
                "([id, text]) => { const f = document.getElementById(id); f.answer = text; f.check(); }",
                [label, text],
            )
            assert "undefined" not in said(page, label)


def test_all_by_keyboard(page):
    # the book's page takes a / typed anywhere but in its own fields, for its search
    page.evaluate("addEventListener('keydown', (e) => { if (e.key === '/') e.preventDefault(); })")
    page.locator("#x-reach input").focus()
    page.keyboard.type("1/10")
    page.keyboard.press("Enter")
    assert said(page, "x-reach").startswith(WRONG)
    page.keyboard.press("Control+A")
    page.keyboard.type("0.071")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert said(page, "x-reach").startswith(RIGHT)
    page.locator("#x-choice input").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert said(page, "x-choice") == RIGHT + "Only those."
    page.locator("#x-order").get_by_role("button", name="Move down: A").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # the button keeps the focus on its way
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert said(page, "x-order") == RIGHT + "In order."


def line(page):
    return page.locator(".exercise-progress").inner_text().strip()


def test_progress_is_kept_shown_and_forgotten(page):
    count = len(KEYS)
    assert line(page) == f"0 of {count} solved on this computer."
    answer(page, "x-reach", "0.0707")
    page.locator("#x-choice").get_by_label("Only the outermost").check()
    page.locator("#x-choice").get_by_role("button").click()
    answer(page, "x-count", "25")
    page.evaluate("() => document.getElementById('x-order').answer = 'BCA'")
    page.locator("#x-order").get_by_role("button", name="Check").click()
    assert line(page).startswith(f"3 of {count} solved on this computer.")
    held = json.loads(page.evaluate(f"() => localStorage.getItem('{KEPT}')"))
    assert held == {"x-reach": "0.0707", "x-choice": "2", "x-order": "BCA"}
    page.evaluate(
        f"() => localStorage.setItem('{KEPT}', JSON.stringify({{...{json.dumps(held)}, other: '1'}}))"
    )
    page.reload()
    page.wait_for_function("() => globalThis.protolib?.exercises?.LOSS")
    assert line(page).startswith(f"3 of {count} solved")
    assert said(page, "x-reach") == RIGHT + "Solved on this computer."
    assert page.locator("#x-reach input").input_value() == "0.0707"
    assert page.locator("#x-choice").get_by_label("Only the outermost").is_checked()
    assert "".join(page.locator("#x-order li b").all_text_contents()) == "BCA"
    assert said(page, "x-count") == ""
    page.get_by_role("button", name="Forget").click()
    assert line(page) == f"0 of {count} solved on this computer."
    assert page.evaluate("() => document.activeElement.className") == "exercise-progress"
    assert page.evaluate(f"() => localStorage.getItem('{KEPT}')") == '{"other":"1"}'
    assert page.locator("#x-reach input").input_value() == said(page, "x-reach") == ""
    assert "".join(page.locator("#x-order li b").all_text_contents()) == "ABC"


STORED = [
    "{",
    "null",
    "[]",
    "7",
    '"x-reach"',
    '{"x-order": 5, "x-choice": {"a": 1}, "__proto__": 1}',
]


def test_whatever_is_stored_the_forms_work(live_page):
    body = "".join(map(form, ("x-reach", "x-order", "x-choice")))
    page, log = live_page("<p class='exercise-progress'></p>" + body)
    for held in STORED:
        page.evaluate(f"held => localStorage.setItem('{KEPT}', held)", held)
        page.reload()
        page.wait_for_function("() => globalThis.protolib?.exercises?.LOSS")
        assert answer(page, "x-reach", "0.071").startswith(RIGHT)
        assert " of 3 solved" in line(page)
    assert not log.errors


def test_storage_refused(live_page):
    page, log = live_page("")
    page.add_init_script(
        """Object.defineProperty(globalThis, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } });"""
    )
    page, log = live_page(
        "<p class='exercise-progress' hidden></p>" + form("x-reach") + form("x-count")
    )
    assert line(page) == "0 of 2 solved on this computer. This browser keeps no progress here."
    assert answer(page, "x-reach", "0.071").startswith(RIGHT)
    assert line(page).startswith("1 of 2 solved")
    page.get_by_role("button", name="Forget").click()
    assert line(page).startswith("0 of 2 solved")
    assert not log.errors


def test_a_page_without_exercises_counts_all(live_page):
    page, log = live_page("<p class='exercise-progress' hidden></p>")
    page.evaluate(f"() => localStorage.setItem('{KEPT}', JSON.stringify({{a: '1', b: '2'}}))")
    page.reload()
    page.wait_for_function("() => globalThis.protolib?.exercises?.LOSS")
    assert line(page) == "2 solved on this computer. Forget"
    page.get_by_role("button", name="Forget").click()
    assert page.evaluate(f"() => localStorage.getItem('{KEPT}')") is None
    assert not log.errors


def test_a_key_that_cannot_be_read_leaves_what_stands_inside(live_page):
    bad = ["", "{", "null", "7", "{}"]
    tag = "<protolib-exercise label='x' key='{}'><p>still</p></protolib-exercise>"
    page, log = live_page("".join(map(tag.format, bad)))
    shown = page.get_by_text("still")
    assert [shown.nth(k).is_visible() for k in range(5)] == [True] * 5
    assert not log.errors


def test_a_page_without_a_lab_says_so(live_page):
    page, log = live_page(form("x-place"))
    page.get_by_role("button", name="Check the live lab").click()
    assert said(page, "x-place") == WRONG + "There is no live lab on this page to read."
    assert not log.errors


def test_axe_finds_nothing(page):
    from axe_playwright_python.sync_playwright import Axe

    answer(page, "x-reach", "0.1")
    answer(page, "x-formula", "d*exp(-d^2)/N")
    for theme in ("light", "dark"):
        page.evaluate(
            "theme => { document.body.style.background = theme === 'dark' ? '#14181e' : '#fff'; document.body.style.color = theme === 'dark' ? '#e6e6e6' : '#000'; }",
            theme,
        )
        found = Axe().run(
            page,
            options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]},
        )
        mine = [
            v["id"]
            for v in found.response["violations"]
            if "protolib-exercise" in json.dumps([n["target"] for n in v["nodes"]])
        ]
        assert mine == []


def test_it_fits_a_phone_and_print_shows_the_options_alone(live_page):
    page, log = live_page(PAGE, width=320)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 320
    page.emulate_media(media="print")
    assert page.locator("#x-choice form").is_hidden()
    assert page.locator("#x-choice > ol").inner_text().split("\n") == KEYS["x-choice"]["options"]
    assert page.locator("#x-reach").bounding_box()["height"] < 5
    assert not log.errors


def test_the_bundle_is_light():
    from gzip import compress

    from protolib.live import scripts

    assert len(compress(scripts.script(*scripts.EXERCISES).encode(), 9)) < 7 * 1024


def test_page_and_package_say_the_same(page, monkeypatch):
    monkeypatch.setattr(checking, "book", lambda: KEYS)
    draw, given = (
        random.Random(2),
        [(label, text) for label, text, _ in TYPED if "x-c" not in label],
    )
    given += [("x-reach", f"{draw.choice([0.0707, 0.1414, 0.0354, 0.005, 0.266, 14.14, 7.07]) * draw.uniform(0.9, 1.1):.{draw.randint(1, 4)}g}") for _ in range(30)]  # fmt: skip
    for label, text in given:
        ours = exercises.check(label, text)
        if ours.right is None:
            continue
        mine = page.evaluate("([id, text]) => { const f = document.getElementById(id); f.answer = text; return f.check(); }", [label, text])  # fmt: skip
        assert mine["right"] == ours.right, (label, text)
        reads = ("Write a *", "I cannot read", "Always", "Something", "A bracket", "sqrt needs")
        if not mine["message"].startswith(reads):
            assert mine["message"] == ours.message, (label, text)


SOURCE = Path(__file__).parents[1] / "book" / "solutions" / "keys.toml"


def test_every_exercise_of_the_book_answered_wrongly_then_rightly(live_page):
    """Its form on the page knows each mistake that has a name, and the answer."""
    given = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    book = {label: key for label, key in keys.book().items() if key["ask"] != "placement"}
    if not book:
        pytest.skip("the book has no exercises yet")
    page, log = live_page("".join(form(label, key) for label, key in book.items()))
    check = "([id, text]) => { const f = document.getElementById(id); f.answer = String(text); return f.check(); }"
    for label in book:
        source, mistakes = given[label], given[label].get("wrong", [])
        if source["ask"] == "choice":
            mistakes = [
                {"answer": k, "say": say}
                for k, say in enumerate(source["say"], 1)
                if k != source["answer"]
            ]
        for one in mistakes:
            found = page.evaluate(check, [label, one["answer"]])
            expected = one["say"] or exercises.check(label, one["answer"]).message
            assert found == {"right": False, "message": expected}, (label, one)
        found = page.evaluate(check, [label, source["answer"]])
        assert found == {"right": True, "message": source["right"]}, label
    assert not log.errors


CSS = Path(__file__).parents[1] / "book" / "_assets" / "book.css"


ARTICLE = "".join(
    f"<div class='bd-{part}'>" for part in ("main", "content", "article-container", "article")
)


@pytest.mark.parametrize("width", [390, 1440])
def test_a_form_is_as_high_before_its_script_as_after(live_page, watched, width):
    page, _ = watched
    body = f"<style>{CSS.read_text(encoding='utf-8')}</style>{ARTICLE}{PAGE}"
    heights = """() => [...document.querySelectorAll("protolib-exercise, .exercise-progress")].map(
        (one) => one.getBoundingClientRect().height)"""
    page.route("**/exercises*.js", lambda route: route.abort())
    live_page(body, width=width)
    before = page.evaluate(heights)
    page.unroute("**/exercises*.js")
    live_page(body, width=width)
    page.wait_for_function("() => customElements.get('protolib-exercise')")
    after = page.evaluate(heights)
    assert len(after) == len(KEYS) + 1
    assert all(abs(a - b) < 0.12 * b for a, b in zip(before, after)), list(zip(before, after))
