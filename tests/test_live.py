"""The live figures: the JavaScript agrees with protolib, and the figure and the widget behave.

In a real headless Chromium; skipped, with the reason, where there is none.
"""

import json
import math

import numpy as np
import pytest
import torch
from helpers import take
from traitlets import TraitError

from protolib import data, hull, live, losses, matching, model, training

PAGE = """<!doctype html><html data-theme="light"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<body style="margin:0;color:#000">{body}<script src="live.js" defer></script>
<script src="live-figures.js" defer></script>"""


@pytest.fixture
def open_page(watched, tmp_path):
    """A function that shows some HTML with the scripts, as a file, and returns the page and its log."""
    page, log = watched
    (tmp_path / "live.js").write_text(live.script(*live.LIVE))
    (tmp_path / "live-figures.js").write_text(live.script(*live.FIGURES))

    def open_it(body="", width=900, fragment=""):
        (tmp_path / "page.html").write_text(PAGE.format(body=body))
        page.set_viewport_size({"width": width, "height": 800})
        page.goto((tmp_path / "page.html").as_uri() + fragment)
        page.wait_for_function("() => globalThis.protolib?.PRESETS")
        return page, log

    return open_it


# ------------------------------------------------------------------------------ parity

SHAPES = [(1, 5, 5), (1, 12, 12), (1, 6, 9), (1, 9, 6), (2, 8, 8), (2, 7, 5)]  # dims, N, units
FORMS = [(a, "gaussian") for a in live.get_args(live.Attractor)] + [
    ("coverage", "imq"), ("coverage", "energy"), ("energy", "energy"), ("imq", "imq"),
]  # fmt: skip
MASKS = [(c, s, o) for c in (0, 1) for s in (0, 1) for o in (0, 1)]


def _golden(net, x, config, masks):
    """What protolib says of a stack of networks in float64, a case each: losses, gradient,
    the weights after training, scores."""
    y, weights = data.sine(x), torch.tensor(masks, dtype=torch.float64)
    forms = config.forms()
    forms.pop("activation")
    fit, parts = losses.fit(model.predict(net, x), y), losses.structural(net, x, **forms)
    g = training.gradients(net, x, y, weights, config)
    end = training.train(net, x, y, weights, config).parameters
    # the same run with samples and units in reverse order: equal but for rounding
    turned = model.Parameters(*(t.flip(1) for t in net[:3]), net.offset)
    other = training.train(turned, x.flip(1), y.flip(1), weights, config).parameters
    other = model.Parameters(*(t.flip(1) for t in other[:3]), other.offset)
    p, f = model.prototypes(net), model.predict(net, x)
    scores = [
        matching.reconstruction_error(p, x), matching.specialization_ratio(p, x),
        hull.expelled_share(p, x), matching.fit_r2(f, y), *hull.hull_distance(p, x).T,
    ]  # fmt: skip
    names = ("lam", "tau", "attractor", "kernel", "softness", "learning_rate")
    return [
        {
            "theta": _flat(net, r), "x": x[r].flatten().tolist(), "dims": x.shape[-1],
            "config": {"masks": masks[r]} | {name: getattr(config, name) for name in names},
            "losses": [fit[r].item(), *parts[r].tolist()], "gradient": _flat(g, r),
            "end": _flat(end, r), "steps": config.steps,
            "drift": np.abs(np.subtract(_flat(end, r), _flat(other, r))).max(),
            "scores": [score[r].item() for score in scores],
        }
        for r in range(len(x))
    ]  # fmt: skip


def _flat(net, r=0):
    w, b, v, c = (tensor[r] for tensor in net)
    return torch.cat([w, b.T.flatten(), v, c[None]]).tolist()


