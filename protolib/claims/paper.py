"""C1 to C10: what the paper claims, and what a table of runs says.

A question is one cell: a size, or a size and a pair of masks. C3, that effects are mixed, needs a
yes and a no; see its rule. The sentences restate the paper's claims (arXiv:2605.25939) in our
words; estimands and rules are ours, and were committed before any interval was computed.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from protolib.claims.engine import (
    Claim,
    Interval,
    Question,
    Verdict,
    above,
    bootstrap,
    check_table,
    judge,
    negative,
    positive,
)
from protolib.masks import LOSSES, MASKS, Mask, mask_name
from protolib.sweep.grid import Grid
from protolib.sweep.store import TableError
from protolib.training import TrainConfig

BASELINE, COVERAGE, SEPARATION, OVERLAP = MASKS[:4]
R2_MARGIN = 0.01
HOT = 1.0  # the large τ of C8 and C10, in squared input units


def by_seed(table: pd.DataFrame, n: int, mask: Mask, column: str) -> pd.Series:
    """One column of the runs of one size and mask, indexed by seed."""
    chosen = (table["n"] == n) & (table[[*LOSSES]] == list(mask)).all(axis=1)
    return table[chosen].set_index("seed")[column].sort_index()


def paired(table: pd.DataFrame, n: int, column: str, one: Mask, other: Mask) -> np.ndarray:
    """column(one) − column(other) within each seed that has both, shape (seeds,)."""
    return (by_seed(table, n, one, column) - by_seed(table, n, other, column)).dropna().to_numpy()


def contrasts(
    table: pd.DataFrame,
    column: str,
    pairs: Iterable[tuple[Mask, Mask]],
    answer: Callable[[Interval], str],
) -> list[Question]:
    """Mean over seeds of column(one) − column(other), for every size and pair of masks."""
    found = []
    for n in sorted(table["n"].unique().tolist()):
        for one, other in pairs:
            differences = paired(table, n, column, one, other)
            if len(differences):
                interval = bootstrap(differences)
                words = f"{mask_name(one)} − {mask_name(other)}"
                found.append(Question(int(n), words, len(differences), *interval, answer(interval)))
    return found


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
    return contrasts(table, "fit_r2", pairs, above(-R2_MARGIN))


def _ask_c6(table: pd.DataFrame) -> list[Question]:
    shares = by_seed(table, 100, OVERLAP, "expelled_share")
    if shares.empty:
        return []
    interval = bootstrap(shares.to_numpy())
    return [Question(100, "overlap", len(shares), *interval, above(0.5)(interval))]


def _ask_c7(table: pd.DataFrame) -> list[Question]:
    return contrasts(table, "hull_distance", [(COVERAGE, BASELINE)], negative)


def _ask_c8(table: pd.DataFrame) -> list[Question]:
    chosen = table[(table[[*LOSSES]] == list(SEPARATION)).all(axis=1)]
    taus = sorted(chosen["tau"].unique().tolist())
    if len(taus) < 2:
        return []
    found = []
    for n in sorted(chosen["n"].unique().tolist()):
        small, large = (
            chosen[(chosen["n"] == n) & (chosen["tau"] == tau)].set_index("seed")["expelled_share"]
            for tau in (taus[0], taus[-1])
        )
        differences = (large - small).dropna().to_numpy()
        if len(differences):
            interval = bootstrap(differences)
            words = f"separation, τ = {taus[-1]:g} − τ = {taus[0]:g}"
            found.append(Question(int(n), words, len(differences), *interval, positive(interval)))
    return found


def _ask_c9(table: pd.DataFrame) -> list[Question]:
    return contrasts(table, "expelled_share", [(OVERLAP, BASELINE)], positive)


# C10's repulsions and what is put against each: the mask with it, the kernels of both.
REPULSIONS = {
    "Gaussian separation": (Mask(0, 1, 0), "gaussian"),
    "inverse multiquadric separation": (Mask(0, 1, 0), "imq"),
    "energy separation": (Mask(0, 1, 0), "energy"),
    "overlap": (Mask(0, 0, 1), None),
}


def _ask_c10(table: pd.DataFrame) -> list[Question]:
    """Alone it must harm; with its matched attractor it must do better than nothing at all."""
    plain = table[(table["attractor"] == "coverage") & (table["kernel"] == "gaussian")]
    hot = table[table["tau"] == HOT]
    if hot.empty or not (hot["attractor"] != "coverage").any():
        return []
    found = []
    for n in sorted(hot["n"].unique().tolist()):
        baseline = by_seed(_coolest(plain), n, BASELINE, "reconstruction_error")
        for name, (mask, kernel) in REPULSIONS.items():
            if kernel is None:  # overlap has no kernel of its own: the whole energy distance
                alone = by_seed(_coolest(plain), n, mask, "reconstruction_error")
                square = hot[(hot["attractor"] == "energy") & (hot["kernel"] == "energy")]
                both = by_seed(square, n, Mask(1, 1, 1), "reconstruction_error")
            else:
                own = hot[hot["kernel"] == kernel]
                alone = by_seed(
                    own[own["attractor"] == "coverage"], n, mask, "reconstruction_error"
                )
                both = by_seed(
                    own[own["attractor"] == kernel], n, Mask(1, 1, 0), "reconstruction_error"
                )
            for words, values, rule in (
                (f"{name} − baseline", alone - baseline, positive),
                (f"{name} with its attractor − baseline", both - baseline, negative),
            ):
                values = values.dropna().to_numpy()
                if len(values):
                    interval = bootstrap(values)
                    found.append(Question(int(n), words, len(values), *interval, rule(interval)))
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
    repulsion alone and with its attractor.
    """
    found = [Grid(sizes=sizes, seeds=seeds)]
    for mask, kernel in REPULSIONS.values():
        if kernel is None:
            config = TrainConfig(tau=HOT, attractor="energy", kernel="energy")
            found.append(Grid(sizes, seeds, (Mask(1, 1, 1),), config, alone=True))
        else:
            config = TrainConfig(tau=HOT, kernel=kernel)
            found.append(Grid(sizes, seeds, (mask,), config, alone=True))
            config = TrainConfig(tau=HOT, kernel=kernel, attractor=kernel)
            found.append(Grid(sizes, seeds, (Mask(1, 1, 0),), config, alone=True))
    return found


