"""The three steps as one chain: world, classifier, links, and the rule of S5."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from protolib import figures, measurements
from protolib.claims import further
from protolib.sparse import chain, coding, identifiability, scores


def _table(values, seeds=10, noise=1e-3):
    rng, rows = np.random.default_rng(0), []
    for seed in range(seeds):
        for (score, of), value in values.items():
            rows.append(("chain", 8, score, of, seed, value + noise * rng.normal()))
    return pd.DataFrame(rows, columns=measurements.COLUMNS)


def _verdict(r2=0.98, raw=0.7, mcc=0.98, controls=0.4):
    values = {("reverse R²", k): 0.6 for k in ("untrained", "shuffled labels")}
    values |= {("reverse R²", "raw input"): raw, ("reverse R²", "trained"): r2}
    values |= {("MCC", k): controls for k in further.CONTROLS} | {("MCC", "chain"): mcc}
    found = {v.claim.id: v for v in further.ledger(_table(values))}["S5"]
    return found.verdict, [question.answer for question in found.questions]


def test_s5_asks_for_every_link():
    assert _verdict() == ("holds", ["yes"] * 10)
    assert _verdict(r2=0.8)[0] == _verdict(mcc=0.8)[0] == "partly"
    assert _verdict(mcc=0.8)[1] == ["yes"] * 9 + ["no"]
    assert _verdict(r2=0.8)[1] == ["yes", "yes", "no"] + ["yes"] * 7
    assert _verdict(raw=0.99)[1][0] == "no"
    assert _verdict(controls=0.99)[1][3:9] == ["no"] * 6
    assert _verdict(r2=0.5, raw=0.7, mcc=0.3)[0] == "fails"


# ------------------------------------------------------------------------------ the world


def test_samples_are_pairs_with_noise_behind_an_invertible_map():
    world = chain.World()
    own = chain.centres([3], world)[0]
    pairs = {tuple(torch.nonzero(row).flatten().tolist()) for row in own}
    assert pairs == {*itertools.combinations(range(12), 2)}
    assert world.sets == 66
    sample = chain.draw([3], 4000, world)
    assert (sample.codes[0] == own[sample.labels[0]]).all()
    noise = (sample.latents - sample.codes).double()
    assert noise.std() == pytest.approx(0.2, abs=0.005)
    assert abs(noise.mean()) < 0.005
    assert sample.labels[0].bincount().min() > 20
    maps = identifiability.World(dims=12, layers=5, condition=1.0)
    back = identifiability.unmix(sample.inputs.double(), identifiability.mixing([3], maps))
    assert (back - sample.latents).abs().max() < 1e-5
    straight = chain.draw([3], 50, replace(world, bends=0))  # one rotation
    assert torch.allclose(straight.inputs.norm(dim=-1), straight.latents.norm(dim=-1), atol=1e-5)


def test_parts_share_a_world_and_no_sample():
    few = chain.World(classes=44)
    assert (chain.centres([0], few)[0] == chain.centres([0], few)[0]).all()
    a, b = chain.draw([0], 500, few), chain.draw([0], 500, few, part=1)
    assert not (a.inputs[0, :, None] == b.inputs[0, None]).all(-1).any()
    alone, stack = chain.draw([1], 100, few), chain.draw([0, 1], 100, few)
    assert all((one[0] == two[1]).all() for one, two in zip(alone, stack))
    new = chain.draw([0], 2000, few, unseen=True).codes[0].unique(dim=0)
    both = torch.cat([new, chain.centres([0], few)[0]])
    assert len(new) == 22
    assert len(both.unique(dim=0)) == 66


def test_worlds_out_of_range_are_refused():
    for wrong in ({"active": 0}, {"active": 12}, {"noise": -1.0}, {"bends": -1}):
        with pytest.raises(ValueError, match="expected 1 ≤ active"):
            chain.World(**wrong)
    for classes in (1, 67):
        with pytest.raises(ValueError, match=f"2 to 66 classes, got {classes}"):
            chain.World(classes=classes)
    with pytest.raises(ValueError, match="samples must be"):
        chain.draw([0], 0)
    with pytest.raises(ValueError, match="none is unseen"):
        chain.draw([0], 5, unseen=True)


# ------------------------------------------------------------------------------ the links


def _linear(seeds, units, samples=2000):
    """Noise-free codes, a random Φ with an offset, and h = Φ c + b."""
    codes = chain.draw(seeds, samples, chain.World(noise=0.0)).codes
    phi = coding.random_dictionary(seeds, units, 12)
    return codes, phi, coding.mix(codes, phi) + 3.0


def test_less_their_mean_units_are_the_centred_dictionary_times_the_code():
    codes, phi, units = _linear([0, 1], 8, samples=66 * 400)
    found = chain.standardised(units)
    assert found.mean(1).abs().max() < 1e-5
    assert found.square().sum(-1).mean(1).tolist() == pytest.approx([1, 1], rel=1e-4)
    centred = coding.mix(codes, phi - phi.mean(-1, keepdim=True))
    scale = (found * centred).sum((1, 2)) / centred.square().sum((1, 2))
    # features are on equally often only in the long run, so up to their sample frequencies
    assert (found - scale[:, None, None] * centred).norm(dim=-1).max() < 0.05
    oracle = chain.true_dictionary(found, codes)
    expected = coding.unit_columns(phi - phi.mean(-1, keepdim=True))
    assert torch.allclose(oracle, expected, atol=1e-4)
    assert chain.standardised(torch.ones(1, 4, 2)).abs().max() == 0  # nothing to scale


def test_the_linear_part_is_linear_and_the_rest_has_nothing_linear_left():
    z = chain.draw([0], 800).latents
    units = torch.cat([z[..., :4] ** 2, z[..., 4:] + 1], dim=-1)
    part = chain.linear_part(units, z)
    assert scores.reverse_r2(part, z).item() == pytest.approx(1, abs=1e-6)
    assert torch.allclose(part[..., 4:], units[..., 4:], atol=1e-4)
    assert torch.allclose(chain.linear_part(part, z), part, atol=1e-4)
    assert chain.linear_part(units - part, z).abs().max() < 1e-3


def test_where_the_representation_is_linear_sparse_coding_finds_single_features():
    codes, _, units = _linear([0, 1], 9)
    found = chain.sparse_coded(units, 12, [0, 1])
    truth = chain.halves(codes)[1]
    assert scores.mcc(found, truth).min() > 0.95
    assert scores.mcc(chain.halves(units)[1], truth).max() < 0.6
    turn = scores.random_rotations(torch.randn(2, 9, 9, generator=torch.manual_seed(0)))
    turned = chain.sparse_coded(units @ turn, 12, [0, 1])  # another start, the same answer
    assert scores.mcc(turned, truth).min() > 0.95


def test_mending_gives_the_oracle_what_it_asks_for():
    sample = chain.draw([0], 1000)
    phi = coding.random_dictionary([0], 8, 12)
    found = chain.mended(coding.mix(sample.latents, phi), sample, [0])
    assert [*found] == ["chain", "true dictionary", "linear", "both"]
    assert torch.allclose(found["true dictionary"], found["both"], atol=1e-3)  # linear already
    fit, judge = chain.halves(chain.standardised(coding.mix(sample.latents, phi)))
    oracle = chain.true_dictionary(fit, chain.halves(sample.codes)[0])
    assert torch.allclose(found["true dictionary"], chain.infer(judge, oracle))


def test_the_network_learns_pairs_and_shuffled_labels_teach_nothing():
    world = chain.World(bends=0)
    training = replace(chain.TRAINING, widths=(32,), steps=150)
    test = chain.draw([0], 1000, world, part=1)

    def accuracy(net):
        return identifiability.accuracy(net.classifier, test.inputs, test.labels).item()

    assert accuracy(chain.train([0], world, training, samples=5000)) > 0.5
    wrong = chain.train([0], world, training, samples=5000, shuffled=True)
    assert accuracy(wrong) < 0.1
    assert accuracy(chain.untrained([0], world, training)) < 0.1
    assert wrong.world == world


# ------------------------------------------------------------------------------ the table

DATA = Path(__file__).resolve().parents[1] / "book" / "_data" / "chain.csv.gz"


def test_every_knob_passes_through_the_chapters_setting():
    home = chain.World(), chain.TRAINING
    for knob, values in chain.KNOBS.items():
        assert sum(chain.turned(knob, n) == home for n in values) == 1, knob
    assert chain.turned("classes", 22)[0].sets == 22


def test_the_table_holds_every_world_and_seed():
    table = measurements.read(DATA)
    worlds = {("chain", n): range(10, 20) for n in chain.SIZES}
    worlds |= {(knob, n): range(3) for knob, values in chain.KNOBS.items() for n in values}
    found = table.groupby(["world", "n"]).seed.unique()
    assert {key: sorted(own) for key, own in found.items()} == {k: [*v] for k, v in worlds.items()}
    assert sorted(table.seed.unique()) == sorted(chain.SEEDS)


def test_a_sample_of_the_table_is_measured_again(monkeypatch):
    """A short training of one exploring seed, or what one of the ledger's starts from."""
    monkeypatch.setattr(chain, "KNOBS", {"steps": (1000,)})
    monkeypatch.setattr(chain, "SIZES", (6,))
    monkeypatch.setattr(chain, "train", lambda s, w, t, shuffled=False, old=chain.train: (
        chain.untrained(s, w, t) if t.steps > 1000 else old(s, w, t)
    ))  # fmt: skip
    monkeypatch.setattr(chain, "_of_units", lambda *given: {})
    keys = measurements.COLUMNS[:-1]
    seed = int(np.random.default_rng().choice([1, 13]))
    again = chain.measure([seed]).set_index(keys)["value"]
    stored = measurements.read(DATA).set_index(keys)["value"].loc[again.index]
    world, of = (again.index.get_level_values(k) for k in ("world", "of"))
    same = of.isin(["raw input", "untrained", "possible", "random mixture"])
    assert same.any()
    assert (again - stored)[same].abs().max() < 0.02
    assert (again - stored)[world == "steps"].abs().lt(0.05).all()
    with pytest.raises(ValueError, match="seeds"):
        chain.measure([])


# ------------------------------------------------------------------------------ the figures


def test_the_figures_say_what_they_show(undrawn):
    table = measurements.read(DATA)
    eight = table[(table.world == "chain") & (table.n == 8)]
    drawn = figures.chain.links(eight).data
    assert "is above its controls" in drawn
    assert "MCC of sparse codes: raw input" in drawn
    worse = eight.assign(value=eight.value.where(eight.of != "chain", 0.1))
    assert "not above its controls" in figures.chain.links(worse).data
    assert "step one ideal" in figures.chain.broken(table, 0.04).data
    assert "new pairs" in figures.chain.pairs(table, 0.04).data
    eye = {"units": torch.full((3, 4), 0.5), "sparse codes": torch.eye(4).flip(0)}
    assert "sparse codes: mean on the diagonal 1.00" in figures.chain.meanings(eye).data