AGREE = """cases => cases.map(c => {
  const P = protolib, x = Float64Array.from(c.x), y = P.sine(x, c.dims);
  const theta = Float64Array.from(c.theta), p = P.prototypes(theta, c.dims);
  const found = { losses: P.losses(theta, x, y, c.dims, c.config),
    gradient: [...P.gradients(theta, x, y, c.dims, c.config)],
    scores: [P.reconstructionError(p, x, c.dims), P.specializationRatio(p, x, c.dims),
      P.expelledShare(p, x, c.dims), P.fitR2(P.predict(theta, x, c.dims), y),
      ...P.hullDistance(p, x, c.dims)] };
  P.trainer(theta)(c.steps, x, y, c.dims, c.config);
  return { ...found, end: [...theta] };
})"""


def _agree(page, cases):
    """To 1e-9. Only where protolib itself, adding in another order, leaves its own path by more than
    1e-10 in 200 steps (runs that explode) are these held to ten times that drift instead."""
    calm = 0
    for case, found in zip(cases, page.evaluate(AGREE, cases)):
        for name in ("losses", "gradient", "scores", "end"):
            expected, got = np.array(case[name]), np.array(found[name], dtype=float)
            slack = 1e-9
            if name == "end":
                calm += case["drift"] < 1e-10
                slack = max(1e-9, 10 * case["drift"])
            assert np.allclose(got, expected, rtol=1e-9, atol=slack), (
                name, case["config"], case["dims"], np.abs(got - expected).max(), case["drift"],
            )  # fmt: skip
    return calm / len(cases)


def _cases(dims, samples, units, masks, *, steps=200, **settings):
    seeds = range(len(masks))
    x = data.uniform(seeds, samples, dims, dtype=torch.float64)
    net = model.initialise(seeds, units, dims, dtype=torch.float64)
    return _golden(net, x, training.TrainConfig(steps=steps, **settings), masks)


def test_every_mask_and_size_agrees_with_protolib(open_page):
    page, _ = open_page()
    cases = [case for shape in SHAPES for case in _cases(*shape, MASKS, tau=0.05)]
    assert _agree(page, cases) > 0.9


def test_every_attractor_and_kernel_agrees_with_protolib(open_page):
    page, _ = open_page()
    cases = [
        case
        for dims, n, m in [(1, 12, 12), (1, 6, 9), (2, 8, 8)]
        for a, k in FORMS
        for tau in (0.01, 1.0)
        if not (a == "transport" and n != m)
        for case in _cases(
            dims,
            n,
            m,
            [(1, 1, 0), (1, 0, 1)],
            attractor=a,
            kernel=k,
            tau=tau,
            softness=0.02,
            lam=0.3,
        )
    ]
    assert _agree(page, cases) > 0.9


def test_the_edges_agree_with_protolib(open_page):
    """Flat and negative slopes, coincident and far prototypes, two units, fractional masks."""
    page, _ = open_page()
    x = data.uniform([4] * 8, 6, dtype=torch.float64)
    net = model.initialise([4] * 8, 6, dtype=torch.float64)
    flat = net._replace(slope=net.slope * torch.tensor([[1, 0, -1, 1e-6, -1e-6, 1]]).double())
    together = net._replace(bias=net.bias[:, [0, 0, 0, 1, 2, 3]])
    far = net._replace(bias=net.bias * 50)
    config = training.TrainConfig(steps=200, tau=0.1)
    still = training.TrainConfig(steps=0, tau=0.1)  # their paths are chaotic, not their gradients
    cases = [case for n in (flat, together, far) for case in _golden(n, x, still, MASKS)]
    cases += _golden(far, x, config, MASKS)
    cases += _cases(1, 2, 2, MASKS, tau=0.1) + _cases(1, 10, 10, [(0.5, 2.0, 0.25)])
    on_samples = take(net._replace(bias=-net.slope[..., None] * x), slice(0, 1))
    for a, k in FORMS:
        config = training.TrainConfig(steps=0, attractor=a, kernel=k)
        cases += _golden(on_samples, x[:1], config, [(1, 1, 1)])
    _agree(page, cases)


