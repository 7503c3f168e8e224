"""What strangers give the live figures: links, tags, data. They end, stay within limits, and say so.

In a real headless Chromium; skipped, with the reason, where there is none.
"""

import json
import random

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from protolib import live, plotting
from protolib.live import sparse

RANGES, WORDS = live.SHARED["lab"]["ranges"], live.SHARED["lab"]["words"]
HOSTILE = [
    "", " ", "NaN", "Infinity", "-Infinity", "1e999", "-1e308", "1e308", "1e-320", "-0", "0x10", "1_2", "_", "__",
    "null", "undefined", "true", "constructor", "__proto__", "[1,2]", "{}", "%00", "%E0%A4%A", "<img src=x onerror=alert(1)>",
    "9" * 400, "0.1_0.2_0.3", "0.1_NaN", "_".join(["0.5"] * 3000), "1e5_1e5", "2.5", "-3", "1e17", "9007199254740993",
]  # fmt: skip


def fragments(words, count, seed=0):
    """Fragments of links: words of a figure with hostile, random and good values, and plain noise."""
    draw = random.Random(seed)

    def value():
        kind = draw.random()
        if kind < 0.4:
            return draw.choice(HOSTILE)
        if kind < 0.6:
            return repr(draw.choice([1, -1]) * 10 ** draw.uniform(-12, 12))
        if kind < 0.8:
            points = [
                f"{draw.uniform(-1, 1):.3f}" for _ in range(draw.choice([1, 2, 3, 4, 60, 61]))
            ]
            return "_".join(points)
        return "".join(chr(draw.choice([*range(33, 127), 0x3C4, 0x1F600])) for _ in range(8))

    for _ in range(count):
        parts = [f"{draw.choice(words)}={value()}" for _ in range(draw.randint(0, 6))]
        yield "&".join(parts) if draw.random() < 0.95 else value() * 3


# Opens every fragment, and says of each whether the state is within its limits, survives training,
# and comes back from its own link without a word.
OPEN = """([fragments, ranges]) => {
  const { LabState } = protolib, bad = [], lab = new LabState();
  let said = 0, slowest = 0;
  const within = (values, [low, high]) => [values].flat(2).every(v => Number.isFinite(v) && v >= low && v <= high);
  for (const text of fragments) {
    const begin = performance.now(), refused = lab.open(text);
    slowest = Math.max(slowest, performance.now() - begin);
    said += refused.length > 0;
    const s = lab.plain, again = new LabState();
    const good = Object.keys(ranges).every(name => !(name in s) || within(s[name], ranges[name]))
      && [s.slope, s.bias, s.readout, s.offset].every(v => within(v, ranges.weights))
      && s.samples.length >= 2 && s.samples.length <= 60 && s.slope.length >= 2 && s.slope.length <= 60
      && s.bias.length === s.slope.length && s.readout.length === s.slope.length
      && protolib.KERNELS.includes(s.kernel) && protolib.ATTRACTORS.includes(s.attractor)
      && refused.every(line => typeof line === "string" && line.length > 10 && line.length < 300);
    const quiet = again.open(lab.query).length === 0;
    if (!good || !quiet || JSON.stringify(again.plain) !== JSON.stringify(s)) bad.push([text.slice(0, 200), refused]);
  }
  return { bad: bad.slice(0, 5), said, slowest };
}"""


def test_no_link_leads_a_lab_out_of_its_limits_and_every_state_comes_back(live_page):
    page, log = live_page()
    several = list(fragments([*WORDS.values(), "preset", "foo"], 3000))
    found = page.evaluate(OPEN, [several, RANGES])
    assert found["bad"] == []
    assert found["said"] > 1500
    assert found["slowest"] < 500
    assert not log.errors


def test_what_is_refused_is_said_and_what_is_good_is_not(live_page):
    page, _ = live_page()
    ask = "text => new protolib.LabState().open(text)"
    for text, word in [
        ("dims=2&x=0.1_0.2_0.3", "x = “"), ("n=3000", "60 is taken"), ("n=1", "2 is taken"), ("x=0.5", "2 to 60"),
        ("x=" + "_".join(["0"] * 61), "2 to 60"), ("x=1e308_0", "from -10 to 10"), ("tau=0", "tau"), ("kernel=box", "gaussian"),
        ("preset=none", "baseline"), ("masks=01", "masks"), ("curves=2", "0 or 1"), ("w=1_2", "together"), ("foo=1", "foo"),
        ("x=" + "1_" * 20000, "characters"), ("seed=1e17", "9007199254740991"),
    ]:  # fmt: skip
        refused = page.evaluate(ask, text)
        assert len(refused) == 1, text
        assert word in refused[0]
    for text in ("", "n=20&seed=3&tau=1&zoom=3&masks=010", "preset=overlap%20expels", "masks=0.5_0_0",
                 "attractor=soft%20coverage&rate=0.1", "dims=2&x=0_0_1_1_-1_1", "seed=9007199254740991"):  # fmt: skip
        assert page.evaluate(ask, text) == []


