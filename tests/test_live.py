"""The live figures behave: by keyboard, pointer and clicks, on small screens, in print, for all readers.

In a real headless Chromium; skipped, with the reason, where there is none.
"""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from protolib import data, live, matching, model, plotting, training

LAB = '<prototype-lab id="lab" linked {}>the still</prototype-lab>'
CODE = "() => protolib.classroom('code', lab)"


def test_the_lab_trains_as_protolib_does_and_says_the_same(live_page):
    page, log = live_page(LAB.format('state="preset=coverage&seed=3"'))
    page.evaluate("() => lab.advance(500)")
    x = data.uniform([3], 10, dtype=torch.float64)
    net = model.initialise([3], 10, dtype=torch.float64)
    masks = torch.tensor([[1.0, 0, 0]], dtype=torch.float64)
    config = training.TrainConfig(steps=500)
    p = model.prototypes(training.train(net, x, data.sine(x), masks, config).parameters)
    assert np.allclose(page.evaluate("() => lab.prototypes"), p.flatten(), atol=1e-6)
    error = matching.reconstruction_error(p, x).item()
    assert page.evaluate("() => lab.state.scores.error") == pytest.approx(error, abs=1e-6)
    page.wait_for_function(
        "t => lab.shadowRoot.querySelector('.scores b').textContent === t", arg=f"{error:.3g}"
    )
    assert not log.errors
    assert not log.requests


def test_the_python_it_copies_runs_and_agrees(live_page, capsys):
    page, _ = live_page(LAB.format('state="preset=separation above threshold&seed=2&lambda=0.5"'))
    page.evaluate("() => lab.advance(150)")
    exec(page.evaluate(CODE), {})
    error, outside = (float(line.split()[-1]) for line in capsys.readouterr().out.splitlines())
    scores = page.evaluate("() => lab.state.scores")
    assert error == pytest.approx(scores["error"], rel=1e-5)
    assert outside == scores["expelled"]
    moved = "() => { lab.set({samples: [-0.5, 0.1, 0.25, 0.8], dims: 1}); lab.advance(50); }"
    page.evaluate(moved)
    exec(page.evaluate(CODE), {})
    error = float(capsys.readouterr().out.split()[1])
    assert error == pytest.approx(page.evaluate("() => lab.state.scores.error"), rel=1e-5)
    own = """() => { lab.set({dims: 2, size: 6, kernel: "imq", step: 0});
      lab.set({prototypes: [[0, 1], [1, 0], [0.5, 0], [-1, 0.2], [0, 0], [0.3, -2]]}); lab.advance(40); }"""
    page.evaluate(own)
    exec(page.evaluate(CODE), held := {})
    assert np.allclose(held["lab"].prototypes, page.evaluate("() => lab.prototypes"), atol=1e-6)
    assert held["lab"].step == page.evaluate("() => lab.step")


def test_each_force_has_a_coefficient_of_its_own_behind_more(live_page):
    """Masks are weights, and a slider sets λ times its weight; the engine is `protolib`'s."""
    page, log = live_page(LAB.format('state="preset=coverage&seed=3&tau=0.1"'))
    inside = "lab.shadowRoot.querySelector"
    assert not page.evaluate(f"() => {inside}('.s-separation').checkVisibility()")
    page.evaluate(f"() => {{ {inside}('details').open = true; }}")
    move = """([name, value]) => { const s = lab.shadowRoot.querySelector(`.s-${name}`);
      s.value = value; s.dispatchEvent(new Event('input')); lab.pause(); }"""
    for name, value in (("attractor", 1), ("separation", -0.5), ("overlap", -2)):
        page.evaluate(move, [name, value])
    said = "() => ['attractor', 'separation', 'overlap'].map((n) => lab.shadowRoot.querySelector(`.o-${n}`).textContent)"
    assert page.evaluate(said) == ["10", "0.32", "0.01"]
    three = [0.1 * m for m in page.evaluate("() => lab.state.masks")]
    assert three == pytest.approx([10, 0.316, 0.01], abs=1e-9)

    page.evaluate("() => { lab.advance(200); }")
    x = data.uniform([3], 10, dtype=torch.float64)
    net = model.initialise([3], 10, dtype=torch.float64)
    config = training.TrainConfig(steps=200, tau=0.1, lam=three)
    ones = torch.ones(1, 3, dtype=torch.float64)
    p = model.prototypes(training.train(net, x, data.sine(x), ones, config).parameters)
    assert np.allclose(page.evaluate("() => lab.prototypes"), p.flatten(), rtol=0, atol=1e-9)

    query, masks = page.evaluate("() => [lab.query, lab.state.masks]")
    page.evaluate("query => lab.open(query)", query)
    assert page.evaluate("() => lab.state.masks") == masks
    page.evaluate(move, ["separation", -3.05])
    assert page.evaluate("() => lab.state.masks[1]") == 0
    assert page.evaluate(said)[1] == "off"
    page.evaluate("() => lab.set({ lam: 0, masks: [1, 1, 1] })")
    page.evaluate(move, ["overlap", 0])
    assert page.evaluate("() => [lab.state.lam, ...lab.state.masks]") == [1, 0, 0, 1]
    page.evaluate("() => { lab.set({ masks: [1, 0.3, 0], lam: 1, kernel: 'imq' }); }")
    page.evaluate(f"() => {{ {inside}('.match').click(); lab.pause(); }}")
    assert page.evaluate("() => [lab.state.attractor, ...lab.state.masks]") == ["imq", 0.3, 0.3, 0]
    assert page.evaluate(f"() => {inside}('.match').hidden")
    assert not log.errors