def test_the_page_draws_the_numbers_of_numpy(open_page):
    page, _ = open_page()
    script = "([seed, n, dims]) => [[...protolib.uniform(seed, n, dims)], [...protolib.initialise(seed, n, dims)]]"
    for seed, n, dims in [(0, 3, 1), (7, 60, 1), (123456, 10, 2), (2**32 + 5, 4, 1)]:
        x, start = page.evaluate(script, [seed, n, dims])
        assert x == data.uniform([seed], n, dims, dtype=torch.float64).flatten().tolist()
        assert start == _flat(model.initialise([seed], n, dims, dtype=torch.float64))


def test_chance_is_that_of_protolib(open_page):
    page, _ = open_page()
    x = data.uniform([2], 9, dtype=torch.float64)
    null = matching.chance_prototypes(x.expand(200, -1, -1), 9, seed=0)
    found = page.evaluate("x => protolib.chance(Float64Array.from(x), 9, 1)", x.flatten().tolist())
    every = x.expand(200, -1, -1)
    assert math.isclose(found["error"], matching.reconstruction_error(null, every).mean())
    assert math.isclose(found["ratio"], matching.specialization_ratio(null, every).mean())


def test_force_arrows_are_the_velocities_of_gradient_descent(open_page):
    """dp/dt of each loss alone, against a small step of protolib's own gradients."""
    page, _ = open_page()
    x = data.uniform([1], 7, dtype=torch.float64)
    net = model.initialise([1], 7, dtype=torch.float64)
    config = training.TrainConfig(tau=0.1)
    script = """c => { const x = Float64Array.from(c.x); return protolib.forces(
      Float64Array.from(c.theta), x, protolib.sine(x), 1, c.config).map(f => [...f]); }"""
    (case,) = _golden(net, x, training.TrainConfig(steps=0, tau=0.1), [(1, 1, 1)])
    found = page.evaluate(script, case)
    y, none = data.sine(x), torch.zeros(1, 3, dtype=torch.float64)
    eta = 1e-7
    fit = training.gradients(net, x, y, none, config)
    for which in range(4):
        g = fit
        if which:
            one = none.clone()
            one[0, which - 1] = 1
            g = model.Parameters(
                *(a - b for a, b in zip(training.gradients(net, x, y, one, config), fit))
            )
        after = model.Parameters(*(a - eta * b for a, b in zip(net, g)))
        velocity = (model.prototypes(after) - model.prototypes(net)).flatten() / eta
        assert torch.allclose(torch.tensor(found[which]).double(), velocity, rtol=1e-4, atol=1e-6)


def test_presets_are_the_same_in_both_languages(open_page):
    page, _ = open_page()
    assert page.evaluate("() => protolib.PRESETS") == live.PRESETS


# ------------------------------------------------------------------------------ the figure

LAB = '<prototype-lab id="lab" linked {}>the still</prototype-lab>'


def test_the_lab_trains_as_protolib_does_and_says_the_same(open_page):
    page, log = open_page(LAB.format('preset="coverage" seed="3"'))
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


def test_the_python_it_copies_runs_and_agrees(open_page, capsys):
    page, _ = open_page(LAB.format('preset="separation above threshold" seed="2" lam="0.5"'))
    page.evaluate("() => lab.advance(150)")
    exec(page.evaluate("() => lab.python"), {})
    error, outside = (float(line.split()[-1]) for line in capsys.readouterr().out.splitlines())
    scores = page.evaluate("() => lab.state.scores")
    assert error == pytest.approx(scores["error"], rel=1e-5)
    assert outside == scores["expelled"]
    moved = "() => { lab.set({samples: [-0.5, 0.1, 0.25, 0.8], dims: 1}); lab.advance(50); }"
    page.evaluate(moved)
    exec(page.evaluate("() => lab.python"), {})
    error = float(capsys.readouterr().out.split()[1])
    assert error == pytest.approx(page.evaluate("() => lab.state.scores.error"), rel=1e-5)


