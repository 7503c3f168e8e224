"""The figures of `attractors`, `robustness`, `dimensions` and `privacy` on small made-up tables."""

import re

import numpy as np
import pandas as pd
import pytest
import torch

from protolib import claims, live, measurements, model, multiverse, plotting, sweep
from protolib.figures import attractors, dimensions, privacy, robustness

DRAW = np.random.default_rng(4)
TAUS = (0.01, 0.1, 1.0)


def _alts(figure):
    return re.findall(r'role="img" aria-label="([^"]*)"', figure.data)


@pytest.fixture
def drawn(monkeypatch):
    """Every axes that a figure function asks for, so that its data can be looked at."""
    axes, show = [], plotting.show

    def keep(*figures, **words):
        axes.extend((figure, ax) for figure in figures for ax in figure.get_axes())
        return show(*figures, **words)

    for place in (plotting, plotting.page):
        monkeypatch.setattr(place, "show", keep)
    return axes


def _lines(ax):
    return {line.get_label(): line for line in ax.lines}


# ------------------------------------------------------------------------------ attractors


def test_temperatures_name_the_attractors_that_stay_bounded(drawn):
    errors = {
        (r, a): np.full((4, 3), 50.0 if a in ("none", "coverage") else 0.1)
        for r in attractors.TITLES
        for a in attractors.LOOK
    }
    errors["gaussian", "energy"] = errors["gaussian", "energy"] * [[1, 2, 3]]
    figure = attractors.temperatures(TAUS, errors, 0.2, 0.01)
    assert _alts(figure)[0].count("at every τ") == 4
    assert "twice chance with Gaussian, inverse multiquadric, energy, transport" in _alts(figure)[0]
    assert "largest with no attractor, 50" in _alts(figure)[0]
    line = _lines(drawn[3][1])["energy"]
    assert line.get_ydata() == pytest.approx([0.1, 0.2, 0.3])
    assert line.get_xdata() == pytest.approx(TAUS)


def test_pick_names_the_lowest(monkeypatch):
    monkeypatch.setattr(live, "in_book", lambda: True)
    errors = {"energy": DRAW.uniform(0.1, 0.2, 6), "coverage": DRAW.uniform(3, 4, 6)}
    (alt,) = _alts(attractors.pick(errors, 0.15))
    assert "lowest with the energy distance" in alt
    assert "highest with the coverage" in alt


def test_ranks_pass_through_zero_at_their_own_samples(drawn):
    samples = torch.tensor([-0.6, 0.0, 0.2, 0.7], dtype=torch.float64)
    words, _ = _alts(attractors.ranks(samples))
    assert "4 staircases" in words
    assert "4 of them pass" in words
    assert "energy&#x27;s is 100%" in words
    assert words.endswith("left of Gaussian, τ = 1 and Gaussian, τ = 0.1.")
    home = [line for line in drawn[0][1].lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in home[::2]] == pytest.approx(samples.tolist())


def test_tails_say_who_is_pushed_away(drawn):
    shares = {"gaussian": [0.1, 0.4], "imq": [0.0, 0.0], "energy": [0.0, 0.25]}
    alt, _ = _alts(attractors.tails((2, 8), shares, 0.5))
    assert "Gaussian in 10% of cases at 2 and 40% at 8;" in alt
    assert "energy in 0% of cases at 2 and 25% at 8. Another prototype stands beyond in 50%" in alt
    assert any(line.get_ydata()[0] == 0.5 for line in drawn[0][1].lines)


def test_circles_say_where_the_paths_end(drawn):
    samples = torch.tensor([-0.5, 0.5], dtype=torch.float64)
    angle = torch.linspace(0, 1, 9)[:, None, None] * torch.tensor([0.4636, 1.2]).double()
    flow = angle.cos(), (2 * torch.tensor([1.0, -1.0]) * angle.sin())[..., None] / 2
    away, back = _alts(attractors.circles(samples, flow, [t.flip(0) for t in flow]))
    assert away.startswith("separation alone: 2 paths, each on a circle")
    assert "At the end 1 are outside the hull" in away
    assert "At the end 0 are outside the hull" in back
    assert "at most 0.5 from the sorted samples" in back


