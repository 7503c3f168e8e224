"""The live figures of sparse codes: the JavaScript agrees with protolib, and the figures behave.

In a real headless Chromium; skipped, with the reason, where there is none.
"""

import gzip
import json

import numpy as np
import pytest
import torch

from protolib import live
from protolib.live import sparse
from protolib.sparse import coding


def _doubles(values):
    return torch.tensor(values, dtype=torch.float64)


# ------------------------------------------------------------------------------ parity

AGREE = """cases => cases.map(c => {
  const S = protolib.sparse, how = { lam: c.lam, steps: c.steps, nonnegative: c.nonnegative };
  const path = S.fista(c.A, c.y, how), z = path.at(-1);
  return { path: path.map(z => [...z]), kkt: S.kktResidual(z, c.y, c.A, c.lam, c.nonnegative),
    lasso: S.lasso(z, c.y, c.A, c.lam), lipschitz: S.lipschitz(c.A),
    ends: c.codes.map(z => S.kktResidual(z, c.y, c.A, c.lam, c.nonnegative)) };
})"""


def _golden(A, y, *, lam, nonnegative, steps=60):
    how = {"lam": lam, "nonnegative": nonnegative}
    path = coding.fista(y, A, steps=steps, path=True, **how)
    zero, shifted = torch.zeros_like(path[-1]), path[-1] - 0.3  # the latter with negative entries
    return {
        "A": A[0].tolist(), "y": y[0, 0].tolist(), "steps": steps, **how,
        "path": path[:, 0, 0].tolist(), "lipschitz": coding.lipschitz(A).item(),
        "kkt": coding.kkt_residual(path[-1], y, A, **how).item(),
        "lasso": coding.lasso(path[-1], y, A, lam=lam).item(),
        "codes": [z[0, 0].tolist() for z in (zero, shifted)],
        "ends": [coding.kkt_residual(z, y, A, **how).item() for z in (zero, shifted)],
    }  # fmt: skip


def test_fista_and_its_measures_agree_with_protolib_to_1e_9(live_page):
    page, _ = live_page()
    cases = []
    for nonnegative in (True, False):
        for lam in (0.0, 1e-3, 0.03, 0.5, 1e3):
            for m, n, k in ((2, 5, 1), (2, 12, 3), (8, 16, 3), (16, 8, 2), (32, 64, 5), (1, 3, 1)):
                A = coding.random_dictionary([m], m, n, dtype=torch.float64)
                z = coding.sparse_codes([n], 1, n, k, signed=not nonnegative, dtype=torch.float64)
                cases.append(_golden(A, coding.mix(z, A), lam=lam, nonnegative=nonnegative))
        nothing = torch.zeros(1, 1, 2).double()
        for A in (sparse.plane_dictionary("circle", 8), torch.zeros(1, 2, 4).double(), 9 * torch.eye(2)[None].double()):  # fmt: skip
            for y in (nothing, nothing + 1.5):
                cases.append(_golden(A, y, lam=0.1, nonnegative=nonnegative))
    assert len(cases) > 70
    for case, found in zip(cases, page.evaluate(AGREE, cases)):
        for name in ("path", "kkt", "lasso", "lipschitz", "ends"):
            gap = np.abs(np.array(found[name]) - np.array(case[name]))
            assert gap.max() <= 1e-9 * max(1, np.abs(case[name]).max()), (name, case["lam"], gap)
    assert any(min(case["ends"]) > 0.1 for case in cases)


def test_thresholds_and_encoders_agree(live_page):
    page, _ = live_page()
    v = torch.linspace(-2, 2, 41, dtype=torch.float64)
    for nonnegative in (True, False):
        for threshold in (0.0, 0.5, 5.0):
            script = "([v, t, n]) => v.map(x => protolib.sparse.soft(x, t, n))"
            found = page.evaluate(script, [v.tolist(), threshold, nonnegative])
            expected = coding.soft_threshold(v, threshold, nonnegative=nonnegative)
            assert np.allclose(found, expected, atol=1e-15)
    W, b = torch.randn(1, 7, 3).double(), torch.randn(1, 7).double()
    y, A = torch.randn(1, 1, 3).double(), torch.randn(1, 3, 7).double()
    found = page.evaluate(
        "([W, b, y]) => [...protolib.sparse.encode(W, b, y)]", [W[0].tolist(), b[0].tolist(), y[0, 0].tolist()]
    )  # fmt: skip
    assert np.allclose(found, coding.encode(coding.Autoencoder(W, b, A), y)[0, 0], atol=1e-12)