def test_a_link_brings_back_the_state(live_page):
    page, _ = live_page(LAB.format('state="preset=baseline"'))
    page.evaluate("() => lab.set({size: 20, tau: 0.5, seed: 3, masks: [0, 1, 1], kernel: 'imq'})")
    query = page.evaluate("() => lab.query")
    page, log = live_page(LAB.format('state="preset=coverage"'), fragment=f"#lab:{query}")
    state = page.evaluate("() => lab.state")
    expected = {"size": 20, "tau": 0.5, "seed": 3, "masks": [0, 1, 1], "kernel": "imq"}
    assert {name: state[name] for name in expected} == expected
    page, log = live_page(
        LAB.format(""), fragment="#lab:preset=separation%20above%20threshold&x=0_0.5_-0.5"
    )
    assert page.evaluate("() => [lab.state.tau, ...lab.samples]") == [1, 0, 0.5, -0.5]
    for broken in ("#lab:preset=none&tau=abc&n=1e9&masks=9&x=", "#lab:", "#other:n=4", "#%E0%A4%A"):
        page, log = live_page(LAB.format(""), fragment=broken)
        assert page.evaluate("() => lab.state.size <= 60 && lab.prototypes.every(Number.isFinite)")
        assert not log.errors, (broken, log.errors)


def _focused(page):
    """The classes of what the tabulator reaches in the lab, one after the other."""
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("Tab")
    seen = []
    for _ in range(40):
        seen.append(page.evaluate("() => lab.shadowRoot.activeElement?.className ?? ''"))
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement === document.body"):
            break
    return seen


def test_few_controls_come_first_and_all_are_reached_by_keyboard(live_page):
    page, log = live_page(LAB.format(""))
    first = ["play main", "reset", "switch", "switch", "switch", "handle", "handle", "s-size", ""]
    assert _focused(page) == first
    page.evaluate("() => { lab.shadowRoot.querySelector('details').open = true; }")
    assert set(_focused(page)) - set(first) == {
        "preset", "seed", "step", "attractor", "kernel", "s-lam", "s-tau", "s-speed", "s-zoom",
        "s-attractor", "s-separation", "s-overlap",
        "f-curves", "f-links", "f-forces", "link", "python", "challenges", "present",
    }  # fmt: skip
    focus = "s => lab.shadowRoot.querySelector(s).focus()"
    page.evaluate(focus, ".switch")
    page.keyboard.press("Space")
    assert page.evaluate("() => lab.state.masks") == [1, 0, 0]
    page.evaluate("() => lab.pause()")
    page.evaluate(focus, ".step")
    before = page.evaluate("() => lab.step")
    page.keyboard.press("Enter")
    assert page.evaluate("() => lab.step") == before + 1
    page.evaluate(focus, ".reset")
    page.keyboard.press("Enter")
    page.evaluate("() => lab.pause()")
    page.evaluate(focus, ".play")
    page.keyboard.press("Enter")
    page.wait_for_function("() => lab.step > 50")
    page.keyboard.press("Enter")
    stopped = page.evaluate("() => lab.step")
    page.wait_for_timeout(200)
    assert page.evaluate("() => lab.step") == stopped
    assert not log.errors