CLAIMS = (
    Claim(
        "C1",
        "Coverage gives the lowest mean reconstruction error at every tested size.",
        "Mean over seeds of error(coverage) − error(m), for every other mask m and every size.",
        "Yes where the interval lies below 0, no where it lies above.",
        _ask_c1,
        ("coverage", "experiment", "robustness"),
        ("test_claims.py::test_c1_asks_for_the_lowest_error",),
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
        "Mean over seeds of error(separation) − error(baseline), for every size.",
        "Yes (it helps) where the interval lies below 0, no (it harms) where it lies above. "
        "Holds with at least one yes and one no; partly with some of one kind and the rest open; "
        "fails if every size gives the same answer.",
        _ask_c3,
        ("separation", "experiment", "packing", "robustness"),
        (
            "test_claims.py::test_c3_asks_for_a_mixture",
            "test_attractors.py::test_extreme_prototypes_are_pushed_outwards",
        ),
    ),
    Claim(
        "C4",
        "Overlap penalties are systematically harmful to the reconstruction.",
        "Mean over seeds of error(m with overlap) − error(m), for the four masks m without overlap "
        "and every size.",
        "Yes where the interval lies above 0, no where it lies below.",
        _ask_c4,
        ("overlap", "experiment", "robustness"),
        ("test_claims.py::test_c4_asks_for_harm_by_overlap",),
    ),
    Claim(
        "C5",
        "That harm is no failure to optimise: runs with overlap fit the data as well as runs "
        "without.",
        "Mean over seeds of R²(m with overlap) − R²(m), for the four masks m without overlap and "
        "every size.",
        f"Yes where the interval lies above a margin of −{R2_MARGIN:g}, no where it lies below it.",
        _ask_c5,
        ("overlap", "experiment", "expulsion", "robustness"),
        ("test_claims.py::test_c5_asks_for_a_fit_within_the_margin",),
    ),
    Claim(
        "C6",
        "Overlap ends with prototypes pushed outside the convex hull of the inputs (shown at "
        "N = 100).",
        "Mean over seeds of the expelled share under overlap alone, at N = 100.",
        "Yes where the interval lies above one half, no where it lies below. That the end is an "
        "equilibrium is not part of this rule.",
        _ask_c6,
        ("experiment", "expulsion", "robustness"),
        (
            "test_claims.py::test_c6_asks_for_a_majority_outside",
            "test_attractors.py::test_overlap_has_no_equilibrium",
        ),
    ),
    Claim(
        "C7",
        "Coverage cannot reward expulsion: it acts as an attractor.",
        "Mean over seeds of the mean distance outside the hull, coverage − baseline, for every "
        "size.",
        "Yes where the interval lies below 0, no where it lies above.",
        _ask_c7,
        ("coverage", "experiment", "attractors", "robustness"),
        (
            "test_claims.py::test_c7_asks_for_less_distance",
            "test_attractors.py::test_a_coverage_step_never_leads_away_from_the_hull",
        ),
    ),
    Claim(
        "C8",
        "Separation admits expulsion only at large temperatures τ.",
        "Mean over seeds of expelled share(largest τ) − expelled share(smallest τ) under "
        "separation alone, for every size; needs a table with two or more τ.",
        "Yes where the interval lies above 0, no where it lies below.",
        _ask_c8,
        ("packing", "robustness"),
        ("test_claims.py::test_c8_needs_two_temperatures",),
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
        "For four repulsions (separation at τ = 1 with three kernels, and overlap) and every size: "
        "mean over seeds of error(repulsion alone) − error(baseline), and of error(repulsion with "
        "its attractor) − error(baseline). A kernel's attractor is the attraction with the same "
        "kernel; overlap's is the whole energy distance.",
        "Alone: yes (it must be compensated) where the interval lies above 0, no where it lies "
        "below. With its attractor: yes (it is compensated) where it lies below 0, no where it "
        "lies above.",
        _ask_c10,
        ("attractors", "dimensions", "bridge"),
        (
            "test_claims.py::test_c10_asks_for_harm_alone_and_help_with_the_attractor",
            "test_attractors.py::test_the_square_is_completed",
        ),
    ),
)


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
