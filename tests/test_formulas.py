"""The page of formulas: what it says is so, and it is one sheet of paper."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from protolib import claims, data, losses, matching, model, sweep

ROOT = Path(__file__).resolve().parents[1]
SOURCE = (ROOT / "book" / "formulas.md").read_text(encoding="utf-8")
BUILT = ROOT / "_build" / "html" / "book" / "formulas.html"
ROWS = [
    [cell.strip(" *") for cell in line.split("|")[1:-1]]
    for line in SOURCE.splitlines()
    if line.startswith("| ")
][1:]


def test_every_function_exists_and_every_formula_stands_once():
    assert all(len(row) == 4 for row in ROWS), ROWS
    names = [name for row in ROWS for name in re.findall(r"`([\w.]+)`", row[2])]
    assert len(names) == len(set(names)) == len(ROWS) - 1  # the crowding is no function
    for name in names:
        module, function = name.rsplit(".", 1)
        assert callable(getattr(importlib.import_module(f"protolib.{module}"), function))


@pytest.fixture
def net():
    """One network of four units, and six samples, on a line."""
    x = data.uniform([0], 6, dtype=torch.float64)
    return model.initialise([1], 4, dtype=torch.float64)._replace(
        slope=torch.tensor([[0.7, -1.3, 2.0, 5.0]]).double()
    ), x  # fmt: skip


def test_the_network_is_the_one_written_down(net):
    net, x = net
    w, b, v, c = net.slope[0], net.bias[0, :, 0], net.readout[0], net.offset[0]
    h = torch.exp(-((w * x[0] + b) ** 2))
    torch.testing.assert_close(model.respond(net, x)[0], h)
    torch.testing.assert_close(model.prototypes(net)[0, :, 0], -b / w)
    torch.testing.assert_close(model.predict(net, x)[0], (h * v).sum(1) + c)
    at = torch.stack([-b / w, -b / w + 1 / w.abs()]).T[None, :, :, None]
    for j, places in enumerate(at[0]):
        peak, edge = model.respond(net, places[None])[0, :, j].tolist()
        assert peak == pytest.approx(1)
        assert edge == pytest.approx(1 / np.e)


def test_the_losses_are_those_written_down(net):
    net, x = net
    p, h = model.prototypes(net), model.respond(net, x)[0]
    places, samples, tau = p[0, :, 0], x[0, :, 0], 0.2
    pairs = [(j, k) for j in range(4) for k in range(4) if j != k]
    nearest = sum(min((s - q) ** 2 for q in places) for s in samples) / 6
    apart = sum(torch.exp(-((places[j] - places[k]) ** 2) / tau) for j, k in pairs) / 12
    together = sum((h[:, j] * h[:, k]).mean() for j, k in pairs) / 12
    assert losses.coverage(x, p).item() == pytest.approx(nearest.item())
    assert losses.separation(p, tau=tau).item() == pytest.approx(apart.item())
    assert losses.overlap(h[None]).item() == pytest.approx(together.item())
    sums = h.sum(1) ** 2 - (h**2).sum(1)
    torch.testing.assert_close(sums, sum(h[:, j] * h[:, k] for j, k in pairs))


def test_the_push_of_coverage_and_the_reach_of_separation():
    x = data.uniform([0], 9, dtype=torch.float64)
    p = data.uniform([1], 3, dtype=torch.float64).requires_grad_()
    (gradient,) = torch.autograd.grad(losses.coverage(x, p).sum(), p)
    owner = losses.squared_distances(x, p)[0].argmin(1)
    for j in range(3):
        own = x[0, owner == j, 0]
        push = 2 * (own - p[0, j, 0]).sum() / 9  # 2 n_j / N times the mean's distance
        assert -gradient[0, j, 0].item() == pytest.approx(push.item())
    d, tau = torch.linspace(0, 1, 2001), 0.08
    force = losses.field(lambda q: losses.separation(q, tau=tau), d, torch.tensor([0.0]))
    assert d[force.argmax()].item() == pytest.approx((tau / 2) ** 0.5, abs=1e-3)


def test_a_step_on_slope_and_bias_moves_a_prototype_by_that_factor():
    w, p, g, step = 1.7, 0.6, 0.9, 1e-7  # g: the gradient by p
    b = -p * w
    moved = -(b + step * g / w) / (w + step * g * p / w)  # −∂/∂b = g/w, −∂/∂w = gp/w
    assert (moved - p) / step == pytest.approx(-g * (1 + p**2) / w**2, rel=1e-5)


def test_chance_is_what_its_formula_says():
    t = (np.arange(400) + 0.5) / 400
    for n in (3, 10):
        k = np.arange(n + 1)[:, None]
        one, other = stats.binom.pmf(k - 1, n - 2, t), stats.binom.pmf(k, n, t)
        area = np.einsum("it,jt,ij->t", one, other, np.abs(k - k.T)).mean()
        exact = (n - 1) / (n + 1) * 2 / n * area
        drawn = sweep.chance([n], draws=2000)[n].reconstruction_error
        assert abs(drawn.mean() - exact) < 4 * drawn.std() / 2000**0.5


def test_the_interval_misses_as_often_as_it_says():
    assert 2 * stats.binom.cdf(1, 10, 0.5) == pytest.approx(22 / 1024)
    found = claims.median_interval(np.arange(10.0)[::-1])
    assert (found.low, found.high) == (1.0, 8.0)


def test_matching_on_a_line_is_sorting_and_scores_have_their_ideals():
    x = data.uniform([0], 8, dtype=torch.float64)
    p = data.uniform([1], 8, dtype=torch.float64)
    by_sorting = (x.sort(1).values - p.sort(1).values).abs().mean().item()
    assert matching.reconstruction_error(p, x).item() == pytest.approx(by_sorting)
    assert matching.reconstruction_error(x, x).item() == 0
    assert matching.specialization_ratio(x, x).item() == 1
    y = data.sine(x)
    assert matching.fit_r2(y, y).item() == 1
    assert matching.fit_r2(y.mean(1, keepdim=True).expand_as(y), y).item() == pytest.approx(0)


@pytest.mark.skipif(not BUILT.exists(), reason="no built book: run `make book` first")
@pytest.mark.parametrize("paper", [{"prefer_css_page_size": True}, {"format": "A4"}])
def test_it_prints_on_one_sheet(watched, paper):
    page, log = watched
    page.goto(BUILT.as_uri())
    page.wait_for_function("document.querySelectorAll('mjx-container').length > 20")
    sheet = page.pdf(**paper)
    assert len(re.findall(rb"/Type\s*/Page[^s]", sheet)) == 1
    assert not log.errors
