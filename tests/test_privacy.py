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


def test_signs_of_trust_read_the_weights():
    net, _, _ = stack([0], 4, 4, 2)
    net = net._replace(readout=net.readout[..., None])
    signs = privacy.signs_of_trust(net)
    assert all(values.shape == (1, 4) for values in signs.values())
    p = model.prototypes(net)
    inside = ((p > -0.02) & (p < 1.02)).double().mean(-1)
    assert signs["pixels in range"].equal(inside)
    assert signs["isolation"].equal(privacy.neighbours(p))
