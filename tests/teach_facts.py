"""What the keys of the quiz, the tests and the misconceptions are computed from.

A `because` of `book/teach/quiz.toml` is an expression of these names: a number, or one truth for
each answer, the right one first. Nothing here reads the keys.
"""

import functools
from math import e, exp, log, pi, sqrt  # noqa: F401
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import torch

from protolib import claims, data, hull, live, losses, matching, model, sweep, training

ROOT = Path(__file__).resolve().parents[1]
WORDS = {word: name for name, word in live.SHARED["lab"]["words"].items()}
WHOLE = {"size", "seed", "dims", "step"}
LISTS = {"samples", "slope", "bias", "readout"}


def points(values) -> torch.Tensor:
    """Numbers on a line as one network's (1, points, 1)."""
    return torch.tensor(values, dtype=torch.float64).reshape(1, -1, 1)


# ------------------------------------------------------------------------------ links to the lab


def open_lab(link: str) -> live.Lab:
    """The lab that a link opens in the page: `…#name:words`, as Python's twin of it."""
    traits: dict = {}
    for part in link.split("#")[-1].split(":", 1)[1].split("&"):
        word, text = part.split("=", 1)
        if word == "present":  # for the projector
            continue
        text = unquote(text)
        name = WORDS.get(word, word)
        if name in LISTS or name == "masks":
            digits = name == "masks" and "_" not in text
            traits[name] = [float(v) for v in (text if digits else text.split("_"))]
        elif name in ("preset", "attractor", "kernel"):
            traits[name] = text
        elif name in ("curves", "links", "forces"):
            traits[name] = text == "1"
        else:
            traits[name] = int(text) if name in WHOLE else float(text)
    return live.Lab(**traits)


@functools.cache
def played(link: str, *acts) -> dict:
    """What a lab shows after *Play* has come to rest: `steps` first, then (changes, steps) each."""
    lab = open_lab(link)
    for act in acts or (2000,):
        changes, steps = act if isinstance(act, tuple) else ((), act)
        for name, value in changes:
            setattr(lab, name, list(value) if isinstance(value, tuple) else value)
        if steps:
            lab.train(steps)
    x, p = lab.inputs, model.prototypes(lab.parameters)
    h = model.respond(lab.parameters, x)
    return {
        **lab.scores,
        "units": len(lab.slope),
        "out": round(lab.scores["expelled"] * len(lab.slope)),
        "owners": round(lab.scores["specialization"] * len(lab.slope)),
        "orphans": int((pulls(x, p).abs() < 1e-12).sum()),
        "overlap": losses.overlap(h).item(),
        "places": p[0, :, 0].tolist(),
        "samples": x[0, :, 0].tolist(),
    }


@functools.cache
def with_and_without_coverage(n, seeds) -> tuple[np.ndarray, np.ndarray]:
    """Errors of the labs `n=…&seed=…`, with coverage and without, (seeds,): one stack."""
    both, double = [*range(seeds)] * 2, {"dtype": torch.float64}
    x, start = data.uniform(both, n, **double), model.initialise(both, n, **double)
    masks = torch.tensor([[1.0, 0, 0]] * seeds + [[0.0, 0, 0]] * seeds).double()
    net = training.train(start, x, data.sine(x), masks).parameters
    errors = matching.reconstruction_error(model.prototypes(net), x).numpy()
    return errors[:seeds], errors[seeds:]


def pulls(x, p) -> torch.Tensor:
    """Coverage's push on every prototype, (units,)."""
    p = p.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(losses.coverage(x, p).sum(), p)
    return -gradient[0, :, 0]


# ------------------------------------------------------------------------------ model


def unit(slope, bias) -> model.Parameters:
    w, b = torch.tensor([[float(slope)]]), torch.tensor([[[float(bias)]]])
    return model.Parameters(w.double(), b.double(), w.double() ** 0, w[0].double() * 0)


