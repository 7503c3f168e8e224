"""One coefficient for each loss: stacks of settings, Lloyd's steps, the window of balance, G3."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from protolib import coefficients, data, losses, matching, measurements, model, search, training
from protolib.claims import further
from protolib.figures import coefficients as draws


def _table(**errors):
    rng, rows = np.random.default_rng(0), []
    for seed in range(10, 30):
        for of, value in errors.items():
            of = {"optimised": coefficients.CHAIN[1], "refined": coefficients.CHAIN[2]}.get(of, of)
            noisy = value + 0.01 * rng.normal()
            rows.append(("coefficients", 20, "error", of.replace("_", " "), seed, noisy))
    return pd.DataFrame(rows, columns=measurements.COLUMNS)


def _answers(**errors):
    verdicts = further.ledger(_table(nominal=0.3, **errors))
    found = {verdict.claim.id: verdict for verdict in verdicts}["G3"]
    return found.verdict, [question.answer for question in found.questions]


def test_g3_asks_for_optimised_refined_and_balanced():
    good = {"optimised": 0.2, "refined": 0.1, "separation_kept": 0.2, "overlap_kept": 0.2}
    assert _answers(**good) == ("holds", ["yes"] * 4)
    lost = good | {"separation_kept": 0.9}
    assert _answers(**lost) == ("partly", ["yes", "yes", "no", "yes"])
    assert _answers(**good | {"refined": 0.25})[1] == ["yes", "no", "yes", "yes"]
    bad = {"optimised": 0.4, "refined": 0.5, "separation_kept": 0.4, "overlap_kept": 0.4}
    assert _answers(**bad) == ("fails", ["no"] * 4)
    same = {"optimised": 0.3, "refined": 0.3, "separation_kept": 0.3, "overlap_kept": 0.3}
    assert _answers(**same)[0] == "undecided"


def test_a_setting_in_a_stack_is_the_same_run_as_alone_with_three_coefficients():
    three = [(0.1, 0.0, 0.0), (3.0, 0.5, 0.2)]
    found = coefficients.tried(three, 6, [3, 4], steps=60, tau=0.1)
    x = data.uniform([3, 4], 6)
    for k, lam in enumerate(three):
        config = training.TrainConfig(lam=lam, steps=60, tau=0.1)
        start = model.initialise([3, 4], 6)
        net = training.train(start, x, data.sine(x), torch.ones(2, 3), config).parameters
        error = matching.reconstruction_error(model.prototypes(net), x)
        assert torch.allclose(found["error"][k], error, rtol=1e-4, atol=1e-5)
        fit = losses.fit(model.predict(net, x), data.sine(x)).double()
        assert torch.allclose(found["fit"][k], fit, rtol=1e-3, atol=1e-8)


def test_the_order_of_a_large_stack_is_settings_then_seeds(monkeypatch):
    many = [(value, 0.0, 0.0) for value in (0.0, 1.0, 100.0)]
    whole = coefficients.tried(many, 4, range(5), steps=30)
    monkeypatch.setattr(coefficients, "_ELEMENTS", 1)  # one setting at a time
    for name, values in coefficients.tried(many, 4, range(5), steps=30).items():
        assert torch.allclose(values, whole[name], rtol=1e-3, atol=1e-5), name


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 8), st.integers(2, 8), st.integers(1, 3), st.integers(0, 10_000))
def test_a_step_of_lloyd_never_raises_coverage(samples, units, dims, seed):
    x = data.uniform([seed], samples, dims, dtype=torch.float64)
    p = 2 * data.uniform([seed + 1], units, dims, dtype=torch.float64)
    before = losses.coverage(x, p)
    for relocate in (False, True):
        moved = coefficients.lloyd(p, x, relocate=relocate)
        assert (losses.coverage(x, moved) <= before + 1e-12).all()
        owner = losses.squared_distances(x, p).argmin(-1)[0]
        for j in range(units):  # brute force
            own = x[0, owner == j]
            if len(own):
                assert torch.allclose(moved[0, j], own.mean(0))
            elif not relocate:
                assert torch.equal(moved[0, j], p[0, j])


@pytest.mark.parametrize("dims", [1, 3])
def test_lloyd_with_relocation_ends_on_the_samples_and_without_it_does_not(dims):
    x = data.uniform(range(20), 12, dims, dtype=torch.float64)
    start = 1.5 * data.uniform(range(20, 40), 12, dims, dtype=torch.float64)
    ends = {}
    for relocate in (False, True):
        p = start
        for _ in range(12):
            p = coefficients.lloyd(p, x, relocate=relocate)
        ends[relocate] = matching.reconstruction_error(p, x)
    assert ends[True].max() < 1e-12
    assert (ends[False] > 0.01).double().mean() > 0.9


def test_orphans_go_to_the_worst_served_samples_one_to_each():
    x = torch.tensor([[[0.0], [1.0], [1.5], [9.0]]])
    p = torch.tensor([[[0.5], [40.0], [9.0], [-40.0]]])
    moved = coefficients.lloyd(p, x, relocate=True)
    mean = 2.5 / 3
    assert moved[0, :, 0].tolist() == pytest.approx([mean, 0.0, 9.0, 1.5])
    surplus = torch.tensor([[[0.0], [50.0], [60.0]]])  # more orphans than samples
    assert torch.isfinite(coefficients.lloyd(surplus, x[:, :1], relocate=True)).all()


def test_matched_puts_each_prototype_on_the_sample_it_is_assigned():
    x, p = data.uniform([0, 1], 5, 2), data.uniform([2, 3], 5, 2)
    moved = coefficients.matched(p, x)
    assert matching.reconstruction_error(moved, x).max() == 0
    for net, (i, j) in enumerate(matching.assign(p, x)):
        assert torch.equal(moved[net, j], x[net, i])


def test_stages_go_on_from_where_the_last_one_ended():
    """A single stage is `tried`; of two, the second starts from the first's end, after its move."""
    one = coefficients.staged([coefficients.Stage((0.5, 0.0, 0.0), 40)], 5, [1, 2])
    same = coefficients.tried([(0.5, 0.0, 0.0)], 5, [1, 2], steps=40)
    assert torch.allclose(one["error"], same["error"][0], rtol=1e-4)
    nothing = (0.0, 0.0, 0.0)
    last = coefficients.Stage(nothing, 0, coefficients.matched)
    ended = coefficients.staged([coefficients.Stage(nothing, 40), last], 5, [1, 2])
    assert ended["error"].max() < 1e-6
    for stages in coefficients.methods().values():
        assert sum(stage.steps for stage in stages) == coefficients.STEPS


