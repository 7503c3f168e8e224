import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch
from helpers import ALL_MASKS, require_grad, stack, take
from hypothesis import given, settings
from hypothesis import strategies as st

from protolib import losses, model, training
from protolib.training import TrainConfig, train
from protolib.training.flat import check


def _autograd(net, x, y, masks, lam, tau):
    net = require_grad(net)
    losses.objective(net, x, y, masks, lam=lam, tau=tau).sum().backward()
    return [tensor.grad for tensor in net]


def _assert_same(found, expected, relative, absolute=1e-13):
    """`absolute` allows for terms of order one that cancel: a rounding error each, in float64."""
    for name, a, b in zip(model.Parameters._fields, found, expected):
        bound = relative * b.abs().max().item() + absolute
        assert (a - b).abs().max().item() <= bound, name


@pytest.mark.parametrize("tau", [1e-3, 0.1, 10.0])
@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("mask", range(8))
def test_closed_form_gradients_equal_autograd(mask, dims, tau):
    net, x, y = stack(range(3), samples=6, units=5, dims=dims)
    masks = ALL_MASKS[mask].expand(3, 3).contiguous()
    found = training.gradients(net, x, y, masks, TrainConfig(lam=0.3, tau=tau))
    _assert_same(found, _autograd(net, x, y, masks, 0.3, tau), 1e-12)


THREE = (0.3, 0.7, 2.0)


@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("parametrisation", ["bias", "centre"])
def test_three_coefficients_weigh_each_loss_by_its_own(parametrisation, dims):
    """One λ three times is that λ; three are masks times λ; gradients are autograd's."""
    net, x, y = stack(range(8), samples=6, units=5, dims=dims)
    config = TrainConfig(lam=THREE, tau=0.1, parametrisation=parametrisation, steps=40)
    found = training.gradients(net, x, y, ALL_MASKS, config)
    if parametrisation == "bias":
        _assert_same(found, _autograd(net, x, y, ALL_MASKS, THREE, 0.1), 1e-12)
    weighted = ALL_MASKS * ALL_MASKS.new_tensor(THREE)
    _assert_same(
        train(net, x, y, ALL_MASKS, config).parameters,
        train(net, x, y, weighted, dataclasses.replace(config, lam=1.0)).parameters,
        1e-12,
    )
    one = dataclasses.replace(config, lam=0.3)
    same = dataclasses.replace(config, lam=[0.3, 0.3, 0.3])
    assert same.lam == (0.3, 0.3, 0.3)
    assert hash(same) != hash(one)
    for a, b in zip(*(training.gradients(net, x, y, ALL_MASKS, c) for c in (one, same))):
        assert torch.equal(a, b)


FORMS = [
    {"attractor": "soft coverage", "softness": 0.05},
    {"attractor": "gaussian", "tau": 0.3},
    {"attractor": "imq", "kernel": "imq", "tau": 0.3},
    {"attractor": "energy", "kernel": "energy"},
    {"attractor": "transport", "kernel": "imq"},
    {"activation": "sech2"},
]


@pytest.mark.parametrize("dims", [1, 2, 5])
@pytest.mark.parametrize("outputs", [None, 3])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: " ".join(map(str, form.values())))
def test_every_form_of_the_losses_has_its_closed_form_gradient(form, outputs, dims):
    """Against autograd on the reference, all eight masks at once, few dims and many."""
    units = 6 if form.get("attractor") == "transport" else 5
    net, x, _ = stack(range(8), samples=6, units=units, dims=dims)
    net = model.initialise(range(8), units, dims, outputs=outputs, dtype=torch.float64)
    y = torch.sin(3 * x.sum(-1))
    y = y if outputs is None else torch.stack([y, y**2, 1 - y], dim=-1)
    config = TrainConfig(lam=THREE, **form)
    found = training.gradients(net, x, y, ALL_MASKS, config)
    twin = require_grad(net)
    losses.objective(twin, x, y, ALL_MASKS, lam=THREE, **config.forms()).sum().backward()
    _assert_same(found, [tensor.grad for tensor in twin], 1e-11, 1e-12)


