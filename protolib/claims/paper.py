"""C1 to C10: what the paper claims, and what a table of runs says.

A question is one cell: a size, or a size and a pair of masks. C3, that effects are mixed, needs a
yes and a no; see its rule. The sentences restate the paper's claims (arXiv:2605.25939) in our
words; estimands and rules are ours. The first rules were committed before any interval was
computed; those that had to be changed stand, with their verdicts, beside the new ones.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from protolib.claims.engine import (
    Claim,
    Question,
    Revision,
    Rule,
    Verdict,
    above,
    below,
    check_once,
    check_table,
    judge,
    negative,
    positive,
    question,
)
from protolib.claims.intervals import mean_interval, median_interval, share_interval
from protolib.data import CHANCE, generator
from protolib.masks import LOSSES, MASKS, Mask, mask_name
from protolib.sweep.grid import Grid
from protolib.sweep.store import TableError
from protolib.training import TrainConfig

BASELINE, COVERAGE, SEPARATION, OVERLAP = MASKS[:4]
R2_MARGIN = 0.01  # so much worse a fit is a worse fit (C5)
RARE = 0.1  # and so many seeds with a worse fit would be a failure to optimise
SHARE_MARGIN = 0.1  # so large a part of the prototypes counts as expelled (C6), or as none (C8)
HOT = 1.0  # the large τ of C8 and C10, in squared input units

# Errors and distances have heavy tails: their median. Scores between 0 and 1: their mean.
INTERVALS = {
    "reconstruction_error": median_interval,
    "hull_distance": median_interval,
    "specialization_ratio": mean_interval,
    "expelled_share": mean_interval,
}


def by_seed(table: pd.DataFrame, n: int, mask: Mask, column: str) -> pd.Series:
    """One column of the runs of one size and mask, indexed by seed."""
    chosen = (table["n"] == n) & (table[[*LOSSES]] == list(mask)).all(axis=1)
    return table[chosen].set_index("seed")[column].sort_index()


def paired(table: pd.DataFrame, n: int, column: str, one: Mask, other: Mask) -> np.ndarray:
    """column(one) − column(other) within each seed that has both, shape (seeds,)."""
    return (by_seed(table, n, one, column) - by_seed(table, n, other, column)).dropna().to_numpy()


def contrasts(
    table: pd.DataFrame, column: str, pairs: Iterable[tuple[Mask, Mask]], rule: Rule
) -> list[Question]:
    """column(one) − column(other) within seeds, for every size and pair of masks.

    Judged by `INTERVALS[column]`: the median of an error's differences, the mean of a share's.

    Raises
    ------
    TableError
        if the table holds two runs of one size, mask and seed.
    """
    found = []
    for n, words, differences in _differences(table, column, pairs):
        found.append(question(n, words, differences, INTERVALS[column], rule))
    return found


def _by_run(table: pd.DataFrame, column: str, seeds: np.ndarray) -> dict[tuple, np.ndarray]:
    """One column as {(n, *mask): (seeds,)}, NaN where a seed has no such run."""
    kinds, kind = np.unique(table[["n", *LOSSES]].to_numpy(), axis=0, return_inverse=True)
    seed = np.searchsorted(seeds, table["seed"].to_numpy())
    if np.bincount(kind * len(seeds) + seed, minlength=1).max() > 1:
        check_once(table, ["n", *LOSSES, "seed"])
    values = np.full((len(kinds), len(seeds)), np.nan)
    values[kind, seed] = table[column].to_numpy()
    return dict(zip(map(tuple, kinds.tolist()), values))


def _minus(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """one − other where both are; two that are infinite have no difference."""
    with np.errstate(invalid="ignore"):
        differences = one - other
    return differences[~np.isnan(differences)]


def _differences(table, column, pairs) -> Iterator[tuple[int, str, np.ndarray]]:
    """(n, what is compared, column(one) − column(other) of the seeds that have both)."""
    of = _by_run(table, column, np.unique(table["seed"]))
    for n in sorted({n for n, *_ in of}):
        for one, other in pairs:
            if (n, *one) in of and (n, *other) in of:
                differences = _minus(of[n, *one], of[n, *other])
                if len(differences):
                    yield n, f"{mask_name(one)} − {mask_name(other)}", differences


def _with_overlap(mask: Mask) -> Mask:
    return mask._replace(overlap=1)


OVERLAP_FREE = tuple(mask for mask in MASKS if not mask.overlap)


def _ask_c1(table: pd.DataFrame) -> list[Question]:
    rivals = [(COVERAGE, mask) for mask in MASKS if mask != COVERAGE]
    return contrasts(table, "reconstruction_error", rivals, negative)


def _ask_c2(table: pd.DataFrame) -> list[Question]:
    return contrasts(table, "specialization_ratio", [(COVERAGE, BASELINE)], positive)


def _ask_c3(table: pd.DataFrame) -> list[Question]:
    return contrasts(table, "reconstruction_error", [(SEPARATION, BASELINE)], negative)


def _ask_c4(table: pd.DataFrame) -> list[Question]:
    pairs = [(_with_overlap(mask), mask) for mask in OVERLAP_FREE]
    return contrasts(table, "reconstruction_error", pairs, positive)


def _ask_c5(table: pd.DataFrame) -> list[Question]:
    pairs = [(_with_overlap(mask), mask) for mask in OVERLAP_FREE]
    return [
        question(n, words, differences < -R2_MARGIN, share_interval, below(RARE))
        for n, words, differences in _differences(table, "fit_r2", pairs)
    ]


def _ask_c6(table: pd.DataFrame) -> list[Question]:
    hundred = table[table["n"] == 100]
    return contrasts(hundred, "expelled_share", [(OVERLAP, BASELINE)], above(SHARE_MARGIN))


def _ask_c7(table: pd.DataFrame) -> list[Question]:
    return contrasts(table, "hull_distance", [(COVERAGE, BASELINE)], negative)


def _ask_c8(table: pd.DataFrame) -> list[Question]:
    """At the largest τ separation must expel more than at the smallest; at the nominal one, none.

    The baseline at the nominal τ says what is expelled anyway.
    """
    alone = table[(table[[*LOSSES]] == list(SEPARATION)).all(axis=1)]
    taus = sorted(alone["tau"].unique().tolist())
    if len(taus) < 2:
        return []
    seeds = np.unique(alone["seed"])
    cold, hot = (
        _by_run(alone[alone["tau"] == tau], "expelled_share", seeds) for tau in (taus[0], taus[-1])
    )
    words = f"separation, τ = {taus[-1]:g} − τ = {taus[0]:g}"
    more = {n: _minus(hot[n, *mask], cold[n, *mask]) for n, *mask in sorted({*cold} & {*hot})}
    found = [question(n, words, v, mean_interval, positive) for n, v in more.items() if len(v)]
    nominal = _coolest(table)
    pair = [(SEPARATION, BASELINE)]
    quiet = contrasts(nominal, "expelled_share", pair, below(SHARE_MARGIN))
    words = f"separation, τ = {_nominal_tau(table):g} − baseline"
    return found + [asked._replace(contrast=words) for asked in quiet]


def _ask_c9(table: pd.DataFrame) -> list[Question]:
    return contrasts(table, "expelled_share", [(OVERLAP, BASELINE)], positive)


REPULSIONS = {  # C10's separations, at a large τ: name and kernel
    "Gaussian separation": "gaussian",
    "inverse multiquadric separation": "imq",
    "energy separation": "energy",
}
TOGETHER = Mask(1, 1, 0)  # a separation with an attractor


def _ask_c10(table: pd.DataFrame) -> list[Question]:
    """Must: alone it harms, at any τ. Compatible: its own attractor mends that, coverage does not.

    Everything is compared with the baseline at the nominal τ, which has no structural loss.
    """
    hot = table[table["tau"] == HOT]
    if hot.empty or not (hot["attractor"] != "coverage").any():
        return []
    column = "reconstruction_error"
    nominal = _coolest(table[(table["attractor"] == "coverage") & (table["kernel"] == "gaussian")])
    pairs = [(SEPARATION, BASELINE), (OVERLAP, BASELINE)]
    found = contrasts(nominal, column, pairs, positive)
    seeds = np.unique(table["seed"])
    baseline = _by_run(nominal, column, seeds)
    for name, kernel in REPULSIONS.items():
        own = hot[hot["kernel"] == kernel]
        covered, matched = (
            _by_run(own[own["attractor"] == attractor], column, seeds)
            for attractor in ("coverage", kernel)
        )
        for words, of, mask, rule in (
            (name, covered, SEPARATION, positive),
            (f"{name} with its attractor", matched, TOGETHER, negative),
            (f"{name} with coverage", covered, TOGETHER, positive),
        ):
            for n, *own in sorted(of):
                if own == list(mask) and (n, *BASELINE) in baseline:
                    values = _minus(of[n, *mask], baseline[n, *BASELINE])
                    if len(values):
                        asked = question(n, f"{words} − baseline", values, median_interval, rule)
                        found.append(asked)
    return found


def _coolest(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["tau"] == _nominal_tau(table)]


def _nominal_tau(table: pd.DataFrame) -> float:
    """The temperature at which the eight masks were run: the one with the most masks."""
    masks = table.drop_duplicates(["tau", *LOSSES]).groupby("tau").size()
    return masks.index[masks.to_numpy().argmax()]


def grids(seeds: Sequence[int], sizes: Sequence[int] = Grid.sizes) -> list[Grid]:
    """The runs that decide all ten claims, as grids for `sweep.run_many`.

    The eight masks at the nominal setting; separation alone at a large τ, for C8; and for C10 each
    separation also with coverage and with its own attractor.
    """
    found = [Grid(sizes=sizes, seeds=seeds)]
    for kernel in REPULSIONS.values():
        config = TrainConfig(tau=HOT, kernel=kernel)
        found.append(Grid(sizes, seeds, (SEPARATION, TOGETHER), config, alone=True))
        config = TrainConfig(tau=HOT, kernel=kernel, attractor=kernel)
        found.append(Grid(sizes, seeds, (TOGETHER,), config, alone=True))
    return found


TEN, FIFTY = "seeds 0 to 9", "seeds 0 to 49"
BOOTSTRAPPED = (
    "Its interval, a bootstrap of a mean, covers far less than it says where tails are heavy; "
    "order statistics of the median keep their promise for any law."
)


def _revised(rule: str, ten: str, fifty: str, reason: str) -> tuple[Revision, ...]:
    return (Revision("2026-11-21", rule, ((TEN, ten), (FIFTY, fifty)), reason),)


CLAIMS = (
    Claim(
        "C1",
        "Coverage gives the lowest mean reconstruction error at every tested size.",
        "Median over seeds of error(coverage) − error(m), for every other mask m and every size.",
        "Yes where the interval lies below 0, no where it lies above.",
        _ask_c1,
        ("coverage", "experiment", "robustness"),
        ("test_claims.py::test_c1_asks_for_the_lowest_error",),
        _revised(
            "The mean of these differences, above or below 0.",
            "partly",
            "partly",
            BOOTSTRAPPED + " The claim speaks of means, so this is a change of the question too.",
        ),
    ),
    Claim(
        "C2",
        "Coverage raises the specialization ratio above the baseline's.",
        "Mean over seeds of ratio(coverage) − ratio(baseline), for every size.",
        "Yes where the interval lies above 0, no where it lies below.",
        _ask_c2,
        ("coverage", "experiment", "robustness"),
        ("test_claims.py::test_c2_asks_for_a_higher_ratio",),
    ),
    Claim(
        "C3",
        "Separation has mixed effects on the reconstruction.",
        "Median over seeds of error(separation) − error(baseline), for every size.",
        "Yes (it helps) where the interval lies below 0, no (it harms) where it lies above. "
        "Holds with at least one yes and one no among the corrected answers; partly with some of "
        "one kind and the rest open; fails if every size gives the same answer.",
        _ask_c3,
        ("separation", "experiment", "packing", "robustness"),
        (
            "test_claims.py::test_c3_asks_for_a_mixture_that_survives_correction",
            "test_attractors.py::test_extreme_prototypes_are_pushed_outwards",
        ),
        _revised(
            "The mean of these differences; holds with one yes and one no, uncorrected.",
            "holds",
            "holds",
            "By those intervals luck found a yes and a no in some shuffled tables. " + BOOTSTRAPPED,
        ),
    ),
    Claim(
        "C4",
        "Overlap penalties are systematically harmful to the reconstruction.",
        "Median over seeds of error(m with overlap) − error(m), for the four masks m without "
        "overlap and every size.",
        "Yes where the interval lies above 0, no where it lies below.",
        _ask_c4,
        ("overlap", "experiment", "robustness"),
        ("test_claims.py::test_c4_asks_for_harm_by_overlap",),
        _revised(
            "The mean of these differences, above or below 0.", "holds", "holds", BOOTSTRAPPED
        ),
    ),
    Claim(
        "C5",
        "That harm is no failure to optimise: runs with overlap fit the data as well as runs "
        "without.",
        f"Share of the seeds in which R²(m with overlap) is more than {R2_MARGIN:g} below R²(m), "
        "for the four masks m without overlap and every size.",
        "Yes where the interval lies below one seed in ten, no where it lies above. Forty seeds "
        "without a failure suffice for one question, and not for 24 that are corrected.",
        _ask_c5,
        ("overlap", "experiment", "expulsion", "robustness"),
        ("test_claims.py::test_c5_asks_for_few_failures",),
        _revised(
            f"Mean over seeds of R²(m with overlap) − R²(m); yes above −{R2_MARGIN:g}, no below.",
            "partly",
            "partly",
            "An interval of a mean says *as well* just when its seeds "
            "happen to miss the rare failed fit, which is what the claim is about.",
        ),
    ),
    Claim(
        "C6",
        "Overlap ends with prototypes pushed outside the convex hull of the inputs (shown at "
        "N = 100).",
        "Mean over seeds of expelled share(overlap) − expelled share(baseline), at N = 100.",
        f"Yes where the interval lies above {SHARE_MARGIN:g}, no where it lies below. That the end "
        "is an equilibrium is not part of this rule; that it is a minimum, a proof refutes.",
        _ask_c6,
        ("experiment", "expulsion", "robustness"),
        (
            "test_claims.py::test_c6_asks_for_a_tenth_more_outside_than_without",
            "test_attractors.py::test_overlap_has_no_equilibrium",
        ),
        _revised(
            "Mean over seeds of expelled share(overlap), at N = 100; yes above one half.",
            "undecided",
            "fails",
            "The claim says that prototypes are pushed outside, not "
            "that most are; and what leaves without overlap is no effect of overlap.",
        ),
    ),
    Claim(
        "C7",
        "Coverage cannot reward expulsion: it acts as an attractor.",
        "Median over seeds of the mean distance outside the hull, coverage − baseline, for every "
        "size.",
        "Yes where the interval lies below 0, no where it lies above. The rule measures *acts as "
        "an attractor*; *cannot* is a theorem about prototypes, not a rule about runs.",
        _ask_c7,
        ("coverage", "experiment", "attractors", "robustness"),
        (
            "test_claims.py::test_c7_asks_for_less_distance",
            "test_attractors.py::test_a_coverage_step_never_leads_away_from_the_hull",
        ),
        _revised(
            "The mean of these differences, above or below 0.", "partly", "holds", BOOTSTRAPPED
        ),
    ),
    Claim(
        "C8",
        "Separation admits expulsion only at large temperatures τ.",
        "Under separation alone, mean over seeds of expelled share(largest τ) − expelled "
        "share(smallest τ); and of expelled share(nominal τ) − expelled share(baseline), for every "
        "size; needs a table with two or more τ.",
        "Large τ: yes (it expels) where the interval lies above 0, no where it lies below. "
        f"Nominal τ: yes (it does not expel) where it lies below {SHARE_MARGIN:g}, no where it "
        "lies above.",
        _ask_c8,
        ("packing", "robustness"),
        ("test_claims.py::test_c8_asks_for_expulsion_at_large_temperatures_only",),
        _revised(
            "Only the first half: that a large τ expels more.",
            "partly",
            "holds",
            "The claim says *only* at large τ, and the rule did not ask it: at N = 50 and "
            "100 separation expels at the nominal τ too.",
        ),
    ),
    Claim(
        "C9",
        "Overlap admits expulsion at the nominal settings.",
        "Mean over seeds of expelled share(overlap) − expelled share(baseline), for every size.",
        "Yes where the interval lies above 0, no where it lies below.",
        _ask_c9,
        ("overlap", "experiment", "expulsion", "robustness"),
        ("test_claims.py::test_c9_asks_for_more_outside",),
    ),
    Claim(
        "C10",
        "Every repulsive structural loss must be compensated by a compatible attractor.",
        "Median over seeds of error − error(baseline), for every size. Alone: separation at the "
        "nominal τ, overlap, and separation at τ = 1 with three kernels. Those three with the "
        "attraction of the same kernel; and with coverage, which is not matched to any.",
        "Alone: yes (it must be compensated) where the interval lies above 0, no where it lies "
        "below. With its attractor: yes (it is compensated) where it lies below 0, no where it "
        "lies above. With coverage: yes (the attractor must be compatible) where it lies above 0, "
        "no where it lies below. Overlap has no compatible attractor that we know of.",
        _ask_c10,
        ("attractors", "dimensions", "bridge"),
        (
            "test_claims.py::test_c10_asks_for_harm_alone_and_help_with_the_attractor_only",
            "test_attractors.py::test_the_square_is_completed",
        ),
        _revised(
            "Means; three separations at τ = 1 and overlap alone, and each with an "
            "attractor, for overlap the whole energy distance.",
            "holds",
            "holds",
            "*Every* and *must* asked more: separation at the nominal τ was left out, a "
            "mismatched attractor was not tried, and overlap's is not compatible.",
        ),
    ),
)


def shuffled(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The table with its scores dealt anew within every size and seed: no label means anything.

    What a ledger says of such tables is luck.
    """
    ordered = table.sort_values(["n", "seed"], kind="stable", ignore_index=True)
    draw = generator(seed, CHANCE, len(ordered)).random(len(ordered))
    dealt = ordered.assign(draw=draw).sort_values(["n", "seed", "draw"], ignore_index=True)
    return ordered.assign(**{name: dealt[name] for name in SCORES})


