"""The cluster-centric world and its classifier: draws, mixing, training, and the theorem itself."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from sklearn.decomposition import FastICA

from protolib import data, streams
from protolib.sparse import ica, scores
from protolib.sparse import identifiability as ident
from protolib.sparse.rotations import random_rotations

SMALL = ident.World(dims=3, classes=6)
QUICK = ident.Training(widths=(16, 16), outputs=3, steps=20, batch=64)


def _random(seed=0):
    return data.generator(seed, streams.GENERATIVE)


# ------------------------------------------------------------------------------ the sphere


@pytest.mark.parametrize("dims", [2, 3, 5])
@pytest.mark.parametrize("kappa", [0.0, 1.0, 10.0, 300.0])
def test_draws_have_scipys_distribution(dims, kappa):
    """The part along the centre, and the mean; the rest is even around the centre."""
    count = 4000
    centre = np.zeros(dims)
    centre[-1] = 1.0
    z = ident.von_mises_fisher(np.tile(centre, (count, 1)), kappa, _random())
    assert np.allclose((z**2).sum(-1), 1)
    if kappa == 0:
        twin = np.random.default_rng(0).normal(size=(count, dims))
        twin /= np.linalg.norm(twin, axis=-1, keepdims=True)
    else:
        twin = stats.vonmises_fisher(centre, kappa, seed=0).rvs(count)
        mean = special.ive(dims / 2, kappa) / special.ive(dims / 2 - 1, kappa)
        assert z[:, -1].mean() == pytest.approx(mean, abs=4 * z[:, -1].std() / math.sqrt(count))
    assert stats.ks_2samp(z[:, -1], twin[:, -1]).pvalue > 1e-3
    assert stats.ks_2samp(z[:, 0], twin[:, 0]).pvalue > 1e-3
    around = z[:, :-1].mean(0)
    assert np.abs(around).max() < 4 / math.sqrt(count)


def test_every_sample_has_its_own_centre_and_concentration():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3000, 4))
    centres /= np.linalg.norm(centres, axis=-1, keepdims=True)
    kappa = np.where(np.arange(3000) < 1500, 2.0, 200.0)
    along = (ident.von_mises_fisher(centres, kappa, _random()) * centres).sum(-1)
    for part, value in ((along[:1500], 2.0), (along[1500:], 200.0)):
        mean = special.ive(2, value) / special.ive(1, value)
        assert part.mean() == pytest.approx(mean, abs=4 * part.std() / math.sqrt(1500))


def test_bad_centres_are_named():
    with pytest.raises(ValueError, match="length 1"):
        ident.von_mises_fisher(np.ones((2, 3)), 1.0, _random())
    with pytest.raises(ValueError, match="two dimensions"):
        ident.von_mises_fisher(np.ones((2, 1)), 1.0, _random())
    with pytest.raises(ValueError, match="κ ≥ 0"):
        ident.von_mises_fisher(np.eye(3), -1.0, _random())


# ------------------------------------------------------------------------------ the world


def test_the_mixing_is_well_conditioned_and_invertible():
    matrices = ident.mixing([0, 1], ident.World(condition=4.0))
    singular = torch.linalg.svdvals(matrices)
    assert torch.allclose(singular[..., 0], torch.tensor(2.0, dtype=torch.float64))
    assert torch.allclose(singular[..., -1], torch.tensor(0.5, dtype=torch.float64))
    assert torch.allclose(singular.prod(-1), torch.tensor(1.0, dtype=torch.float64))
    z = torch.tensor(np.random.default_rng(0).normal(size=(2, 50, 5)))
    x = ident.mix(z, matrices)
    assert torch.allclose(ident.unmix(x, matrices), z, atol=1e-12)
    looped = torch.stack([ident.mix(z[r : r + 1], matrices[r : r + 1])[0] for r in range(2)])
    assert torch.allclose(x, looped)
    # and it is not linear: no linear map explains it
    assert scores.linear_r2(x, z).max() < 0.999
    assert torch.equal(ident.mix(z, matrices[:, :0]), z)


def test_data_of_a_world():
    world = ident.World(dims=4, classes=7)
    train, test = ident.draw([3], 3000, world), ident.draw([3], 3000, world, part=1)
    assert torch.allclose(train.latents.norm(dim=-1), torch.tensor(1.0), atol=1e-6)
    counts = torch.bincount(train.labels[0], minlength=7)
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3
    # latents lie around their class, and in both parts around the same one
    centres = ident.directions([3], world)[0].float()
    for part in (train, test):
        means = torch.stack([part.latents[0, part.labels[0] == c].mean(0) for c in range(7)])
        assert (torch.nn.functional.cosine_similarity(means, centres) > 0.99).all()
    unmixed = ident.unmix(train.inputs.double(), ident.mixing([3], world))
    assert torch.allclose(unmixed.float(), train.latents, atol=1e-5)
    assert not torch.equal(train.latents, test.latents)


def test_a_world_does_not_depend_on_its_neighbours():
    alone, stack = ident.draw([5], 40, SMALL), ident.draw([2, 5], 40, SMALL)
    assert all(torch.equal(a[0], s[1]) for a, s in zip(alone, stack))


def test_shuffled_labels_are_a_share_of_all():
    world = dataclasses.replace(SMALL, shuffled=0.5)
    clean, noisy = ident.draw([0], 6000, SMALL), ident.draw([0], 6000, world)
    assert torch.equal(clean.latents, noisy.latents)
    kept = (clean.labels == noisy.labels).double().mean().item()
    assert kept == pytest.approx(0.5 + 0.5 / 6, abs=0.03)


def test_uneven_worlds_have_tight_and_wide_classes():
    world = dataclasses.replace(SMALL, uneven=10.0, classes=20)
    sample = ident.draw([0], 8000, world)
    centres = ident.directions([0], world)[0].float()
    along = (sample.latents[0] * centres[sample.labels[0]]).sum(-1)
    means = [along[sample.labels[0] == c].mean().item() for c in range(20)]
    assert max(means) > 0.95
    assert min(means) < 0.75


@pytest.mark.parametrize(
    "wrong",
    [{"dims": 1}, {"classes": 1}, {"concentration": -1.0}, {"uneven": 0.5}, {"shuffled": 2.0},
     {"condition": 0.5}, {"slope": 0.0}],
)  # fmt: skip
def test_impossible_worlds_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        ident.World(**wrong)


# ------------------------------------------------------------------------------ the classifier


def _looped(net, x, y, r, slope=0.2):
    """The cross-entropy of net r, sample by sample, with plain matrices."""
    total = 0.0
    for xi, yi in zip(x[r], y[r]):
        h = xi
        for place, (weight, bias) in enumerate(zip(net.weights, net.biases)):
            if place:
                h = torch.where(h > 0, h, slope * h)
            h = h @ weight[r] + bias[r, 0]
        z = h @ net.head[r] + net.head_bias[r, 0]
        total += (torch.logsumexp(z, 0) - z[yi]).item()
    return total / len(y[r])


def test_the_loss_of_a_stack_equals_a_loop_over_samples():
    sample = ident.draw([0, 1], 30, SMALL)
    net = ident.initialise([0, 1], 3, 6, QUICK)
    for bias in (*net.biases, net.head_bias):
        bias += 0.1 * torch.arange(bias.shape[-1])
    found = ident.cross_entropy(net, sample.inputs, sample.labels)
    for r in range(2):
        expected = _looped(net, sample.inputs, sample.labels, r)
        assert found[r].item() == pytest.approx(expected, rel=1e-5)


def test_networks_never_mix():
    seeds = [0, 1, 2]
    sample = ident.draw(seeds, 200, SMALL)
    stack = ident.train(seeds, sample, 6, QUICK)
    for r in seeds:
        own = ident.Sample(*(tensor[r : r + 1] for tensor in sample))
        alone = ident.train([r], own, 6, QUICK)
        for a, s in zip((*alone.weights, alone.head), (*stack.weights, stack.head)):
            # float32: twenty steps of Adam, batched products rounded in another order
            assert torch.allclose(a[0], s[r], atol=2e-4)
    net = ident.initialise(seeds, 3, 6, QUICK)
    net.head.requires_grad_()
    ident.cross_entropy(net, sample.inputs, sample.labels)[0].backward()
    assert net.head.grad[0].abs().max() > 0
    assert (net.head.grad[1:] == 0).all()


def test_training_leaves_its_start_alone_and_repeats_itself():
    sample = ident.draw([0], 200, SMALL)
    one, other = (ident.train([0], sample, 6, QUICK) for _ in range(2))
    assert torch.equal(one.head, other.head)
    assert not one.head.requires_grad
    assert (one.head_bias == 0).all()
    biased = ident.train([0], sample, 6, dataclasses.replace(QUICK, head_bias=True))
    assert (biased.head_bias != 0).any()


def test_an_untrained_classifier_knows_nothing():
    sample = ident.draw([0, 1, 2], 2000, SMALL)
    net = ident.initialise([0, 1, 2], 3, 6)
    loss = ident.cross_entropy(net, sample.inputs, sample.labels)
    assert loss.mean().item() == pytest.approx(math.log(6), abs=0.1)
    codes = ident.encode(net, sample.inputs)
    assert 0.3 < codes.std() < 3  # what passes through keeps its size


def test_bad_data_are_named():
    sample = ident.draw([0, 1], 20, SMALL)
    with pytest.raises(ValueError, match="one per seed"):
        ident.train([0], sample, 6, QUICK)
    with pytest.raises(ValueError, match="labels must be"):
        ident.train([0, 1], sample, 2, QUICK)
    with pytest.raises(ValueError, match="steps"):
        ident.Training(steps=0)


# ------------------------------------------------------------------------------ the theorem


def test_centred_logits_of_the_posterior_are_linear_in_the_latent():
    """log p(c | z), less its mean over classes, is κ (v_c − v̄)·z, whatever the normaliser."""
    world = ident.World(dims=3, classes=5, concentration=7.0)
    centres = ident.directions([0], world)[0].numpy()
    z = ident.draw([0], 50, world).latents[0].double().numpy()
    z /= np.linalg.norm(z, axis=-1, keepdims=True)
    density = np.stack([stats.vonmises_fisher(v, 7.0).pdf(z) for v in centres], axis=-1)
    log_posterior = np.log(density / density.sum(-1, keepdims=True))
    centred = log_posterior - log_posterior.mean(-1, keepdims=True)
    assert centred == pytest.approx(7.0 * z @ (centres - centres.mean(0)).T, abs=1e-9)


def test_a_minimiser_gives_the_latents_back_by_the_formula():
    """z = (1/κ) Ṽ⁺ W̃ f(x) for f = A⁻¹z and W = κVA, and no other classifier scores better."""
    world = ident.World(dims=3, classes=8, concentration=5.0)
    sample = ident.draw([0], 4000, world)
    z, labels = sample.latents.double(), sample.labels
    centres = ident.directions([0], world)
    a = torch.tensor(np.random.default_rng(0).normal(size=(3, 3)))
    codes, head = z @ torch.linalg.inv(a).mT, 5.0 * centres @ a
    centred = head - head.mean(1, keepdim=True)
    spread = centres - centres.mean(1, keepdim=True)
    back = codes @ centred.mT @ torch.linalg.pinv(spread).mT / 5.0
    assert torch.allclose(back, z, atol=1e-9)
    best = torch.nn.functional.cross_entropy((codes @ head.mT)[0], labels[0])
    for seed in range(5):
        other = head + 0.3 * torch.tensor(np.random.default_rng(seed).normal(size=head.shape))
        assert torch.nn.functional.cross_entropy((codes @ other.mT)[0], labels[0]) > best


def test_training_makes_latents_linear_and_leaves_them_rotated():
    world = ident.World(dims=3, classes=30, concentration=4.0)
    training = ident.Training(widths=(64, 64, 64), outputs=3, steps=1000, batch=256)
    sample, test = ident.draw([0], 20_000, world), ident.draw([0], 2000, world, part=1)
    start = ident.initialise([0], 3, 30, training)
    end = ident.train([0], sample, 30, training)
    before, after = (
        scores.linear_r2(ident.encode(net, test.inputs), test.latents).item()
        for net in (start, end)
    )
    raw = scores.linear_r2(test.inputs, test.latents).item()
    assert after > max(before, raw, 0.9)
    assert scores.mcc(ident.encode(end, test.inputs), test.latents).item() < 0.97


# ------------------------------------------------------------------------------ few samples


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_the_share_within_classes_is_the_latents_own_after_any_linear_map(seed):
    """What the theorem says of an optimum's codes, and Pillai's trace by another way."""
    rng = np.random.default_rng(seed)
    labels = torch.tensor(rng.integers(4, size=(1, 60)))
    z = torch.tensor(rng.normal(size=(1, 60, 3)) + 2 * rng.normal(size=(4, 3))[labels.numpy()])
    found = ident.within_classes(z, labels)
    turned = z @ torch.tensor(rng.normal(size=(3, 3))) + torch.tensor(rng.normal(size=3))
    assert ident.within_classes(turned, labels).item() == pytest.approx(found.item(), abs=1e-6)
    one = np.eye(4)[labels[0].numpy()]
    fitted = one @ np.linalg.lstsq(one, z[0].numpy())[0]
    cancor = np.linalg.svd(
        np.linalg.qr(z[0].numpy() - z[0].numpy().mean(0))[0].T
        @ np.linalg.qr(fitted - fitted.mean(0))[0]
    )[1]
    assert found.item() == pytest.approx(1 - (cancor**2).sum() / 3, abs=1e-6)


def test_the_share_within_classes_at_its_ends():
    labels = torch.arange(30).reshape(1, -1) % 3
    points = torch.tensor(np.random.default_rng(0).normal(size=(3, 2)))
    collapsed = points[labels]
    assert ident.within_classes(collapsed, labels).item() == pytest.approx(0, abs=1e-9)
    assert ident.within_classes(0 * collapsed, labels).item() == 0
    same_mean = torch.tensor([[[-1.0], [1.0], [-2.0], [2.0]]])
    assert ident.within_classes(same_mean, torch.tensor([[0, 0, 1, 1]])).item() == pytest.approx(1)


def test_samples_are_fitted_by_codes_that_know_the_class_alone():
    """The infimum of the empirical loss over all functions is 0, whatever else z holds."""
    world = ident.World(classes=20)
    sample = ident.draw([0], 2000, world)
    v = ident.directions([0], world)
    losses = []
    for t in (1.0, 10.0, 100.0, 1000.0):
        codes = t * v[0][sample.labels]
        z = (codes @ v.mT)[0]
        losses.append(torch.nn.functional.cross_entropy(z, sample.labels[0]).item())
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-6
    collapsed = v[0][sample.labels]
    assert ident.within_classes(collapsed, sample.labels).item() == pytest.approx(0, abs=1e-9)
    # what such codes know of the latents is what lies between the classes, no more
    between = 1 - ident.within_classes(sample.latents, sample.labels).item()
    assert scores.linear_r2(collapsed, sample.latents).item() == pytest.approx(between, abs=0.03)


def test_few_samples_are_fitted_and_their_latents_are_not_found():
    world = ident.World(dims=3, classes=10, concentration=5.0)
    training = ident.Training(widths=(64, 64, 64), outputs=3, steps=1500, batch=64)
    test, r2, shares = ident.draw([0, 1], 3000, world, part=1), {}, {}
    for samples in (100, 10_000):
        sample = ident.draw([0, 1], samples, world)
        net = ident.train([0, 1], sample, 10, training)
        codes = ident.encode(net, test.inputs)
        r2[samples] = scores.linear_r2(codes, test.latents)
        on = ident.accuracy(net, sample.inputs, sample.labels)
        off = ident.accuracy(net, test.inputs, test.labels)
        inside = ident.within_classes(ident.encode(net, sample.inputs), sample.labels)
        shares[samples] = inside - ident.within_classes(codes, test.labels)
        assert ((on - off) > 0.3).all() if samples == 100 else ((on - off).abs() < 0.05).all()
    assert (r2[10_000] > r2[100] + 0.1).all()
    assert (shares[100] < shares[10_000] - 0.05).all()
    assert (shares[10_000].abs() < 0.05).all()


# ------------------------------------------------------------------------------ after "linear"


def _even(seeds, samples, dims):
    """Points that fill the sphere evenly."""
    normal = data.noise(seeds, samples, dims, dtype=torch.float64)
    return normal / normal.norm(dim=-1, keepdim=True)


def _invertible(seeds, dims):
    return torch.eye(dims) + 0.5 * data.noise(seeds, dims, dims, dtype=torch.float64)


@pytest.mark.parametrize("dims", [2, 3, 5])
def test_independent_latents_come_back_and_sklearn_agrees(dims):
    seeds = [0, 1, 2]
    z = data.uniform(seeds, 4000, dims, dtype=torch.float64)
    z = z.sign() * z.abs() ** 0.5 if dims == 3 else z
    mixed = z @ _invertible(seeds, dims).mT + 3.0
    units = ica.fast_ica(mixed)
    assert scores.mcc(units, z).min() > 0.99
    assert torch.allclose(units.mT @ units / 4000, torch.eye(dims, dtype=torch.float64), atol=1e-9)
    for own, codes in zip(units, mixed):
        twin = FastICA(whiten="unit-variance", tol=1e-10, max_iter=1000, random_state=0)
        other = torch.tensor(twin.fit_transform(codes.numpy()))
        assert scores.mcc(own[None], other[None]).item() > 1 - 1e-6
    alone = torch.cat([ica.fast_ica(mixed[r : r + 1]) for r in range(3)])
    assert scores.mcc(alone, units).min() > 1 - 1e-9


def test_long_tails_come_back_and_one_normal_latent_is_allowed():
    rng = np.random.default_rng(0)
    z = np.stack([rng.laplace(size=20_000), rng.normal(size=20_000), rng.uniform(size=20_000)], 1)
    z = torch.tensor(z)[None]
    assert scores.mcc(ica.fast_ica(z @ _invertible([0], 3).mT), z).item() > 0.99


@given(seed=st.integers(0, 10_000), dims=st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_turned_latents_explain_the_same_codes_with_the_same_law(seed, dims):
    """The proposition: (RA, Rz) beside (A, z), and no projection tells Rz from z."""
    z = _even([seed], 4000, dims)
    a, turn = _invertible([seed], dims)[0], _rotation(seed, dims)
    codes = z @ torch.linalg.inv(a).mT
    assert torch.allclose(codes @ (turn @ a).mT, z @ turn.mT, atol=1e-8)
    first, second = z[0, :2000], (z @ turn.mT)[0, 2000:]
    for along in torch.eye(dims, dtype=torch.float64):
        assert stats.ks_2samp(first @ along, second @ along).pvalue > 1e-5


def _rotation(seed, dims):
    return random_rotations(data.noise([seed], dims, dims, dtype=torch.float64))[0]


@pytest.mark.parametrize("law", ["sphere", "normal"])
def test_without_axes_ica_scores_what_a_random_rotation_scores(law):
    seeds = range(150)
    z = data.noise(seeds, 1000, 3, dtype=torch.float64)
    z = _even(seeds, 1000, 3) if law == "sphere" else z
    # latents whose axes the search does not start from
    found = scores.mcc(ica.fast_ica(z @ _rotation(0, 3).mT), z)
    guess = scores.mcc_of_rotations(3)
    error = math.hypot(found.std() / math.sqrt(150), guess.std() / math.sqrt(len(guess)))
    assert found.mean().item() == pytest.approx(guess.mean().item(), abs=4 * error)


def test_the_law_of_rotation_invariant_codes_gives_a_up_to_a_rotation():
    """And no less: the covariance of the codes is that of (AᵀA)⁻¹."""
    z, a = _even([0], 200_000, 3), _invertible([0], 3)[0]
    codes = (z @ torch.linalg.inv(a).mT)[0]
    gram = torch.linalg.inv(3 * codes.mT @ codes / len(codes))
    assert torch.allclose(gram, a.mT @ a, rtol=0.03, atol=0.03)


def test_codes_that_ica_cannot_whiten_are_named():
    with pytest.raises(ValueError, match="more samples"):
        ica.fast_ica(torch.ones(1, 3, 3))
    flat = torch.tensor(np.random.default_rng(0).normal(size=(1, 50, 2)))
    with pytest.raises(ValueError, match="span"):
        ica.fast_ica(torch.cat([flat, flat[..., :1]], dim=-1))
