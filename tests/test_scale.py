"""Scale: estimates of the energy force, blocks, the chart, an encoder under the prototypes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from protolib import data, encoded, losses, measurements, model, scale, training
from protolib.claims import further

TABLE = Path(__file__).parents[1] / "book" / "_data" / "scale.csv.gz"


def _judged(claim, world, values, seeds=10):
    rng = np.random.default_rng(0)
    noise = 0.002 * np.linspace(-1, 1, seeds)  # of mean 0
    rows = [
        (world, 100, score, of, 10 + k, value + extra)
        for (score, of), value in values.items()
        for k, extra in enumerate(rng.permutation(noise))
    ]
    table = pd.DataFrame(rows, columns=measurements.COLUMNS)
    found = {verdict.claim.id: verdict for verdict in further.ledger(table)}[claim]
    return found.verdict, [question.answer for question in found.questions]


def _g4(shown, fresh):
    forms = ("coverage", "energy")
    values = {("share shown", form): shown for form in forms}
    values |= {("accuracy, fresh", form): fresh for form in forms}
    return _judged("G4", "digits", {**values, ("accuracy, fresh", "baseline"): 0.9})


def test_g4_asks_for_readable_prototypes_and_as_good_predictions():
    assert _g4(0.95, 0.9) == ("holds", ["yes"] * 4)
    assert _g4(0.85, 0.89) == ("partly", ["no", "yes"] * 2)
    assert _g4(0.85, 0.87) == ("fails", ["no"] * 4)
    assert _g4(0.9, 0.88)[0] == "undecided"


def _g5(by_features, by_pixels, fresh):
    values = {
        ("named by features", "trained"): by_features,
        ("named by pixels", "trained"): by_pixels,
        ("accuracy, fresh", "trained"): fresh,
        ("accuracy, fresh", "raw pixels"): 0.9,
    }
    return _judged("G5", "2 layers, 64 features", values)


def test_g5_asks_for_names_by_features_and_by_pixels():
    assert _g5(0.95, 0.95, 0.9) == ("holds", ["yes"] * 3)
    assert _g5(0.95, 0.5, 0.85) == ("partly", ["yes", "no", "no"])
    assert _g5(0.5, 0.5, 0.5) == ("fails", ["no"] * 3)
    assert _g5(0.9, 0.9, 0.88)[0] == "undecided"


# ------------------------------------------------------------------------------ the trainer


@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_the_cosine_is_that_of_torch(optimiser):
    x = data.uniform([0], 4, dtype=torch.float64)
    y, mask = data.sine(x), torch.tensor([[1.0, 1.0, 0.0]], dtype=torch.float64)
    start = model.initialise([0], 4, dtype=torch.float64)
    config = training.TrainConfig(steps=30, optimiser=optimiser, decay="cosine", tau=0.1)
    mine = training.train(start, x, y, mask, config).parameters
    weights = [t.clone().requires_grad_() for t in start]
    kind = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[optimiser]
    torchs = kind(weights, config.learning_rate)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(torchs, config.steps)
    for step in range(1, config.steps + 1):
        assert rate.get_last_lr()[0] == pytest.approx(config.rate(step), rel=1e-12)
        torchs.zero_grad()
        net = model.Parameters(*weights)
        losses.objective(net, x, y, mask, lam=config.lam, **config.forms()).sum().backward()
        torchs.step()
        rate.step()
    for own, other in zip(mine, weights):
        torch.testing.assert_close(own, other.detach(), rtol=1e-9, atol=1e-9)


def test_a_constant_rate_stays():
    assert training.TrainConfig(learning_rate=0.5).rate(7) == 0.5


FORMS = [("coverage", "gaussian"), ("energy", "energy"), ("soft coverage", "imq")]


@pytest.mark.parametrize(("attractor", "kernel"), FORMS)
@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("parametrisation", ["bias", "centre"])
def test_nothing_stays_behind_on_the_processor(attractor, kernel, dims, parametrisation):
    """torch's device without memory refuses to mix with the processor, and to give numbers back."""
    x, start = data.uniform([0, 1], 5, dims), model.initialise([0, 1], 5, dims)
    config = training.TrainConfig(
        steps=2, attractor=attractor, kernel=kernel, parametrisation=parametrisation
    )
    args = start, x, data.sine(x), torch.ones(2, 3), config
    with pytest.raises(NotImplementedError, match="no data"):  # on the way home
        training.train(*args, device="meta", snapshot_every=1)
    there = model.Parameters(*(t.to("meta") for t in start))
    run = training.train(there, x.to("meta"), data.sine(x).to("meta"), *args[3:])
    assert {t.device.type for t in run.parameters} == {"meta"}
    home = training.train(*args, device="cpu", snapshot_every=1)
    for own, other in zip(home.parameters, training.train(*args).parameters):
        assert torch.equal(own, other)


