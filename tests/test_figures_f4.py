"""The figures of Part V, from small made-up numbers: what stands in them, and what is said."""

import numpy as np
import pytest
import torch

from protolib import figures, plotting

SEEDS, SIZES = 3, ((16, 8, 3), (64, 32, 5))


def _flat(value, *shape):
    """Scores that are `value` on average, and differ a little between seeds."""
    return torch.full((SEEDS, *shape), float(value)) + torch.linspace(-0.01, 0.01, SEEDS).reshape(
        SEEDS, *[1] * len(shape)
    )


def _ramp(first, last, points):
    return torch.linspace(first, last, points).repeat(SEEDS, 1)


def _methods(sae):
    names = ("ridge", "SAE", "one layer, taught", "30 ISTA steps", "FISTA")
    return dict(zip(names, (_flat(v) for v in (0.7, sae, 0.85, 0.9, 0.99))))


def _identifiability():
    def measured(r2):
        return {"trained R²": _flat(r2), "accuracy": _flat(0.8), "best possible": _flat(0.9),
                "raw input's R²": _flat(0.7)}  # fmt: skip

    few = {3: measured(0.6), 100: measured(0.97)}
    shares = {"within, training": _flat(0.1), "within, new": _flat(0.5), "in training": _flat(1)}
    samples = {300: measured(0.7) | shares, 20_000: measured(0.96) | shares}
    fig, latent = figures.identifiability, torch.linspace(-1, 1, 51)
    r2 = {"raw input": _flat(0.7), "latents, rotated": _flat(1), "trained encoder": _flat(0.95)}
    mcc = {"raw input": _flat(0.5), "latents, rotated": _flat(0.8), "trained encoder": _flat(0.75)}
    turns = torch.linspace(0.7, 0.8, 40)
    return [
        (fig.read_out, (latent, {"raw input": latent + 0.5, "trained encoder": latent}), {},
         0.5, "trained encoder a cloud around the diagonal, half of its points within 0.00"),
        (fig.two_scores, (r2, mcc, turns, (0.0, 0.02)), {}, 0.95, "0.75, among nine of ten"),
        (fig.two_scores, (r2, r2, turns, (0.0, 0.02)), {}, 0.95, "0.95, outside nine of ten"),
        (fig.few_classes, (few,), {"dims": 5, "chance": 0.0}, 0.6,
         "R² 0.60, which is below the raw input's 0.70"),
        (fig.few_samples, (samples, {"untrained": _flat(0.4)}, _flat(0.3)), {}, 0.7,
         "the codes' share within classes 0.10 and 0.50; with 20000"),
        (fig.axes_found, (mcc, r2, turns, 0.02), {}, 0.8, "raw input 0.50 and 0.70; latents"),
    ]  # fmt: skip


def _sparse_codes():
    fig, chance = figures.sparse_codes, {size: _flat(0.1) for size in SIZES}
    counts, units = (1, 5, 32), [5, 8, 11]
    by_k = {"FISTA": _ramp(1, 0.75, 3), "ridge": _flat(0.7, 3), "pseudo-inverse": _flat(0.7, 3),
            "chance": _flat(0.1, 3)}  # fmt: skip
    phase = {(sign, K): (8.0, units, _ramp(0, 1, 3)) for sign in (False, True) for K in (2, 5, 10)}
    half = {key: [9.0, 9.5] for key in phase}
    lams = (0.1, 0.2)
    fista, sae = ({s: _ramp(v, v - 0.1, 2) for s in SIZES} for v in (0.97, 0.8))
    own = {"random": 0.4, "SAE": 0.8, "true": 0.95}
    found = {s: {k: {"layer": _flat(v), "FISTA": _flat(v + 0.03), "cos": _flat(v)}
                 for k, v in own.items()} for s in SIZES}  # fmt: skip
    return [
        (fig.active, (counts, by_k), {"ceiling": 0.7, "edge": 20}, 0.75,
         "nearly ideal up to K = 1 and falls to 0.75 at K = 32"),
        (fig.edge, (64, phase, half), {}, 9.5, "to within 1.2 units"),
        (fig.penalties, (lams, fista, sae, chance), {}, 0.97,
         "FISTA scores 0.97, more than SAE at its own best, 0.80"),
        (fig.ways_out, ({s: _methods(0.83) for s in SIZES}, chance), {}, 0.83,
         "from worst to best: ridge 0.70, SAE 0.83, one layer"),
        (fig.blocks, (_methods(0.98), _methods(0.83), _flat(0.1)), {}, 0.83, "SAE loses 0.15"),
        (fig.blame, (found, chance), {}, 0.83, "SAE dictionary 0.80 and 0.83"),
    ]  # fmt: skip