KEYS = ("n", *LOSSES, "seed", "tau", "attractor", "kernel")  # what makes a row a run of its own
SAME = ("steps", "lam", "universe")  # what all runs must have in common, where it is told
SCORES = ("reconstruction_error", "specialization_ratio", "expelled_share", "hull_distance",
          "fit_r2")  # fmt: skip


def ledger(table: pd.DataFrame) -> list[Verdict]:
    """Decide C1 to C10 on a table of runs.

    Raises
    ------
    TableError
        if a column is missing, the table is empty, it holds a run twice, or it mixes runs of
        different λ, numbers of steps or universes: they would count as more seeds.
    """
    check_table(table, {*KEYS, *SCORES} - {"attractor", "kernel"}, KEYS)
    for name in SAME:
        values = table[name].unique().tolist() if name in table else []
        if len(values) > 1:
            shown = ", ".join(map(str, values[:3])) + (", …" if len(values) > 3 else "")
            raise TableError(
                f"the table mixes runs of different {name} ({shown}): judge each by itself."
            )
    nominal_forms = {"attractor": "coverage", "kernel": "gaussian"}
    every = table.assign(**{k: v for k, v in nominal_forms.items() if k not in table})
    plain = every[(every["attractor"] == "coverage") & (every["kernel"] == "gaussian")]
    nominal = _coolest(plain) if len(plain) else plain
    return judge(CLAIMS, lambda claim: {"C8": plain, "C10": every}.get(claim.id, nominal))