def test_a_large_network_trains_where_it_is_told():
    x, y = data.uniform([0], 6, 2)[0], torch.eye(6)
    plan = scale.Plan(block=3, batch=4, steps=2)
    with pytest.raises(NotImplementedError, match="no data"):
        scale.train(0, x, y, plan, device="meta")
    for own, other in zip(scale.train(0, x, y, plan), scale.train(0, x, y, plan, device="cpu")):
        assert torch.equal(own, other)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no graphics card")
@pytest.mark.parametrize("dims", [1, 2, 8])
def test_a_graphics_card_gives_the_same_network(dims):
    x = data.uniform([0, 1], 20, dims, dtype=torch.float64)
    start = model.initialise([0, 1], 20, dims, dtype=torch.float64)
    masks = torch.ones(2, 3, dtype=torch.float64)
    for attractor, kernel in [*FORMS, ("transport", "gaussian")]:
        config = training.TrainConfig(steps=20, attractor=attractor, kernel=kernel)
        args = start, x, data.sine(x), masks, config
        run = training.train(*args, device="cuda")
        for own, other in zip(run.parameters, training.train(*args).parameters):
            assert own.device.type == "cpu"
            torch.testing.assert_close(own, other, rtol=1e-7, atol=1e-7)


# ------------------------------------------------------------------------------ the forces


def _clouds(n=12, m=9, dims=3):
    draw = torch.Generator().manual_seed(0)
    return (torch.randn(k, dims, generator=draw, dtype=torch.float64) for k in (n, m))


@pytest.mark.parametrize("dims", [1, 3, 6])
def test_the_force_is_the_derivative_of_the_energy_distance(dims):
    p, x = _clouds(dims=dims)
    p.requires_grad_()
    distance = losses.mmd2(x[None], p[None], tau=1.0, kernel="energy")
    (gradient,) = torch.autograd.grad(distance.sum(), p)
    force = scale.energy_force(p.detach()[None], x[None])[0]
    torch.testing.assert_close(force, len(p) / 2 * gradient)


def test_on_a_line_every_slice_is_exact():
    p, x = _clouds(dims=1)
    x[3] = p[2]  # a tie
    force = scale.energy_force(p[None], x[None])[0]
    for sign in (1.0, -1.0):
        one = torch.full((1, 1), sign, dtype=torch.float64)
        torch.testing.assert_close(scale.sliced_force(p, x, one), force)


def test_slices_are_unbiased_and_their_variance_is_known():
    """One pair: the estimate is c θ sign(θ · u), of squared length c², and u on average."""
    dims = 5
    p, x = torch.zeros(1, dims), torch.full((1, dims), 2.0)
    theta = scale.directions(200_000, dims, torch.Generator().manual_seed(0))
    u = -x[0] / x[0].norm()
    torch.testing.assert_close(scale.sliced_force(p, x, theta)[0], u, atol=0.01, rtol=0)
    one = scale.sliced_force(p, x, theta[:1])[0]
    assert one.square().sum().item() == pytest.approx(scale.slice_factor(dims) ** 2, rel=1e-5)
    assert scale.slice_factor(3) == pytest.approx(2.0)  # E|cos| on the sphere is one half
    assert scale.slice_factor(800) ** 2 == pytest.approx(torch.pi * 800 / 2, rel=1e-3)