@pytest.mark.parametrize("dims", [1, 3])
@pytest.mark.parametrize("mask", range(8))
def test_the_centre_parametrisation_is_the_same_objective_in_other_coordinates(mask, dims):
    """Autograd with respect to (w, p), b being −w p."""
    net, x, y = stack(range(3), samples=6, units=5, dims=dims)
    masks = ALL_MASKS[mask].expand(3, 3).contiguous()
    config = TrainConfig(lam=0.3, tau=0.1, parametrisation="centre")
    w, p, v, c = require_grad(net._replace(bias=model.prototypes(net)))
    moved = model.Parameters(w, -w[..., None] * p, v, c)
    losses.objective(moved, x, y, masks, lam=0.3, **config.forms()).sum().backward()
    found = training.gradients(net, x, y, masks, config)
    _assert_same(found, [tensor.grad for tensor in (w, p, v, c)], 1e-11)


def test_training_in_the_centre_parametrisation_equals_adam_on_the_centres():
    net, x, y = stack(range(8), samples=6, dims=2)
    config = TrainConfig(steps=100, tau=0.1, parametrisation="centre", attractor="energy")
    w, p, v, c = twin = require_grad(net._replace(bias=model.prototypes(net)))
    adam = torch.optim.Adam(twin, lr=config.learning_rate)
    for _ in range(config.steps):
        adam.zero_grad()
        moved = model.Parameters(w, -w[..., None] * p, v, c)
        losses.objective(moved, x, y, ALL_MASKS, lam=0.1, **config.forms()).sum().backward()
        adam.step()
    found = train(net, x, y, ALL_MASKS, config).parameters
    assert torch.allclose(model.prototypes(found), p, rtol=0, atol=1e-8)
    assert torch.allclose(found.readout, v, rtol=0, atol=1e-8)


def test_in_float32_and_many_dims_near_pairs_keep_their_digits():
    """64 dims, prototypes a ten-thousandth away from the samples: where a matrix product fails."""
    net, x, y = stack([0, 1], samples=8, units=8, dims=64)
    p = x + 1e-4 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0)).double()
    net = net._replace(bias=-net.slope[..., None] * p)
    masks = ALL_MASKS[[4, 4]]
    for form in (
        {"attractor": "energy", "kernel": "energy"},
        {"attractor": "gaussian", "tau": 1e-6},
    ):
        config = TrainConfig(**form)
        exact = training.gradients(net, x, y, masks, config)
        single = (model.Parameters(*(t.float() for t in net)), x.float(), y.float(), masks.float())
        found = training.gradients(*single, config)
        size = exact.bias.abs().max()
        assert (found.bias - exact.bias).abs().max() < 0.02 * size


def test_several_outputs_train_like_torch_optim():
    net, x, _ = stack(range(8), samples=7, dims=2)
    net = model.initialise(range(8), 7, 2, outputs=3, dtype=torch.float64)
    y = torch.stack([x[..., 0], x[..., 1], x.prod(-1)], dim=-1)
    twin = require_grad(net)
    adam = torch.optim.Adam(twin, lr=1e-2)
    for _ in range(100):
        adam.zero_grad()
        losses.objective(twin, x, y, ALL_MASKS, lam=0.1, tau=1e-3).sum().backward()
        adam.step()
    result = train(net, x, y, ALL_MASKS, TrainConfig(steps=100), snapshot_every=50)
    for a, b in zip(result.parameters, twin):
        assert torch.allclose(a, b, rtol=0, atol=1e-8)
    assert result.snapshots.readout.shape == (8, 3, 7, 3)
    assert training.curves(result, x, y).shape == (8, 3, 4)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 99), st.integers(1, 7), st.integers(1, 7), st.integers(1, 3),
    st.lists(st.integers(0, 7), min_size=1, max_size=8), st.floats(0.1, 20),
)  # fmt: skip
def test_closed_form_gradients_equal_autograd_on_any_stack(
    seed, samples, units, dims, chosen, width
):
    """Masks in any order, so that the active networks are not contiguous; narrow and wide units."""
    net, x, y = stack(range(seed, seed + len(chosen)), samples, units, dims)
    net = net._replace(slope=width * net.slope, bias=width * net.bias)
    masks = ALL_MASKS[chosen]
    found = training.gradients(net, x, y, masks, TrainConfig(lam=0.1, tau=0.05))
    _assert_same(found, _autograd(net, x, y, masks, 0.1, 0.05), 1e-10)


