"""What plays by itself, and what the buttons "Try this" do: they set the state that they name, play,
and what they say to watch happens. In a real headless Chromium; skipped where there is none.
"""

import re
from functools import cache

import numpy as np
import pytest
import torch

from protolib import data, live, model, plotting, privacy
from protolib.figures import index
from protolib.live import sparse, tries
from protolib.live.tries import TRIES, Act, Try

LABS = {  # as the chapters make them
    "index": live.Lab(size=12, seed=1),
    "coverage": live.Lab(preset="coverage", size=8, seed=2, forces=True),
    "separation": live.Lab(preset="separation below threshold"),
    "overlap": live.Lab(preset="overlap expels", seed=3),
    "expulsion": live.Lab(preset="overlap expels", size=40, forces=True),
    "envelope": live.Lab(preset="separation below threshold", seed=1),
    "packing": live.Lab(preset="separation below threshold"),
    "attractors": live.Lab(preset="separation above threshold"),
    "coefficients": live.Lab(preset="coverage", size=20, masks=[1000, 0, 0], seed=3),
    "plane lab": live.Lab(preset="separation above threshold", dims=2, size=30),
    "live": live.Lab(preset="separation above threshold", seed=3),
}
STORY = TRIES["index"][0].acts
STAGE = (
    "() => [lab.acting, lab.step, lab.playing, lab.shadowRoot.querySelector('.watch').textContent]"
)


@cache
def _figure(key, autoplay):
    """The figure's text; its still is trained once, whatever number of tests show it."""
    return live.show(LABS[key], name="lab", tries=TRIES[key], autoplay=autoplay).data


@pytest.fixture
def shown(live_page, monkeypatch):
    """A function that shows a lab with its buttons, as the book does."""
    monkeypatch.setenv("PROTOLIB_BOOK", "1")

    def show(key="index", *, autoplay=False, fragment="", before="", after="", change=str):
        return live_page(before + change(_figure(key, autoplay)) + after, fragment=fragment)

    return show


def _as_plain(acts):
    return [act._asdict() for act in acts]


# ------------------------------------------------------------------------------ the story


def test_the_story_ends_well_in_python():
    """Fit alone is no better than chance, separation scatters, the matched attractor brings all."""
    lab, scores = live.Lab(preset=STORY[0].set["preset"], size=12, seed=1), []
    for act in STORY:
        for name, value in act.set.items():
            if name != "preset":
                setattr(lab, name, value)
        lab.train(act.steps)
        scores.append(lab.scores)
    fit, scattered, home = scores
    assert fit["r2"] > 0.98
    assert fit["error"] > 0.8 * fit["chance_error"]
    assert scattered["expelled"] >= 0.4
    assert scattered["error"] > 5 * scattered["chance_error"]
    assert home["error"] < home["chance_error"] / 10
    assert home["farthest"] < 0.05


def _hurried(text):
    """The same acts in a fifth of their time."""
    text, count = re.subn(r"(seconds&quot;: )([\d.]+)", lambda m: f"{m[1]}{float(m[2]) / 5}", text)
    assert count >= len(STORY)
    return text


def test_the_story_plays_its_three_acts_once_and_rests(shown):
    page, log = shown(autoplay=True, after="<div style='height:3000px'></div>", change=_hurried)
    for k, act in enumerate(STORY):
        page.wait_for_function("k => lab.acting === k", arg=k + 1, timeout=15_000)
        assert page.evaluate(STAGE)[2:] == [True, act.say]
    page.wait_for_function("() => !lab.playing", timeout=20_000)
    state = page.evaluate("() => lab.state")
    assert state["step"] == sum(act.steps for act in STORY)
    assert state["scores"]["error"] < state["scores"]["chance_error"] / 10
    assert state["zoom"] == 1
    assert (
        page.evaluate("() => lab.shadowRoot.querySelector('.watch').textContent") == STORY[-1].say
    )
    page.evaluate("() => scrollTo(0, 3000)")
    page.wait_for_timeout(200)
    page.evaluate("() => scrollTo(0, 0)")
    page.wait_for_timeout(300)
    assert page.evaluate(STAGE)[0] is None
    assert not log.errors
    assert sum(act.seconds for act in STORY) == 12