def test_samples_and_prototypes_move_by_keyboard_and_by_pointer(live_page):
    page, log = live_page(LAB.format('state="preset=baseline"'))
    page.evaluate("() => lab.shadowRoot.querySelector('.handle').focus()")
    before = page.evaluate("() => lab.samples")
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowLeft")
    page.evaluate("() => lab.pause()")
    after = page.evaluate("() => lab.samples")
    assert after[1] == pytest.approx(before[1] - 0.02, abs=5e-5)  # rounded, for short links
    assert after[0] == before[0]
    spoken = page.evaluate(
        "() => lab.shadowRoot.querySelector('.handle').getAttribute('aria-label')"
    )
    assert spoken.startswith("sample 2 of 10")

    page.evaluate("() => { lab.set({ preset: 'baseline' }); lab.pause(); }")
    page.wait_for_timeout(100)
    frame = page.locator("#lab canvas").bounding_box()
    spot = page.evaluate(
        "() => [lab.view.X(lab.prototypes[4]), lab.view.rail[1], lab.view.X(2) - lab.view.X(1)]"
    )
    page.mouse.move(frame["x"] + spot[0], frame["y"] + spot[1])
    page.mouse.down()
    page.mouse.move(frame["x"] + spot[0] + 0.25 * spot[2], frame["y"] + spot[1], steps=4)
    page.mouse.up()
    page.evaluate("() => lab.pause()")
    net = model.initialise([0], 10, dtype=torch.float64)
    moved = (
        np.array(page.evaluate("() => lab.prototypes")) - model.prototypes(net).flatten().numpy()
    )
    assert np.abs(moved).max() == pytest.approx(0.25, abs=0.06)
    assert (np.abs(moved) > 1e-6).sum() >= 1
    assert not log.errors


HINT = "id => document.getElementById(id).shadowRoot.querySelector('.hint').textContent"


@pytest.mark.parametrize("dims", [1, 2])
def test_two_clicks_move_what_can_be_dragged(live_page, dims):
    """The first on the point, the second on its place; both are said. Escape lets go."""
    page, log = live_page(LAB.format(f'state="dims={dims}"'))
    canvas = page.locator("#lab canvas")

    def click(spot):
        frame = canvas.bounding_box()
        page.mouse.click(frame["x"] + spot[0], frame["y"] + spot[1])
        page.wait_for_timeout(50)

    for of in ("sample", "prototype"):
        page.evaluate("() => { lab.set({ restart: true, playing: false }); }")
        spots = f"k => protolib.spots(lab.lab, lab.view, '{of}', k)[0]"
        before = np.array(page.evaluate(f"() => lab.{of}s"))
        here = page.evaluate(spots, 3)
        click(here)
        said = page.evaluate(HINT, "lab")
        k = int(re.fullmatch(rf"Chosen: {of} (\d+) of 10\. Now click .*", said)[1]) - 1
        click([here[0] + 40, here[1]])
        page.evaluate("() => lab.pause()")
        after = np.array(page.evaluate(f"() => lab.{of}s"))
        if of == "sample" or page.evaluate("() => lab.step") == 0:
            others = np.delete(np.arange(10), k)
            assert np.array_equal(before[others], after[others])
        x, y = page.evaluate(spots, k)
        assert (x, y) == pytest.approx((here[0] + 40, here[1]), abs=9 if of == "prototype" else 3)
        assert page.evaluate(HINT, "lab").startswith(f"Moved {of} {k + 1} of 10 to ")
        click((x, y))
        assert "Chosen" in page.evaluate(HINT, "lab")
        page.evaluate("() => lab.shadowRoot.querySelector('.play').focus()")
        page.keyboard.press("Escape")
        at = page.evaluate(f"() => lab.{of}s")
        click((x + 80, y))
        assert page.evaluate(f"() => lab.{of}s") == at
    assert not log.errors


def test_playing_rests_at_the_nominal_length_and_a_touch_goes_on(live_page):
    page, _ = live_page(LAB.format('state="speed=100" autoplay'))
    page.wait_for_function("() => lab.step === 2000 && !lab.playing", timeout=20_000)
    page.locator("#lab .switch").first.click()
    page.wait_for_function("() => lab.playing && lab.step > 2000")