@pytest.mark.parametrize("mask", range(8))
def test_gradients_equal_finite_differences(mask):
    """Independent of autograd: central differences of the reference objective."""
    net, x, y = stack([3], samples=4)
    masks, step = ALL_MASKS[mask][None], 1e-6
    found = training.gradients(net, x, y, masks, TrainConfig(lam=0.1, tau=0.1))
    for position, tensor in enumerate(net):
        for index in range(tensor.numel()):
            ends = []
            for sign in (1, -1):
                moved = [t.clone() for t in net]
                moved[position].view(-1)[index] += sign * step
                moved = model.Parameters(*moved)
                ends.append(losses.objective(moved, x, y, masks, lam=0.1, tau=0.1).item())
            slope = (ends[0] - ends[1]) / (2 * step)
            entry = found[position].reshape(-1)[index].item()
            assert entry == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("mask", range(8))
def test_gradients_stay_finite_at_coincident_prototypes_and_vanishing_slopes(mask):
    net, x, y = stack([0], 4, dtype=torch.float32)
    net.bias[:, 1] = net.bias[:, 0]
    net.slope[:, 2], net.slope[:, 3] = 0.0, -1e-30
    masks = ALL_MASKS[mask][None].float()
    found = training.gradients(net, x, y, masks, TrainConfig(lam=0.1, tau=1e-3))
    assert all(torch.isfinite(tensor).all() for tensor in found)
    # coverage shares a tie between coincident prototypes in autograd, and not here: leave it out
    masks[:, 0] = 0
    found = training.gradients(net, x, y, masks, TrainConfig(lam=0.1, tau=1e-3))
    _assert_same(found, _autograd(net, x, y, masks, 0.1, 1e-3), 1e-5, 1e-6)
    trained = train(net, x, y, masks, TrainConfig(steps=50)).parameters
    assert all(torch.isfinite(tensor).all() for tensor in trained)


@pytest.mark.parametrize("name", ["adam", "sgd"])
@pytest.mark.parametrize("dims", [1, 2])
def test_training_equals_autograd_with_torch_optim(name, dims):
    """All eight masks in one stack, against torch's own optimiser on the summed objective."""
    net, x, y = stack(range(8), samples=7, dims=dims)
    config = TrainConfig(steps=300, optimiser=name, learning_rate=1e-2, lam=0.1, tau=1e-2)
    found = train(net, x, y, ALL_MASKS, config).parameters
    expected = require_grad(net)
    rule = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[name]
    optimiser = rule(expected, lr=config.learning_rate)
    for _ in range(config.steps):
        optimiser.zero_grad()
        losses.objective(expected, x, y, ALL_MASKS, lam=0.1, tau=1e-2).sum().backward()
        optimiser.step()
    for a, b in zip(found, expected):
        assert torch.allclose(a, b, rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("dtype", "steps", "bound"), [(torch.float64, 300, 1e-9), (torch.float32, 50, 1e-3)]
)
def test_a_network_in_a_stack_drifts_from_the_same_one_alone_by_rounding_only(dtype, steps, bound):
    net, x, y = stack(range(16), samples=20, dtype=dtype)
    masks, config = ALL_MASKS.repeat(2, 1).to(dtype), TrainConfig(steps=steps)
    together = train(net, x, y, masks, config).parameters
    for r in range(16):
        one = slice(r, r + 1)
        alone = train(take(net, one), x[one], y[one], masks[one], config).parameters
        for a, b in zip(take(together, one), alone):
            assert (a - b).abs().max() <= bound