TOUCHES = {
    "pointer": lambda page: page.mouse.click(*_middle(page, "canvas")),
    "key": lambda page: page.keyboard.press("PageDown"),
    "control": lambda page: page.locator("#lab .switch").nth(2).click(),
    "pause": lambda page: page.locator("#lab .play").click(),
    "slider": lambda page: page.locator("#lab .first input").press("ArrowRight"),
}


def _middle(page, selector):
    box = page.locator(f"#lab {selector}").bounding_box()
    return box["x"] + 0.97 * box["width"], box["y"] + 0.3 * box["height"]


@pytest.mark.parametrize("touch", TOUCHES)
def test_the_first_touch_ends_the_story_for_good(shown, touch):
    page, log = shown(autoplay=True)
    page.wait_for_function("() => lab.acting === 1 && lab.step > 20")
    if touch == "key":
        page.evaluate("() => lab.shadowRoot.querySelector('.handle').focus({preventScroll: true})")
    TOUCHES[touch](page)
    acting, step, playing, _ = page.evaluate(STAGE)
    assert acting is None
    assert playing == (touch in {"control", "slider"})  # they set something, and the run goes on
    page.wait_for_timeout(400)
    after = page.evaluate(STAGE)
    assert after[0] is None
    assert playing or after[1] == step
    if touch == "pause":
        page.locator("#lab .play").click()
        assert page.evaluate("() => lab.playing && lab.acting === null")
    assert not log.errors


def test_readers_who_prefer_stillness_see_how_the_story_ends(shown, watched):
    watched[0].emulate_media(reduced_motion="reduce")
    page, _ = shown(autoplay=True)
    page.wait_for_timeout(300)
    acting, step, playing, said = page.evaluate(STAGE)
    assert (acting, playing, said) == (None, False, STORY[-1].say)
    assert step == sum(act.steps for act in STORY)
    scores = page.evaluate("() => lab.state.scores")
    assert scores["error"] < scores["chance_error"] / 10
    page.wait_for_timeout(300)
    assert page.evaluate("() => lab.step") == step


def test_a_link_with_a_state_shows_that_state_and_no_story(shown):
    page, _ = shown(autoplay=True, fragment="#lab:n=7&seed=4")
    page.wait_for_timeout(400)
    assert page.evaluate(STAGE)[:3] == [None, 0, False]
    assert page.evaluate("() => lab.state.size") == 7


def test_the_story_waits_until_it_is_seen(shown):
    page, _ = shown(autoplay=True, before="<div style='height:2000px'></div>")
    page.wait_for_timeout(400)
    assert page.evaluate(STAGE)[:3] == [None, 0, False]
    page.evaluate("() => lab.scrollIntoView()")
    page.wait_for_function("() => lab.acting === 1 && lab.step > 0")


# ------------------------------------------------------------------------------ the buttons

PRESS = """k => { const button = lab.shadowRoot.querySelectorAll(".tries button")[k]; button.click();
  const state = lab.state; lab.pause(); return [state, lab.shadowRoot.querySelector(".watch").textContent,
    [...lab.shadowRoot.querySelectorAll(".tries button")].map(b => b.ariaPressed)]; }"""
RESET = ("masks", "tau", "lam", "attractor", "kernel", "zoom", "size")
START = live.SHARED["lab"]["defaults"]


@pytest.mark.parametrize("key", LABS)
def test_every_button_sets_what_it_names_plays_and_what_it_says_to_watch_happens(shown, key):
    page, log = shown(key)
    assert page.locator("#lab .tries button").all_inner_texts() == [t.label for t in TRIES[key]]
    for k, one in enumerate(TRIES[key]):
        first = one.acts[0]
        state, said, pressed = page.evaluate(PRESS, k)
        named = {**{name: START[name] for name in RESET}, **live.PRESETS[first.set["preset"]]}
        named |= {name: value for name, value in first.set.items() if name != "preset"}
        assert {name: state[name] for name in named} == named, one.label
        assert state["playing"]
        assert state["step"] == 0
        assert said == first.say
        assert pressed == [str(j == k).lower() for j in range(len(TRIES[key]))]
    if key in COMES_TRUE:
        COMES_TRUE[key]({one.label: page.evaluate(RUN, _as_plain(one.acts)) for one in TRIES[key]})
    assert not log.errors


