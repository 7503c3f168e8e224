"""The ledger at its edges: rules at the exact boundary, intervals, pairing, tables."""

import pandas as pd
import pytest

from protolib import claims, measurements, sweep
from protolib.claims import Interval, sparse
from protolib.sweep import MASKS, Mask
from protolib.training import TrainConfig

ABOVE, BELOW, WIDE = (1, 0.5, 1.5), (-1, -1.5, -0.5), (0, -1, 1)
MARGIN = claims.R2_MARGIN


def _rows(values, *, n=10, tau=1e-3, attractor="coverage", kernel="gaussian"):
    """Rows of a table: mask -> {column: one value a seed}; what is not named is 0."""
    columns = ("reconstruction_error", "specialization_ratio", "expelled_share",
               "hull_distance", "fit_r2")  # fmt: skip
    rows = []
    for mask, named in values.items():
        seeds = len(next(iter(named.values())))
        for seed in range(seeds):
            scores = {name: named.get(name, [0.0] * seeds)[seed] for name in columns}
            rows.append({"n": n, **Mask(*mask)._asdict(), "seed": seed, **scores, "tau": tau,
                         "attractor": attractor, "kernel": kernel})  # fmt: skip
    return pd.DataFrame(rows)


def _verdict(table, name):
    return next(v for v in claims.ledger(table) if v.claim.id == name)


# ------------------------------------------------------------------------------ rules


@pytest.mark.parametrize(
    ("interval", "up", "down"),
    [
        (ABOVE, "yes", "no"),
        (BELOW, "no", "yes"),
        (WIDE, "open", "open"),
        ((1, 0, 2), "open", "open"),  # the interval's end on the level decides nothing
        ((-1, -2, 0), "open", "open"),
        ((0, 0, 0), "open", "open"),
    ],
)
def test_rules_are_strict_at_their_level(interval, up, down):
    interval = Interval(*map(float, interval))
    assert (claims.positive(interval), claims.negative(interval)) == (up, down)
    for level in (0.0, 0.95, -3.0):
        moved = Interval(*(value + level for value in interval))
        assert (sparse.above(level)(moved), sparse.below(level)(moved)) == (up, down)


def test_c5_is_strict_at_its_margin():
    """A loss of just the margin is no failure; one of a little more is."""
    plain = {mask: {"fit_r2": [0.0] * 40} for mask in MASKS if not mask.overlap}
    for lost, share in ((MARGIN, 0.0), (MARGIN * 1.01, 1.0)):
        values = {mask._replace(overlap=1): {"fit_r2": [-lost] * 40} for mask in plain}
        questions = _verdict(_rows(plain | values), "C5").questions
        assert [question.estimate for question in questions] == [share] * 4
    assert {q.answer for q in questions} == {"no"}


@pytest.mark.parametrize(("seeds", "answer"), [(35, "open"), (36, "yes")])
def test_c5_wants_failures_in_fewer_than_one_seed_in_ten(seeds, answer):
    """None in 35 leaves room for 0.10003 by the binomial law, none in 36 for 0.097."""
    table = _rows({mask: {"fit_r2": [1.0] * seeds} for mask in MASKS})
    assert {q.answer for q in _verdict(table, "C5").questions} == {answer}


@pytest.mark.parametrize(("more", "c6", "c8"), [(0.095, "no", "yes"), (0.105, "yes", "no")])
def test_a_tenth_of_the_prototypes_is_the_margin_of_c6_and_c8(more, c6, c8):
    spread = [0.002 * (k % 3 - 1) for k in range(30)]
    out = {"expelled_share": [0.2 + more + s for s in spread]}
    masks = {mask: {"expelled_share": [0.2] * 30} for mask in MASKS}
    table = _rows(masks | {claims.OVERLAP: out, claims.SEPARATION: out}, n=100)
    hot = _rows({claims.SEPARATION: {"expelled_share": [0.9] * 30}}, n=100, tau=claims.HOT)
    (asked,) = _verdict(table, "C6").questions
    assert asked.answer == c6
    assert _verdict(pd.concat([table, hot]), "C8").questions[-1].answer == c8