def test_reduced_motion_starts_paused(chromium, tmp_path):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    (tmp_path / "page.html").write_text(
        f"<body>{LAB.format('autoplay')}<script>{live.script(*live.LIVE)}</script>",
        encoding="utf-8",
    )
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_timeout(300)
    assert page.evaluate("() => [lab.playing, lab.step]") == [False, 0]
    context.close()


def test_it_fits_a_narrow_screen_and_prints_its_still(live_page):
    page, _ = live_page(LAB.format('state="preset=overlap expels"'), width=320)
    page.evaluate(
        "() => { lab.shadowRoot.querySelector('details').open = true; lab.advance(300); }"
    )
    page.wait_for_timeout(100)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
    shown = "() => [...lab.shadowRoot.querySelectorAll('.live, .still')].map(e => getComputedStyle(e).display !== 'none')"
    assert page.evaluate(shown) == [True, False]
    page.emulate_media(media="print")
    assert page.evaluate(shown) == [False, True]


def test_colours_follow_the_theme(live_page):
    page, _ = live_page(LAB.format(""))
    ink = "() => getComputedStyle(lab).getPropertyValue('--ink').trim()"
    assert page.evaluate(ink) == plotting.INK
    page.evaluate(
        "() => { document.body.style.color = '#ddd'; document.documentElement.dataset.theme = 'dark'; }"
    )
    dark = live.SHARED["colours"]["dark"]["ink"]
    page.wait_for_function(f"ink => ({ink})() === ink", arg=dark)


def test_the_colours_of_the_book_are_those_of_the_figures():
    """plotting reads the file; the style sheet repeats what differs, and nothing else."""
    css = (Path(__file__).parents[1] / "book/_assets/book.css").read_text(encoding="utf-8")
    for theme, colours in live.SHARED["colours"].items():
        (block,) = re.findall(rf'html\[data-theme="{theme}"\] {{([^}}]*--fig-[^}}]*)}}', css)
        own = dict(re.findall(r"--fig-(\w+): ([^;]+);", block))
        assert own.pop("paper") == "transparent"
        assert own.items() <= colours.items(), theme
        if theme == "dark":
            assert set(own) == set(colours) - {"paper"}
    light = {f"fig-{name}": colour for name, colour in live.SHARED["colours"]["light"].items()}
    assert light == plotting.COLOURS


def test_what_is_said_to_a_screen_reader(live_page):
    page, _ = live_page(LAB.format('state="preset=overlap expels"'))
    page.evaluate("() => { lab.advance(2000); lab.pause(); }")
    text = page.evaluate("() => lab.shadowRoot.querySelector('[role=status]').textContent")
    state = page.evaluate("() => lab.state")
    out = round(state["scores"]["expelled"] * 10)
    assert text.startswith("Step 2000, overlap: error ")
    assert f"{out} of 10 prototypes outside the hull" in text
    assert page.evaluate("() => lab.shadowRoot.querySelector('canvas').ariaLabel").startswith(text)
    unnamed = """() => [...lab.shadowRoot.querySelectorAll('button, input, select, [role=slider]')].filter(
      e => !(e.textContent.trim() || e.ariaLabel || e.closest('label')?.textContent.trim()))"""
    assert page.evaluate(unnamed) == []


PULLS = ["gaussian", "imq", "energy"]


@pytest.mark.parametrize("kernel", PULLS)
def test_what_the_attractors_lab_promises_comes_true(live_page, kernel):
    """Separation expels; then each of the three attractors does what the caption says."""
    page, _ = live_page(LAB.format('state="preset=separation above threshold"'))
    before = page.evaluate("() => { lab.advance(1000); return lab.state.scores; }")
    assert before["expelled"] > 0.4
    change = {"masks": [1, 1, 0], "attractor": kernel}
    change["kernel"] = "energy" if kernel == "energy" else "gaussian"
    script = "change => { lab.set(change); lab.advance(2000); return lab.state.scores; }"
    after = page.evaluate(script, change)
    if kernel == "gaussian":  # some come back, those far out do not
        assert 0 < after["expelled"] < before["expelled"]
        assert after["farthest"] > 1
    elif kernel == "imq":  # nobody is lost, but they rest beside the samples
        assert after["farthest"] < 2
        assert after["error"] > after["chance_error"]
    else:
        assert after["error"] < after["chance_error"] / 10
        assert after["farthest"] < 0.05


