import numpy as np
import pytest
import torch
from helpers import stack

from protolib import data, model, privacy
from protolib.model import Parameters


def test_curve_area_and_found_agree_with_counting():
    draw = data.generator(3, data.NOISE)
    members, others = (torch.tensor(draw.integers(0, 9, n)) for n in (14, 11))
    members = members + 2
    false, true = privacy.curve(members.float(), others.float())
    for level in range(-1, 12):  # every threshold that one can take is on the curve
        point = (others >= level).double().mean(), (members >= level).double().mean()
        assert (
            level > max(members.max(), others.max())
            or (np.isclose(false, point[0]) & np.isclose(true, point[1])).any()
        )
    wins = [float(m > o) + 0.5 * float(m == o) for m in members for o in others]
    assert privacy.area(members, others) == pytest.approx(np.mean(wins))
    strict = max(
        (members >= level).double().mean().item()
        for level in range(12)
        if (others >= level).double().mean() <= 0.2
    )
    assert privacy.found(members.float(), others.float(), 0.2) == pytest.approx(strict)
    assert privacy.found(torch.tensor([0.0]), torch.tensor([1.0])) == 0
    assert np.isnan(privacy.area(members[:0], others))


def test_distances_leave_a_point_itself_out():
    points = torch.tensor([[[0.0], [1.0], [4.0]]])
    assert privacy.neighbours(points)[0].tolist() == [1.0, 1.0, 3.0]
    assert privacy.nearest(points, torch.tensor([[[0.5], [9.0]]]))[0].tolist() == [0.5, 0.5, 3.5]


def test_the_scores_of_an_attack_are_highest_where_it_should_accuse():
    net, x, _ = stack([0, 1], 6, 6, 2)
    at = model.prototypes(net)
    assert privacy.by_prototypes(net, at).abs().max() < 1e-6
    assert (privacy.by_prototypes(net, at + 0.1) < 0).all()
    f = model.predict(net, x)[..., None]
    wide = net._replace(readout=net.readout[..., None], offset=net.offset[..., None])
    assert privacy.by_output(wide, x, f).abs().max() < 1e-12
    assert (privacy.by_output(wide, x, f + 1) + 1).abs().max() < 1e-9


def test_defences_do_what_they_say():
    net, _, _ = stack([0], 9, 9, 2)
    net = net._replace(readout=torch.arange(1.0, 10.0)[None, :, None].double())
    same = privacy.noisy(net, 0.0)
    assert all(a.equal(b) for a, b in zip(same, net))
    ratio = torch.cat([(a / b).flatten() for a, b in zip(privacy.noisy(net, 0.1), net)])
    ratio = ratio[ratio.isfinite()]
    assert 0.05 < (ratio - 1).std() < 0.2
    coarse = privacy.rounded(net, 2)
    for tensor, before in zip(coarse, net):
        assert len(tensor.unique()) <= 3
        assert (tensor - before).abs().max() <= before.abs().max() / 2 + 1e-12
    fewer = privacy.pruned(net, 1 / 3)
    silent = (fewer.readout == 0).squeeze(-1)[0]
    assert silent.tolist() == [True] * 3 + [False] * 6
    assert fewer.bias[0, 3:].equal(net.bias[0, 3:])
    assert (model.prototypes(fewer)[0, :3].norm(dim=-1) > 10).all()


def test_a_classifier_learns_its_images_and_the_energy_form_shows_them():
    x, y = data.digits([5], 12)
    nets = {
        form: privacy.classifier([5], x, y, form, steps=600).parameters
        for form in ("baseline", "energy")
    }
    assert isinstance(nets["energy"], Parameters)
    assert all(privacy.accuracy(net, x, y) == 1 for net in nets.values())
    assert privacy.accuracy(nets["energy"], x, y.roll(1, -1)) == 0
    gap = {form: privacy.nearest(x, model.prototypes(net)).mean() for form, net in nets.items()}
    assert gap["energy"] < 0.3 * gap["baseline"]
    with pytest.raises(KeyError):
        privacy.classifier([5], x, y, "none")
    alone = privacy.classifier([5], x, y, steps=600, task=False).parameters
    assert (alone.readout == 0).all()
    assert (model.predict(alone, x) == 0).all()
    assert privacy.nearest(x, model.prototypes(alone)).mean() < 0.3 * gap["baseline"]