LAB = '<prototype-lab id="lab" linked state="masks=011&n=12">the still</prototype-lab>'
HINT = "() => lab.shadowRoot.querySelector('.hint').textContent"


@pytest.mark.parametrize(
    "text",
    ["dims=2&x=0.1_0.2_0.3", "n=1e9&masks=9&x=", "%E0%A4%A", "w=NaN_1&b=1_1&v=1_1",
     "attractor=transport&dims=2&x=0_0_0_0_0_0&lambda=100&masks=111&rate=1&tau=1e-8"],
)  # fmt: skip
def test_a_hostile_link_opens_a_lab_that_lives(live_page, text):
    page, log = live_page(LAB, fragment=f"#lab:{text}")
    page.evaluate("() => { lab.play(); }")
    page.wait_for_function("() => lab.step > 5", timeout=10_000)
    assert page.evaluate("() => lab.prototypes.flat().every(Number.isFinite)")
    said = page.evaluate(HINT)
    assert ("refused" in said or "understood" in said) != text.startswith("attractor")
    page.evaluate("() => { lab.open('n=5'); }")
    assert "Drag" in page.evaluate(HINT)
    assert not log.errors


def test_a_state_that_python_or_a_page_sets_is_checked_too(live_page):
    page, log = live_page(LAB)
    before = page.evaluate("() => lab.query")
    for change in ({"prototypes": ["a"]}, {"samples": [[1, 2], [3]]}, {"slope": [1, 2]}, {"bias": {}}, {"tau": None},
                   {"masks": [1]}, {"masks": 7}, {"size": "x"}, {"samples": "0_1"}, {"kernel": {"a": 1}}):  # fmt: skip
        page.evaluate("change => lab.set(change)", change)
        assert page.evaluate("() => lab.query") == before, change
    page.evaluate("() => lab.advance(3)")
    assert not log.errors


def test_the_matching_ends_on_any_input_and_is_optimal_on_good_ones(live_page):
    page, _ = live_page()
    script = """cases => cases.map(([cost, rows, columns]) =>
      [...protolib.hungarian(cost.map(v => v === null ? NaN : v === "inf" ? Infinity : v), rows, columns)])"""
    draw, cases = np.random.default_rng(0), []
    for rows, columns in [(0, 0), (0, 3), (1, 1), (1, 4), (3, 5), (6, 6), (20, 60)]:
        cost = draw.uniform(size=(rows, columns))
        cases.append([cost.flatten().tolist(), rows, columns])
    spoilt = [
        [[draw.choice([None, "inf", 1.0]) for _ in range(r * c)], r, c] for r, c in [(1, 1), (2, 2), (5, 7), (9, 9)]
    ]  # fmt: skip
    for (cost, rows, columns), match in zip(cases, page.evaluate(script, cases)):
        cost = np.reshape(cost, (rows, columns))
        best = cost[linear_sum_assignment(cost)].sum()
        assert cost[range(rows), match].sum() == pytest.approx(best)
    for (_, rows, columns), match in zip(spoilt, page.evaluate(script, spoilt)):
        assert len(set(match)) == rows
        assert all(0 <= j < columns for j in match)
    lengths = (
        "([p, x, dims]) => protolib.assign(Float64Array.from(p), Float64Array.from(x), dims).length"
    )
    for p, x, dims in (([], [], 1), ([], [1], 1), ([1], [], 2), ([None] * 4, [None] * 6, 2)):
        assert page.evaluate(lengths, [p, x, dims]) == len(x) / dims


# ------------------------------------------------------------------------------ the other figures


@pytest.fixture
def codes(live_page, monkeypatch):
    """The two figures of sparse codes on one page."""
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    runs = {(sign, K): ([K + 3, K + 9], torch.rand(2, 2)) for sign in (False, True) for K in (2, 5)}
    preset = next(iter(sparse.PRESETS))
    body = sparse.superposition_plane([], name="plane", preset=preset).data
    body += sparse.transition_map(16, runs, samples=2, name="edge").data
    return lambda **how: live_page(body, **how)


