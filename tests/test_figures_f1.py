"""The figures of the first chapters draw the numbers they are given, and say what they show."""

import numpy as np
import pandas as pd
import pytest
import torch

from protolib import claims, figures, model, plotting, training

N_SIZES = (3, 5)


@pytest.fixture
def drawn(monkeypatch):
    """Every figure shown from here on: its axes, and a text for each."""
    seen, show = [], plotting.show

    def watch(*panels, alt, phone=()):
        texts = [alt] if isinstance(alt, str) else alt
        page = show(*panels, alt=alt, phone=phone)
        assert len(panels) == len(texts)
        assert page.data.count('role="img"') == len(panels) + (len(texts) if phone else 0)
        assert all(one.get_figwidth() <= (4.6 if not phone else 8.6) for one in panels)
        assert all(one.get_figwidth() <= 3.7 for one in phone)
        seen.extend((panel.axes[0], text) for panel, text in zip(panels, texts))
        return page

    for place in (plotting, plotting.page):
        monkeypatch.setattr(place, "show", watch)
    return seen


def _points(*places):
    return torch.tensor([places])[..., None]


def _net(prototypes):
    """Networks of slope 1 with these prototypes, (nets, units)."""
    p = torch.tensor(prototypes)
    return model.Parameters(torch.ones_like(p), -p[..., None], torch.ones_like(p), p[:, 0])


def _result(before, after):
    net = _net(after)
    frames = [_net(before), net]
    way = model.Parameters(*(torch.stack(parts, 1) for parts in zip(*frames)))
    return training.TrainResult(net, training.TrainConfig(), torch.tensor([0, 5]), way)


def _table(on, errors):
    """Two runs a size and mask: the baseline scores 1, the mask `on` what `errors` say by N."""
    mask = claims.COVERAGE._replace(coverage=0)._replace(**{on: 1})
    rows = [
        (n, *m, seed, value, value, value, 1 - value / 100)
        for n, error in errors.items()
        for m, value in (((0, 0, 0), 1.0), (mask, error))
        for seed in (0, 1)
    ]
    scores = ["reconstruction_error", "specialization_ratio", "expelled_share", "fit_r2"]
    return pd.DataFrame(rows, columns=["n", "coverage", "separation", "overlap", "seed", *scores])


def _chance(level):
    columns = ["reconstruction_error", "specialization_ratio"]
    return {n: pd.DataFrame([[level, level]], columns=columns) for n in N_SIZES}


def _line(ax, label):
    (found,) = [line for line in ax.lines if line.get_label() == label]
    return found.get_ydata()


def test_coverage_s_push_is_drawn_and_its_rest_is_said(drawn):
    positions = torch.linspace(-2, 2, 41)
    inside = torch.where(positions.abs() <= 0.5, 1.0, 0.0)
    x, others = _points(-0.5, 0.5), torch.tensor([0.3])
    figures.coverage.push(positions, 0.4 - positions, inside, others, x)
    (alone, first), (company, second) = drawn
    assert any(np.array_equal(line.get_ydata(), 0.4 - positions) for line in alone.lines)
    assert any(np.array_equal(line.get_ydata(), inside) for line in company.lines)
    assert "towards 0.40" in first
    assert "zero at 100% of the places outside" in second


def test_paths_end_where_the_prototypes_do(drawn):
    x = torch.cat([_points(-1.0, 1.0)] * 2)
    result = _result([[0.0, 0.1]] * 2, [[0.5, 1.2], [0.2, 0.3]])
    figures.coverage.paths(result, x, [7])
    ((_, words),) = drawn
    without, with_it = drawn[0][0].figure.axes
    assert [line.get_ydata()[-1] for line in without.lines[:2]] == pytest.approx([0.5, 1.2])
    assert without.lines[0].get_color() == plotting.INK
    assert with_it.lines[0].get_color() == plotting.COVERAGE
    gaps = [ax.get_title(loc="left") for ax in (without, with_it)]
    assert gaps == ["baseline: gap 0.85", "coverage: gap 0.95"]
    assert "baseline, seed 7: of 2 prototypes 1 end outside" in words
    assert "coverage, seed 7: of 2 prototypes 0 end outside" in words