def test_a_link_brings_back_the_state(open_page):
    page, _ = open_page(LAB.format('preset="baseline"'))
    page.evaluate("() => lab.set({size: 20, tau: 0.5, seed: 3, masks: [0, 1, 1], kernel: 'imq'})")
    query = page.evaluate("() => lab.query")
    page, log = open_page(LAB.format('preset="coverage"'), fragment=f"#lab:{query}")
    state = page.evaluate("() => lab.state")
    expected = {"size": 20, "tau": 0.5, "seed": 3, "masks": [0, 1, 1], "kernel": "imq"}
    assert {name: state[name] for name in expected} == expected
    page, log = open_page(
        LAB.format(""), fragment="#lab:preset=separation%20above%20threshold&x=0_0.5_-0.5"
    )
    assert page.evaluate("() => [lab.state.tau, ...lab.samples]") == [1, 0, 0.5, -0.5]
    for broken in ("#lab:preset=none&tau=abc&n=1e9&masks=9&x=", "#lab:", "#other:n=4", "#%E0%A4%A"):
        page, log = open_page(LAB.format(""), fragment=broken)
        assert page.evaluate("() => lab.state.size <= 60 && lab.prototypes.every(Number.isFinite)")
        assert not log.errors, (broken, log.errors)


def test_switches_play_step_and_reset_work_by_keyboard(open_page):
    page, log = open_page(LAB.format(""))
    page.keyboard.press("Tab")
    assert page.evaluate("() => lab.shadowRoot.activeElement.className") == "play"
    seen = []
    for _ in range(40):
        seen.append(page.evaluate("() => lab.shadowRoot.activeElement?.className ?? ''"))
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement === document.body"):
            break
    for control in ("play", "step", "reset", "seed", "preset", "handle", "switch", "s-tau", "s-size",
                    "s-speed", "link", "python"):  # fmt: skip
        assert control in seen
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


def test_samples_and_prototypes_move_by_keyboard_and_by_pointer(open_page):
    page, log = open_page(LAB.format('preset="baseline"'))
    page.evaluate("() => lab.shadowRoot.querySelector('.handle').focus()")
    before = page.evaluate("() => lab.samples")
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowLeft")
    page.evaluate("() => lab.pause()")
    after = page.evaluate("() => lab.samples")
    assert after[1] == pytest.approx(before[1] - 0.02)
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


def test_playing_rests_at_the_nominal_length_and_a_touch_goes_on(open_page):
    page, _ = open_page(LAB.format('speed="100" autoplay'))
    page.wait_for_function("() => lab.step === 2000 && !lab.playing", timeout=20_000)
    page.locator("#lab .switch").first.click()
    page.wait_for_function("() => lab.playing && lab.step > 2000")


def test_reduced_motion_starts_paused(chromium, tmp_path):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    (tmp_path / "live.js").write_text(live.script(*live.LIVE))
    (tmp_path / "page.html").write_text(PAGE.format(body=LAB.format("autoplay")))
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_timeout(300)
    assert page.evaluate("() => [lab.playing, lab.step]") == [False, 0]
    context.close()


def test_it_fits_a_narrow_screen_and_prints_its_still(open_page):
    page, _ = open_page(LAB.format('preset="overlap expels"'), width=320)
    page.evaluate(
        "() => { lab.shadowRoot.querySelector('details').open = true; lab.advance(300); }"
    )
    page.wait_for_timeout(100)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
    shown = "() => [...lab.shadowRoot.querySelectorAll('.lab, .still')].map(e => getComputedStyle(e).display !== 'none')"
    assert page.evaluate(shown) == [True, False]
    page.emulate_media(media="print")
    assert page.evaluate(shown) == [False, True]