def test_compensation_says_where_it_harms_and_helps(drawn):
    kinds = (("", 1.0), (" with its attractor", -1.0), (" with coverage", 2.0))
    told = [(f"{name}{words}", sign) for name in claims.REPULSIONS for words, sign in kinds]
    questions = [
        claims.Question(n, f"{name} − baseline", 5, sign, sign - 0.5, sign + 0.5, "yes")
        for name, sign in [*told, ("separation", -3.0), ("overlap", 4.0)]
        for n in (3, 10)
    ]
    questions[0] = questions[0]._replace(low=-1.0)  # Gaussian, alone, N = 3: open
    words = _alts(attractors.compensation(questions))[0]
    nominal, *large = re.split(r"(?<=\.) (?=\w+(?: \w+)? separation: )", words)
    assert len(large) == len(claims.REPULSIONS)
    assert "separation alone, worse than the baseline at N = none, better at N = 3, 10;" in nominal
    assert "overlap alone, worse than the baseline at N = 3, 10, better" in nominal
    assert "alone, worse than the baseline at N = 10, better at N = none;" in large[0]
    assert "alone, worse than the baseline at N = 3, 10," in large[1]
    assert all("with its attractor, worse than the baseline at N = none, better at N = 3, 10."
               in alt for alt in large)  # fmt: skip
    cells = [(name, [*line.get_xdata()]) for _, ax in drawn for name, line in _lines(ax).items()]
    assert ("alone", [1.0, 1.0]) in cells
    assert cells.count(("with its attractor", [-1.0, -1.0])) == len(claims.REPULSIONS)
    assert cells.count(("with coverage", [2.0, 2.0])) == len(claims.REPULSIONS)


# ------------------------------------------------------------------------------ robustness


def test_bars_are_as_long_as_the_tally(drawn):
    ids = [*robustness.SHORT]
    tally = pd.DataFrame(0, index=["fails", "holds", "partly"], columns=ids)
    tally.loc["holds"] = [*range(9)]
    tally.loc["partly"] = [10 - k for k in range(9)]
    tally.loc["fails", "C5"] += 2
    tally.loc["partly", "C5"] -= 2
    share = pd.DataFrame({"yes": 0.5, "open": 0.3, "no": 0.2}, index=ids)
    alt, _ = _alts(robustness.verdicts(tally, share))
    assert "Most often holds C9 (8), least often C1 (0). Failing in some: C5 (2)" in alt
    bars = {c.get_label(): [b.get_width() for b in c] for _, ax in drawn for c in ax.containers}
    assert bars["holds"] == [*range(9)]
    assert bars["fails"] == [0, 0, 0, 0, 2, 0, 0, 0, 0]
    assert bars["undecided"] == [0] * 9
    assert bars["no"] == [20] * 9


def test_leanings_find_the_largest_swing(drawn):
    keys = [(choice, value) for choice, values in multiverse.CROSSED.items() for value in values]
    yes = pd.DataFrame(0.5, index=pd.MultiIndex.from_tuples(keys), columns=["C1", "C2"])
    yes.loc[("lam", 1.0), "C2"] = 0.9
    alt, _ = _alts(robustness.leanings(yes, 0 * yes))
    assert next(ax.get_title(loc="left") for _, ax in drawn) == "λ"  # what moves most comes first
    assert "C2 by the lam, where the share of yes moves by 40%" in alt


def test_effects_tell_up_from_down():
    values = pd.Series([0.2, -3.0, 5.0, 7.0])
    alts = _alts(robustness.effects({"C1": ("error, coverage", values)}))
    assert "higher than the baseline's in 75%" in alts[0].replace("&#x27;", "'")
    assert "nominal +0.2" in alts[0]