def test_paths_fill_the_triangles_of_those_that_own_a_sample(drawn):
    x = torch.cat([_points(-1.0, 1.0)] * 2)
    figures.coverage.paths(_result([[0.0, 0.1]] * 2, [[0.5, 1.55], [0.9, -0.9]]), x, [7])
    one, both = drawn[0][0].figure.axes
    ends = [[line for line in ax.lines if line.get_marker() == "<"] for ax in (one, both)]
    owners, orphans = ends[0]
    assert (list(owners.get_ydata()), list(orphans.get_ydata())) == ([0.5], [pytest.approx(1.55)])
    assert owners.get_markerfacecolor() != orphans.get_markerfacecolor() == plotting.PAPER
    assert [len(line.get_ydata()) for line in ends[1]] == [2]


def test_paths_by_size_say_who_left_the_picture(drawn):
    runs = {2: (_points(-1.0, 1.0), _result([[0.0, 0.1]], [[9.0, -1.5]]))}
    figures.paths.by_size(runs, [4], mask=claims.OVERLAP, reach=6.0)
    ((ax, text),) = drawn
    assert ax.get_ylim() == (-6, 6)
    assert ax.get_title(loc="left") == "N = 2: 2 outside"
    assert "of 2 prototypes 2 end outside the hull, 1 of them beyond the picture;" in text
    assert text.endswith("nearest prototype is then 1.50.")


@pytest.mark.parametrize(
    ("error", "level", "against_baseline", "against_chance"),
    [(0.5, 0.1, "3, 5", "no size"), (0.5, 0.7, "3, 5", "3, 5"), (2.0, 3.0, "no size", "3, 5")],
)
def test_coverage_by_size_says_where_it_is_better(
    drawn, error, level, against_baseline, against_chance
):
    table = _table("coverage", dict.fromkeys(N_SIZES, error))
    figures.coverage.by_size(table, _chance(level))
    (ax, text), (_, ratio) = drawn
    assert list(_line(ax, "coverage")) == [error, error]
    assert list(_line(ax, "chance")) == [level, level]
    said = f"better than the baseline at N = {against_baseline}, and better than chance at N = "
    assert text.endswith(f"{said}{against_chance}.")
    assert ("baseline at N = no size" in ratio) == (error < 1)  # a ratio is better when larger


def test_separation_s_fields_say_how_far_they_reach(drawn):
    positions, others = torch.linspace(-2, 2, 400), torch.tensor([-1.0, 1.0])
    reach = torch.where((positions > 1) & (positions < 1.5), 1.0, 0.0)
    figures.separation.fields(positions, {0.25: reach, 1.0: positions}, others)
    ((ax, words),) = drawn
    titles = [one.get_title(loc="left") for one in ax.figure.axes]
    assert titles == ["Arms shorter than gaps: √τ = 0.50", "Arms as long as gaps: √τ = 1.00"]
    first, second = words.split("τ = 1:")
    assert "felt on 50% of the way" in first
    assert "at 1 places" in second
    assert "felt on 100% of the way" in second


def test_separation_s_verdicts_name_the_sizes(drawn):
    questions = [
        claims.Question(3, "", 2, -0.5, -0.6, -0.4, "yes", corrected="open"),
        claims.Question(5, "", 2, 0.5, 0.4, 0.6, "no", corrected="no"),
    ]
    figures.separation.verdicts(questions, _table("separation", {3: 1.0, 5: 1.5}))
    (ax, first), (_, second) = drawn
    assert ax.collections[0].get_segments()[1][:, 1].tolist() == pytest.approx([0.4, 0.6])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["3\nopen", "5\nharms"]
    assert ax.get_title(loc="left") == "Separation harms at N = 5 …"
    assert first.startswith("Separation lowers the error at N = 3, raises it at N = 5")
    assert "at N = 5, and" in second


def test_the_guess_holds_samples_start_and_ends():
    x, begin = torch.cat([_points(-1.0, 1.0)] * 2), torch.cat([_points(0.25, 0.5)] * 2)
    end = torch.cat([_points(0.0, 2.0), _points(0.0, 0.125)])
    page = figures.overlap.guess(x, begin, end).data
    assert "[0.25, 0.5]" in page.replace("&quot;", '"')
    assert "[[0.0, 2.0], [0.0, 0.125]]" in page
    assert "2 starts, a row each: 25% of them outside" in page


