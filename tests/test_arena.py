from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from skimage.metrics import structural_similarity

from protolib import arena, matching, measurements, model, privacy
from protolib.arena import Relu, Setting

STORED = Path(__file__).parents[1] / "book" / "_data" / "arena.csv.gz"


def _victim(steps=3000, samples=10):
    """Two networks of ten images each, one of every class, that the attack can read."""
    draw = np.random.default_rng(1)
    x = torch.tensor(draw.uniform(size=(2, samples, 16)), dtype=torch.float32)
    y = torch.eye(10)[torch.arange(samples) % 10].expand(2, -1, -1)
    centre = torch.full((2, 1, 16), 0.5)
    how = {"units": 100, "decay": 3e-3, "rate": 1.0, "steps": steps}
    return x, y, *arena.relu_classifier([3, 3], x, y, centre, **how)


def test_the_attack_s_equation_is_what_autograd_says():
    x, y, net, _ = _victim(steps=20)
    draw = np.random.default_rng(2)
    c = torch.tensor(draw.normal(size=y.shape), dtype=torch.float32)
    theta = [t.clone().requires_grad_() for t in net[:3]]
    total = (c * arena.predict(Relu(*theta, net.centre), x)).sum()
    made = torch.autograd.grad(total, theta)
    for k in range(2):
        off = sum((m[k] - t[k]).square().sum() for m, t in zip(made, net[:3]))
        size = sum(t[k].square().sum() for t in net[:3])
        found = arena.unexplained(net, x, c)[k]
        assert found.item() == pytest.approx((off / size).item(), rel=1e-4)


def test_training_comes_to_rest_where_the_weights_are_a_sum_of_gradients_at_the_images():
    x, y, net, missed = _victim()
    p = arena.predict(net, x).softmax(-1)
    assert (p.argmax(-1) == y.argmax(-1)).all()
    assert missed.max() < 0.05
    right = arena.unexplained(net, x, (y - p) / 10 / 3e-3)
    assert torch.allclose(right, missed, atol=2e-3)
    assert (arena.unexplained(net, x.flip(0), (y - p) / 10 / 3e-3) > 0.3).all()


def test_a_soft_switch_has_relu_s_values_and_a_sigmoid_for_a_derivative():
    z = torch.linspace(-1, 1, 9).requires_grad_()
    h = arena._Ramp.apply(z, 10.0)
    assert h.equal(z.clamp(min=0))
    (slope,) = torch.autograd.grad(h.sum(), z)
    assert torch.allclose(slope, torch.sigmoid(10 * z))
    x, y, net, _ = _victim(steps=20)
    sharp = arena.unexplained(net, x, y, 1e6)
    assert torch.allclose(sharp, arena.unexplained(net, x, y), rtol=1e-3)


def test_the_attack_finds_the_images_of_its_own_network_and_not_those_of_another():
    x, _, net, _ = _victim()
    setting = Setting(0.03, 0.01, 0.3, 1000.0)
    z, left = arena.reconstruct(net, [0, 0], setting, points=10, steps=500)
    assert z.shape == x.shape
    assert z.min() >= 0
    assert z.max() <= 1
    own, wrong = (matching.reconstruction_error(z, t) for t in (x, x.flip(0)))
    assert (own < 0.5 * wrong).all()
    assert (left < 0.05).all()


def test_the_best_attack_is_the_one_that_explains_most_whatever_it_found(monkeypatch):
    left = {0.1: [0.5, 0.1], 0.2: [0.2, 0.4]}
    monkeypatch.setattr(
        arena,
        "reconstruct",
        lambda net, seeds, s: (torch.full((2, 3, 4), s.spread), torch.tensor(left[s.spread])),
    )
    net = Relu(*torch.zeros(4, 2, 1, 1))
    settings = [Setting(0.0, 0.0, spread, 0.0) for spread in left]
    z, least = arena.best_attack(net, [0, 1], settings)
    assert z[:, 0, 0].tolist() == pytest.approx([0.2, 0.1])
    assert least.tolist() == pytest.approx([0.2, 0.1])


@pytest.mark.parametrize("window", [3, 7])
def test_similarity_is_scikit_image_s(window):
    draw = np.random.default_rng(3)
    a, b = draw.uniform(size=(2, 4, 64)), draw.uniform(size=(2, 5, 64))
    b[0, 0] = a[0, 1]
    found = arena.similarity(torch.tensor(a), torch.tensor(b), window=window)
    assert found.shape == (2, 4, 5)
    for k, i, j in np.ndindex(found.shape):
        pair = (t.reshape(8, 8) for t in (a[k, i], b[k, j]))
        alone = structural_similarity(*pair, win_size=window, data_range=1.0)
        assert found[k, i, j].item() == pytest.approx(alone, abs=1e-12)
    assert found[0, 1, 0].item() == pytest.approx(1)