def test_one_change_shades_what_differs():
    found = pd.DataFrame({"C1": ["holds", "fails", "not tested here"], "C2": ["partly"] * 3})
    page = robustness.one_change(["nominal", "a < b", "c"], found).data
    assert page.count("background") == 1
    assert re.search(r"a &lt; b</th><td style='background[^>]*>⊘", page)


def test_errors_name_the_best_mask():
    rows = [(20, *mask, s, 0.1 + k) for k, mask in enumerate(sweep.MASKS[:4]) for s in range(3)]
    runs = pd.DataFrame(rows, columns=[*sweep.KEYS, "reconstruction_error"])
    (alt,) = _alts(robustness.errors(runs, 1.5))
    assert "baseline is lowest, with a median of 0.1; below chance (1.5): baseline, coverage" in alt


# ------------------------------------------------------------------------------ dimensions


def test_paths_count_the_samples_that_were_met(drawn):
    samples = DRAW.uniform(-1, 1, (6, 2))
    track = np.stack([np.zeros((6, 2)), samples])
    away = np.stack([np.zeros((6, 2)), np.r_[samples[:5], [[5.0, 0.0]]]])
    words = _alts(dimensions.paths(samples, {"overlap": away, "energy": track}))[0]
    assert words.startswith("overlap: 5 of 6 samples have a prototype on them in the end; 1 ")
    assert "energy: 6 of 6 samples have a prototype on them in the end; 0 " in words
    large = next(ax for _, ax in drawn if ax.get_title(loc="left") == "energy: 6 of 6 met")
    ends = [line for line in large.lines if line.get_marker() == "v"]
    assert np.allclose(np.c_[ends[0].get_data()], samples)


def test_units_sheets_journey_and_growth_are_described(monkeypatch):
    monkeypatch.setattr(live, "in_book", lambda: True)
    grid = np.linspace(-1, 1, 5)
    field = np.hypot(*np.meshgrid(grid, grid))
    assert len(_alts(dimensions.units(grid, field, 1 - field, (0, 0), np.eye(2)))) == 2
    truth = DRAW.random((10, 64))
    noise = np.clip(truth + DRAW.normal(size=truth.shape), 0, 1)
    alts = _alts(
        dimensions.sheets(
            truth, {"energy": truth, "coverage": noise}, {"energy": 0.0, "coverage": 3.0}
        )
    )
    assert "energy: 10 of 10 are the training images" in alts[0]
    assert "coverage: 0 of 10 are the training images" in alts[0]
    own = {
        "frames": np.stack([noise, truth]),
        "error": np.array([3.0, 0.0]),
        "accuracy": np.ones(2),
    }
    alts = _alts(dimensions.journey([0, 50], truth, {"energy": own}, 1.5))
    assert alts == ["10 digits read out of the weights after 50 steps with the energy attractor: "
                    "error 0, where other digits have 1.5."]  # fmt: skip
    low, high = np.full((3, 2), 0.1), np.full((3, 2), 0.9)
    curves = {"energy": (low, high), "coverage": (high, low)}
    alts = _alts(dimensions.growth((1, 64), curves, ([1, 1], [0.5, 0.5])))
    assert alts[0].count("at 64 dimensions energy is") == 2


# ------------------------------------------------------------------------------ privacy


def test_membership_names_the_easiest_and_draws_the_curves(drawn):
    false, true = np.linspace(0, 1, 9), np.linspace(0, 1, 9) ** 0.5
    forms = [*privacy.COLOURS]
    curves = {form: {"output": (false, true), "prototypes": (false, false)} for form in forms}
    areas = {
        form: {"output": 0.5 + k / 10, "prototypes": 0.9 - k / 10} for k, form in enumerate(forms)
    }
    early = {form: {"output": np.array([0.2, 0.4]), "prototypes": np.zeros(2)} for form in forms}
    words, _ = _alts(privacy.membership(curves, areas, early))
    assert "by the output: energy is the easiest" in words
    assert f"by the prototypes: {forms[0]} is the easiest" in words
    assert "is accused: energy 0.30" in words
    assert drawn[0][0].get_suptitle() == (
        "Members found: by the output 30% to 30%, by the prototypes 0% to 0%"
    )
    assert drawn[0][1].get_title(loc="left") == f"{forms[0]}\nareas 0.50, 0.90"
    assert _lines(drawn[0][1])["output"].get_ydata() == pytest.approx(true)