RUN = """acts => { lab.pause(); return acts.map(act => { const refused = lab.lab.set(act.set);
  if (refused.length) throw new Error(refused); lab.lab.advance(act.steps); return lab.lab.scores; }); }"""


def _index(s):
    fit, scattered, home = s["Play the story"]
    alone, (before, kept), (_, back) = (
        s[n] for n in ("Fit alone", "Scatter, then coverage", "Scatter, then energy")
    )
    assert scattered["expelled"] >= 0.4
    for score in (fit, *alone):
        assert score["r2"] > 0.99
        assert score["error"] > 0.8 * score["chance_error"]
    assert kept["expelled"] > before["expelled"] / 2
    for score in (home, back):
        assert score["error"] < score["chance_error"] / 10
        assert score["farthest"] < 0.05


def _coverage(s):
    alone, pulled = s["Off, then on"]
    assert pulled["expelled"] <= alone["expelled"]


def _separation(s):
    below, alone = s["Below the threshold"][-1], s["The fit alone"][-1]
    assert abs(below["expelled"] - alone["expelled"]) <= 0.1
    before, crossed = s["Cross it by τ"]
    assert crossed["expelled"] > before["expelled"] + 0.3
    out, stopped = s["And go back"]
    assert stopped["farthest"] <= out["farthest"]
    assert stopped["expelled"] > 0.5
    few, many = s["Cross it by N"]
    assert many["expelled"] > few["expelled"] + 0.05


def _overlap(s):
    for name, below in (("Overlap alone", None), ("Then switch it off", 0.1)):
        assert s[name][0]["expelled"] > 0.3
        if below:
            assert abs(s[name][1]["expelled"] - s[name][0]["expelled"]) <= below


def _expulsion(s):
    assert s["Watch them leave"][0]["r2"] > 0.99
    before, after = s["Then switch it off"]
    assert abs(after["expelled"] - before["expelled"]) <= 0.05


def _envelope(s):
    cold, warm, hot = (score["expelled"] for score in s["Raise τ"])
    assert hot > warm + 0.3
    assert warm - cold <= 0.1
    assert s["Twice the crowd"][1]["expelled"] > warm + 0.1


def _packing(s):
    small, large, far = (s[t.label][0] for t in TRIES["packing"])
    assert large["expelled"] > small["expelled"] + 0.1
    assert far["farthest"] > 2 * small["farthest"]


def _attractors(s):
    for name in ("Gaussian against Gaussian", "A longer tail", "Energy against energy"):
        assert s[name][0]["expelled"] > 0.5
    gaussian, tail, energy = (s[t.label][1] for t in TRIES["attractors"][1:])
    assert 0 < gaussian["expelled"] < 0.5
    assert gaussian["farthest"] > 1
    assert tail["farthest"] < 2
    assert tail["expelled"] > 0
    assert energy["error"] < energy["chance_error"] / 10


def _coefficients(s):
    nominal, strong, kept, home = (s[t.label][0] for t in TRIES["coefficients"])
    assert nominal["specialization"] < strong["specialization"] < 1
    assert kept["specialization"] > nominal["specialization"]
    assert kept["farthest"] > 3
    assert home["error"] < home["chance_error"] / 10


def _plane(s):
    assert s["Separation alone"][0]["expelled"] > 0.8
    assert s["Then coverage"][1]["expelled"] > 0.5
    home = s["Then a matched attractor"][1]
    assert home["expelled"] <= 0.1
    assert home["error"] < home["chance_error"] / 10


COMES_TRUE = {
    "index": _index, "coverage": _coverage, "separation": _separation, "overlap": _overlap,
    "expulsion": _expulsion, "envelope": _envelope, "packing": _packing, "attractors": _attractors,
    "coefficients": _coefficients, "plane lab": _plane,
}  # fmt: skip


def test_a_change_by_hand_clears_what_a_button_said(shown):
    page, _ = shown()
    page.evaluate(PRESS, 1)
    page.locator("#lab .switch").first.click()
    assert page.locator("#lab .tries button[aria-pressed=true]").count() == 0
    assert page.locator("#lab .watch").inner_text() == ""