@pytest.mark.parametrize("n", [3, 5, 10])
def test_energy_balances_just_inside_its_window(n):
    """Prototypes that are moved themselves, by gradient descent to the quantiles of the proof."""
    low, high = coefficients.window(n)
    x = data.uniform(range(8), n, dtype=torch.float64).sort(1).values
    for ratio, home in ((low + 0.02 / n, True), (high - 0.02 / n, True), (high + 0.1 / n, False)):
        level = 0.5 + ((torch.arange(n) + 0.5) / n - 0.5).double() / ratio
        rest = x[:, (level * n).floor().long().clamp(0, n - 1)]
        forces = _pull(x, rest + 1e-6, ratio) * _pull(x, rest - 1e-6, ratio)
        assert (forces <= 0).all()  # it turns there
        assert torch.equal(rest, x) == home
    out = x.clone()
    out[:, -1] += 5.0
    edge = [_pull(x, out, low + by)[:, -1, 0] for by in (-1e-3, 0.0, 1e-3)]
    assert (edge[0] > 0).all()
    assert edge[1].abs().max() < 1e-12
    assert (edge[2] < 0).all()


def _pull(x, p, ratio):
    """−∂(separation + ratio · attraction)/∂p with the energy kernel."""
    p = p.clone().requires_grad_()
    form = {"kernel": "energy", "tau": 1.0}
    loss = losses.separation(p, **form) + ratio * losses.attraction(x, p, **form)
    (gradient,) = torch.autograd.grad(loss.sum(), p)
    return -gradient


# ------------------------------------------------------------------------------ the search


def _bowl(settings, n, seeds):
    """As `tried`: an error with its least at λ = (n, 1, 0.01), the same for every seed."""
    far = np.log10(np.asarray(settings)) - [np.log10(n), 0.0, -2.0]
    errors = 10 ** (far**2).sum(-1, keepdims=True)
    return {"error": torch.tensor(errors).expand(-1, len(seeds))}


def test_each_study_of_a_search_learns_from_its_own_trials(monkeypatch):
    """In lockstep, each gets what it would have got alone, and design beats chance."""
    monkeypatch.setattr(coefficients, "tried", _bowl)
    both = search.search([10], [0, 1], repetitions=4, trials=30)
    (alone,) = search.search([10], [0, 1], kinds=["TPE"], repetitions=2, trials=30).values()
    assert np.allclose(alone, both["TPE"][:2], rtol=1e-12)
    for trials in both.values():
        assert trials.shape == (4, 30, 4)
        assert (trials[..., :3] >= search.RANGE[0]).all()
        assert (trials[..., :3] <= search.RANGE[1]).all()
        expected = search.objective(trials[0, :, :3].tolist(), [10], [0, 1])
        assert np.allclose(trials[0, :, 3], expected)
    least = {kind: np.median(trials[..., 3].min(1)) for kind, trials in both.items()}
    assert least["TPE"] < least["random"]
    middle = search.objective([[10.0, 1.0, 0.01]], [10, 1000], [0])
    assert middle == pytest.approx(((0**2) + (2**2)) / 2)