def test_c6_looks_at_a_hundred_only():
    values = {claims.OVERLAP: {"expelled_share": [0.5] * 4},
              claims.BASELINE: {"expelled_share": [0.25] * 4}}  # fmt: skip
    table = _rows(values, n=100)
    (question,) = _verdict(table, "C6").questions
    assert question[:4] == (100, "overlap − baseline", 4, 0.25)
    assert _verdict(table.assign(n=99), "C6").verdict == "not tested here"


@pytest.mark.parametrize(
    ("answers", "verdict", "mixed"),
    [
        ([], "not tested here", "not tested here"),
        (["open"], "undecided", "undecided"),
        (["yes"], "holds", "fails"),
        (["no"], "fails", "fails"),
        (["yes", "no"], "partly", "holds"),
        (["yes", "open"], "partly", "partly"),
        (["no", "open"], "fails", "partly"),
        (["yes", "no", "open"], "partly", "holds"),
    ],
)
def test_every_set_of_answers_has_its_verdict(answers, verdict, mixed):
    assert claims.decide("C1", iter(answers)) == verdict
    assert claims.decide("S2", answers * 2) == verdict
    assert claims.decide("C3", iter(answers)) == mixed


def test_pairs_are_formed_within_seeds_that_have_both():
    share = "expelled_share"
    table = _rows({(1, 0, 0): {share: [5.0, 7.0, 9.0]}, (0, 0, 0): {share: [1.0, 4.0, 2.0]}})
    shuffled = table.sample(frac=1, random_state=0)
    pair = 10, share, claims.COVERAGE, claims.BASELINE
    assert claims.paired(shuffled, *pair).tolist() == [4, 3, 7]
    lacking = table.drop(index=1)  # seed 1 under coverage
    assert claims.paired(lacking, *pair).tolist() == [4, 7]
    assert claims.by_seed(shuffled, 10, claims.COVERAGE, share).to_dict() == {0: 5, 1: 7, 2: 9}
    assert claims.by_seed(table, 11, claims.COVERAGE, share).empty
    (question,) = claims.contrasts(
        pd.concat([table, table[:3].assign(n=3, coverage=0, separation=1)]), share,
        [(claims.COVERAGE, claims.BASELINE)], claims.positive,
    )  # fmt: skip
    assert question[:4] == (10, "coverage − baseline", 3, pytest.approx(14 / 3))
    assert question.low < question.estimate < question.high
    with pytest.raises(sweep.TableError, match="3 rows twice, the first of them n 10, coverage 1"):
        claims.contrasts(pd.concat([table, table[:3]]), share, [], claims.positive)


# ------------------------------------------------------------------------------ questions


def test_the_ledger_asks_just_these_questions():
    values = {mask: {"fit_r2": [0.0, 0.0], "expelled_share": [0.1, 0.1]} for mask in MASKS}
    table = pd.concat([_rows(values, n=100), _rows(values, n=3)])
    asked = {v.claim.id: [(q.n, q.contrast) for q in v.questions] for v in claims.ledger(table)}
    names = [sweep.mask_name(mask) for mask in MASKS]
    others = [name for name in names if name != "coverage"]
    over = [("overlap", "baseline"), ("coverage + overlap", "coverage"),
            ("separation + overlap", "separation"),
            ("all three", "coverage + separation")]  # fmt: skip
    over = [" − ".join(pair) for pair in over]
    for name, expected in {
        "C1": [f"coverage − {other}" for other in others],
        "C2": ["coverage − baseline"], "C3": ["separation − baseline"],
        "C4": over, "C5": over, "C7": ["coverage − baseline"], "C9": ["overlap − baseline"],
    }.items():  # fmt: skip
        assert sorted(asked[name]) == sorted((n, words) for n in (3, 100) for words in expected)
        assert [n for n, _ in asked[name]] == [3] * len(expected) + [100] * len(expected)
    assert asked["C6"] == [(100, "overlap − baseline")]
    assert asked["C8"] == asked["C10"] == []