def test_training_leaves_the_start_alone_and_repeats_to_the_bit():
    net, x, y = stack(range(8), 5, dtype=torch.float32)
    before = [tensor.clone() for tensor in net]
    one, two = (train(net, x, y, ALL_MASKS.float(), TrainConfig(steps=20)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(net, before))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters, two.parameters))


def test_zero_steps_change_nothing():
    net, x, y = stack([0, 1], 3)
    result = train(net, x, y, ALL_MASKS[:2], TrainConfig(steps=0))
    assert all(torch.equal(a, b) for a, b in zip(result.parameters, net))


def test_snapshots_are_the_run_itself():
    net, x, y = stack(range(8), 4, dims=2)
    result = train(net, x, y, ALL_MASKS, TrainConfig(steps=25), snapshot_every=10)
    assert result.snapshot_steps.tolist() == [0, 10, 20, 25]
    assert model.prototypes(result.snapshots).shape == (8, 4, 4, 2)
    for frame, steps in enumerate([0, 10, 20, 25]):
        shorter = train(net, x, y, ALL_MASKS, TrainConfig(steps=steps)).parameters
        for kept, other in zip(result.snapshots, shorter):
            assert torch.equal(kept[:, frame], other)
    curves = training.curves(result, x, y)
    assert curves.shape == (8, 4, 4)
    last = losses.structural(result.parameters, x, tau=result.config.tau)
    assert torch.equal(curves[:, -1, 1:], last)


def test_one_thread_restores_what_was_set():
    before = torch.get_num_threads()
    with training.one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": -1}, "steps must be ≥ 0, got -1"),
        ({"tau": 0.0}, "tau must be a finite number > 0"),
        ({"learning_rate": float("inf")}, "learning_rate"),
        ({"lam": -0.1}, "lam must be"),
        ({"optimiser": "lbfgs"}, "lbfgs"),
        ({"attractor": "gravity"}, "gravity"),
        ({"softness": 0.0}, "softness"),
    ],
)
def test_bad_configurations_are_named(change, words):
    with pytest.raises((ValueError, TypeError), match=words):
        dataclasses.replace(TrainConfig(), **change)


def test_disagreeing_shapes_are_named():
    net, x, y = stack([0, 1], 3)
    with pytest.raises(ValueError, match=r"masks must have shape \(2, 3\), got \(8, 3\)"):
        check(net, x, y, ALL_MASKS)
    with pytest.raises(ValueError, match=r"targets must be torch.float64"):
        check(net, x, y.float(), ALL_MASKS[:2])
    with pytest.raises(ValueError, match="tau must be a finite number > 0"):
        training.gradients(net, x, y, ALL_MASKS[:2], TrainConfig(lam=0.1, tau=0.0))
    with pytest.raises(ValueError, match="snapshot_every must be ≥ 1"):
        train(net, x, y, ALL_MASKS[:2], snapshot_every=0)
    with pytest.raises(ValueError, match="no snapshots"):
        training.curves(train(net, x, y, ALL_MASKS[:2], TrainConfig(steps=1)), x, y)


def test_one_thread_is_restored_whoever_leaves_last():
    """Overlapping blocks in four threads of Python, nested ones too, from a setting of three."""
    before = torch.get_num_threads()
    inside = Barrier(4)

    def block(order):
        with training.one_thread():
            inside.wait(timeout=10)
            with training.one_thread():
                found = [torch.get_num_threads()]
            found.append(torch.get_num_threads())
            time.sleep(0.05 * order)
        return found, torch.get_num_threads()

    torch.set_num_threads(3)
    try:
        with ThreadPoolExecutor(4) as pool:
            results = [*pool.map(block, range(4))]
            assert results == [([1, 1], 3)] * 4
        assert torch.get_num_threads() == 3
        with ThreadPoolExecutor(1) as pool:  # a thread that has never asked before
            assert pool.submit(torch.get_num_threads).result() == 3
    finally:
        torch.set_num_threads(before)