def test_the_best_setting_is_that_of_the_least_objective():
    trials = np.array([[[1, 2, 3, 0.5], [4, 5, 6, -0.5]], [[7, 8, 9, 0.0], [1, 1, 1, 2.0]]])
    assert search.best(trials.astype(float)).tolist() == [4, 5, 6]


DATA = Path(__file__).parents[1] / "book" / "_data"


def test_the_setting_that_g3_judges_is_the_best_that_was_found():
    runs = measurements.read(DATA / "search.csv.gz")
    trials = runs[runs.world == "trials"].pivot_table(
        index=["of", "seed", "n"], columns="score", values="value"
    )
    winner = trials.loc[trials["objective"].idxmin(), [*search.NAMES]]
    assert winner.to_numpy() == pytest.approx(coefficients.FOUND, rel=5e-3)


def test_a_sample_of_the_tables_is_measured_again(monkeypatch):
    """Single runs follow rounding, which follows the stack and the processor; medians do not."""
    draw, every = np.random.default_rng(), coefficients.methods()
    some = draw.choice([*every], 2, replace=False).tolist()
    monkeypatch.setattr(coefficients, "SIZES", (10,))
    monkeypatch.setattr(coefficients, "methods", lambda: {name: every[name] for name in some})
    again = coefficients.measure(coefficients.SEEDS)
    stored = measurements.read(DATA / "coefficients.csv.gz")
    held = stored.merge(again, on=measurements.COLUMNS[:-1], suffixes=("", "_again"))
    assert len(held) == len(again) == 40 * (4 * len(some) + 1)
    middle = held[held["score"] == "error"].groupby("of")[["value", "value_again"]].median()
    assert np.allclose(middle["value"], middle["value_again"], rtol=0.25, atol=0.01)

    runs = measurements.read(DATA / "search.csv.gz")
    surface = runs[(runs.world == "surface") & (runs.n == 5) & (runs.score == "error")]
    names = draw.choice(surface["of"].unique(), 8, replace=False)
    settings = [[float(value) for value in name.split()] for name in names]
    errors = np.median(coefficients.tried(settings, 5, search.CHOOSING)["error"], axis=1)
    assert np.allclose(
        np.log(errors), np.log(surface.groupby("of")["value"].median()[names]), atol=0.5
    )


# ------------------------------------------------------------------------------ figures


def _cube(sizes=(5, 10)):
    rows = [
        (n, c, s, o, seed, 0.8 - 0.1 * np.log10(1 + c) + 0.2 * s + 0.3 * o + 0.01 * seed, 1e-3)
        for n in sizes
        for c, s, o in product((0.0, 1.0, 100.0), repeat=3)
        for seed in range(3)
    ]
    columns = ["n", "coverage", "separation", "overlap", "seed", "error", "fit"]
    return pd.DataFrame(rows, columns=columns)


def test_the_front_is_what_no_other_beats():
    draw = np.random.default_rng(1).integers(0, 6, (40, 2)).astype(float)
    found = {*draws.front(draw).tolist()}
    for k, point in enumerate(draw):
        beaten = any((q <= point).all() and (q < point).any() for q in draw)
        assert (k in found) != beaten


def test_the_figures_say_what_they_show(undrawn):
    cube = _cube()
    words = draws.surface(cube).data
    assert "None of 48 settings with a repulsion beat coverage alone" in words
    turned = cube.assign(error=cube["error"].where(cube["separation"] < 100, 0.01))
    assert "18 of 48 settings" in draws.surface(turned).data
    rivals = pd.DataFrame(
        [(n, of, 0.01, 1e-3) for n in (5, 10) for of in ("energy", "transport")],
        columns=["n", "of", "error", "fit"],
    )
    assert "No setting comes within 61 times" in draws.pareto(cube, rivals).data
    apart = {"TPE": np.full((3, 4), -1.0), "random": np.full((3, 4), -0.5)}
    tables = [pd.DataFrame(v * np.ones((5, 2)), columns=[5, 10]) for v in (0.5, 0.9, 0.01)]
    shown = draws.searches(
        apart, {"best for N = 5": tables[0], "nominal": tables[1]}, tables[2], -0.3
    )
    assert "TPE finds better settings" in shown.data
    alike = apart | {"random": np.linspace([-1.1] * 4, [-0.7] * 4, 3)}
    shown = draws.searches(alike, {"nominal": tables[1]}, tables[2], -0.3)
    assert "Equal budgets" in shown.data
    twelve = {"nominal": np.linspace(0.5, 0.6, 12), "energy": np.full(12, 0.01)}
    errors = {10: pd.DataFrame(twelve)}
    shown = draws.refined(errors, {"nominal": "coverage", "energy": "matched"}).data
    assert "nominal 0.55, energy 0.01" in shown
    assert "No schedule comes up to" in shown
    ratios = {5: 1 + np.array([-2, 0, 4]) / 5}
    shown = draws.window({5: np.array([[30.0, 0.01, 2.0]] * 3)}, ratios).data
    assert "at most 0.01 of chance inside the window, 30 below it" in shown