def test_c8_takes_the_largest_and_the_smallest_temperature_of_separation_alone():
    parts = [
        _rows({claims.SEPARATION: {"expelled_share": [share] * 3}}, tau=tau)
        for tau, share in ((1e-3, 0.25), (0.1, 0.9), (1.0, 0.75))
    ]
    other = _rows({claims.OVERLAP: {"expelled_share": [0.0] * 3}}, tau=50.0)
    (question,) = _verdict(pd.concat([*parts, other]), "C8").questions
    assert question[:4] == (10, "separation, τ = 1 − τ = 0.001", 3, 0.5)
    sizes = [_rows({claims.SEPARATION: {"expelled_share": [0.5] * 2}}, tau=t, n=n)
             for t, n in ((1e-3, 10), (1.0, 10), (1.0, 50))]  # fmt: skip
    (only,) = _verdict(pd.concat(sizes), "C8").questions  # N = 50 has one temperature
    assert (only.n, only.seeds, only.estimate, only.answer) == (10, 2, 0, "open")
    # its second half compares separation with the baseline where the masks were run
    quiet = {mask: {"expelled_share": [0.25 + 0.5 * mask.separation] * 40} for mask in MASKS}
    hot = _rows({claims.SEPARATION: {"expelled_share": [1.0] * 40}}, tau=1.0)
    _, second = _verdict(pd.concat([_rows(quiet), hot]), "C8").questions
    assert second[:4] == (10, "separation, τ = 0.001 − baseline", 40, 0.5)
    assert second.answer == "no"


def test_the_nominal_temperature_is_the_one_with_most_masks():
    """A hotter run of one mask must not be taken for the nominal one, nor a colder one."""
    error = {"reconstruction_error": [0.5] * 6}
    full = _rows({mask: error for mask in MASKS}, tau=0.01)
    better = {"reconstruction_error": [0.1] * 6}
    for tau in (1e-4, 1.0):
        odd = _rows({claims.SEPARATION: better, claims.BASELINE: error}, tau=tau)
        for order in ([full, odd], [odd, full]):
            (question,) = _verdict(pd.concat(order), "C3").questions
            assert (question.estimate, question.answer) == (0, "open")


def test_c10_puts_each_repulsion_against_the_baseline_alone_attracted_and_covered():
    def error(value):
        return {"reconstruction_error": [value] * 6}

    nominal = _rows({claims.BASELINE: error(1.0), claims.SEPARATION: error(0.5),
                     claims.OVERLAP: error(4.0), (1, 1, 0): error(77.0)})  # fmt: skip
    covered = [
        _rows({claims.SEPARATION: error(alone), (1, 1, 0): error(alone - 1.75)},
              tau=claims.HOT, kernel=kernel)
        for kernel, alone in (("gaussian", 3.0), ("imq", 3.5), ("energy", 2.5))
    ]  # fmt: skip
    pulled = [
        _rows({(1, 1, 0): error(both)}, tau=claims.HOT, attractor=kernel, kernel=kernel)
        for kernel, both in (("gaussian", 0.75), ("imq", 0.5), ("energy", 0.25))
    ]
    found = _verdict(pd.concat([nominal, *covered, *pulled]), "C10")
    expected = [("separation", -0.5, "no"), ("overlap", 3.0, "yes")]
    for name, alone, both, cover in (
        ("Gaussian", 2.0, -0.25, 0.25), ("inverse multiquadric", 2.5, -0.5, 0.75),
        ("energy", 1.5, -0.75, -0.25),
    ):  # fmt: skip
        expected += [
            (f"{name} separation", alone, "yes"),
            (f"{name} separation with its attractor", both, "yes"),
            (f"{name} separation with coverage", cover, "yes" if cover > 0 else "no"),
        ]
    assert [(q.contrast, q.estimate, q.answer) for q in found.questions] == [
        (f"{words} − baseline", value, answer) for words, value, answer in expected
    ]
    assert {(q.n, q.seeds) for q in found.questions} == {(10, 6)}
    assert found.verdict == "partly"
    # without any attracted run there is nothing to ask
    assert _verdict(pd.concat([nominal, *covered]), "C10").questions == []
    cool = pd.concat([part.assign(tau=0.5) for part in (*covered, *pulled)])
    assert _verdict(pd.concat([nominal, cool]), "C10").questions == []


