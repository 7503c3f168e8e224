"""The trainer at its edges: what is accepted, coincident points, the optimisers by hand."""

import dataclasses
import math
import re

import pytest
import torch
from helpers import ALL_MASKS, require_grad, stack

from protolib import losses, model, training
from protolib.training import TrainConfig, gradients, train
from protolib.training.flat import check

INF, NAN = float("inf"), float("nan")


# ------------------------------------------------------------------------------ what is accepted


@pytest.mark.parametrize(
    "change",
    [{"steps": 0}, {"lam": 0.0}, {"lam": (0.0, 1.0, 2.0)}, {"tau": 1e-300}, {"softness": 1e-9},
     {"learning_rate": 1e-9}, {"optimiser": "sgd"}, {"parametrisation": "centre"},
     {"activation": "sech2"}, {"kernel": "imq"}, {"attractor": "transport"}],
)  # fmt: skip
def test_configurations_at_their_limits_are_accepted(change):
    config = dataclasses.replace(TrainConfig(), **change)
    assert {name: getattr(config, name) for name in change} == change


POSITIVE = "must be a finite number > 0, got"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": -1}, "steps must be ≥ 0, got -1"),
        *(
            ({name: value}, f"{name} {POSITIVE} {value}")
            for name in ("learning_rate", "tau", "softness")
            for value in (0.0, -1.0, INF, NAN)
        ),
        *(({"lam": v}, f"lam must be a finite number ≥ 0, got {v}") for v in (-1e-9, INF, NAN)),
        *(
            ({"lam": v}, re.escape(f"lam must be three finite numbers ≥ 0, got {v}"))
            for v in ((0.0, -1e-9, 1.0), (0.0, 1.0, INF), [NAN, 1.0, 1.0])
        ),
        *(
            ({"lam": v}, re.escape(f"lam must be one number or three, got {v}"))
            for v in ((), (0.1,), [0.1, 0.2], (0.1, 0.2, 0.3, 0.4))
        ),
    ],
)
def test_what_was_expected_and_what_came(change, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        dataclasses.replace(TrainConfig(), **change)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("optimiser", '"adam" or "sgd"'),
        ("kernel", '"gaussian" or "imq" or "energy"'),
        ("parametrisation", '"bias" or "centre"'),
        ("activation", '"gaussian" or "sech2"'),
        ("attractor", '"coverage" or "soft coverage" or "gaussian" or "imq" or "energy" or '
         '"transport"'),
    ],
)  # fmt: skip
def test_a_word_that_is_none_of_the_choices(name, words):
    """Below the annotations, which the test hook checks first."""
    config = object.__new__(TrainConfig)
    for field in dataclasses.fields(TrainConfig):
        object.__setattr__(config, field.name, field.default)
    object.__setattr__(config, name, "other")
    with pytest.raises(ValueError, match=f"^{name} must be {words}, got 'other'$"):
        TrainConfig.__post_init__(config)


def test_the_forms_are_the_keywords_of_the_objective():
    config = TrainConfig(tau=0.3, attractor="imq", kernel="energy", softness=2.0)
    assert config.forms() == {
        "tau": 0.3, "attractor": "imq", "kernel": "energy", "softness": 2.0,
        "activation": "gaussian",
    }  # fmt: skip