def _scores():
    fig, units = figures.scores, (5, 20, 100)
    noise, bound = {100: _ramp(0.1, 0.37, 3)}, {100: [0.2, 0.3, 0.4]}
    nine = {"MCC": {"copy": _flat(1), "noise": _flat(0.1)}}
    swept = {"rotation": ([0, 45], {"MCC": (_ramp(1, 0.71, 2), _flat(0.1, 2))})}
    recipes = {"ridge": _flat(0.1, 3), "lasso": _ramp(0.1, 0.93, 3)}
    return [
        (fig.know_nothing, (units, noise, bound), {}, 0.37, "rises from 0.10 with 5 units"),
        (fig.nine, (nine, {"MCC": {"copy": 0.1, "noise": 0.1}}), {}, 1,
         "MCC is nearly one for copy, and no better than chance for noise"),
        (fig.knobs, (swept,), {}, 0.71, "MCC goes from 1.00 to 0.71"),
        (fig.recipe, (units, recipes), {}, 0.93, "to 0.10; lasso climbs"),
    ]  # fmt: skip


def _bridge():
    fig, frames = figures.bridge, torch.linspace(1, 4, 5)[:, None, None, None]
    samples, points = torch.eye(2)[None], torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    shrinking = torch.eye(2)[None] * torch.tensor([1.0, 0.05]) ** ((frames - 1) / 3)
    far = {("gaussian", "none"): _ramp(1, 6.6, 5), ("energy", "coverage"): _ramp(1, 1.3, 5)}
    lengths = torch.tensor([0.01, 0.5, 0.25]).repeat(SEEDS, 1)
    fresh = {"random points": 2.47, "k-means centres": 0.29, "random atoms": 0.12}
    every = {("one", name): (value - 0.01, value, 5) for name, value in fresh.items()}
    cosines = {("one", "random atoms"): 0.6, ("one", "k-means centres"): 0.97}
    pair = {"free": _ramp(1, 5.8, 5), "unit": _flat(1, 5)}
    cos = {"free": _ramp(0.6, 0.8, 5), "unit": _ramp(0.6, 0.97, 5)}
    weights, found = (0.0, 1.0, 100.0), _ramp(0.99, 0.64, 3)
    levels = {"chance": 0.6, "least": 0.05, "true": _flat(0.11)}
    return [
        (fig.plane, (samples, points * frames, shrinking, samples, torch.eye(2)[None] * frames), {},
         4, "the nearest is 4.0 times as far out"),
        (fig.plane, (samples, points * frames, shrinking, samples, torch.eye(2)[None] * frames), {},
         0.05, "towards the centre; 1 of them are still longer"),
        (fig.leave, (far, 4.9), {"steps": 600}, 6.6,
         "with attractor: none. Mean distances in spacings: none 6.6; random"),
        (fig.collapse, (lengths, lengths + 0.1), {"dims": 2}, 0.25,
         "alone 2 of 3 atoms keep more than a tenth of their length, never more than 2"),
        (fig.every, (every, cosines, 0.6), {}, 0.97,
         "from best to worst: random atoms 0.12, k-means centres 0.29, random points 2.47"),
        (fig.inflate, (pair, cos, 0.6), {"steps": 10}, 5.8, "Unit norm comes closer"),
        (fig.too_much, (weights, found, _ramp(0.12, 0.07, 3)), levels, 0.64,
         "found best at weight 0, mean |cos| 0.99; at 100 it is 0.64"),
    ]  # fmt: skip


CALLS = [*_identifiability(), *_sparse_codes(), *_scores(), *_bridge()]


@pytest.mark.parametrize(
    ("draw", "given", "named", "value", "words"),
    CALLS,
    ids=[f"{call[0].__module__.rpartition('.')[2]}-{call[0].__name__}" for call in CALLS],
)
def test_a_figure_draws_its_numbers_and_says_what_they_show(
    draw, given, named, value, words, monkeypatch
):
    kept, show = [], plotting.show

    def keep(*drawn, alt, **other):
        kept.extend(drawn)
        return show(*drawn, alt=alt, **other)

    for place in (plotting, plotting.page):
        monkeypatch.setattr(place, "show", keep)
    page = draw(*given, **named).data
    assert page.count('role="img"') == 2 * len(kept) == 2  # on a desk, and laid out for a phone
    assert words in page.replace("&#x27;", "'")
    lines = [line for figure in kept for ax in figure.axes for line in ax.lines]
    data = [np.asarray(one, float).ravel() for line in lines for one in line.get_data()]
    drawn = np.concatenate(data)
    assert np.isclose(drawn, value, atol=1e-6).any()