def test_colours_follow_the_theme(open_page):
    page, _ = open_page(LAB.format(""))
    ink = "() => getComputedStyle(lab).getPropertyValue('--ink').trim()"
    assert page.evaluate(ink) == live.plotting.INK
    page.evaluate(
        "() => { document.body.style.color = '#ddd'; document.documentElement.dataset.theme = 'dark'; }"
    )
    page.wait_for_function(f"({ink}) () === '#e6e6e6'".replace(") ()", ")()"))
    for name, colour in live.plotting.COLOURS.items():
        short = name.removeprefix("fig-")
        if short in ("coverage", "separation", "overlap", "all", "ink"):
            assert page.evaluate(f"() => protolib.PALETTES.light.{short}") == colour


def test_what_is_said_to_a_screen_reader(open_page):
    page, _ = open_page(LAB.format('preset="overlap expels"'))
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
def test_what_the_attractors_lab_promises_comes_true(open_page, kernel):
    """Separation expels; then each of the three attractors does what the caption says."""
    page, _ = open_page(LAB.format('preset="separation above threshold"'))
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


def test_what_the_packing_lab_promises_comes_true(open_page):
    """At τ = 0.002 separation adds little to what the fit expels of twenty, much of sixty."""
    page, _ = open_page(LAB.format(""))
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
    figure, _ = live.plotting.panel(2.0, 1.0)
    return {"still": figure, "alt": "a still for the test of this figure", "caption": "Something."}


