"""The figures of `experiment`, `expulsion`, `packing`, `choices` and the ledger say and draw what
they are given. Small made-up data; nothing is trained."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from bs4 import BeautifulSoup

from protolib import claims, figures, model, plotting, sweep
from protolib.sweep import MASKS, Mask

SIZES = (3, 10, 100)
WITH, WITHOUT = (2.0, 0.9, 0.6), (0.5, 0.2, 0.1)  # error, share outside, R² lost


@pytest.fixture(scope="module")
def table():
    """Every mask, three sizes, six seeds; overlap harms, coverage alone is best."""
    rows = []
    for n in SIZES:
        for mask in MASKS:
            error, out, lost = WITH if mask.overlap else WITHOUT
            error /= 2 if mask == claims.COVERAGE else 1
            steps = enumerate((0, 0.01, 0.02, 0.02, 0.03, 0.04))
            rows += [(n, *mask, s, error + step, error / 4, out, 1.0, 1 - lost / 1e3, 10, 0.1,
                      1e-3, "coverage", "gaussian") for s, step in steps]  # fmt: skip
    return pd.DataFrame(rows, columns=[*sweep.COLUMNS])


@pytest.fixture
def drawn(monkeypatch):
    """The figures that reach the page."""
    kept, show = [], plotting.show

    def keep(*panels, **words):
        kept.extend(panels)
        return show(*panels, **words)

    for place in (plotting, plotting.page):
        monkeypatch.setattr(place, "show", keep)
    return kept


def _texts(page):
    """The alternative texts, one for every picture that is not decorative."""
    found = BeautifulSoup(page.data, "html.parser").select("svg")
    assert found
    assert all(svg.get("role") == "img" for svg in found)
    return [svg["aria-label"] for svg in found]


def _points(ax, colour):
    return [tuple(line.get_ydata()) for line in ax.lines if line.get_color() == colour]


def test_every_mask_has_its_panel_and_its_medians(table, drawn):
    wide, narrow = _texts(figures.experiment.every_mask(table[table.n < 100]))
    assert wide == narrow
    assert "from 0.27 (coverage) to 0.52 (baseline)" in wide
    assert wide.index("without overlap") < wide.index("masks with overlap")
    (figure,) = drawn
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert sorted(titles) == sorted(map(sweep.mask_name, MASKS))
    assert all("overlap" in title or title == "all three" for title in titles[4:])
    coverage = figure.axes[titles.index("coverage")]
    medians = [pytest.approx(0.27)] * 2
    assert medians in [list(line) for line in _points(coverage, plotting.COVERAGE)]


def test_changes_say_how_many_masks_help(table, drawn):
    found = {
        mask: claims.contrasts(table, "reconstruction_error", [(mask, MASKS[0])], claims.negative)
        for mask in MASKS[1:]
    }
    words, _ = _texts(figures.experiment.changes(found))
    assert "without overlap: 3 of 9 intervals lie below zero, 0 above" in words
    assert "with overlap: 0 of 12 intervals lie below zero, 12 above" in words
    at = {ax.get_title(loc="left"): ax.lines for ax in drawn[0].axes}
    assert at["coverage"][1].get_ydata() == pytest.approx(-0.25)
    assert not at[""]  # the place of the baseline


def test_ten_differences_mark_the_second_and_the_ninth(drawn):
    values = np.arange(10.0)[::-1] - 7
    page = figures.experiment.ten_differences(values, claims.median_interval(values))
    assert _texts(page)[0].endswith("median −2.500, and its interval from −6.000 to 1.000.")
    (ax,) = drawn[0].axes
    assert ax.get_title(loc="left") == "7 of 10 seeds are better with coverage"
    assert {note.get_text(): note.xy[0] for note in ax.texts} == {
        "second": -6, "ninth": 1, "median": -2.5}  # fmt: skip


def test_the_winner_is_picked_among_all(table):
    errors = {sweep.mask_name(m): claims.by_seed(table, 100, m, "reconstruction_error").to_numpy()
              for m in MASKS}  # fmt: skip
    intervals = {name: claims.median_interval(values) for name, values in errors.items()}
    page = figures.experiment.pick_the_winner(errors, intervals, 0.17)
    assert "predict-reveal" in page.data
    (words,) = _texts(page)
    assert "lowest median has coverage (0.27)" in words
    assert "chance is 0.17" in words


def test_two_masks_show_their_medians(table, drawn):
    part = table[table.n == 10]
    two = part[part[[*sweep.LOSSES]].sum(axis=1) - part.coverage == 0]
    error, share = _texts(figures.experiment.two_masks(two))
    assert "baseline 0.52, coverage 0.27" in error
    assert share.endswith("baseline 0.2, coverage 0.2.")
    assert [tick.get_text() for tick in drawn[0].axes[0].get_yticklabels()] == [
        "baseline", "coverage"]  # fmt: skip


def test_ends_name_the_right_mask(drawn):
    share = {mask: 0.1 + 0.3 * mask.overlap + 0.05 * mask.separation for mask in MASKS}
    places = {mask: np.linspace(-1, 1 + 40 * mask.overlap, 6).reshape(2, 3) for mask in MASKS}
    words = _texts(figures.expulsion.ends(places, share))[0]
    assert "40% to 45% with overlap and 10% to 15% without" in words
    assert "at a distance of 41" in words
    ax = drawn[0].axes[0]
    shares = [t.get_text() for t in ax.texts]
    rows = [t.get_text() for t in ax.get_yticklabels()]
    assert shares[rows.index("overlap")] == "40%"
    assert rows[-1] in ("baseline", "coverage")  # nearly nobody left


def test_the_bill_counts_who_is_away_and_names_every_state(drawn):
    net = model.Parameters(torch.ones(1, 4), torch.tensor([[[0.5], [0.0], [-3.0], [4.0]]]),
                           torch.ones(1, 4), torch.zeros(1))  # fmt: skip
    inputs = torch.tensor([[[-1.0], [0.0], [1.0]]])
    bill = {"free": (torch.tensor([0.1]), 0.5), "on the samples": (torch.tensor([0.001]), 0.0)}
    words = _texts(figures.expulsion.accounts(net, inputs, bill))[0]
    assert "2 units whose top lies outside" in words
    assert "free 0.1 (50% out); on the samples 0.001 (0% out)" in words
    assert [t.get_text() for t in drawn[0].axes[1].texts] == ["50%", "0%", "out"]
    assert drawn[0].axes[1].get_title(loc="left") == "The cheapest has 0% outside"


def test_leavers_are_counted_by_their_depth(drawn):
    depth = np.tile([0.1, 0.3, 1.1, 2.2], (10, 1))  # ten nets of four units
    gone = np.tile([True, True, False, False], (10, 1))
    left = {1.5: (depth, gone), 3.0: (depth, ~gone)}
    words = figures.expulsion.leavers(left, (1.5, depth, 0 * gone), lambda z: np.exp(-(z**2)))
    words, _ = _texts(words)
    assert "for 2 slopes" in words
    assert "within half a width 0% to 100% leave" in words
    assert "deeper than two widths at most 100%" in words
    assert drawn[0].axes[0].lines[1].get_xdata() == pytest.approx(np.array([0.25, 1.25, 2.25]) / 3)
    one, two, alone = drawn[0].axes[1].lines
    assert one.get_xdata().tolist() == [0.25, 1.25, 2.25]  # the bins that hold any
    assert one.get_ydata().tolist() == [1, 0, 0]
    assert two.get_ydata().tolist() == [0, 1, 1]
    assert alone.get_ydata().tolist() == [0] * 3


def test_the_map_draws_its_boundary_between_the_cells(drawn):
    table = pd.DataFrame([[0.02, -0.01], [0.3, 0.04]], [0.1, 1.0], [1.5, 48.0])
    blank = table.loc[[1.0]].reindex_like(table)
    blank[48.0] = np.nan
    shown = {"Adam, by λ": table, "descent, by λ": blank}
    words, _ = _texts(figures.expulsion.maps(shown, level=0.05))
    assert "Most, 30%, at slope 1.5 in the row 1;" in words
    assert "slope 48, at most 4.0%" in words
    assert "slope 1.5, at most 30.0%" in words  # the steepest that was trained
    ax = drawn[0].axes[0]
    assert [t.get_text() for t in ax.texts] == ["2", "−1", "30", "4"]
    edges = [tuple(map(tuple, line.get_data())) for line in ax.lines]
    assert sorted(edges) == [((-0.5, 0.5), (0.5, 0.5)), ((0.5, 0.5), (0.5, 1.5))]
    assert [t.get_text() for t in drawn[0].axes[1].texts] == ["30"]
    assert not drawn[0].axes[1].lines  # none against what was not trained


def test_collapse_reads_the_onsets(drawn):
    s = 2.0 ** np.arange(-4, 2.1, 0.5)
    rise = np.clip(0.4 * (s - 0.5), 0, 0.5)
    excess = {n: np.stack([rise, rise + 0.02]) for n in (5, 50)}
    words = _texts(figures.packing.collapse(excess, s, 2.0))[0]
    assert "τ = 0.2 for N = 5, 0.002 for N = 50" in words  # (s L / N)² at s = 1: rounded
    assert "at s = 1/4 they stand between 0.01 and 0.01, at s = 1 between 0.21 and 0.21" in words
    x, y = drawn[0].axes[0].lines[1].get_data()
    assert x == pytest.approx((s * 2 / 50) ** 2)
    assert y == pytest.approx(rise + 0.01)
    early = {5: excess[5], 50: excess[50] + 0.1 * (s > 0.3)}
    words = _texts(figures.packing.in_the_plane(early, s, excess))[0]
    assert "at s = 1 between 0.21" in words
    assert drawn[1].axes[0].get_title(loc="left") == "In the plane, N = 50 takes off too early"


def test_thresholds_are_judged_by_their_whole_interval(drawn):
    found = {5: (0.4, 0.3, 0.45), "skewed": (0.6, 0.5, 0.9), 20: (0.7, 0.4, 0.8)}
    (words, _) = _texts(figures.packing.thresholds({"head": found}))
    assert words == ("head: N = 5 0.40 (from 0.30 to 0.45), out; skewed 0.60 (from 0.50 to 0.90), "
                     "in; N = 20 0.70 (from 0.40 to 0.80), open.")  # fmt: skip
    assert [t.get_text() for t in drawn[0].axes[0].texts] == ["0.40 out", "0.60 in", "0.70 open"]


def test_the_map_s_still_says_its_corners():
    share = np.linspace(0, 0.8, 6)[None, :, None] * np.ones((3, 6, 2))
    page = figures.packing.phase_map([1e-3] * 6, [5, 10, 20], share, 2.0, lab="there")
    assert 'for="there"' in page.data
    assert "lowest temperature between 0% and 0%, at the highest between 80%" in _texts(page)[0]


def test_effects_of_choices_are_counted(drawn):
    good, open_, bad = (claims.Interval(m, m - 0.1, m + 0.1) for m in (-0.2, 0.0, 0.2))
    found = {
        Mask(1, 0, 0): {"nominal": good, "other": good},
        Mask(0, 1, 0): {"nominal": open_, "other": bad},
        Mask(0, 0, 1): {"nominal": bad, "other": bad},
    }
    words = _texts(figures.choices.effects(found))[0]
    assert "coverage alone in 2 settings: it helps in 2, harms in 0" in words
    assert "separation alone in 2 settings: it helps in 0, harms in 1" in words
    assert "overlap alone in 2 settings: it helps in 0, harms in 2" in words
    titles = [ax.get_title("left").replace("\n", " ") for ax in drawn[0].axes]
    assert titles == ["Coverage helps in 2 of 2", "Separation harms in 1 of 2",
                      "Overlap harms in 2 of 2"]  # fmt: skip


# ------------------------------------------------------------------------------ the ledger


def _verdict(k, word, *questions):
    return claims.Verdict(claims.CLAIMS[k], word, list(questions))


def test_the_ledger_is_shown_claim_by_claim():
    question = claims.Question(3, "a", 5, 0.5, 0.1, 0.9, "yes")
    judged = [_verdict(k, "holds", question) for k in range(len(claims.CLAIMS))]
    page = figures.ledger.verdicts(("5 seeds", judged), rules=True).data
    assert page.count("verdict-holds") == 10
    assert all(f'id="c{k}"' in page for k in range(1, 11))
    assert claims.CLAIMS[0].estimand in page
    with pytest.raises(ValueError, match="shorter"):
        figures.ledger.verdicts(("5 seeds", judged), ("9 seeds", judged[:3]))


def test_the_matrix_says_every_verdict_in_words_and_counts_the_other_choices():
    first, second = _verdict(0, "partly")._replace(corrected="undecided"), _verdict(1, "fails")
    tally = pd.DataFrame({"C1": {"holds": 1, "partly": 2, "fails": 1}})
    page = figures.ledger.matrix({"old": [first], "fresh": [first, second]}, universes=tally)
    soup = BeautifulSoup(page.data, "html.parser")
    rows = [[cell.get_text() for cell in row.select("td")] for row in soup.select("tbody tr")]
    assert rows == [
        [],  # the paper's name
        [
            " partly ( undecided)",
            " partly ( undecided)",
            "of 4: holds in 1, partly in 2, fails in 1",
        ],
        ["not asked", " fails", "not asked"],
    ]
    widths = [float(part["width"]) for part in soup.select(".bar rect")]
    assert widths == pytest.approx([24, 48, 22.5])
    assert soup.select('a[href="claims.html#c2"]')


def test_a_ledger_with_links_names_chapters_and_tests():
    verdict = _verdict(9, "undecided")
    page = figures.ledger.verdicts(("now", [verdict]), links=True).data
    assert 'href="attractors.html"' in page
    assert "verdict-undecided" in page
    assert "test_the_square_is_completed" in page
    assert "href" not in figures.ledger.verdicts(("now", [verdict])).data


def test_evidence_keeps_every_question_with_real_minus_signs():
    questions = [claims.Question(n, f"{what} − baseline", 5, -0.5, -0.9, -0.0001, "yes")
                 for n in (3, 5) for what in "ab"]  # fmt: skip
    page = figures.ledger.evidence([_verdict(0, "holds", *questions), _verdict(1, "undecided")])
    soup = BeautifulSoup(page.data, "html.parser")
    assert [c.get_text() for c in soup.select("caption")] == ["a − baseline", "b − baseline"]
    rows = [[cell.get_text() for cell in row.select("th, td")] for row in soup.select("tbody tr")]
    assert rows == [["3", "−0.500", "−0.900 to 0.000", "yes"],
                    ["5", "−0.500", "−0.900 to 0.000", "yes"]] * 2  # fmt: skip
    assert not re.search(r"-\d|−0\.000", soup.div.get_text())
    assert soup.select("th:not([scope])") == []
    assert "C2" not in soup.get_text()


def test_folded_evidence_opens_with_the_verdict_and_its_answers():
    questions = [claims.Question(3, "a", 5, 0.5, 0.1, 0.9, word) for word in ("yes", "open", "yes")]
    page = figures.ledger.evidence([_verdict(0, "partly", *questions)], folded=True)
    (fold,) = BeautifulSoup(page.data, "html.parser").select("details")
    assert fold.summary.get_text() == "C1  partly 2 yes, 1 open"
    assert len(fold.select("tbody tr")) == 3


def test_evidence_of_one_world_shares_a_table():
    questions = [
        claims.Question(4, f"noise: {what}", 5, 0.5, 0.4, 0.6, "no") for what in ("R", "D")
    ]
    page = figures.ledger.evidence([_verdict(0, "fails", *questions)], size="n")
    soup = BeautifulSoup(page.data, "html.parser")
    (only,) = soup.select("table")
    assert only.caption.get_text() == "noise"
    head = [cell.get_text() for cell in only.select("thead th")]
    assert head == ["what", "n", "value", "95% interval", "answer"]
    assert only.select("tbody tr")[1].get_text(" ") == "D 4 0.500 0.400 to 0.600 no"