def test_the_worlds_are_the_same_on_both_sides(live_page):
    page, _ = live_page()
    for kind in ("circle", "half", "random"):
        script = (
            "([kind, n, seed]) => protolib.sparse.planeDictionary(kind, n, seed).map(r => [...r])"
        )
        found = page.evaluate(script, [kind, 7, 3])
        assert np.allclose(found, sparse.plane_dictionary(kind, 7, 3)[0], atol=1e-14)
    script = """([s, m, n, k, p]) => { const { A, truth } = protolib.sparse.recoveryProblem(s, m, n, k, p);
      return [A.map(r => [...r]), [...truth]]; }"""
    for problem in ((0, 8, 16, 3, False), (7, 20, 64, 5, True), (2**33, 1, 2, 1, False)):
        A, z = sparse.recovery_problem(*problem[:4], nonnegative=problem[4])
        found = page.evaluate(script, list(problem))
        assert np.allclose(found[0], A[0], atol=1e-12)
        assert np.allclose(found[1], z[0, 0], atol=1e-12)
        assert (z != 0).sum() == problem[3]
    with pytest.raises(ValueError, match="active, measurements ≤ features"):
        sparse.recovery_problem(0, 9, 8, 1)


def test_its_problems_are_as_hard_as_those_of_protolib():
    """Box and Muller's normals are normals: as many are recovered, at the edge."""
    share = {}
    for K, M in ((3, 9), (3, 12)):
        own = [sparse.recovery_problem(s, M, 24, K) for s in range(120)]
        A, z = (torch.cat(parts) for parts in zip(*own))
        mine = coding.recovered(coding.basis_pursuit(coding.mix(z, A), A), z)
        A = coding.random_dictionary(range(120), M, 24, dtype=torch.float64)
        z = coding.sparse_codes(range(120), 1, 24, K, signed=True, dtype=torch.float64)
        other = coding.recovered(coding.basis_pursuit(coding.mix(z, A), A), z)
        share[M] = mine.double().mean().item(), other.double().mean().item()
    for mine, other in share.values():
        assert abs(mine - other) < 0.2  # three standard errors
    assert share[9][0] < share[12][0]


SOLVE = """cases => cases.map(([s, m, n, k, p]) => {
  const { A, truth } = protolib.sparse.recoveryProblem(s, m, n, k, p);
  const begin = performance.now(), found = protolib.sparse.basisPursuit(A, protolib.sparse.mix(A, truth), p);
  return { z: [...found.z], excess: found.excess, corners: found.path.length, lams: found.path.map(o => o.lam),
    took: performance.now() - begin };
})"""


def test_basis_pursuit_agrees_with_the_linear_programme(live_page):
    """On both sides of the edge, where nothing and where everything is active, and certified."""
    page, _ = live_page()
    cases = [
        [seed, min(max(round(coding.statistical_dimension(64, K, nonnegative=p)) + d, 2), 64), 64, K, p]
        for p in (False, True) for K in (1, 2, 5, 10, 20, 32, 64) for d in (-12, -6, 0, 6) for seed in (0, 1)
    ]  # fmt: skip
    cases += [[s, m, n, k, p] for p in (False, True) for s, m, n, k in
              ((0, 2, 3, 1), (1, 8, 8, 8), (2, 5, 30, 2), (3, 64, 64, 3), (4, 2, 64, 32))]  # fmt: skip
    found, exact, outcomes = page.evaluate(SOLVE, cases), 0, set()
    for (seed, m, n, k, p), own in zip(cases, found):
        A, z = sparse.recovery_problem(seed, m, n, k, nonnegative=p)
        y = coding.mix(z, A)
        best = coding.basis_pursuit(y, A, nonnegative=p)
        here = _doubles(own["z"])[None, None]
        assert np.all(np.diff(own["lams"]) <= 0)
        assert own["lams"][-1] == 0
        assert own["excess"] < 1e-8, (seed, m, n, k, p)
        assert (coding.mix(here, A) - y).abs().max() < 1e-9
        assert here.abs().sum().item() == pytest.approx(best.abs().sum().item(), rel=1e-7)
        assert not p or here.min() >= -1e-12
        right = coding.recovered(here, z).item()
        assert right == coding.recovered(best, z).item()
        outcomes.add(right)
        exact += (here - best).abs().max().item() <= 1e-4
    assert exact == len(cases)  # the minimum of a random problem is unique
    assert outcomes == {True, False}
    assert max(own["took"] for own in found) < 3000