def test_the_arena_s_title_needs_loose_likeness_and_strict_identification(drawn):
    def table(alike, wrong):
        values = {"alike, best match": alike, "identified": wrong}
        rows = [
            ("own" if own else "wrong", 100, score, of, seed,
             (0.5 + 0.1 * seed) if own else values.get(score, 0.3))
            for own in (True, False) for score in privacy.ARENA for seed in (0, 1)
            for of in ("energy, −b/w", "ReLU, attack", "class means", "uniform")
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=measurements.COLUMNS)

    alt, _ = _alts(privacy.arena(table(0.98, 0.02)))
    assert "energy, −b/w 0.55" in alt
    assert "other digits at most 0.02" in alt
    assert "at least 0.98" in alt
    figure, ax = drawn[0]
    assert [ax.axison for _, ax in drawn] == [True] * 5
    assert "only its own are identified" in figure.get_suptitle()
    bar, wrong, own = ax.lines[:3]
    assert bar.get_xdata() == pytest.approx([0.5, 0.6])
    assert [*own.get_xdata(), *wrong.get_xdata()] == pytest.approx([0.55, 0.3])
    for alike, wrong in ((0.4, 0.02), (0.98, 0.3)):
        drawn.clear()
        privacy.arena(table(alike, wrong))
        assert not drawn[0][0].get_suptitle()


def test_crossings_draws_zeros_on_samples_and_judges_them(drawn):
    samples = torch.tensor([[[-0.5], [0.25]]])
    net = model.Parameters(
        *(torch.zeros(1, 2), torch.ones(1, 2, 1), torch.ones(1, 2), torch.zeros(1))
    )
    anywhere = torch.linspace(-1, 1, 7)[None, :, None]
    met = [samples[0, :, 0]]
    alt, _ = _alts(privacy.crossings({2: (net, samples, met)}, lambda x: x[..., 0] - 0.1, anywhere))
    assert "has 2 zeros" in alt
    assert "with area 1.00" in alt
    assert _lines(drawn[0][1])["samples"].get_xdata() == pytest.approx([-0.5, 0.25])


def test_sheets_defences_and_knob_report_their_finding(drawn):
    truth = DRAW.random((10, 64))
    alt, _ = _alts(
        privacy.sheets({"training digits": truth, "energy": truth, "overlap": 1 - truth})
    )
    assert "Nearest to the digits are those of energy, farthest those of overlap" in alt
    costs = {"noise": [(0.4, 0.4, 0.2)], "further training": [(0.5, 0.1, 0.85), (0.9, 0.9, 0.95)]}
    drawn.clear()
    alts = _alts(privacy.defences((1.0, 1.0, 0.9), costs, {"baseline": (0.6, 0.2, 0.9)}))
    assert alts[0].count("further training keeps the highest accuracy, 0.85 of 0.90") == 2
    assert drawn[0][0].get_suptitle().endswith("goes from 0.90 to 0.85 at best")
    states = {
        "λ = 1": ([0.01, 0.02], [1.0, 1.0]),
        "baseline": ([2.0, 1.8], [0.8, 0.8]),
        "overlap": ([3.5, 3.5], [0.9, 0.9]),
    }
    alt, _ = _alts(privacy.knob(states))
    assert "baseline, error 1.9, area 0.80; λ = 1, error 0.015, area 1.00" in alt
    assert "closed to the attacker: none." in alt