def test_the_list_is_read_in_print_and_in_a_notebook_it_makes_the_same_buttons(shown, monkeypatch):
    page, _ = shown()
    page.emulate_media(media="print")
    items = page.locator("#lab > .tries > li")
    assert items.first.is_visible()
    assert items.nth(1).inner_text() == f"{TRIES['index'][1].label}: {TRIES['index'][1].watch}"
    monkeypatch.delenv("PROTOLIB_BOOK")
    own = (Try("more <b>", "Watch & see.", {"tau": 1.0}), Try("two", "See.", (Act({}, 3, 1.0),)))
    lab = live.show(live.Lab(), name="own", tries=own)
    assert "more &lt;b&gt;" in lab.tries
    assert lab.tries.count("<li ") == 2


def _still():
    figure, _ = plotting.panel(2.0, 1.0)
    return {"still": figure, "alt": "a still for the test of this figure"}


PRESS_IN = """([tag, k]) => { const figure = document.querySelector(tag), button = figure.shadowRoot.querySelectorAll(".tries button")[k];
  button.click(); return [figure.state ?? null, figure.shadowRoot.querySelector(".watch").textContent]; }"""


def test_the_buttons_of_the_other_figures_work(live_page, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    heights = [9, 18, 27]  # around δ = 17.8, as far as on the page of sparse codes
    cells = {(sign, 5): (heights, torch.rand(2, 3)) for sign in (False, True)}
    runs = cells | {(sign, 2): ([4, 13], torch.rand(2, 2)) for sign in (False, True)}
    frames = {"frames": np.zeros((3, 6, 64)), "error": np.ones(3), "accuracy": np.ones(3)}
    sizes, taus = [10, 30], [1e-4, 3e-2, 1.0]
    page, log = live_page(
        live.Lab().tag(id="lab") + "</prototype-lab>"
        + live.phase_map(taus, sizes, np.full((2, 3, 4), 0.5), lab="lab", length=2.0,
                         tries=TRIES["map"], **_still()).data
        + sparse.superposition_plane([], name="plane", preset=next(iter(sparse.PRESETS))).data
        + sparse.transition_map(64, runs, samples=1, name="edge").data
        + live.digits_viewer([0, 5, 9], np.zeros((6, 64)), dict.fromkeys(("energy", "coverage", "baseline"), frames),
                             others=1.5, tries=TRIES["digits"], **_still()).data
    )  # fmt: skip
    for k, one in enumerate(TRIES["map"]):
        assert page.evaluate(PRESS_IN, ["phase-map", k])[1] == one.watch
        state = page.evaluate("() => { const state = lab.state; lab.pause(); return state; }")
        assert {name: state[name] for name in one.does} == one.does
        assert state["masks"] == [0, 1, 0]
        assert state["playing"]
    for k, one in enumerate(TRIES["plane"]):
        state, said = page.evaluate(PRESS_IN, ["superposition-plane", k])
        wanted = sparse.PRESETS[one.does["preset"]]
        code = wanted["code"] + [0] * (wanted["features"] - len(wanted["code"]))
        assert (said, state["code"], state["playing"], state["step"]) == (one.watch, code, True, 0)
    buttons = tries.edge([[5, m, 0.5, 0, 1] for m in heights], both=True)
    for k, one in enumerate(buttons):
        state, said = page.evaluate(PRESS_IN, ["transition-map", k])
        assert said == one.watch
        assert (state["k"], state["m"]) == (one.does["k"], one.does["m"])
        assert state["nonnegative"] == bool(one.does["signs"])
        assert state["recovered"] == (k != 1)  # far below the line alone it is not
    for k, one in enumerate(TRIES["digits"]):
        page.evaluate(PRESS_IN, ["digits-viewer", k])
        page.wait_for_function("name => document.querySelector('digits-viewer').name === name",
                               arg=one.does["name"])  # fmt: skip
        assert page.evaluate("() => document.querySelector('digits-viewer').playing")
    assert not log.errors


WRITTEN = """async change => { const found = [], plain = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const width = this.measureText(text).width, size = parseFloat(this.font.match(/([\\d.]+)px/)[1]);
    if (text) found.push([this.textAlign === "right" ? x - width : x, y - size / 2, width, size, text]);
    plain.call(this, text, x, y); };
  lab.lab.set(change); lab.advance(change.steps);
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  CanvasRenderingContext2D.prototype.fillText = plain;
  return [found, lab.shadowRoot.querySelector("canvas").clientWidth]; }"""


@pytest.mark.parametrize("width", [320, 390, 860])
@pytest.mark.parametrize("dims", [1, 2])
def test_names_in_the_picture_are_whole_large_and_apart(shown, width, dims):
    page, _ = shown(before="<style>figure { margin: 0 16px; }</style>")  # as in the book
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(200)
    change = {"preset": "separation above threshold", "dims": dims, "size": 60, "steps": 200}
    written, wide = page.evaluate(WRITTEN, change | {"zoom": 1})
    for name in ("samples", "prototypes −b/w", "beyond"):
        assert any(name in text for *_, text in written)
    for k, (x, y, w, size, text) in enumerate(written):
        assert size >= 9
        assert x >= 0, text
        assert x + w <= wide, text
        for x2, y2, w2, size2, other in written[:k]:
            apart = x + w < x2 or x2 + w2 < x or y + size <= y2 or y2 + size2 <= y
            assert apart, (text, other)


# ------------------------------------------------------------------------------ the opening


@pytest.fixture(scope="module")
def run():
    """A small run of the kind that the first page shows: fewer digits, the same frames."""
    x, y = data.digits([0], 48)
    return privacy.classifier([0], x, y, "energy", snapshot_every=20), x, y


VIEWER = "document.querySelector('digits-viewer')"


def test_the_opening_plays_once_ends_with_the_run_of_the_page_and_is_scrubbed(run, live_page, monkeypatch):  # fmt: skip
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    result, x, y = run
    page, log = live_page(index.opening(result, x, y).data, width=390)
    text = page.locator("digits-viewer output")
    assert text.inner_text().startswith("Step 0: ")
    page.wait_for_function(f"() => {VIEWER}.playing && {VIEWER}.at > 1", timeout=10_000)
    at = page.evaluate(f"() => {VIEWER}.at")
    page.locator("digits-viewer input[type=range]").focus()
    page.keyboard.press("End")  # the first touch: it stops, and what is chosen is shown
    page.wait_for_timeout(300)
    assert page.evaluate(f"() => [{VIEWER}.playing, {VIEWER}.at]") == [False, len(index.FRAMES) - 1]
    assert at < len(index.FRAMES) - 1
    assert f"Step {result.snapshot_steps[-1]}: " in text.inner_text()
    p = model.prototypes(result.parameters)
    gap = torch.cdist(p.double(), x.double())[0]
    assert f": {gap.amin(0).mean():.1g}"[:4] in text.inner_text()
    shown = live.unpack(page.evaluate(f"() => {VIEWER}.data.sets.energy.frames"))[-index.SHOWN :]
    assert np.abs(shown - x[0, : index.SHOWN].numpy()).mean() < 0.05
    first = live.unpack(page.evaluate(f"() => {VIEWER}.data.sets.energy.frames"))[: index.SHOWN]
    assert np.abs(first - x[0, : index.SHOWN].numpy()).mean() > 0.2
    page.locator("digits-viewer .play").click()  # from the start again, by hand
    page.wait_for_function(f"() => {VIEWER}.playing && {VIEWER}.at < 2")
    assert 0.4 * (len(index.FRAMES) - 1) + 0.8 <= 12  # seconds
    assert not log.errors


def test_the_opening_stands_at_its_end_for_who_prefers_stillness(run, live_page, watched, monkeypatch):  # fmt: skip
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    watched[0].emulate_media(reduced_motion="reduce")
    page, _ = live_page(index.opening(*run).data)
    page.wait_for_timeout(400)
    assert page.evaluate(f"() => [{VIEWER}.playing, {VIEWER}.at]") == [False, len(index.FRAMES) - 1]


def test_digits_are_ink_that_follows_the_theme_live_and_still():
    figure, ax = plotting.panel(1.0, 1.0)
    plotting.plot_images(np.random.default_rng(0).uniform(size=(4, 64)), ax=ax, columns=2)
    assert '<image class="ink" ' in plotting.svg(figure)
    figure, ax = plotting.panel(1.0, 1.0)
    ax.imshow(np.eye(3), cmap="cividis")
    assert "<image xlink" in plotting.svg(figure)