# ------------------------------------------------------------------------------ the plane

TWO = "two neighbours: interference fools the layer"


@pytest.fixture(scope="module")
def trained():
    """The chapter's encoders."""
    pairs = []
    for features in (5, 8):
        A = sparse.plane_dictionary("circle", features).float()
        y = torch.cat(
            [coding.mix(coding.sparse_codes([0], 4000, features, K), A) for K in (1, 2)], 1
        )
        how = {"lam": 0.3, "steps": 1000, "batch": 128, "learning_rate": 1e-2}
        pairs.append((0.3, coding.train_autoencoder(y, A, [0], **how)))
    return pairs


@pytest.fixture
def plane(live_page, trained, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    shown = sparse.superposition_plane(trained, name="plane", preset=TWO)
    return lambda **how: live_page(shown.data, **how)


def _in(page, selector, name="plane"):
    return page.locator(f"#{name} {selector}")


def test_presets_are_the_same_in_both_languages_and_show_what_they_say(plane, trained):
    page, log = plane()
    assert page.evaluate("() => protolib.sparse.PRESETS") == sparse.PRESETS
    nets = {net.bias.shape[-1]: net for _, net in trained}
    verdicts = {}
    for name, preset in sparse.PRESETS.items():
        _in(page, ".preset").select_option(name)
        state = page.evaluate("() => plane.state")
        A = sparse.plane_dictionary("circle", preset["features"])
        z = torch.zeros(1, 1, preset["features"]).double()
        z[0, 0, : len(preset["code"])] = _doubles(preset["code"])
        y = coding.mix(z, A)
        found = coding.fista(y, A, lam=0.03, steps=300, nonnegative=True)
        guess = coding.encode(nets[preset["features"]], y.float())
        assert np.allclose(state["found"], found[0, 0], atol=1e-9)
        assert np.allclose(state["guess"], guess[0, 0], atol=1e-5)
        assert state["kkt"] < 1e-6
        verdicts[name] = [((c > 1e-3) == (z > 0)).all().item() for c in (found, guess)]
        said = _in(page, "output[aria-live]").inner_text()
        assert said.count("right.") == sum(verdicts[name])
        assert ("nobody can tell" in said) == (not verdicts[name][0])
        # when FISTA names others, it is because they have the smaller norm
        assert verdicts[name][0] or found.abs().sum() < z.abs().sum()
    assert list(verdicts.values()) == [
        [True, True], [True, False], [True, False], [False, False], [False, False]
    ]  # fmt: skip
    assert not log.errors
    assert not log.requests


def test_a_layer_that_fits_no_dictionary_says_that_it_is_tied(plane):
    page, _ = plane()
    assert "trained at λ = 0.3" in _in(page, ".which").inner_text()
    page.evaluate("() => plane.set({ features: 7, threshold: 0.25 })")
    assert _in(page, ".which").inner_text() == "one layer, tied, θ = 0.25"
    state = page.evaluate("() => plane.state")
    A = sparse.plane_dictionary("circle", 7)
    tied = coding.Autoencoder(A.mT, torch.full((1, 7), -0.25).double(), A)
    assert np.allclose(
        state["guess"], coding.encode(tied, _doubles([[state["y"]]]))[0, 0], atol=1e-12
    )


def test_the_plane_runs_by_keyboard(plane):
    page, log = plane()
    focus = "s => plane.shadowRoot.querySelector(s).focus()"
    page.evaluate(focus, ".preset")
    seen = set()
    for _ in range(40):
        seen.add(page.evaluate("() => plane.shadowRoot.activeElement?.className ?? ''"))
        page.keyboard.press("Tab")
    for control in ("preset", "main play", "step", "reset", "handle", "s-features", "s-lam", "sign", "kind",
                    "encoder", "link", "python"):  # fmt: skip
        assert control in seen, control
    assert page.evaluate("() => plane.state.playing") is False
    page.evaluate(focus, ".reset")
    page.keyboard.press("Enter")
    assert page.evaluate("() => plane.state.found.every(v => v === 0)")
    page.evaluate(focus, ".step")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.evaluate("() => plane.state.step") == 2
    page.evaluate(focus, ".play")
    page.keyboard.press("Enter")
    page.wait_for_function("() => plane.state.step > 12 && !plane.state.playing", timeout=20_000)
    assert page.evaluate("() => plane.state.kkt") < 1e-6
    page.evaluate(focus, ".handle")
    y = page.evaluate("() => plane.state.y")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowLeft")
    moved = page.evaluate("() => plane.state")
    assert np.allclose(moved["y"], [y[0] - 0.25, y[1] + 0.05], atol=2e-3)
    assert moved["code"] is None
    assert "no true code" in _in(page, "output[aria-live]").inner_text()
    page.evaluate(focus, ".codes input")
    page.keyboard.press("End")
    assert page.evaluate("() => plane.state.code") == [2, 0, 0, 0, 0, 0, 0, 0]
    page.evaluate(focus, ".s-lam")
    page.keyboard.press("Home")
    assert page.evaluate("() => plane.state.lam") == 0
    assert not log.errors


def test_y_is_dragged(plane):
    page, log = plane()
    frame = _in(page, "canvas").bounding_box()
    x, y, scale = page.evaluate(
        "() => [plane.view.X(plane.y[0]), plane.view.Y(plane.y[1]), plane.view.scale]"
    )
    before = page.evaluate("() => plane.state.y")
    page.mouse.move(frame["x"] + x, frame["y"] + y)
    page.mouse.down()
    page.mouse.move(frame["x"] + x - scale, frame["y"] + y - 0.5 * scale, steps=4)
    page.mouse.up()
    after = page.evaluate("() => plane.state.y")
    assert np.allclose(np.subtract(after, before), [-1, 0.5], atol=0.06)
    assert "y=" in page.url
    assert not log.errors


def test_two_clicks_move_y(plane):
    page, log = plane()
    frame = _in(page, "canvas").bounding_box()
    x, y, scale = page.evaluate(
        "() => [plane.view.X(plane.y[0]), plane.view.Y(plane.y[1]), plane.view.scale]"
    )
    before = page.evaluate("() => plane.state.y")
    page.mouse.click(frame["x"] + x, frame["y"] + y)
    assert _in(page, ".hint").inner_text().startswith("Chosen: y.")
    page.mouse.click(frame["x"] + x - scale, frame["y"] + y)
    after = page.evaluate("() => plane.state.y")
    assert np.allclose(np.subtract(after, before), [-1, 0], atol=0.06)
    assert _in(page, ".hint").inner_text().startswith("Moved y to ")
    assert "y=" in page.url
    assert not log.errors


def test_a_finger_on_y_drags_it_and_beside_it_scrolls_the_page(plane):
    page, log = plane()
    page.evaluate("() => { document.body.style.paddingBottom = '2000px'; plane.scrollIntoView(); }")
    client = page.context.new_cdp_session(page)
    client.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    frame = _in(page, "canvas").bounding_box()

    def swipe(x, y):  # upwards, by eighty pixels
        for k in range(9):
            kind = "touchMove" if k else "touchStart"
            at = {"x": frame["x"] + x, "y": frame["y"] + y - 10 * k}
            client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(200)
        return page.evaluate("() => [plane.state.y, scrollY]")

    before, top = page.evaluate("() => [plane.state.y, scrollY]")
    y, scrolled = swipe(
        *page.evaluate("() => [plane.view.X(plane.y[0]), plane.view.Y(plane.y[1])]")
    )
    assert y[1] > before[1] + 0.3
    assert scrolled == top
    after, scrolled = swipe(20, 250)
    assert after == y
    assert scrolled > top + 20
    assert not log.errors


def test_in_a_notebook_the_figures_bring_their_scripts(trained, monkeypatch):
    monkeypatch.delenv("PROTOLIB_BOOK", raising=False)
    shown = sparse.superposition_plane(trained, name="plane", preset=TWO)
    for sources, tags in live.BUNDLES.values():
        assert "superposition-plane" not in tags or live.script(*sources) in shown.data
    assert 'aria-label="A live figure, here as a still: 8 features' in shown.data


def test_a_link_brings_back_the_plane(plane):
    page, _ = plane()
    page.evaluate(
        "() => plane.user({ features: 6, lam: 0.2, nonnegative: false, kind: 'random', seed: 4, code: [0, -0.5, 1.25], encoder: 'tied', threshold: 0.4 })"
    )
    before, query = page.evaluate("() => [plane.state, plane.query]")
    assert page.url.endswith(f"#plane:{query}")
    page, _ = plane(fragment=f"#plane:{query}")
    assert page.evaluate("() => plane.state") == before
    page.evaluate("() => plane.user({ point: [0.5, -1.25] })")
    before, query = page.evaluate("() => [plane.state, plane.query]")
    page, log = plane(fragment=f"#plane:{query}")
    assert page.evaluate("() => plane.state") == before
    for broken in (
        "n=99&z=a_b&lambda=x&kind=none&y=1&signs=&layer=no",
        "",
        "z=9_-9&theta=-4&seed=1e99",
    ):
        page, log = plane(fragment=f"#plane:{broken}")
        assert page.evaluate(
            "() => plane.state.y.every(Number.isFinite) && plane.state.features <= 12"
        )
        assert not log.errors, (broken, log.errors)


def test_the_python_that_the_plane_copies_runs_and_agrees(plane, capsys):
    page, _ = plane()
    for change in (
        {},
        {"lam": 0, "nonnegative": False, "features": 7},
        {"point": [0.3, -1.1], "kind": "half"},
    ):
        page.evaluate("change => plane.set(change)", change)
        exec(page.evaluate("() => plane.python"), {})
        found, kkt, guess = (line.split(" ", 1)[1] for line in capsys.readouterr().out.splitlines())
        state = page.evaluate("() => plane.state")
        assert np.allclose(json.loads(found), state["found"], atol=1e-9)
        assert float(kkt.split()[-1]) == pytest.approx(state["kkt"], abs=1e-9)
        assert np.allclose(json.loads(guess.removeprefix("layer ")), state["guess"], atol=1e-9)


# ------------------------------------------------------------------------------ the map


@pytest.fixture
def edge(live_page, monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    draw = np.random.default_rng(0)
    runs = {
        (sign, K): ([K + 3, K + 6, K + 9], torch.tensor(draw.uniform(0, 1, (5, 3))))
        for sign in (False, True) for K in (2, 5, 10)
    }  # fmt: skip
    shown = sparse.transition_map(32, runs, samples=6, name="edge")
    return lambda **how: (*live_page(shown.data, **how), runs)


def test_a_cell_of_the_map_solves_a_problem_of_its_size(edge):
    page, log, runs = edge()
    cells = _in(page, ".map button", "edge")
    assert cells.count() == 9
    assert [c.inner_text() for c in cells.all()[:3]] == [
        f"{100 * v:.0f}" for v in runs[False, 2][1].mean(0).tolist()
    ]
    page.evaluate("() => edge.shadowRoot.querySelector('.map button[tabindex=\"0\"]').focus()")
    assert (
        page.evaluate(
            "() => edge.shadowRoot.querySelectorAll('.map button[tabindex=\"0\"]').length"
        )
        == 1
    )
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    state = page.evaluate("() => edge.state")
    assert (state["k"], state["m"], state["nonnegative"]) == (10, 13, False)
    A, z = sparse.recovery_problem(0, 13, 32, 10)
    best = coding.basis_pursuit(coding.mix(z, A), A)
    assert np.allclose(state["truth"], z[0, 0], atol=1e-12)
    assert np.allclose(state["found"], best[0, 0], atol=1e-4)
    assert state["recovered"] == coding.recovered(best, z).item()
    said = _in(page, ".said", "edge").inner_text()
    share = runs[False, 10][1][:, 0]
    assert f"{100 * share.mean():.0f}% of 30 codes recovered" in said
    assert f"edge at {coding.statistical_dimension(32, 10):.3g}" in said
    assert "not recovered: another code makes the same y with a smaller" in said
    assert f"{best.abs().sum():.4g} against {z.abs().sum():.4g}" in said
    assert not log.errors
    assert not log.requests


def test_any_size_and_both_kinds_of_code_are_solved(edge, capsys):
    page, log, _ = edge()
    _in(page, "input[type=radio]", "edge").nth(1).check()
    _in(page, ".k", "edge").fill("4")
    _in(page, ".m", "edge").fill("20")
    _in(page, ".next", "edge").click()
    state = page.evaluate("() => edge.state")
    assert (state["k"], state["m"], state["seed"], state["nonnegative"]) == (4, 20, 1, True)
    assert state["recovered"]
    assert "not run on this page" in _in(page, ".said", "edge").inner_text()
    page.wait_for_function("() => !edge.state.playing && edge.state.step === edge.state.steps")
    page.evaluate("() => edge.shadowRoot.querySelector('.way').focus()")
    page.keyboard.press("Home")
    assert page.evaluate("() => edge.state.step") == 0
    exec(page.evaluate("() => edge.python"), {})
    assert capsys.readouterr().out.startswith("recovered True")
    query = page.evaluate("() => edge.query")
    assert page.url.endswith(f"#edge:{query}")
    page, log, _ = edge(fragment=f"#edge:{query}")
    again = page.evaluate("() => edge.state")
    assert {**again, "step": 0} == {**state, "step": 0, "playing": False}
    for broken in ("k=999&m=-4&problem=x&signs=none", ""):
        page, log, _ = edge(fragment=f"#edge:{broken}")
        assert page.evaluate("() => edge.state.k <= 32 && edge.state.m >= 1")
        assert not log.errors, log.errors


def test_the_bare_map_is_clicked(edge):
    page, _, _ = edge()
    page.evaluate("() => edge.scrollIntoView()")
    frame = _in(page, ".map", "edge").bounding_box()
    page.mouse.click(frame["x"] + 0.17 * frame["width"], frame["y"] + frame["height"] - 30 * 8)
    state = page.evaluate("() => edge.state")
    assert (state["k"], state["m"]) == (2, 30)


# ------------------------------------------------------------------------------ both


def test_both_fit_a_narrow_screen_print_a_still_and_have_names(plane, edge, live_page, trained):
    runs = {(False, 2): ([4, 6], torch.ones(2, 2)), (False, 5): ([9, 12], torch.zeros(2, 2))}
    body = sparse.superposition_plane(trained, name="plane", preset=TWO).data
    body += sparse.transition_map(32, runs, samples=6, name="edge").data
    page, log = live_page(body, width=320)
    page.evaluate("() => plane.set({ features: 12, encoder: 'tied', kind: 'random' })")
    page.wait_for_timeout(100)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
    unnamed = """id => [...document.getElementById(id).shadowRoot.querySelectorAll('button, input, select, textarea, [role=slider], canvas')].filter(
      e => !(e.textContent.trim() || e.ariaLabel || e.closest('label')?.textContent.trim()))
      .map(e => e.outerHTML)"""
    shown = "id => ['.live', '.still'].map(s => getComputedStyle(document.getElementById(id).shadowRoot.querySelector(s)).display !== 'none')"
    for name in ("plane", "edge"):
        assert page.evaluate(unnamed, name) == []
        assert page.evaluate(shown, name) == [True, False]
    page.emulate_media(media="print")
    for name in ("plane", "edge"):
        assert page.evaluate(shown, name) == [False, True]
    assert not log.errors


def test_reduced_motion_shows_the_end_at_once(edge):
    page, _, _ = edge()
    page.emulate_media(reduced_motion="reduce")
    _in(page, ".next", "edge").click()
    state = page.evaluate("() => edge.state")
    assert not state["playing"]
    assert state["step"] == state["steps"]


def test_scripts_are_small_and_presets_are_checked(trained):
    """As they travel, compressed."""
    for sources, _ in live.BUNDLES.values():
        assert len(gzip.compress(live.script(*sources).encode())) < 24 * 1000
    with pytest.raises(ValueError, match="preset must be one of"):
        sparse.superposition_plane(trained, name="plane", preset="none")