def test_the_grids_of_the_ledger():
    nominal, *rest = claims.grids(range(3), (5, 7))
    assert (nominal.sizes, nominal.seeds, nominal.masks) == ((5, 7), range(3), MASKS)
    assert (nominal.config, nominal.alone) == (TrainConfig(), False)
    found = [(g.masks, g.config.tau, g.config.attractor, g.config.kernel) for g in rest]
    assert found == [
        (((0, 1, 0), (1, 1, 0)) if kind == "coverage" else ((1, 1, 0),), claims.HOT, kind, kernel)
        for kernel in ("gaussian", "imq", "energy")
        for kind in ("coverage", kernel)
    ]
    assert all(g.alone and g.sizes == (5, 7) and g.seeds == range(3) for g in rest)
    assert claims.grids([0])[0].sizes == (3, 5, 10, 20, 50, 100)


def test_what_a_table_must_hold():
    table = _rows({mask: {"fit_r2": [0.0] * 2} for mask in MASKS})
    with pytest.raises(
        sweep.TableError, match=r"^the table lacks the columns hull_distance, tau\.$"
    ):
        claims.ledger(table.drop(columns=["tau", "hull_distance"]))
    with pytest.raises(sweep.TableError, match=r"^the table has no rows\.$"):
        claims.ledger(table.head(0))
    bare = table.drop(columns=["attractor", "kernel"])  # then they are the paper's
    assert claims.summary(claims.ledger(bare)).equals(claims.summary(claims.ledger(table)))
    # runs with another attractor or kernel answer none of the first nine
    for change in ({"attractor": "energy"}, {"kernel": "imq"}):
        foreign = table.assign(**change)
        assert {v.verdict for v in claims.ledger(foreign)[:9]} == {"not tested here"}


def test_the_summary_counts_and_the_evidence_lists():
    table = _rows({mask: {"reconstruction_error": [1.0 + mask.overlap] * 12} for mask in MASKS})
    verdicts = claims.ledger(table)
    found = claims.summary(verdicts).set_index("id")
    assert [*found.columns] == ["claim", "verdict", "yes", "no", "open", "corrected"]
    assert found.loc["C4"].tolist()[1:] == ["holds", 4, 0, 0, "holds"]
    assert found.loc["C1"].tolist()[1:] == ["partly", 4, 0, 3, "partly"]
    assert found.loc["C2"].tolist()[1:] == ["undecided", 0, 0, 1, "undecided"]
    assert found.loc["C4", "claim"] == verdicts[3].claim.sentence
    listed = claims.evidence(verdicts[3])
    assert [*listed.columns] == [*claims.Question._fields]
    assert listed["estimate"].tolist() == [1.0] * 4
    assert [*claims.evidence(verdicts[-1]).columns] == [*listed.columns]  # not tested: no rows


# ------------------------------------------------------------------------------ the second source


def _sparse(values, n=5, seeds=2000):
    rows = [(w, n, s, o, seed, v) for (w, s, o), v in values.items() for seed in range(seeds)]
    return pd.DataFrame(rows, columns=["world", "n", "score", "of", "seed", "value"])


def _asked(table, name):
    verdict = next(v for v in sparse.ledger(table) if v.claim.id == name)
    return [(q.n, q.contrast, q.seeds, q.estimate, q.answer) for q in verdict.questions]