def test_overlap_s_fields_weights_and_fits(drawn):
    positions, others = torch.linspace(-2, 2, 401), torch.tensor([0.0])
    figures.overlap.fields(positions, {1.5: torch.sin(positions)}, others)
    ((ax, text),) = drawn
    assert "strongest at p = 1.6, where it is 1.000" in text
    assert ax.get_title(loc="left") == "Slope 1.5: pushed out all over the hull"

    place, outside = torch.tensor([[0.1, 5.0]]), torch.tensor([[False, True]])
    slope, loudness = torch.tensor([[3.0, 0.5]]), torch.tensor([[0.4, 0.001]])
    figures.overlap.weights(place, slope, loudness, outside)
    assert "3.0 for units inside the hull and 0.5 outside" in drawn[1][1]
    assert "0.40 inside and 0.001 outside" in drawn[2][1]
    assert drawn[2][0].get_title(loc="left").startswith("100% of those outside are silent")

    chance = pd.Series(dict.fromkeys(N_SIZES, 0.5))
    figures.overlap.fit_and_error(_table("overlap", {3: 2.0, 5: 4.0}), chance)
    assert list(_line(drawn[3][0], "overlap")) == [2.0, 4.0]
    assert _line(drawn[4][0], "overlap") == pytest.approx([0.02, 0.04])
    assert "2.0 to 4.0 times the baseline's, and at least 4.0 times chance's" in drawn[3][1]


def test_the_network_s_figures(drawn):
    w = torch.tensor([[0.5, 1.0, 4.0]])
    three = model.Parameters(w, -0.5 * w[..., None], torch.ones(1, 3), torch.zeros(1))
    figures.model.widths(three)
    assert "at a distance of 2 for w = 0.5, 1 for w = 1, 0.25 for w = 4" in drawn[0][1]
    notes = {note.get_text(): note.xy[0] for note in drawn[0][0].texts if hasattr(note, "xy")}
    assert notes == {"w = 4": 0.75, "1": 1.5, "0.5": 2.5}

    net, x = _net([[0.0, 1.0]]), _points(0.25, 1.25)
    figures.model.fit_and_units(net, x, model.predict(net, x))
    assert "misses none by more than 0." in drawn[1][1]
    assert "0.25 away" in drawn[1][1]

    figures.model.starts(_points(0.25, 5.0), x)
    ax, text = drawn[2]
    assert "1 to 1 of 2 samples" in text
    assert "1 prototypes lie outside the picture" in text
    assert ax.lines[0].get_xdata().tolist() == [0.25, 5.0]


def test_two_networks_of_the_same_values_part_between_them(drawn):
    x, one = _points(-1.0, 1.0), _net([[-1.0, 1.0]])._replace(offset=torch.zeros(1))
    other = one._replace(slope=2 * one.slope, bias=2 * one.bias)  # the same prototypes, narrower
    h = [model.respond(net, x) for net in (one, other)]
    values = [torch.linalg.solve(response, torch.ones(1, 2)) for response in h]
    one, other = (net._replace(readout=v) for net, v in zip((one, other), values))
    figures.model.same_values(one, other, x)
    ((ax, text),) = drawn
    apart = (model.predict(one, _points(0.0)) - model.predict(other, _points(0.0))).item()
    assert f"between them by up to {apart:.2f}" in text
    rails = [line for line in ax.figure.axes[1].lines if line.get_marker() == "v"]
    assert [list(line.get_xdata()) for line in rails] == [[-1.0, 1.0]] * 2


def test_links_and_their_crossings(drawn):
    x, p = _points(0.0, 1.0), _points(1.5, 0.0)
    figures.reconstruction.links(x, p, (np.array([0, 1]), np.array([1, 0])))
    figures.reconstruction.links(x, p, (np.array([0, 1]), np.array([0, 1])))
    assert "0.00 to 0.50 long; no pairs" in drawn[0][1]
    assert "1.00 to 1.50 long; 1 pairs" in drawn[1][1]
    assert [1.0, 1.5] in [list(line.get_xdata()) for line in drawn[0][0].lines]
    assert drawn[1][0].get_title(loc="left") == "Error 1.25: the mean length of 2 links"


def test_flattered_sets_stand_beside_their_scores(drawn):
    x, sets = _points(0.0, 1.0), {"good": _points(0.0, 1.0), "lost": _points(0.0, 40.0)}
    scores = pd.DataFrame({"nearest sample": [0.0, 19.5], "correlation": [1.0, float("nan")]})
    figures.reconstruction.flattered(sets, x, scores.set_axis([*sets]))
    ((ax, words),) = drawn
    assert "lost: nearest sample 19.50, correlation none." in words
    written = [text.get_text() for one in ax.figure.axes for text in one.texts]
    assert {"0.00", "19.50", "1.00", "–", "40 →"} < {*written}


def test_chance_s_boxes(drawn):
    figures.reconstruction.chance(_chance(0.25), [0.2, 0.3])
    assert list(_line(drawn[0][0], "exact mean")) == [0.2, 0.3]
    assert all("0.25, 0.25 at N = 3, 5" in text for _, text in drawn)