def peak(slope, bias) -> float:
    """Where a unit's response is largest, found on a grid."""
    grid = torch.linspace(-5, 5, 100_001, dtype=torch.float64)
    h = model.respond(unit(slope, bias), grid[None, :, None])[0, :, 0]
    return grid[h.argmax()].item()


def falls_to(level, *, slope) -> float:
    """The distance at which a response has fallen to a level."""
    d = torch.linspace(0, 10, 1_000_001, dtype=torch.float64)
    h = model.respond(unit(slope, 0), d[None, :, None])[0, :, 0]
    return d[(h - level).abs().argmin()].item()


def same_response(one, other, at=(-1.3, 0.0, 0.2, 2.0)) -> bool:
    """Whether two units (slope, bias) answer alike."""
    h = [model.respond(unit(*u), points(at)) for u in (one, other)]
    return torch.allclose(*h)


def r2_zero() -> list[bool]:
    y = torch.tensor([[2.0, 1.0, 0.5, 4.0]])
    half = torch.where(torch.arange(4) < 2, y, torch.zeros(()))
    answers = y.mean(-1, keepdim=True).expand(1, 4), half, torch.zeros(1, 4), -y
    return [abs(matching.fit_r2(f, y).item()) < 1e-6 for f in answers]


@functools.cache
def eight_starts():
    """Eight starts, one set of ten samples, the fit alone."""
    x = data.uniform([0], 10).expand(8, -1, -1).contiguous()
    start = model.initialise(range(8), 10)
    net = training.train(start, x, data.sine(x), torch.zeros(8, 3)).parameters
    assert matching.fit_r2(model.predict(net, x), data.sine(x)).min() > 0.999
    p = model.prototypes(net)
    one, other = torch.triu_indices(8, 8, offset=1)
    between = matching.reconstruction_error(p[one], p[other]).median()
    luck = matching.reconstruction_error(matching.chance_prototypes(x, 10, seed=0), x).mean()
    error = matching.reconstruction_error(p, x).median()
    return p, x, float(luck), float(between), float(error)


def fit_tells() -> list[bool]:
    p, _, luck, between, error = eight_starts()
    gaps = p[..., 0].sort(-1).values.diff(dim=-1)
    even = (gaps.std(-1) / gaps.mean(-1)).median() < 0.25
    return [error > 0.75 * luck, error < 0.05, bool(even), between < 0.05]


def two_starts() -> list[bool]:
    _, _, luck, between, error = eight_starts()
    return [between > 0.75 * luck, between < 0.05, error < 0.05, between == 0]


# ------------------------------------------------------------------------------ reconstruction


def error(prototypes, samples) -> float:
    return matching.reconstruction_error(points(prototypes), points(samples)).item()


def used(prototypes, samples) -> float:
    return matching.specialization_ratio(points(prototypes), points(samples)).item()


def nearest(one, other) -> float:
    """Mean distance from each of one set to its nearest of the other."""
    return (points(one) - points(other).mT).abs().amin(-1).mean().item()


def collapse_fools() -> list[bool]:
    x = np.linspace(-1, 1, 10)
    p = np.full(10, x[3])
    return [nearest(p, x) < 1e-12, nearest(x, p) < 1e-12, error(p, x) < 1e-12, used(p, x) == 1]


def all_used() -> list[bool]:
    """Each *what follows* is refuted by an example whose ratio is 1, but for the first."""
    x = np.linspace(-1, 1, 10)
    p = np.r_[x[:9], x[9] + 0.2]
    owners = {int(np.abs(p - s).argmin()) for s in x}
    untrained = model.initialise(range(10), 10, dtype=torch.float64)
    many = points(x).expand(10, -1, -1)
    nets = untrained._replace(bias=-untrained.slope[..., None] * many)
    fits = matching.fit_r2(model.predict(nets, many), data.sine(many))
    ratios = matching.specialization_ratio(model.prototypes(nets), many)
    assert used(p, x) == ratios.min() == 1
    return [owners == set(range(10)), error(p, x) == 0, expelled(p, x) == 0,
            bool(fits.median() > 0.5)]  # fmt: skip