CODES = """([id, fragments]) => {
  const figure = document.getElementById(id), bad = [], hint = figure.shadowRoot.querySelector(".hint");
  let said = 0, slowest = 0;
  for (const text of fragments) {
    const begin = performance.now();
    figure.open(text);
    slowest = Math.max(slowest, performance.now() - begin);
    const { state, query } = figure, refused = hint.classList.contains("said");
    said += refused;
    const numbers = Object.values(state).flat().filter(v => typeof v === "number");
    figure.open(query);
    const again = hint.classList.contains("said");
    if (!numbers.every(Number.isFinite) || figure.query !== query || again
      || (id === "plane" ? state.features < 2 || state.features > 12 || state.y.some(v => Math.abs(v) > 40)
        : state.k < 1 || state.k > 16 || state.m < 1 || state.m > 16)) bad.push([text.slice(0, 200), query, hint.textContent]);
  }
  return { bad: bad.slice(0, 5), said, slowest };
}"""


@pytest.mark.parametrize(
    ("name", "words"),
    [("plane", ["n", "lambda", "kind", "signs", "layer", "seed", "theta", "preset", "z", "y"]),
     ("edge", ["k", "m", "problem", "signs"])],
)  # fmt: skip
def test_no_link_leads_a_figure_of_codes_out_of_its_limits(codes, name, words):
    page, log = codes()
    found = page.evaluate(CODES, [name, list(fragments([*words, "foo"], 250, seed=1))])
    assert found["bad"] == []
    assert found["said"] > 100
    assert found["slowest"] < 1000
    assert not log.errors


def _figures():
    """One good figure of each kind whose data stand in an attribute: its tag, other attributes, data."""
    still = {"still": plotting.panel(2.0, 1.0)[0], "alt": "a still for the test of this figure"}
    own = np.random.default_rng(0)
    frames = {
        "a": {"frames": own.uniform(size=(2, 4, 64)), "error": np.ones(2), "accuracy": np.ones(2)}
    }
    runs = {(False, K): ([K + 3, K + 9], torch.rand(2, 2)) for K in (2, 5)}
    yield live.phase_map(
        [0.1, 1.0], [5, 9], own.uniform(0, 0.5, (2, 2, 3)), lab="lab", length=2.0, **still
    )
    yield live.digits_viewer([0, 5], own.uniform(size=(4, 64)), frames, others=1.0, **still)
    yield live.predict_winner("Which?", {"a": np.ones(3), "b": np.zeros(3)}, unit="error", **still,
                              intervals={"a": (1.0, 1.0, 1.0), "b": (0.0, 0.0, 0.0)})  # fmt: skip
    yield live.predict_places(
        "Where?", [0.0, 0.5], [0.0, 1.0], own.uniform(size=(3, 2)), reach=2.0, **still
    )
    yield sparse.superposition_plane([], name="plane", preset=next(iter(sparse.PRESETS)))
    yield sparse.transition_map(16, runs, samples=2, name="edge")


SPOIL = """async fragments => {
  const bad = [];
  for (const whole of [...document.querySelectorAll("[data]")]) {
    const data = JSON.parse(whole.getAttribute("data")), name = whole.localName;
    const spoilt = ["", "null", "{", "[]", "7"].concat(Object.keys(data).flatMap(key =>
      [null, -1, "x", [], [null], {}, [[NaN]]].map(value => JSON.stringify({ ...data, [key]: value }))));
    for (const text of spoilt) {
      const copy = document.createElement(name);
      for (const { name, value } of whole.attributes) if (name !== "id") copy.setAttribute(name, value);
      copy.setAttribute("data", text);
      copy.innerHTML = "<p>still</p>";
      document.body.append(copy);
      const said = copy.shadowRoot.querySelector(".broken p")?.textContent ?? "";
      if (copy.broken ? !said.startsWith("This live figure is shown as a still: ") : !copy.shadowRoot.querySelector(".live canvas, .live .map"))
        bad.push([name, text.slice(0, 100), said]);
      await new Promise(requestAnimationFrame);
      copy.remove();
    }
    if (whole.broken) bad.push([name, "good data"]);
  }
  return bad;
}"""


def test_data_that_cannot_be_read_leave_the_still_and_a_sentence(live_page, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    page, log = live_page("".join(shown.data for shown in _figures()))
    assert page.locator("[data]").count() == 6
    assert page.evaluate(SPOIL) == []
    assert not log.errors


def test_the_limits_of_the_page_are_those_of_python():
    for name, limits in (
        ("tau", RANGES["tau"]),
        ("size", RANGES["size"]),
        ("zoom", RANGES["zoom"]),
    ):
        for value in limits:
            setattr(live.Lab(), name, value)
    assert json.loads(json.dumps(live.SHARED)) == live.SHARED