def test_scores_are_best_for_the_digits_themselves_and_one_blur_serves_one_digit_only():
    x, _, others = arena.draw(4)
    own = x[:1]
    perfect = arena.judge(own, own, others)
    assert [perfect[score].item() for score in perfect] == pytest.approx([0, 1, 1, 1, 1])
    far = 1 - own  # negatives: like no digit
    one = torch.cat([own[:, :1], far[:, 1:]], dim=1)
    told, nothing = arena.judge(one, own, others), arena.judge(far, own, others)
    assert told["identified"] <= 0.03
    assert told["alike, one-to-one"] <= nothing["alike, one-to-one"] + 0.01
    assert told["alike, best match"] > nothing["alike, best match"] + 0.05


def test_a_reader_with_one_candidate_gets_one_digit_s_credit_one_to_one():
    x, _, others = arena.draw(4)
    told = arena.judge(x[:1, :1], x[:1], others)
    assert told["alike, one-to-one"] == pytest.approx(0.01)
    assert told["alike, best match"] > 0.01


def test_centres_and_means_stand_as_often_as_digits_stand_for_them():
    x, y, _ = arena.draw(5)
    means = arena._means(x, y, [5, 5])
    one = y[0].argmax(-1) == 3
    assert torch.allclose(means[0, one], x[0, one].mean(0).expand(int(one.sum()), -1), atol=1e-6)
    centres = arena._centres(x, y, [5, 5])
    for k in range(2):
        kept, back = centres[k].unique(dim=0, return_inverse=True)
        assert len(kept) <= arena.CENTRES
        for c, centre in enumerate(kept):
            assert torch.allclose(x[k, back == c].mean(0), centre, atol=1e-5)


def test_networks_controls_and_others_share_no_digit():
    x, y, others = arena.draw(6)
    assert x.shape == (2, arena.N, 64)
    assert y.shape == (2, arena.N, 10)
    everything = torch.cat([*x, others[0]])
    assert len(everything) == 2 * arena.N + arena.OTHERS
    gaps = torch.cdist(everything.double(), everything.double()).fill_diagonal_(1)
    assert gaps.min() > 0.01


def test_measure_writes_every_score_of_every_reader_and_the_sheet(monkeypatch):
    def quick(seed):
        x, _, others = arena.draw(seed)
        found = {name: x for name in (*arena.DATA, arena.ATTACK)}
        found["energy, −b/w"] = others[0, : 2 * arena.N].reshape(2, arena.N, 64)
        return found, {"unexplained": torch.tensor([0.1, 0.2])}

    monkeypatch.setattr(arena, "read", quick)
    table = arena.measure([7, 8])
    scores = table[table["world"] != "sheet"]
    assert not scores.duplicated(["world", "score", "of", "seed"]).any()
    mean = scores.groupby(["world", "of", "score"])["value"].mean()
    assert mean["own", arena.ATTACK, "identified"] == 1
    assert mean["wrong", arena.ATTACK, "identified"] <= 0.05
    assert mean["wrong", arena.ATTACK, "unexplained"] == pytest.approx(0.2)
    sheet = arena.sheet(table)
    assert all(images.shape == (arena.SHEET, 64) for images in sheet.values())
    assert sheet[arena.ATTACK] == pytest.approx(sheet["training digits"])
    assert abs(sheet["ReLU, wrong network"] - sheet["training digits"]).max() > 0.5
    with pytest.raises(ValueError, match="seeds"):
        arena.measure([1, 1])


def test_a_random_sample_of_the_stored_table_comes_out_again():
    """References, chance and one form of bumps; the attack on ReLU networks takes a minute."""
    table = measurements.read(STORED)
    draw = np.random.default_rng()
    seed, form = int(draw.choice(table["seed"].unique())), draw.choice([*privacy.FORMS])
    x, y, others = arena.draw(seed)
    made = {name: reader(x, y, [seed] * 2) for name, reader in arena.DATA.items()}
    net = privacy.classifier([seed] * 2, x, y, form).parameters
    made[f"{form}, −b/w"] = model.prototypes(net).clamp(0, 1)
    kept = table.set_index(["world", "of", "score", "seed"])["value"]
    gaps = pd.Series(
        {
            (world, name, score): abs(value[0] - kept[world, name, score, seed])
            for k, world in enumerate(("own", "wrong"))
            for name, z in made.items()
            for score, value in arena.judge(z[k : k + 1], x[:1], others).items()
        }
    )
    assert len(gaps) == 2 * 4 * 5
    assert gaps.max() < 0.06, (seed, form)