def chance_ratio_limit() -> float:
    """Derived: a cell is half of two exponential gaps; and simulated."""
    share = 1 - (1 / (1 + 1 / 2)) ** 2
    assert abs(chance_ratio(1000) - share) < 0.015
    return share


def beats_chance(*networks) -> list[bool]:
    """Of two (units, error, chance as said in the question): the first only, second, both, none."""
    for n, _, said in networks:
        assert abs(chance_error(n) - said) < 0.005, (n, chance_error(n))
    one, two = (found < chance_error(n) for n, found, _ in networks)
    return [one and not two, two and not one, one and two, not one and not two]


def expelled(prototypes, samples) -> float:
    return hull.expelled_share(points(prototypes), points(samples)).item()


@functools.cache
def chance_error(n: int) -> float:
    return float(sweep.chance([n])[n].reconstruction_error.mean())


@functools.cache
def chance_ratio(n: int) -> float:
    """The specialization ratio of random prototypes, simulated."""
    nets = 400 if n <= 100 else 10
    x = data.uniform(range(nets), n)
    p = matching.chance_prototypes(x, n, seed=0)
    return float(matching.specialization_ratio(p, x).mean())


# ------------------------------------------------------------------------------ coverage


def pull(samples, prototypes) -> list[float]:
    return pulls(points(samples), points(prototypes)).tolist()


def coverage(samples, prototypes) -> float:
    return losses.coverage(points(samples), points(prototypes)).item()


def who_is_pulled(samples, prototypes, *answers) -> list[bool]:
    """Each answer, a list of prototypes, against those with a force on them."""
    felt = {j for j, f in enumerate(pull(samples, prototypes)) if abs(f) > 1e-12}
    return [felt == set(answer) for answer in answers]


@functools.cache
def coverage_is_innocent() -> list[bool]:
    x = data.uniform(range(300), 8, dtype=torch.float64)
    p = (4 * data.uniform(range(300, 600), 8, dtype=torch.float64)).requires_grad_()
    (gradient,) = torch.autograd.grad(losses.coverage(x, p).sum(), p)
    before, after = (hull.hull_distance(q, x) for q in (p, p - 0.1 * gradient))
    owns_none = (gradient[..., 0].abs() < 1e-12) & (before > 0)
    table = ledger().query("tau < 1 and separation + overlap == 0")
    outside = table.groupby("coverage").expelled_share.mean()
    innocent = bool((after <= before + 1e-12).all() and outside[0] > 0)
    beyond = bool((after > before + 1e-12).any())
    return [innocent, bool((after != before)[owns_none].any()), beyond]


def stronger(times) -> list[bool]:
    samples, prototypes = [-1, 0, 1], [-1.1, 0.2, 0.9, 3, -7]
    on_orphans = [times * pull(samples, prototypes)[j] for j in (3, 4)]
    inwards = on_orphans[0] < 0 and on_orphans[1] > 0
    return [on_orphans == [0, 0], inwards, inwards, on_orphans[0] > 0]


# ------------------------------------------------------------------------------ separation


def reach(tau) -> float:
    """The distance of the largest push, read off the field."""
    d = torch.linspace(0, 4 * sqrt(tau), 40_001, dtype=torch.float64)
    push = losses.field(lambda p: losses.separation(p, tau=tau), d, points([0])[0, :, 0])
    return d[push.argmax()].item()


def crowding(n, tau, length=2.0) -> float:
    return n * np.sqrt(tau) / length


