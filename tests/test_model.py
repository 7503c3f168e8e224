import math

import pytest
import torch
from helpers import stack, take

from protolib import model


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_stack_equals_a_loop_over_networks_samples_and_units(dims):
    net, x, _ = stack([0, 1, 2], samples=4, units=5, dims=dims)
    h, f, p = model.respond(net, x), model.predict(net, x), model.prototypes(net)
    for r in range(3):
        for i in range(4):
            output = net.offset[r].item()
            for j in range(5):
                w, b = net.slope[r, j].item(), net.bias[r, j].tolist()
                z = [w * x[r, i, d].item() + b[d] for d in range(dims)]
                response = math.exp(-sum(v * v for v in z))
                assert h[r, i, j].item() == pytest.approx(response, abs=1e-14)
                output += net.readout[r, j].item() * response
                assert p[r, j].tolist() == pytest.approx([-v / w for v in b], abs=1e-14)
            assert f[r, i].item() == pytest.approx(output, abs=1e-14)


@pytest.mark.parametrize("dims", [1, 2])
def test_a_unit_responds_most_at_its_prototype(dims):
    net, _, _ = stack([0], samples=1, units=6, dims=dims)
    p = model.prototypes(net)
    assert torch.allclose(model.respond(net, p).diagonal(dim1=1, dim2=2), torch.ones(6).double())
    nearby = model.respond(net, p + 1e-3).diagonal(dim1=1, dim2=2)
    assert (nearby < 1).all()


def test_initial_prototypes_are_uniform_and_slopes_equal():
    start = model.initialise(range(500), 10, slope=1.5)
    p = model.prototypes(start)
    assert (start.slope == 1.5).all()
    assert p.abs().max() <= 1 + 1e-6
    assert p.mean().item() == pytest.approx(0, abs=0.03)  # 3.6 standard errors
    assert p.var().item() == pytest.approx(1 / 3, abs=0.02)
    assert start.readout.abs().max() <= 10**-0.5


def test_pytorch_s_start_has_its_rule_and_heavy_tails():
    start = model.initialise(range(500), 10, dims=4, start="pytorch")
    for tensor in (start.slope, start.bias):
        assert tensor.abs().max() <= 0.5
        assert tensor.var().item() == pytest.approx(0.25 / 3, rel=0.05)
    line = model.prototypes(model.initialise(range(500), 10, start="pytorch")).abs()
    # |b/w| of two uniform numbers: above t > 1 with probability 1/(2t)
    assert (line > 10).double().mean().item() == pytest.approx(0.05, abs=0.012)


def test_several_outputs_are_several_readouts_of_the_same_responses():
    net = model.initialise([0, 1], 5, 2, outputs=3)
    x = torch.rand(2, 4, 2)
    f = model.predict(net, x)
    assert f.shape == (2, 4, 3)
    for k in range(3):
        one = net._replace(readout=net.readout[..., k], offset=net.offset[..., k])
        assert torch.allclose(f[..., k], model.predict(one, x), atol=1e-6)


def test_sech2_is_another_bump_with_the_same_top():
    net, x, _ = stack([0], samples=6, units=4, dims=2)
    h = model.respond(net, x, activation="sech2")
    z = net.slope[:, None, :, None] * x[:, :, None] + net.bias[:, None]
    assert torch.allclose(h, torch.cosh(z.norm(dim=-1)) ** -2)
    p = model.prototypes(net)
    top = model.respond(net, p, activation="sech2").diagonal(dim1=1, dim2=2)
    assert torch.allclose(top, torch.ones(4).double())


def test_a_network_starts_the_same_whatever_surrounds_it():
    among, alone = model.initialise([5, 7, 9], 10), model.initialise([7], 10)
    for a, b in zip(take(among, slice(1, 2)), alone):
        assert torch.equal(a, b)


@pytest.mark.parametrize("w", [0.0, -0.0, 1e-30, -1e-30, 1e-4, -1e-4, 1.0])
def test_prototypes_and_their_gradients_stay_finite_at_any_slope(w):
    slope = torch.tensor([[w]], requires_grad=True)
    bias = torch.tensor([[[3.0]]], requires_grad=True)
    net = model.Parameters(slope, bias, torch.ones(1, 1), torch.zeros(1))
    p = model.prototypes(net)
    p.square().sum().backward()
    assert all(torch.isfinite(t).all() for t in (p, slope.grad, bias.grad))
    assert p.abs().item() == pytest.approx(3 / max(abs(w), model.SLOPE_FLOOR), rel=1e-6)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="units=0"):
        model.initialise([0], 0)
    with pytest.raises(ValueError, match="slope must not be 0"):
        model.initialise([0], 2, slope=0.0)


def test_inputs_of_other_dims_than_the_network_s_are_refused():
    net, x = model.initialise([0], 3, 2), torch.zeros(1, 5, 1)
    for call in (model.respond, model.predict):
        with pytest.raises(ValueError, match=r"expected inputs of 2 dims, got \(1, 5, 1\)"):
            call(net, x)
        assert len(call(net, torch.zeros(1, 5, 2))) == 1