def test_every_array_of_another_shape_or_type_is_named():
    net, x, y = stack([0, 1], 3, 4, 2)
    good = {"parameters": net, "inputs": x, "targets": y, "masks": ALL_MASKS[:2]}

    def refuse(words, **change):
        """Below the annotations, which the test hook checks first."""
        with pytest.raises(ValueError, match="must") as error:
            check(*(good | change).values())
        assert str(error.value) == words

    refuse("inputs must be (nets, samples, dims), got (2, 3)", inputs=x[..., 0])
    for field, shape, wrong in (
        ("slope", "(2, 4)", net.slope[:1]), ("bias", "(2, 4, 2)", net.bias[..., :1]),
        ("readout", "(2, 4)", net.readout[:, :3]), ("offset", "(2,)", net.offset[:1]),
    ):  # fmt: skip
        refuse(f"parameters.{field} must have shape {shape}, got {tuple(wrong.shape)}",
               parameters=net._replace(**{field: wrong}))  # fmt: skip
        single = net._replace(**{field: getattr(net, field).float()})
        refuse(f"parameters.{field} must be torch.float64 like inputs, got torch.float32",
               parameters=single)  # fmt: skip
    refuse("targets must have shape (2, 3), got (2, 2)", targets=y[:, :2])
    refuse("masks must have shape (2, 3), got (1, 3)", masks=ALL_MASKS[:1])
    refuse("masks must be torch.float64 like inputs, got torch.float32",
           masks=ALL_MASKS[:2].float())  # fmt: skip
    several = model.initialise([0, 1], 4, 2, outputs=5, dtype=torch.float64)
    refuse("parameters.offset must have shape (2, 5), got (2,)",
           parameters=several._replace(offset=net.offset))  # fmt: skip
    refuse("targets must have shape (2, 3, 5), got (2, 3)", parameters=several)


def test_transport_and_snapshots_name_their_needs():
    net, x, y = stack([0], 3, 4)
    config = TrainConfig(attractor="transport", steps=1)
    words = "^transport needs as many prototypes as samples, got 4 and 3$"
    with pytest.raises(ValueError, match=words):
        gradients(net, x, y, torch.ones(1, 3).double(), config)
    for every in (0, -2):
        with pytest.raises(ValueError, match=f"^snapshot_every must be ≥ 1, got {every}$"):
            train(net, x, y, ALL_MASKS[:1], snapshot_every=every)
    with pytest.raises(
        ValueError, match=r"^this result has no snapshots: train with snapshot_every=…$"
    ):
        training.curves(train(net, x, y, ALL_MASKS[:1], TrainConfig(steps=0)), x, y)


# ------------------------------------------------------------------------------ gradients

FORMS = [
    *({"attractor": a} for a in ("coverage", "soft coverage", "gaussian", "imq", "energy")),
    *({"kernel": k} for k in ("imq", "energy")),
    {"activation": "sech2"},
    {"parametrisation": "centre"},
]