def test_what_the_packing_lab_promises_comes_true(live_page):
    """At τ = 0.002 separation adds little to what the fit expels of twenty, much of sixty."""
    page, _ = live_page(LAB.format(""))
    script = """([size, masks]) => { lab.set({ preset: "separation below threshold", size, tau: 0.002, masks });
      lab.advance(2000); return lab.state.scores.expelled; }"""
    added = {
        n: page.evaluate(script, [n, [0, 1, 0]]) - page.evaluate(script, [n, [0, 0, 0]])
        for n in (20, 60)
    }
    assert added[20] <= 0.1
    assert added[60] > added[20] + 0.05


# ------------------------------------------------------------------------------ the smaller figures


def _still():
    figure, _ = plotting.panel(2.0, 1.0)
    return {"still": figure, "alt": "a still for the test of this figure"}


def test_a_cell_of_the_phase_map_runs_in_the_lab(live_page, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    share = np.random.default_rng(0).uniform(0, 0.8, (2, 3, 4))
    shown = live.phase_map([1e-4, 1e-2, 1.0], [5, 50], share, lab="lab", length=2.0, **_still())
    page, log = live_page(LAB.format("") + shown.data)
    cells = page.locator("phase-map button")
    assert cells.count() == 6
    assert cells.first.inner_text() == f"{100 * share[1, 0].mean():.0f}"  # the largest N on top
    cells.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    state = page.evaluate("() => lab.state")
    assert (state["size"], state["tau"], state["masks"]) == (50, 1.0, [0, 1, 0])
    assert state["playing"]
    assert "N = 50, τ = 1" in page.locator("phase-map output").inner_text()
    outlined = page.evaluate(
        "() => document.querySelector('phase-map').shadowRoot.querySelectorAll('.between').length"
    )
    assert outlined == sum(
        0.5 <= n * math.sqrt(t) / 2 < 1 for n in (5, 50) for t in (1e-4, 1e-2, 1)
    )
    assert not log.errors


def test_images_survive_packing():
    images = np.random.default_rng(0).uniform(size=(3, 5, 64))
    assert np.abs(live.unpack(live.pack(images)) - images.reshape(-1, 64)).max() <= 0.5 / 15 + 1e-12


def test_the_digits_viewer_shows_the_frame_and_the_attractor(live_page, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    truth, errors = np.zeros((6, 64)), np.array([3.0, 2.0, 1.0])
    sets = {
        name: {"frames": np.full((3, 6, 64), value), "error": errors, "accuracy": errors}
        for name, value in (("energy", 0.0), ("coverage", 1.0))
    }
    shown = live.digits_viewer([0, 10, 20], truth, sets, others=1.5, **_still())
    page, log = live_page(shown.data)
    text = page.locator("digits-viewer output")
    assert text.inner_text().startswith("Energy, step 0: 3 from the training digits")
    page.locator("digits-viewer input[type=range]").focus()
    page.keyboard.press("End")
    assert text.inner_text().startswith("Energy, step 20: 1 from the training digits")
    pixel = """() => { const c = document.querySelector('digits-viewer').shadowRoot.querySelector('.now');
      return [...c.getContext('2d').getImageData(c.width / 12, c.height / 4, 1, 1).data][3]; }"""
    assert page.evaluate(pixel) == 0  # no ink
    page.evaluate("() => document.querySelector('digits-viewer').attempt({ name: 'coverage' })")
    page.locator("digits-viewer input[type=range]").focus()
    page.keyboard.press("End")
    page.wait_for_function(f"() => ({pixel})() === 255")  # drawn with the next frame
    page.locator("digits-viewer input[type=range]").focus()
    page.keyboard.press("Home")
    assert "Coverage, step 0: 3 from the training digits" in text.inner_text()
    assert not log.errors


def test_a_pick_is_scored_after_it_is_committed(live_page, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    scores = {"one": np.array([1.0, 1, 3, 1]), "two": np.full(4, 2.0)}
    shown = live.predict_winner(
        "Which?", scores, unit="error", chance=1.5, **_still(),
        intervals={"one": (1.5, 1.0, 2.0), "two": (2.0, 2.0, 2.0)},
    )  # fmt: skip
    page, log = live_page(shown.data)
    commit = page.locator("predict-reveal button.main")
    assert commit.is_disabled()
    page.locator("predict-reveal input").nth(1).check()
    commit.click()
    said = page.locator("predict-reveal output").inner_text()
    assert "You picked two: best in 1 of 4 seeds. Most often best: one, 3 of 4." in said
    assert "A blind pick wins 2 on average" in said
    assert not log.errors


def test_placed_prototypes_are_scored_against_many_seeds(live_page, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    ends = np.array([[-2.0, 0.0, 2.0], [-2.2, 0.0, 2.2], [-1.8, 0.0, 1.8]])
    shown = live.predict_places(
        "Where?", [-0.5, 0.0, 0.5], [-1.0, 0.0, 1.0], ends, reach=3.0, **_still()
    )
    page, log = live_page(shown.data)
    page.evaluate(
        "() => document.querySelector('predict-reveal').shadowRoot.querySelector('.handle').focus()"
    )
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("PageUp")  # from the first to the last
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    page.locator("predict-reveal button.main").click()
    said = page.locator("predict-reveal output").inner_text()
    typical = np.median(ends, axis=0)
    mine, start = (np.abs(p - typical).mean() for p in ([-1.9, 0, 2], [-1, 0, 1]))
    assert f"distance to the typical places: {mine:.2g}." in said
    assert f"Leaving them where they stood: {start:.2g};" in said
    assert "You put 2 of 3 outside the hull; in 3 seeds it was 2 (from 2 to 2)." in said
    page.locator("predict-reveal button.again").click()
    assert page.locator("predict-reveal output").inner_text() == ""
    assert not log.errors


def test_two_clicks_place_a_prediction(live_page, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    shown = live.predict_places(
        "Where?", [-0.5, 0.5], [-1.0, 1.0], np.zeros((3, 2)), reach=2.0, **_still()
    )
    page, log = live_page(shown.data)
    frame = page.locator("predict-reveal canvas").bounding_box()
    for share in (0.25, 0.625):  # on the left triangle, then on its place
        page.mouse.click(frame["x"] + share * frame["width"], frame["y"] + 75)
    marks = page.evaluate("() => document.querySelector('predict-reveal').marks")
    assert marks == pytest.approx([0.5, 1.0], abs=0.02)
    said = page.locator("predict-reveal .hint").inner_text()
    assert said == "Moved prototype 1 of 2 to 0.5."
    assert not log.errors


def test_the_names_of_buttons_hold_what_is_written_on_them(live_page, monkeypatch):
    """So that who speaks to the computer can say what is seen (WCAG 2.5.3)."""
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    shown = live.phase_map(
        [0.1, 1.0], [5, 9], np.full((2, 2, 3), 0.4), lab="lab", length=2.0, **_still()
    )
    page, _ = live_page(LAB.format("") + shown.data)
    script = """() => [...document.querySelectorAll("prototype-lab, phase-map")].flatMap(
      figure => [...figure.shadowRoot.querySelectorAll("[aria-label]")]).filter(
      e => e.matches("button, select, input") && !e.matches("select") && !e.ariaLabel.includes(e.textContent.trim())).length"""
    assert page.evaluate(script) == 0


CONTRAST = """() => {
  const light = (colour) => { // of "rgb(…)" or "color(srgb …)", over nothing
    const parts = colour.match(/[\\d.]+/g).map(Number).slice(0, 3), srgb = colour.startsWith("color");
    const [r, g, b] = parts.map(v => (srgb ? v : v / 255)).map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  return [...lab.shadowRoot.querySelectorAll(".switch")].map(e => {
    const { color, backgroundColor } = getComputedStyle(e);
    return ratio(light(color), light(backgroundColor)); });
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_on_is_read_easily(live_page, theme):
    page, _ = live_page(LAB.format('state="masks=111"'))
    if theme == "dark":
        page.evaluate(
            "() => { document.body.style = 'color: #ced6dd; background: #14181e'; document.documentElement.dataset.theme = 'dark'; }"
        )
        page.wait_for_timeout(100)
    assert min(page.evaluate(CONTRAST)) > 4.5
