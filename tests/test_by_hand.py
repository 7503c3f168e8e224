"""The thirty lines of the chapter `by-hand` are the package's trainer, whatever is switched on."""

import itertools
import re
from pathlib import Path

import jupytext
import numpy as np
import pytest
import torch

from protolib import figures, hull, live, losses, matching, model, plotting, training

CHAPTER = Path(__file__).resolve().parents[1] / "book" / "by-hand.md"
PLAIN = [
    cell.source
    for cell in jupytext.read(CHAPTER).cells
    if cell.cell_type == "code" and re.search(r"^torch\.manual_seed|^adam = ", cell.source, re.M)
]
BOUND = 1e-9
"""Between two trainings of 2000 steps in float64; measured: 4e-12 at most, over all masks."""


@pytest.fixture(autouse=True)
def usual_numbers():
    yield
    torch.set_default_dtype(torch.float32)


def run(*, N=10, steps=2000, mask=(1, 0, 0)):
    """What the chapter's cells leave behind, with these settings in place of its own."""
    names = {}
    start, loop = PLAIN
    for ours, theirs in (
        ("steps, lam, tau = 10, 2000,", f"steps, lam, tau = {N}, {steps},"),
        ("mask = 1, 0, 0", f"mask = {mask}"),
    ):
        assert start.count(ours) == 1, ours
        start = start.replace(ours, theirs)
    exec(start, names)
    exec(loop, names)
    return names


def test_they_are_thirty_lines_of_plain_torch():
    lines = [line for cell in PLAIN for line in cell.splitlines() if line.strip()]
    assert len(PLAIN) == 2
    assert len(lines) <= 30
    assert "protolib" not in "".join(lines)
    assert run(steps=1)["mask"] == (1, 0, 0)
    assert re.findall(r"^(?:import|from) (\w+)", "\n".join(lines), re.M) == ["torch"]


@pytest.mark.parametrize("mask", list(itertools.product((0, 1), repeat=3)))
def test_they_train_the_model_as_the_package_does(mask):
    found = run(mask=mask, steps=2000 if mask == (1, 0, 0) else 300)
    w, b, v, c = found["start"]
    x, y = found["x"][None, :, None], found["y"][None]
    net = model.Parameters(w[None], b[None, :, None], v[None], c)
    config = training.TrainConfig(steps=found["steps"], lam=found["lam"], tau=found["tau"])
    nominal = training.TrainConfig(steps=config.steps)
    assert config == nominal
    trained = training.train(net, x, y, torch.tensor([mask]).double(), config).parameters
    for ours, theirs, before in zip(trained, found["net"], found["start"]):
        torch.testing.assert_close(ours.flatten(), theirs.detach(), rtol=0, atol=BOUND)
        assert (theirs - before).abs().max() > 0.01  # it moved
    p = torch.stack(found["path"])
    assert p.shape == (config.steps, 10)
    assert torch.equal(p[0], -b / w)


def test_the_start_is_drawn_like_the_books():
    drawn = [run(steps=1, N=400)["start"] for _ in range(2)]
    assert all(torch.equal(a, b) for a, b in zip(*drawn))
    w, b, v, c = drawn[0]
    assert w.unique().tolist() == [1.5]
    for values, bound in ((b / w, 1), (v, 1 / 20), (c, 1 / 20)):
        assert values.abs().max() <= bound
    assert (b / w).abs().max() > 0.95
    assert v.abs().max() > 0.95 / 20


def test_the_network_by_hand():
    """The chapter's numbers, by brute force and by differences."""
    x, p = np.array([-0.8, 0.2, 0.4]), np.array([0.1, 1.0, -0.6])
    text = CHAPTER.read_text()
    table = [[f"{abs(a - b):.1f}" for b in p] for a in x]
    rows = re.findall(r"^\| \$x_\d = .*?\$ \|(.*)\|$", text, re.M)
    assert [re.findall(r"\d\.\d", row) for row in rows] == table
    sums = [abs(x - p[list(order)]).sum() for order in itertools.permutations(range(3))]
    assert min(sums) / 3 == pytest.approx(0.3)

    def coverage(q):
        return ((x[:, None] - q) ** 2).min(1).mean()

    step = 1e-6
    pull = [-(coverage(p + step * e) - coverage(p - step * e)) / 2 / step for e in np.eye(3)]
    assert pull == pytest.approx([4 / 15, 0, -2 / 15], abs=1e-6)


def test_the_lab_shows_the_network_by_hand():
    (cell,) = [c.source for c in jupytext.read(CHAPTER).cells if "live.Lab(" in c.source]
    names = {"live": live}
    exec(cell.partition("live.show")[0], names)
    lab = names["lab"]
    assert lab.prototypes == pytest.approx([0.1, 1.0, -0.6])
    assert lab.scores["error"] == pytest.approx(0.3)
    assert hull.expelled_share(model.prototypes(lab.parameters), lab.inputs).item() == 1 / 3
    assert matching.assign(model.prototypes(lab.parameters), lab.inputs)[0][1].tolist() == [2, 0, 1]
    assert losses.coverage(lab.inputs, model.prototypes(lab.parameters)).item() == pytest.approx(
        (0.2**2 + 0.1**2 + 0.3**2) / 3
    )


def test_the_matchings_are_all_six_the_cheapest_first(monkeypatch):
    seen, sheet = [], plotting.multiples

    def watch(draw, count, **kwargs):
        for k in range(count):
            _, ax = plotting.panel()
            draw(ax, k)
            links = ax.get_lines()[:3]
            seen.append((ax.get_title("left"), links[0].get_linewidth(), [*links[0].get_xdata()]))
        return sheet(draw, count, **kwargs)

    monkeypatch.setattr(plotting, "multiples", watch)
    x, p = (torch.tensor(v).double()[None, :, None] for v in ([-0.8, 0.2, 0.4], [0.1, 1.0, -0.6]))
    page = figures.by_hand.matchings(x, p).data
    titles, widths, first = zip(*seen)
    sums = [float(title.split("= ")[1]) for title in titles]
    assert sums == sorted(sums) == [0.9, 1.3, 2.3, 2.7, 2.9, 2.9]
    assert titles[0] == "0.2 + 0.1 + 0.6 = 0.9"
    assert first[0] == pytest.approx([-0.8, -0.6])
    assert widths[0] > max(widths[1:])
    assert "sums of the distances are 0.9, 1.3, 2.3, 2.7, 2.9, 2.9" in page


def test_the_training_is_drawn_as_it_went(monkeypatch):
    seen, show = [], plotting.show
    monkeypatch.setattr(plotting, "show", lambda *f, alt: (seen.extend(f), show(*f, alt=alt))[1])
    x = torch.tensor([-0.5, 0.5]).double()
    net = [torch.tensor(v).double() for v in ([1.0, 2.0], [0.5, -3.0], [1.0, 1.0], [0.0])]
    path = [torch.tensor([float(k), 0.0]).double() for k in range(10)]
    page = figures.by_hand.training(path, net, x, x).data
    ways = seen[0].axes[0].get_lines()
    assert [*ways[0].get_xdata()] == [0, 10]
    assert [*ways[0].get_ydata()] == [0, -0.5]
    assert [*ways[1].get_ydata()] == [0, 1.5]
    assert "1 of them end outside the hull of the 2 samples" in page
    assert "the reconstruction error is 0.50" in page