def test_a_cell_of_the_phase_map_runs_in_the_lab(open_page, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    share = np.random.default_rng(0).uniform(0, 0.8, (2, 3, 4))
    shown = live.phase_map(
        [1e-4, 1e-2, 1.0], [5, 50], share, lab="lab", length=2.0, tries=["Click."], **_still()
    )
    page, log = open_page(LAB.format("") + shown.data)
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


def test_the_digits_viewer_shows_the_frame_and_the_attractor(open_page, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    truth, errors = np.zeros((6, 64)), np.array([3.0, 2.0, 1.0])
    sets = {
        name: {"frames": np.full((3, 6, 64), value), "error": errors, "accuracy": errors}
        for name, value in (("energy", 0.0), ("coverage", 1.0))
    }
    shown = live.digits_viewer([0, 10, 20], truth, sets, others=1.5, tries=[], **_still())
    page, log = open_page(shown.data)
    text = page.locator("digits-viewer output")
    assert text.inner_text().startswith("energy, step 0: mean distance to the training digits 3")
    page.locator("digits-viewer input[type=range]").focus()
    page.keyboard.press("End")
    assert text.inner_text().startswith("energy, step 20: mean distance to the training digits 1")
    pixel = """() => { const c = document.querySelector('digits-viewer').shadowRoot.querySelector('.now');
      return [...c.getContext('2d').getImageData(c.width / 12, c.height / 4, 1, 1).data].slice(0, 3); }"""
    assert page.evaluate(pixel) == [255, 255, 255]
    page.locator("digits-viewer input[value=coverage]").check()
    assert page.evaluate(pixel) == [0, 0, 0]
    page.locator("digits-viewer input[type=range]").focus()
    page.keyboard.press("Home")
    assert "coverage, step 0: mean distance to the training digits 3" in text.inner_text()
    assert not log.errors


def test_a_pick_is_scored_after_it_is_committed(open_page, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    scores = {"one": np.array([1.0, 1, 3, 1]), "two": np.full(4, 2.0)}
    shown = live.predict_winner(
        "Which?", scores, unit="error", chance=1.5, **_still(),
        intervals={"one": (1.5, 1.0, 2.0), "two": (2.0, 2.0, 2.0)},
    )  # fmt: skip
    page, log = open_page(shown.data)
    commit = page.locator("predict-reveal button.main")
    assert commit.is_disabled()
    page.locator("predict-reveal input").nth(1).check()
    commit.click()
    said = page.locator("predict-reveal output").inner_text()
    assert "You picked two: best in 1 of 4 seeds. Most often best: one, 3 of 4." in said
    assert "A blind pick wins 2 on average" in said
    assert not log.errors


def test_placed_prototypes_are_scored_against_many_seeds(open_page, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    ends = np.array([[-2.0, 0.0, 2.0], [-2.2, 0.0, 2.2], [-1.8, 0.0, 1.8]])
    shown = live.predict_places(
        "Where?", [-0.5, 0.0, 0.5], [-1.0, 0.0, 1.0], ends, reach=3.0, **_still()
    )
    page, log = open_page(shown.data)
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


# ------------------------------------------------------------------------------ the widget


def test_the_widget_starts_as_the_figure_does():
    lab = live.Lab(preset="separation above threshold", seed=3)
    x = data.uniform([3], 20, dtype=torch.float64)
    assert lab.samples == x.flatten().tolist()
    p = model.prototypes(model.initialise([3], 20, dtype=torch.float64))
    assert np.allclose(lab.prototypes, p.flatten())
    assert lab.config == training.TrainConfig(tau=1.0)
    assert lab.scores["r2"] < 1


def test_python_sets_prototypes_samples_and_seeds():
    lab = live.Lab()
    lab.prototypes = lab.samples
    assert lab.scores["error"] == pytest.approx(0, abs=1e-15)
    assert np.allclose(-np.array(lab.bias) / np.array(lab.slope), lab.samples)
    lab.seed = 4
    assert lab.samples == data.uniform([4], 10, dtype=torch.float64).flatten().tolist()
    lab.samples = [-1.0, 0.0, 1.0]
    assert lab.size == len(lab.prototypes) == 3
    lab.dims, lab.size = 2, 5
    assert np.shape(lab.prototypes) == np.shape(lab.samples) == (5, 2)


def test_python_trains_and_loads_what_was_trained():
    lab = live.Lab(preset="coverage", seed=1)
    lab.train(100)
    x = data.uniform([0, 1], 10, dtype=torch.float64)
    net = model.initialise([0, 1], 10, dtype=torch.float64)
    masks = torch.tensor([[0.0, 0, 0], [1.0, 0, 0]], dtype=torch.float64)
    config = training.TrainConfig(steps=100)
    trained = training.train(net, x, data.sine(x), masks, config).parameters
    p = model.prototypes(trained)
    assert np.allclose(lab.prototypes, p[1].flatten(), atol=1e-9)
    assert lab.step == 100
    other = live.Lab()
    other.load(trained, x, net=1)
    assert other.scores == pytest.approx(lab.scores)
    for before, after in zip(take(trained, [1]), other.parameters):
        assert torch.equal(before, after)
    with pytest.raises(ValueError, match="1 or 2 dimensions"):
        other.load(model.initialise([0], 4, 3), data.uniform([0], 4, 3))


def test_what_the_figure_reports_is_taken_as_it_is():
    lab, seen = live.Lab(), []
    lab.observe(lambda change: seen.append(change["new"]), "prototypes")
    lab.set_state({"seed": 7, "prototypes": [0.5] * 10, "step": 12, "scores": {"error": 9.0}})
    assert (lab.seed, lab.step, lab.scores) == (7, 12, {"error": 9.0})
    assert lab.prototypes == seen[-1] == [0.5] * 10
    assert lab.samples == data.uniform([0], 10, dtype=torch.float64).flatten().tolist()


def test_settings_out_of_range_are_refused():
    with pytest.raises(ValueError, match="preset must be one of"):
        live.Lab(preset="none")
    lab = live.Lab()
    for name, value in [
        ("size", 1),
        ("dims", 3),
        ("tau", 0.0),
        ("kernel", "box"),
        ("masks", [1.0]),
    ]:
        with pytest.raises(TraitError):
            setattr(lab, name, value)


def test_a_widget_leaves_no_trace_in_the_book_and_its_tag_holds_its_settings(
    open_page, monkeypatch
):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    lab = live.Lab(preset="separation above threshold", seed=2, forces=True)
    assert lab.comm is None
    shown = live.show(lab, name="lab", caption="A lab.", tries=["Press *Play*."])
    assert "<em>Play</em>" in shown.data
    assert 'role="img"' in shown.data
    page, log = open_page(shown.data)
    state = page.evaluate("() => lab.state")
    for name in ("seed", "size", "tau", "forces", "zoom", "samples"):
        assert state[name] == getattr(lab, name)
    assert not log.errors


def test_the_bridge_carries_changes_both_ways(open_page):
    """The widget's module with a stand-in for the notebook's model."""
    page, log = open_page('<div id="here"></div>')
    state = {name: getattr(live.Lab(preset="coverage"), name) for name in live._TRAITS}
    module = live.Lab._esm.replace("export default", "globalThis.module =")
    page.add_script_tag(content=module)
    page.evaluate(
        """state => {
          const listeners = {}, sent = [];
          globalThis.model = {
            get: (name) => state[name] ?? "", sent,
            set: (name, value) => { state[name] = value; sent.push(name); },
            save_changes: () => {},
            on: (event, f) => { (listeners[event] ??= []).push(f); },
            off: (event, f) => { listeners[event] = listeners[event].filter(g => g !== f); },
            tell: (name, value) => { state[name] = value; (listeners[`change:${name}`] ?? []).forEach(f => f()); },
          };
          const el = document.createElement("div"); // JupyterLab shows it only after rendering
          globalThis.leave = module.render({ model, el });
          document.getElementById("here").append(el);
          globalThis.lab = document.querySelector("prototype-lab");
        }""",
        json.loads(json.dumps(state)),
    )
    assert page.evaluate("() => lab.state.masks") == [1, 0, 0]
    page.evaluate("() => { model.tell('tau', 0.5); model.tell('masks', [0, 1, 0]); }")
    page.wait_for_function("() => lab.state.tau === 0.5 && lab.state.masks[1] === 1")
    page.evaluate("() => { model.sent.length = 0; lab.advance(40); }")
    page.wait_for_function("() => model.sent.includes('prototypes') && model.get('step') === 40")
    assert page.evaluate("() => model.get('prototypes')") == page.evaluate("() => lab.prototypes")
    assert "tau" not in page.evaluate("() => model.sent")
    page.evaluate("() => { model.tell('prototypes', lab.samples); }")
    page.wait_for_function("() => lab.state.scores.error < 1e-12")
    page.evaluate("() => leave()")
    assert page.locator("prototype-lab").count() == 0
    assert not log.errors


# ------------------------------------------------------------------------------ controls for Python


def _power(base, exponent):
    return live.HTML(f"<p>{base} {exponent}</p>")


def test_controls_call_the_function_again_with_every_choice():
    calls = []

    def act(**choice):
        calls.append(choice)
        return live.HTML(f"<p>{sorted(choice.items())}</p>")

    shown = live.controls(act, N=([3, 10, 30], 10), mask=(["baseline", "coverage"], "coverage"))
    bar, result = shown.children
    number, menu = bar.children
    assert (number.value, menu.value) == (10, "coverage")
    assert result.value == "<p>[('N', 10), ('mask', 'coverage')]</p>"
    number.value, menu.value = 30, "baseline"
    assert result.value == "<p>[('N', 30), ('mask', 'baseline')]</p>"
    assert calls[1:] == [{"N": 30, "mask": "coverage"}, {"N": 30, "mask": "baseline"}]


def test_controls_on_a_page_are_a_saved_result_that_says_so(monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    shown = live.controls(_power, base=([1, 2], 2), exponent=([3, 4], 4))
    assert shown.data.startswith("<p>2 4</p>")
    assert "A saved result, for base = 2, exponent = 4" in shown.data
    assert "<input" not in shown.data
    with pytest.raises(ValueError, match="default of base must be one of"):
        live.controls(_power, base=([1, 2], 3))