def test_slices_and_blocks_are_still_at_the_samples_and_fresh_batches_are_not():
    n, count = 30, 10
    x = torch.randn(n, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    theta = scale.directions(7, 4, torch.Generator().manual_seed(2)).double()
    mixed = x[torch.randperm(n, generator=torch.Generator().manual_seed(3))]
    torch.testing.assert_close(scale.sliced_force(mixed, x, theta), torch.zeros_like(x))
    torch.testing.assert_close(scale.Blocks(x, count)(x), torch.zeros_like(x))
    draw, many = torch.Generator().manual_seed(4), 3000
    orders = torch.rand(2, many, n, generator=draw).argsort(-1)[..., :count]
    every = x.expand(many, -1, -1)
    force = scale.pull(every, x[orders[0]]) - scale.pull(every, x[orders[1]])
    total = force.square().sum((1, 2)).mean().item()
    unit = torch.nn.functional.normalize(x[:, None] - x, dim=-1)
    mean = unit.mean(1).square().sum()
    # two draws without replacement, of vectors of length one (and of none, from itself)
    spread = (n - 1) / n * n - mean
    exact = 2 / count * (n - count) / (n - 1) * spread
    assert total == pytest.approx(exact.item(), rel=0.03)


@pytest.mark.parametrize("together", [1, 8, 1000])
@pytest.mark.parametrize("size", [4, 5, 10, 30, None])
def test_blocks_are_energy_distances_of_their_own(size, together, monkeypatch):
    monkeypatch.setattr(scale, "TOGETHER", together)
    p, x = _clouds(10, 10, 2)
    force = scale.Blocks(x, size)(p)
    size = min(size or 10, 10)
    for k in range(0, 10, size) if 10 % size == 0 else ((0, 4, 8) if size == 4 else ()):
        own = slice(k, k + size)
        torch.testing.assert_close(force[own], scale.energy_force(p[None, own], x[None, own])[0])


# ------------------------------------------------------------------------------ large networks


def test_a_network_reads_back_what_it_was_trained_on():
    x, y, fresh, fresh_y = scale.images("digits", 100, 0)
    net = scale.train(0, x, y, scale.FORMS["energy"]._replace(steps=500))
    p = model.prototypes(net)[0]
    assert scale.found(p, x) == 1.0
    assert scale.accuracy(net, x, y) > 0.97
    assert scale.accuracy(net, fresh, fresh_y) > 0.85
    assert scale.found(fresh[:100], x) < 0.05
    with pytest.raises(ValueError, match="form"):
        scale.train(0, x, y, scale.Plan("overlap"))


def test_pieces_do_not_change_distances(monkeypatch):
    a, b = _clouds(2500, 40, 3)
    gaps = torch.cdist(a, b).amin(1)
    torch.testing.assert_close(scale.nearest(a, b), gaps)
    own = torch.cdist(a, a).fill_diagonal_(torch.inf).amin(1)
    torch.testing.assert_close(scale.nearest(a, a, other=True), own)


def test_responses_and_accuracy_are_the_models():
    start = model.initialise([0], 7, 5, outputs=3)
    x = data.uniform([0], 50, 5)
    torch.testing.assert_close(
        scale.responses(start.slope, start.bias, x), model.respond(start, x), rtol=1e-4, atol=1e-6
    )
    y = torch.nn.functional.one_hot(model.predict(start, x)[0].argmax(-1), 3).float()
    assert scale.accuracy(start, x[0], y) == 1.0


def test_a_dask_cluster_runs_the_chart(monkeypatch):
    short = {form: plan._replace(steps=3) for form, plan in scale.FORMS.items()}
    monkeypatch.setattr(scale, "FORMS", short)
    distributed = pytest.importorskip("distributed")
    wanted = [scale.Task("digits", 20, form, 3) for form in ("coverage", "energy")]
    with (
        distributed.LocalCluster(
            n_workers=1, processes=False, dashboard_address=None, protocol="inproc://"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        there = scale.chart(wanted, client.get_executor())
    here = [row for task in wanted for row in scale.run(task)]
    kept = [[row for row in part if row.score != "seconds"] for part in (there, here)]
    assert kept[0] == kept[1]
    assert len(kept[0]) == 8


def test_memory_is_that_of_the_training_alone():
    n, dims = 2000, 64
    ballast = torch.ones(60 * 2**20)  # 240 MB, here and in no other process
    costs = {row.score: row for row in scale.whole_step(n, dims)}
    megabytes = costs["megabytes"].value
    if np.isnan(megabytes):
        pytest.skip("no report about memory on this system")
    held = 5 * 4 * n * dims / 2**20  # weights, gradient, two moments, images
    assert held < megabytes < 60
    assert len(ballast) > megabytes
    assert 0 < costs["milliseconds"].value < 1000
    assert costs["milliseconds"].world == "a step, D = 64"


def test_the_largest_network_has_the_weights_that_it_should():
    n, dims = scale.LARGEST
    assert n * (1 + dims + 10) == pytest.approx(scale.TARGET, rel=1e-5)


def test_coverage_has_the_better_rate_of_those_tried():
    table = measurements.read(TABLE)
    tried = table[table["world"] == "digits, tried"].set_index("of")["value"]
    coverage = tried.filter(like="coverage")
    plan = scale.FORMS["coverage"]
    own = f"coverage, rate {plan.learning_rate:g}, λ {plan.lam:g}"
    assert len(coverage) == 6
    assert coverage[own] == pytest.approx(coverage.max(), abs=0.02)


def test_prototypes_survive_the_file(tmp_path):
    p = torch.tensor([[0.1234, -0.5], [2.0, 1e-5]])
    scale.write_prototypes(p, tmp_path / "p.csv.gz")
    torch.testing.assert_close(scale.read_prototypes(tmp_path / "p.csv.gz"), p, atol=5e-4, rtol=0)


def test_letters_are_images_of_their_classes():
    x, y = data.glyphs([0, 5], 40, 12)
    assert x.shape == (2, 40, 144)
    assert x.min() >= 0
    assert 0.8 < x.max() <= 1
    assert torch.equal(data.glyphs([5], 10, 12)[0][0], x[1, :10])
    assert (y.sum(-1) == 1).all()
    assert len(y.argmax(-1).unique()) == 10
    ink = x.sum(-1)
    assert ink.min() > 1  # no empty image
    with pytest.raises(ValueError, match="size"):
        data.glyphs([0], 1, 3)


def test_a_sample_of_the_table_is_measured_again():
    keys = measurements.COLUMNS[:-1]
    stored = measurements.read(TABLE).set_index(keys)["value"]
    rows = scale.run(scale.Task("digits", 100, "energy", 11))
    again = pd.DataFrame(rows, columns=measurements.COLUMNS).set_index(keys)["value"]
    scores = again.index.get_level_values("score")
    again = again[scores != "seconds"]
    assert (again - stored.loc[again.index]).abs().max() < 0.03


# ------------------------------------------------------------------------------ the encoder


def test_an_encoder_is_torchs():
    world = encoded.World(2, 7)
    encoder = encoded.initialise([3], world)
    layers = []
    for weights, bias in encoder:
        linear = torch.nn.Linear(*weights.shape[1:])
        linear.weight.data, linear.bias.data = weights[0].T.clone(), bias[0, 0]
        layers += [linear, torch.nn.ReLU()]
    x = data.digits([0], 5)[0]
    torch.testing.assert_close(
        encoded.encode(encoder, x)[0], torch.nn.Sequential(*layers[:-1])(x[0])
    )
    assert torch.equal(encoded.encode([], x), x)
    together = encoded.initialise([1, 3], world)
    assert torch.equal(together[0][0][1], encoder[0][0][0])


def test_an_encoder_learns_only_where_it_may():
    x, y = data.digits([0], 12)
    world, start = encoded.World(1, 8), encoded.initialise([0], encoded.World(1, 8))
    for how in encoded.HOWS:
        net = encoded.train([0], x, y, world, how, steps=3)
        still = torch.equal(net.encoder[0][0], start[0][0])
        assert still == (how == "untrained")
    with pytest.raises(ValueError, match="how"):
        encoded.train([0], x, y, world, "frozen")


def test_decoding_finds_an_image_with_the_features():
    encoder = encoded.initialise([0], encoded.World(1, 64))
    x, _ = data.digits([0], 6)
    f = encoded.encode(encoder, x)
    z = encoded.decode(encoder, f, x.mean(1))
    away = (encoded.encode(encoder, x.mean(1, keepdim=True)) - f).norm(dim=-1)
    assert ((encoded.encode(encoder, z) - f).norm(dim=-1) < 0.2 * away).all()
    assert z.min() >= 0
    assert z.max() <= 1
