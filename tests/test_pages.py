"""The stories that live figures tell, played in the built pages in a real browser, offline."""

import gzip
import re

import pytest
from test_book import HTML, PAGES, needs_build

from protolib import live

TAGS = [tag for tag in live.BUNDLES["live.js"][1] if re.fullmatch("[a-z-]+", tag)]
WITH_LABS = [p for p in PAGES if "<prototype-lab" in p.read_text(encoding="utf-8")]
WITH_FIGURES = [p for p in PAGES if any(f"<{tag}" in p.read_text(encoding="utf-8") for tag in TAGS)]
pytestmark = [needs_build, pytest.mark.browser]


def test_a_reader_with_a_keyboard_expels_prototypes_and_brings_them_back(visit):
    """The story that the first page tells, played with keys alone."""
    page, log = visit(HTML / "book" / "index.html", reduced_motion="reduce")
    page.wait_for_function("() => globalThis.protolib?.PRESETS")
    lab = page.locator("#lab")

    def focus(selector):
        """Walk there with the Tab key."""
        page.evaluate("() => lab.shadowRoot.querySelector('.play').focus()")
        for _ in range(40):
            if lab.evaluate("(lab, s) => lab.shadowRoot.activeElement?.matches(s)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"no way to {selector} by keyboard")

    def score(name):
        return lab.evaluate("(lab, name) => lab.state.scores[name]", name)

    def train(steps):
        """Play for so many steps, with the button Play and Pause."""
        target = lab.evaluate("lab => lab.step") + steps
        focus(".s-speed")  # ten steps a frame: at more, a slow key press lasts thousands of steps
        page.keyboard.press("Home")
        for _ in range(5):
            page.keyboard.press("PageUp")
        focus(".play")
        while lab.evaluate("lab => lab.step") < target:  # it rests at the nominal length
            if not lab.evaluate("lab => lab.playing"):
                page.keyboard.press("Enter")
            page.wait_for_function("t => lab.step >= t || !lab.playing", arg=target)
        while lab.evaluate("lab => lab.playing"):
            page.keyboard.press("Enter")

    story = sum(act.steps for act in live.TRIES["index"][0].acts)
    assert lab.evaluate("lab => [lab.step, lab.playing]") == [story, False]  # reduced motion
    focus("summary")
    page.keyboard.press("Enter")  # more controls
    focus(".seed")
    for key in ("Control+a", "0", "Enter"):
        page.keyboard.press(key)
    assert lab.evaluate("lab => lab.state.seed") == 0
    focus(".preset")
    page.keyboard.type("separation above")
    page.keyboard.press("Enter")
    assert lab.evaluate("lab => lab.state.tau") == 1
    train(1200)
    assert lab.evaluate("lab => lab.state.speed") == 10
    assert score("expelled") > 0.4
    assert score("error") > score("chance_error")
    assert score("r2") > 0.99
    focus(".switch")
    page.keyboard.press("Space")  # coverage does not fetch them
    train(600)
    assert score("expelled") > 0.4
    focus(".kernel")
    page.keyboard.type("energy")
    focus(".match")
    page.keyboard.press("Enter")
    assert lab.evaluate("lab => lab.state.attractor") == "energy"
    train(2000)
    assert score("error") < score("chance_error") / 4, lab.evaluate("lab => lab.query + lab.step")
    assert lab.evaluate("lab => lab.state.scores.farthest") < 0.05
    assert "#lab:" in page.url  # the state is in the address
    assert not log.errors


def test_a_link_opens_the_lab_it_names(visit):
    page, log = visit(HTML / "book" / "index.html")
    page.goto((HTML / "book" / "index.html").as_uri() + "#lab:n=20&seed=3&tau=1&masks=010")
    page.reload()
    page.wait_for_function("() => globalThis.protolib?.PRESETS")
    state = page.evaluate("() => lab.state")
    assert (state["size"], state["seed"], state["tau"]) == (20, 3, 1)
    assert state["masks"] == [0, 1, 0]
    assert not log.errors


@pytest.mark.parametrize("path", WITH_FIGURES, ids=[p.stem for p in WITH_FIGURES])
def test_without_scripts_every_live_figure_is_a_still(visit, path):
    page, _ = visit(path, java_script_enabled=False)
    for name in TAGS:
        for figure in page.locator(name).all():
            still = figure.locator("svg[role=img]")
            assert still.count() == 1
            assert still.is_visible()
            assert len(still.get_attribute("aria-label")) > 60


@pytest.mark.parametrize("path", WITH_LABS, ids=[p.stem for p in WITH_LABS])
def test_on_a_telephone_a_lab_stays_in_view_beside_its_sliders(visit, path):
    page, _ = visit(path, 390, reduced_motion="reduce")
    page.wait_for_function("() => globalThis.protolib?.PRESETS")
    page.evaluate("() => document.fonts.ready")
    script = """lab => (lab.shadowRoot.querySelector("details").open = true) && [".s-tau", ".s-size", ".s-lam", ".s-speed"].map(selector => {
      const slider = lab.shadowRoot.querySelector(selector), stage = lab.shadowRoot.querySelector(".stage");
      slider.scrollIntoView({ block: "end" });
      const above = stage.getBoundingClientRect(), below = slider.getBoundingClientRect();
      return above.top >= 55 && // below the page's own bar
        above.bottom <= below.top + 1 && below.bottom <= innerHeight + 1; })"""
    for lab in page.locator("prototype-lab").all():
        assert all(lab.evaluate(script))


@pytest.mark.parametrize("path", WITH_FIGURES, ids=[p.stem for p in WITH_FIGURES])
def test_that_a_figure_is_a_still_is_said_once_and_only_without_scripts(path):
    text = path.read_text(encoding="utf-8")
    count = sum(text.count(f"<{tag} ") for tag in TAGS)
    assert text.count("What you see is a still") == text.count("<noscript><p>What you see") == count


def test_a_page_loads_the_live_scripts_that_it_needs_and_they_are_small():
    first = (*live.LIVE, *live.DIGITS)  # what the first page runs
    assert len(gzip.compress(live.script(*first).encode())) <= 24 * 1024
    for name, (sources, tags) in live.BUNDLES.items():
        assert (HTML / "_static" / name).read_text(encoding="utf-8") == live.script(*sources)
        assert len(gzip.compress(live.script(*sources).encode())) <= 24 * 1024
        for page in PAGES:
            text = page.read_text(encoding="utf-8")
            assert (f"/{name}" in text) == any(re.search(f"<{tag}", text) for tag in tags), page


STANDS = {
    "prototype-lab": "index by-hand coverage separation overlap expulsion packing attractors coefficients "
    "dimensions live",
    "phase-map": "packing",
    "digits-viewer": "index dimensions",
    "predict-reveal": "overlap experiment attractors",
    "superposition-plane": "sparse-codes",
    "transition-map": "sparse-codes",
}


@pytest.mark.parametrize("tag", STANDS)
def test_the_live_figures_stand_where_the_chapters_need_them(tag):
    found = {page.stem for page in PAGES if f"<{tag}" in page.read_text(encoding="utf-8")}
    assert found == set(STANDS[tag].split())