def test_what_the_second_section_asks_and_where_its_levels_lie():
    latents = {("sphere", "R²", "trained"): 0.95, ("sphere", "R²", "raw input"): 0.7,
               ("sphere", "R²", "untrained"): 0.95, ("sphere", "MCC", "trained"): 0.75,
               ("sphere", "MCC", "random rotation"): 0.75 - 2**-10}  # fmt: skip
    assert _asked(_sparse(latents), "S1") == [
        (5, "sphere: R², trained − raw input", 2000, pytest.approx(0.25), "yes"),
        (5, "sphere: R², trained − untrained", 2000, 0, "open"),
        (
            5,
            "sphere: R², trained",
            2000,
            pytest.approx(0.95),
            "open",
        ),  # 0.95 itself is not above it
        (5, "sphere: MCC, trained − random rotation", 2000, 2**-10, "yes"),
    ]
    further = latents | {("sphere", "MCC", "random rotation"): 0.5}
    assert _asked(_sparse(further), "S1")[-1][-1] == "no"
    world = "M = 32, K = 5"
    codes = {(world, "MCC", "sparse inference"): 0.96, (world, "MCC", "linear read-out"): 0.5,
             (world, "MCC", "learned dictionary"): 0.25, (world, "MCC", "SAE"): 0.75,
             (world, "MCC", "one layer, taught"): 0.97,
             (world, "MCC", "sparse inference on that dictionary"): 0.75,
             (world, "MCC", "SAE with its own dictionary"): 0.5}  # fmt: skip
    assert _asked(_sparse(codes, 64), "S2") == [
        (64, f"{world}: MCC, sparse inference − linear read-out", 2000, pytest.approx(0.46), "yes"),
        (64, f"{world}: MCC, sparse inference", 2000, pytest.approx(0.96), "yes"),
        (64, f"{world}: MCC, learned dictionary − linear read-out", 2000, -0.25, "no"),
    ]
    own = "sparse inference on that dictionary − SAE with its own dictionary"
    assert _asked(_sparse(codes, 64), "S3") == [
        (64, f"{world}: MCC, sparse inference − SAE", 2000, pytest.approx(0.21), "yes"),
        (
            64,
            f"{world}: MCC, sparse inference − one layer, taught",
            2000,
            pytest.approx(-0.01),
            "no",
        ),
        (64, f"{world}: MCC, {own}", 2000, 0.25, "yes"),
    ]
    shallow = {("M = 16, K = 2", *key[1:]): value for key, value in codes.items()}
    assert _asked(_sparse(shallow, 64), "S3") == []  # trained in two worlds only
    assert len(_asked(_sparse(shallow, 64), "S2")) == 3


def test_s4_asks_four_scores_of_two_widths_and_two_rivals():
    scores = ("MCC", "R²", "DCI: D", "MIG")
    levels = dict(zip(scores, (0.05, 0.06, 0.04, -3.0)))
    noise = {("noise", s, f"{u} units"): v for u in (6, 200) for s, v in levels.items()}
    rivals = {("rivals", "MCC", "empty"): 0.5, ("rivals", "MCC", "honest"): 0.25,
              ("rivals", "MCC above chance", "empty"): 0.0,
              ("rivals", "MCC above chance", "honest"): 0.25}  # fmt: skip
    found = _asked(_sparse(noise | rivals, 100), "S4")
    assert [row[1] for row in found] == [
        *(f"noise: {s}, {u} units" for u in (6, 200) for s in scores),
        "rivals: MCC, empty − honest", "rivals: MCC above chance, honest − empty",
    ]  # fmt: skip
    assert [row[-1] for row in found] == ["open", "yes", "no", "no"] * 2 + ["yes", "yes"]


def test_a_sparse_table_must_be_whole_and_comes_back_to_six_digits(tmp_path):
    table = _sparse({("sphere", "R²", "trained"): 0.123456789})
    with pytest.raises(sweep.TableError, match=r"^the table lacks the columns n, of\.$"):
        sparse.ledger(table.drop(columns=["of", "n"]))
    with pytest.raises(sweep.TableError, match=r"^the table has no rows\.$"):
        sparse.ledger(table.head(0))
    path = tmp_path / "s.csv"
    measurements.write(table, path)
    assert path.read_text().splitlines()[1] == "world,n,score,of,seed,value"
    assert path.read_text().splitlines()[2] == "sphere,5,R²,trained,0,0.123457"
    assert path.read_text().startswith("# protolib measurements, schema 1, sha256 ")
    assert measurements.read(path)["value"].unique().tolist() == [0.123457]
    sweep.write_sealed("x\n", path, "table", 1)
    with pytest.raises(sweep.TableError, match="python -m protolib measure"):
        measurements.read(path)
