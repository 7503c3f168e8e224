"""The browser's network where prototypes are equally near: the first is taken, as in protolib."""

import pytest
import torch

from protolib import live, matching, training
from protolib.model import Parameters

PAGE = '<!doctype html><meta charset="utf-8"><body><script src="live.js" defer></script>'


@pytest.fixture
def engine_page(watched, tmp_path):
    """A function that opens a page with the scripts, and returns it with its log."""
    page, log = watched

    def open_it():
        (tmp_path / "live.js").write_text(live.script(*live.LIVE), encoding="utf-8")
        (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_function("() => globalThis.protolib?.trainer")
        return page, log

    return open_it


def test_ties_go_to_the_first_prototype(engine_page):
    page, _ = engine_page()
    script = """([p, x, dims]) => protolib.specializationRatio(
      Float64Array.from(p), Float64Array.from(x), dims)"""
    for p, x, expected in (
        ([[0.0], [1.0]], [[0.5], [0.0]], 0.5),  # the sample between them is the first's
        ([[1.0], [0.0]], [[0.5], [0.0]], 1.0),
        ([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]], [[1.0, 1.0], [1.0, 0.0]], 1 / 3),
    ):
        p, x = torch.tensor([p]).double(), torch.tensor([x]).double()
        assert matching.specialization_ratio(p, x).item() == pytest.approx(expected)
        found = page.evaluate(script, [p.flatten().tolist(), x.flatten().tolist(), x.shape[-1]])
        assert found == pytest.approx(expected)
    # and in the plane the first alone is pulled
    x, p = torch.tensor([[[1.0, 0.0]]]).double(), torch.tensor([[[0.0, 0.0], [2.0, 0.0]]]).double()
    one, none = torch.ones(1, 2).double(), torch.zeros(1, 2).double()
    net = Parameters(one, -p, none, none[:, 0])
    config = training.TrainConfig(lam=1.0)
    masks = torch.tensor([[1.0, 0, 0]]).double()
    expected = training.gradients(net, x, x[..., 1], masks, config).bias[0].T.flatten()
    assert expected.tolist() == [2, 0, 0, 0]
    theta = [1.0, 1.0, 0.0, -2.0, 0.0, 0.0, 0.0, 0.0, 0.0]  # w, b along each axis, v, c
    script = """([theta, x, config]) => [...protolib.gradients(
      Float64Array.from(theta), Float64Array.from(x), [0], 2, {...protolib.DEFAULTS, ...config})]"""
    found = page.evaluate(script, [theta, [1.0, 0.0], {"masks": [1, 0, 0], "lam": 1}])
    assert found[2:6] == pytest.approx(expected.tolist())