def hardest_pushed(n=11) -> list[bool]:
    p = torch.linspace(-1, 1, n).double().reshape(1, -1, 1).requires_grad_()
    gap = 2 / (n - 1)
    (gradient,) = torch.autograd.grad(losses.separation(p, tau=gap**2).sum(), p)
    push = -gradient[0, :, 0]
    two = set(push.abs().topk(2).indices.tolist())
    rim = two == {0, n - 1}
    outwards = bool(push[-1] > 0 > push[0])
    middle = bool(push[n // 2].abs() >= push[-1].abs())
    alike = bool(push.abs().std() < 0.01 * push.abs().max())
    return [rim and outwards, middle, alike, rim and not outwards]


@functools.cache
def leavers(n, tau, lam, separation=1, seeds=(0, 1, 2)) -> float:
    """Share outside after training with separation, mean of a few seeds."""
    config = training.TrainConfig(tau=tau, lam=lam)
    x, start = data.uniform(seeds, n), model.initialise(seeds, n)
    masks = torch.tensor([[0.0, separation, 0.0]]).repeat(len(seeds), 1)
    net = training.train(start, x, data.sine(x), masks, config).parameters
    return hull.expelled_share(model.prototypes(net), x).mean().item()


def stronger_below_threshold() -> list[bool]:
    base = leavers(20, 1e-4, 0.1, separation=0)
    strong, hot = leavers(20, 1e-4, 10.0), leavers(20, 1e-2, 0.1)
    return [abs(strong - base) < 0.1, strong > 0.5, abs(strong - hot) < 0.1]


def tau_for_crowd(n, larger, tau=0.001) -> float:
    """By which factor τ must grow at n for the crowding of `larger` at `tau`."""
    factors = np.linspace(0.05, 20, 399_001)
    gap = np.abs(n * np.sqrt(factors * tau) - larger * sqrt(tau))
    return float(factors[gap.argmin()])


def same_crowding(number=1, room=1, tau=0.001) -> float:
    """By which factor τ must change for N√τ/L to stay."""
    factors = np.linspace(0.05, 20, 399_001)
    gap = np.abs(crowding(20 * number, factors * tau, 2 * room) - crowding(20, tau))
    return float(factors[gap.argmin()])


# ------------------------------------------------------------------------------ overlap


def overlap(responses) -> float:
    return losses.overlap(torch.tensor([responses]).double()).item()


def quiet_ways() -> list[bool]:
    """Lower overlap, and the prototype where it was: of four changes of one unit."""
    x = points(np.linspace(-1, 1, 9))
    w, p = np.full(5, 1.5), np.array([0.5, -0.75, -0.25, 0.0, 1.0])
    b = -w * p

    def after(first_w, first_b):
        w_, b_ = (torch.tensor(np.r_[f, rest[1:]])[None] for f, rest in
                  ((first_w, w), (first_b, b)))  # fmt: skip
        net = model.Parameters(w_, b_[..., None], w_ * 0, w_[:, 0] * 0)
        return losses.overlap(model.respond(net, x)).item(), -first_b / first_w

    before, place = after(w[0], b[0])
    changes = (4 * w[0], 4 * b[0]), (w[0] / 4, b[0]), (w[0], b[0] + 1), (w[0] / 4, b[0] / 4)
    ends = [after(*change) for change in changes]
    return [bool(cost < before and abs(at - place) < 1e-9) for cost, at in ends]


@functools.cache
def ledger():
    return sweep.read_table(ROOT / "book/_data/ledger.csv.gz")


def fits_with_overlap(n) -> list[bool]:
    table = ledger().query("tau < 1 and coverage + separation == 0 and n == @n")
    base, with_it = (table[table.overlap == k].set_index("seed") for k in (0, 1))
    assert with_it.expelled_share.mean() > base.expelled_share.mean() + 0.1
    as_well = bool((with_it.fit_r2 > base.fit_r2 - 0.01).all())
    trend = with_it.fit_r2.min() < 0.99
    return [as_well, bool(with_it.fit_r2.median() < 0.9), bool(trend)]


# ------------------------------------------------------------------------------ experiment


def runs(seeds) -> int:
    return len(sweep.Grid(seeds=range(seeds)))


def nine_of_ten() -> list[bool]:
    differences = np.array([-0.30, -0.21, -0.15, -0.12, -0.10, -0.08, -0.05, -0.04, -0.02, 0.11])
    found = claims.median_interval(differences)
    assert (found.low, found.high) == (-0.21, -0.02)
    return [found.high < 0, not found.high < 0, bool((differences < 0).all()),
            not np.isfinite(found.low)]  # fmt: skip


def best_of_eight() -> list[bool]:
    table = ledger().query("tau < 1 and n == 100 and seed < 10")
    errors = {m: claims.by_seed(table, 100, m, "reconstruction_error") for m in sweep.MASKS}
    mean = {m: float(v.mean()) for m, v in errors.items()}
    first = min(mean, key=mean.get) == claims.COVERAGE
    wins = np.array([v.to_numpy() for v in errors.values()]).argmin(0)
    loses = mean[claims.COVERAGE] > chance_error(100)
    by_luck = bool((wins != [*errors].index(claims.COVERAGE)).any())  # ahead in every seed
    return [first and loses, first and mean[claims.COVERAGE] < 0.01, not loses, by_luck]


def report(differences) -> list[bool]:
    """The median is negative by its interval; nothing can be said; every run is negative."""
    found = claims.median_interval(np.array(differences, float))
    assert (found.low, found.high) == (sorted(differences)[1], sorted(differences)[8])
    return [found.high < 0, not found.high < 0, max(differences) < 0]


def report_open(differences) -> list[bool]:
    """The interval includes 0; it is negative; it says that there is no difference (it is 0)."""
    found = claims.median_interval(np.array(differences, float))
    return [found.low <= 0 <= found.high, found.high < 0, found.low == found.high == 0]


# ------------------------------------------------------------------------------ expulsion


@functools.cache
def cheap_anywhere() -> list[bool]:
    """Overlap of narrow units on the samples, outside, and evenly; readouts then interpolate."""
    x = data.uniform([0], 8, dtype=torch.float64)
    cost = {}
    for name, p, w in (("samples", x, 2000.0), ("even", points(np.linspace(-1, 1, 8)), 60.0),
                       ("outside", points(1.1 + 0.1 * np.arange(8)), 30.0)):  # fmt: skip
        one = torch.ones(1, 8).double()
        net = model.Parameters(w * one, -w * p, one, one[:, 0] * 0)
        cost[name] = losses.overlap(model.respond(net, x)).item()
    low = all(value < 1e-3 for value in cost.values())
    only_out = cost["outside"] < 1e-3 <= min(cost["samples"], cost["even"])
    only_home = cost["samples"] < 1e-3 <= min(cost["outside"], cost["even"])
    only_even = cost["even"] < 1e-3 <= min(cost["outside"], cost["samples"])
    return [low, only_out, only_home, only_even]


def interpolates_from_outside() -> list[bool]:
    x = data.uniform([0], 5, dtype=torch.float64)
    p = points([-2, -1.5, 1.3, 1.8, 2.4])
    assert expelled(p[0, :, 0].tolist(), x[0, :, 0].tolist()) == 1
    one = torch.ones(1, 5).double()
    h = model.respond(model.Parameters(one, -p, one, one[:, 0]), x)
    fits = {}
    for name, y in (("smooth", data.sine(x)), ("rough", data.labels([0], 5).double())):
        v = torch.linalg.solve(h, y)
        fits[name] = matching.fit_r2((h @ v[..., None])[..., 0], y).item() > 1 - 1e-6
    both = all(fits.values())
    return [both, not both, fits["smooth"] and not fits["rough"], not both]


def rim_push(slope, place=0.8, others=9) -> float:
    """Overlap's push on a unit near the right rim, among units of the initial slope."""
    x = points(np.linspace(-1, 1, 41))
    rest = torch.linspace(-1, 1, others).double()
    at = torch.tensor([place]).double().requires_grad_()
    w = torch.cat([torch.tensor([float(slope)]), torch.full((others,), 1.5)]).double()
    h = torch.exp(-((w * (x - torch.cat([at, rest]))) ** 2))
    (gradient,) = torch.autograd.grad(losses.overlap(h).sum(), at)
    return -gradient.item()


def pushed_at_rim(wide, narrow) -> list[bool]:
    a, b = rim_push(wide), rim_push(narrow)
    return [a > 2 * abs(b) and a > 0, b > a, abs(a - b) < 0.1 * a, abs(a) < 1e-6]


def pushed_from(near, middle) -> list[bool]:
    a, b = rim_push(1.5, near), rim_push(1.5, middle)
    return [a > 2 * abs(b) and a > 0, b > a, abs(a - b) < 0.1 * a, abs(a) < 1e-6]


def switched_off() -> list[bool]:
    link = "#lab:preset=overlap%20expels&seed=3"
    on = played(link)
    off = played(link, 2000, ((("masks", (0.0, 0.0, 0.0)),), 2000))
    assert on["out"] == 7
    return [off["out"] >= on["out"] - 1, off["out"] <= 2, off["farthest"] < 0.1]


# ------------------------------------------------------------------------------ packing


def full_house(n, length=2.0) -> float:
    taus = np.linspace(1e-6, 0.1, 100_000)
    return float(taus[np.abs(n * 2 * np.sqrt(taus) - length).argmin()])


@functools.cache
def equal_crowding(s=1.6) -> list[bool]:
    added = {}
    for n in (10, 100):
        tau, seeds = (2 * s / n) ** 2, tuple(range(6))
        added[n] = leavers(n, tau, 0.1, seeds=seeds) - leavers(n, tau, 0.1, 0, seeds=seeds)
    gap = added[10] - added[100]
    return [gap > 0.1, gap < -0.1, abs(gap) < 0.1]


# ------------------------------------------------------------------------------ attractors


HOT = "#lab:n=20&seed=0&tau=1&zoom=3&kernel=energy&masks="


def which_attractor() -> list[bool]:
    energy = played(HOT + "110&attractor=energy")
    paper, strong = played(HOT + "110"), played(HOT + "1000_1_0")
    off = played(HOT + "010", 2000, ((("masks", (0.0, 0.0, 0.0)),), 2000))
    return [run["error"] < 0.05 for run in (energy, paper, strong, off)]


def energy_leads(prototypes, samples) -> list[float]:
    """Where small steps down the energy distance lead, in the given order of prototypes."""
    p, x = points(prototypes), points(samples)
    form = {"kernel": "energy", "tau": 1.0}
    for k in range(800):
        p = p.detach().requires_grad_()
        loss = losses.separation(p, **form) + losses.attraction(x, p, **form)
        (gradient,) = torch.autograd.grad(loss.sum(), p)
        p = p - gradient * (0.1 if k < 650 else 0.002)
    return p.detach()[0, :, 0].tolist()


# ------------------------------------------------------------------------------ beyond


def ridge() -> list[bool]:
    """How many of random points on w·x = −b answer with 1, and how many off it."""
    w, b = np.array([1.0, -2.0]), 0.5
    along = np.linspace(-3, 3, 50)[:, None] * np.array([2.0, 1.0]) - b * w / (w @ w)
    h = np.exp(-((along @ w + b) ** 2))
    many = int((h > 1 - 1e-12).sum())
    return [many == 50, many == 1, many == 2, many == 0]


def linear_share(features, units, draws=20) -> float:
    """The best share of variance: rank-M least squares of a random superposition, exactly."""
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(draws):
        mix = rng.normal(size=(units, features))
        readout = mix.T @ np.linalg.inv(mix @ mix.T)  # best, for white features
        residual = np.eye(features) - readout @ mix
        shares.append(1 - (residual**2).sum() / features)
    return float(np.mean(shares))


@functools.cache
def noise_scores(features, samples, draws=200) -> float:
    """MCC of pure noise of these sizes, in the mean."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(draws):
        a, b = rng.normal(size=(2, features, samples))
        table = np.corrcoef(a, b)[:features, features:]
        rows, columns = matching.cheapest_pairs(-np.abs(table))
        found.append(np.abs(table[rows, columns]).mean())
    return float(np.mean(found))