@pytest.mark.parametrize("dims", [1, 2, 4])
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_prototypes_on_samples_and_on_each_other_have_finite_gradients(form, dims):
    """Exactly where a root has no derivative: energy's pairs, the top of sech2's bump."""
    net, x, y = stack([0, 1], 5, 5, dims)
    slope = torch.ones_like(net.slope)  # so that −b/w is the sample to the last bit
    net = net._replace(slope=slope, bias=-x.clone())  # every prototype on its sample
    net.bias[:, 1] = net.bias[:, 0]  # and two of them together
    config = TrainConfig(tau=0.3, lam=0.2, **form)
    masks = ALL_MASKS[[7, 6]]
    assert all(torch.isfinite(tensor).all() for tensor in gradients(net, x, y, masks, config))
    if "parametrisation" in form:
        return
    if form.get("attractor", "coverage") == "coverage":  # tied: autograd shares the pull
        masks = masks * torch.tensor([0.0, 1, 1]).double()
    twin = require_grad(net)
    losses.objective(twin, x, y, masks, lam=0.2, **config.forms()).sum().backward()
    for a, b in zip(gradients(net, x, y, masks, config), twin):
        assert torch.allclose(a, b.grad, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("dims", [3, 4])
@pytest.mark.parametrize("attractor", ["soft coverage", "gaussian", "imq", "energy"])
def test_few_and_many_dimensions_count_distances_alike(attractor, dims):
    """Either side of where distances begin to come from matrix products; one net or many."""
    net, x, y = stack(range(4), 6, 5, dims)
    x = 30 * x  # far apart, and two points close beside: relative to their size they coincide
    net = net._replace(bias=30 * net.bias)
    p = model.prototypes(net)
    net.bias[:, 1] = -net.slope[:, 1, None] * (p[:, 0] + 1e-3)
    tau = 1e-5 if attractor in ("gaussian", "imq") else 1.0
    kernel = "gaussian" if attractor == "soft coverage" else attractor
    config = TrainConfig(lam=1.0, tau=tau, softness=5.0, attractor=attractor, kernel=kernel)
    masks = torch.tensor([[1.0, 1, 0]]).double().expand(4, 3).contiguous()
    found = gradients(net, x, y, masks, config)
    twin = require_grad(net)
    losses.objective(twin, x, y, masks, lam=1.0, **config.forms()).sum().backward()
    for a, b in ((found.bias, twin.bias.grad), (found.slope, twin.slope.grad)):
        assert torch.allclose(a, b, rtol=1e-6, atol=1e-9 * b.abs().max())


@pytest.mark.parametrize("w", [1.0, 1.01, 0.99, -1.0, -0.99, 0.0])
def test_a_floored_slope_gets_no_force_from_prototypes(w):
    """Exactly at the floor the slope still counts; below it the prototype moves with b alone."""
    net, x, y = stack([0], 3, 2)
    slope = net.slope.clone()
    slope[0, 0] = w * model.SLOPE_FLOOR
    net = net._replace(slope=slope, bias=net.bias * model.SLOPE_FLOOR)
    masks = torch.tensor([[1.0, 1, 1]]).double()
    config = TrainConfig(lam=0.5, tau=0.5)
    twin = require_grad(net)
    losses.objective(twin, x, y, masks, lam=0.5, **config.forms()).sum().backward()
    for a, b in zip(gradients(net, x, y, masks, config), twin):
        assert torch.allclose(a, b.grad, rtol=1e-9, atol=1e-12)


def test_a_single_unit_is_pushed_by_nobody():
    net, x, y = stack([0, 1], 3, 1)
    alone = gradients(net, x, y, ALL_MASKS[[6, 2]], TrainConfig())
    free = gradients(net, x, y, ALL_MASKS[[0, 0]], TrainConfig())
    assert all(torch.allclose(a, b, atol=1e-15) for a, b in zip(alone, free))


def test_masks_are_weights_and_nets_without_any_stand_between():
    """Fractions, zeros at both ends and in between; λ = 0, and three of them."""
    net, x, y = stack(range(6), 5, 4)
    masks = torch.zeros(6, 3).double()
    masks[1], masks[3], masks[4] = torch.tensor([[0.5, 0, 2.0], [0, 3.0, 0], [0.1, 0, 0.7]])
    config = TrainConfig(lam=0.4, tau=0.2)
    for lam in (0.4, 0.0, (0.3, 0.0, 2.0), (0.0, 0.5, 0.0), [0.0, 0.0, 0.0]):
        twin = require_grad(net)
        losses.objective(twin, x, y, masks, lam=lam, tau=0.2).sum().backward()
        found = gradients(net, x, y, masks, dataclasses.replace(config, lam=lam))
        for a, b in zip(found, twin):
            assert torch.allclose(a, b.grad, rtol=1e-10, atol=1e-12)


# ------------------------------------------------------------------------------ optimisers


def test_the_first_step_of_adam_has_the_length_of_the_learning_rate():
    """Both bias corrections cancel: θ − η g/(|g| + ε), exact for any gradient, also a tiny one."""
    net, x, y = stack([0], 4)
    net = net._replace(readout=net.readout * 1e-6)  # some gradients near ε
    g = gradients(net, x, y, ALL_MASKS[:1])
    after = train(net, x, y, ALL_MASKS[:1], TrainConfig(steps=1, learning_rate=0.25)).parameters
    for old, slope, new in zip(net, g, after):
        expected = old - 0.25 * slope / (slope.abs() + 1e-8)
        assert torch.allclose(new, expected, rtol=0, atol=1e-12)


def test_two_steps_of_adam_and_of_sgd_by_hand():
    net, x, y = stack([3], 4, 3)
    masks, mean, square = ALL_MASKS[4:5], 0.0, 0.0
    theta, plain = net, net
    for t in (1, 2, 3):
        g = torch.cat([v.flatten() for v in gradients(theta, x, y, masks)])
        mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g * g
        move = (mean / (1 - 0.9**t)) / ((square / (1 - 0.999**t)).sqrt() + 1e-8)
        parts = move.split([v.numel() for v in theta])
        theta = model.Parameters(*(v - 0.01 * m.reshape(v.shape) for v, m in zip(theta, parts)))
        plain = model.Parameters(
            *(v - 0.01 * s for v, s in zip(plain, gradients(plain, x, y, masks)))
        )
        for name, expected in (("adam", theta), ("sgd", plain)):
            found = train(net, x, y, masks, TrainConfig(steps=t, optimiser=name)).parameters
            for a, b in zip(found, expected):
                assert torch.allclose(a, b, rtol=0, atol=1e-12)


def test_snapshots_at_their_steps_and_none_without_asking():
    net, x, y = stack([0, 1], 3)
    masks = ALL_MASKS[:2]

    def kept(steps, every):
        return train(net, x, y, masks, TrainConfig(steps=steps), snapshot_every=every)

    assert kept(6, 3).snapshot_steps.tolist() == [0, 3, 6]
    assert kept(5, 7).snapshot_steps.tolist() == [0, 5]
    assert kept(2, 1).snapshot_steps.tolist() == [0, 1, 2]
    assert kept(0, 1).snapshot_steps.tolist() == [0]
    none = kept(3, None)
    assert none.snapshot_steps.tolist() == []
    assert none.snapshots.slope.shape == (2, 0, 3)
    assert none.config.steps == 3
    centred = train(net, x, y, masks, TrainConfig(steps=2, parametrisation="centre"),
                    snapshot_every=1)  # fmt: skip
    assert torch.allclose(centred.snapshots.bias[:, 0], net.bias, atol=1e-15)
    assert torch.equal(centred.snapshots.bias[:, -1], centred.parameters.bias)


def test_the_bar_is_shown_only_when_asked_for(capsys):
    net, x, y = stack([0], 3)
    train(net, x, y, ALL_MASKS[:1], TrainConfig(steps=2))
    assert capsys.readouterr().err == ""
    train(net, x, y, ALL_MASKS[:1], TrainConfig(steps=2), progress=True)
    shown = capsys.readouterr().err
    assert "training" in shown
    assert "2/2" in shown


def test_curves_are_the_reference_losses_in_the_runs_own_form():
    net, x, y = stack([0, 1], 4, dims=2)
    config = TrainConfig(steps=2, tau=0.2, attractor="imq", kernel="energy", activation="sech2")
    result = train(net, x, y, ALL_MASKS[:2], config, snapshot_every=2)
    found = training.curves(result, x, y)
    for frame, moment in ((0, net), (1, result.parameters)):
        f = model.predict(moment, x, activation="sech2")
        assert torch.allclose(found[:, frame, 0], losses.fit(f, y))
        parts = losses.structural(moment, x, tau=0.2, attractor="imq", kernel="energy",
                                  activation="sech2")  # fmt: skip
        assert torch.allclose(found[:, frame, 1:], parts)


def test_kappa_turns_powers_of_two_into_the_exponential():
    unit = model.Parameters(
        *(torch.tensor(v).double() for v in ([[2.0]], [[[0.0]]], [[1.0]], [0.0]))
    )
    x = torch.tensor([[[0.7]]], dtype=torch.float64)
    g = gradients(unit, x, torch.zeros(1, 1).double(), torch.zeros(1, 3).double())
    h = math.exp(-1.96)  # f = h, so ∂f²/∂v = 2 h², ∂/∂b = −4 h² z, ∂/∂w = that times x
    assert g.readout.item() == pytest.approx(2 * h * h, rel=1e-12)
    assert g.offset.item() == pytest.approx(2 * h, rel=1e-12)
    assert g.bias.item() == pytest.approx(-4 * h * h * 1.4, rel=1e-12)
    assert g.slope.item() == pytest.approx(-4 * h * h * 1.4 * 0.7, rel=1e-12)