def _planted(nets=2, units=6, dims=3, off=0.1):
    """Networks that answer each image with a class of its own, and whose prototypes are `off`."""
    draw = np.random.default_rng(4)
    images = torch.tensor(draw.uniform(0.1, 0.9, (nets, units, dims)))
    step = torch.nn.functional.normalize(torch.tensor(draw.normal(size=images.shape)), dim=-1)
    slope = torch.full((nets, units), 2.0).double()
    bare = Parameters(slope, -2.0 * (images + off * step), torch.zeros(1), torch.zeros(1))
    readout = torch.linalg.solve(model.respond(bare, images), torch.eye(units).double())
    net = bare._replace(readout=readout, offset=torch.zeros(nets, units).double())
    return net, images


def test_the_optimisation_attack_finds_planted_images_that_the_prototypes_miss():
    net, images = _planted()
    assert (model.predict(net, images) - torch.eye(6)).abs().max() < 1e-9
    read = (model.prototypes(net) - images).norm(dim=-1)
    assert torch.allclose(read, torch.full_like(read, 0.1))
    assert (privacy.invert(net) - images).norm(dim=-1).max() < 0.01
    # on a network of other images it finds those, not these
    other = net._replace(bias=net.bias.roll(1, 0), readout=net.readout.roll(1, 0))
    assert (privacy.invert(other) - images).norm(dim=-1).min() > 0.1


def test_the_fast_forward_pass_of_the_attack_is_the_models():
    net, images = _planted()
    assert torch.allclose(privacy._predict(net, images), model.predict(net, images), atol=1e-9)


def test_identification_is_sure_with_the_images_and_at_chance_without():
    draw = np.random.default_rng(0)
    images = torch.tensor(draw.uniform(size=(2, 400, 5)))
    members, others = images[:, :100], images[:, 100:]
    candidates = members + 0.01 * torch.tensor(draw.normal(size=members.shape))
    assert privacy.identified(candidates, members, others).tolist() == [1, 1]
    strangers = torch.tensor(draw.uniform(size=(2, 100, 5)))
    hits = privacy.identified(strangers, members, others).sum() * 100  # 200 draws at 1 in 100
    assert hits <= 8
    # one blurred candidate, a hundred times over, identifies as little
    blurred = members.mean(1, keepdim=True).expand(-1, 100, -1)
    assert privacy.identified(blurred, members, others).sum() * 100 <= 8
    # a single candidate can be one member only: the one-to-one matching sees to that
    lone = members[:, :1]
    assert privacy.identified(lone, members, others).mean() <= 0.03
    few = privacy.identified(candidates, members, others[:, :9], among=9)
    assert few.tolist() == [1, 1]
    with pytest.raises(ValueError, match="larger sample"):
        privacy.identified(candidates, members, others[:, :9])


def test_identification_by_chance_is_one_in_ten_among_nine_decoys():
    draw = np.random.default_rng(1)
    images = torch.tensor(draw.uniform(size=(4, 300, 2)))
    strangers = torch.tensor(draw.uniform(size=(4, 10, 2)))
    share = privacy.identified(strangers, images[:, :250], images[:, 250:], among=9)
    assert share.shape == (4,)
    assert share.mean().item() == pytest.approx(0.1, abs=0.04)


def test_crossings_are_where_a_network_meets_the_law_of_its_targets():
    net, _, _ = stack([0, 1], 4, 4, 1)
    for shift in (0.1, 0.33333):
        met = privacy.crossings(
            net, lambda x, at=shift: model.predict(net, x) - (x[..., 0] - at) * (x[..., 0] + 0.7)
        )
        assert len(met) == 2
        for zeros in met:
            assert zeros.tolist() == pytest.approx([-0.7, shift], abs=1e-6)


def test_plain_fitting_gives_digits_away_to_an_attack_and_a_wrong_network_does_not():
    """The count of near prototypes sees next to nothing here; identification does."""
    n = 50
    x, y = data.digits([0, 1], 5 * n)
    own, other, test = (x[:, a:b].contiguous() for a, b in ((0, n), (n, 2 * n), (2 * n, 5 * n)))
    right = privacy.classifier([0, 1], own, y[:, :n].contiguous(), "baseline").parameters
    wrong = privacy.classifier([0, 1], other, y[:, n : 2 * n].contiguous(), "baseline").parameters
    close = privacy.neighbours(own).mean() / 4
    assert (privacy.nearest(own, model.prototypes(right)) < close).double().mean() < 0.1
    found = privacy.identified(privacy.invert(right), own, test)
    control = privacy.identified(privacy.invert(wrong), own, test)
    assert found.mean() > 0.1
    assert control.mean() < 0.05
