import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from protolib import claims, sweep
from protolib.claims import Interval
from protolib.masks import MASKS, Mask

SIZES = (10, 100)


def _table(effect, seeds=12, sizes=SIZES, tau=1e-3, noise=0.01):
    """A made-up table in which column = effect(mask, n)[column] + a seed's own level + noise."""
    rng = np.random.default_rng(0)
    rows = []
    for n in sizes:
        for seed in range(seeds):
            level = rng.normal()  # shared within the seed: only a paired estimate removes it
            for mask in MASKS:
                values = {
                    "reconstruction_error": 0.5, "specialization_ratio": 0.5,
                    "expelled_share": 0.1, "hull_distance": 0.1, "fit_r2": 1.0,
                }  # fmt: skip
                values |= effect(mask, n)
                row = {k: v + noise * rng.normal() for k, v in values.items()}
                row["reconstruction_error"] += level
                rows.append({"n": n, **mask._asdict(), "seed": seed, **row,
                             "steps": 1, "lam": 0.1, "tau": tau,
                             "attractor": "coverage", "kernel": "gaussian"})  # fmt: skip
    return pd.DataFrame(rows)


def _verdicts(table):
    return {v.claim.id: v.verdict for v in claims.ledger(table)}


def _paper(mask, n):
    """A world in which the paper is right in every word."""
    return {
        "reconstruction_error": 0.5 - 0.2 * (mask == claims.COVERAGE) + 1.0 * mask.overlap
        + (0.3 if n == 100 else -0.1) * (mask == claims.SEPARATION),
        "specialization_ratio": 0.5 + 0.2 * (mask == claims.COVERAGE),
        "expelled_share": 0.1 + 0.7 * (mask == claims.OVERLAP),
        "hull_distance": 0.1 - 0.05 * mask.coverage,
    }  # fmt: skip


def _opposite(mask, n):
    return {
        "reconstruction_error": 0.5 + 0.2 * mask.coverage - 0.1 * mask.overlap
        + 0.1 * (mask == claims.SEPARATION),
        "specialization_ratio": 0.5 - 0.2 * (mask == claims.COVERAGE),
        "expelled_share": 0.1 - 0.05 * (mask == claims.OVERLAP),
        "hull_distance": 0.1 + 0.05 * mask.coverage,
        "fit_r2": 1.0 - 0.2 * mask.overlap,
    }  # fmt: skip


DECIDED = ("C1", "C2", "C3", "C4", "C5", "C6", "C7", "C9")


def test_a_world_in_which_the_paper_is_right():
    found = _verdicts(_table(_paper, seeds=40, noise=0.002))
    assert [found[c] for c in DECIDED] == ["holds"] * 8
    assert found["C8"] == found["C10"] == "not tested here"


def test_a_world_in_which_the_paper_is_wrong():
    found = _verdicts(_table(_opposite))
    assert [found[c] for c in DECIDED] == ["fails"] * 8


def test_a_claim_that_holds_at_one_size_of_two_holds_partly():
    mixed = _table(lambda m, n: (_paper if n == 100 else _opposite)(m, n), seeds=40, noise=0.002)
    found = _verdicts(mixed)
    assert {found[c] for c in ("C1", "C2", "C4", "C5", "C7", "C9")} == {"partly"}


def test_a_single_seed_decides_nothing():
    one_seed = _verdicts(_table(_paper, seeds=1))
    assert one_seed["C1"] == one_seed["C4"] == "undecided"


@pytest.mark.parametrize(
    ("cold", "hot", "verdict"),
    [(0.1, 0.9, "holds"), (0.3, 0.9, "partly"), (0.1, 0.05, "partly"), (0.3, 0.2, "fails")],
)
def test_c8_asks_for_expulsion_at_large_temperatures_only(cold, hot, verdict):
    def at(share):
        return lambda m, n: {"expelled_share": share if m == claims.SEPARATION else 0.1}

    hot_table = _table(at(hot), tau=1.0)
    only = hot_table[(hot_table[["coverage", "separation", "overlap"]] == [0, 1, 0]).all(axis=1)]
    both = pd.concat([_table(at(cold)), only], ignore_index=True)
    assert _verdicts(both)["C8"] == verdict
    assert _verdicts(only.assign(tau=1e-3))["C8"] == "not tested here"


def _only(effect):
    """The verdicts in a world in which nothing happens but this."""
    return _verdicts(_table(lambda mask, n: effect(mask, n) or {}, noise=0.002))


def _error(value):
    return {"reconstruction_error": 0.5 + value}


def test_c1_asks_for_the_lowest_error():
    assert _only(lambda m, n: _error(-0.2 * (m == claims.COVERAGE)))["C1"] == "holds"
    # one rival that is better still, at one size: partly
    rival = Mask(1, 1, 0)
    found = _only(lambda m, n: _error(-0.2 * m.coverage - 0.1 * (m == rival and n == 10)))
    assert found["C1"] == "partly"


def test_c2_asks_for_a_higher_ratio():
    for change, verdict in ((0.1, "holds"), (-0.1, "fails")):
        found = _only(lambda m, n, c=change: {"specialization_ratio": 0.5 + c * m.coverage})
        assert found["C2"] == verdict


def test_c3_asks_for_a_mixture_that_survives_correction():
    helps = _only(lambda m, n: _error(-0.1 * m.separation))
    mixed = _only(lambda m, n: _error((0.1 if n == 100 else -0.1) * m.separation))
    assert (helps["C3"], mixed["C3"]) == ("fails", "holds")
    # ten of twelve seeds agree: enough for one question (p = 0.039), not for two of a family
    table = _table(lambda m, n: {}, noise=0.0)
    own = (table[["coverage", "separation", "overlap"]] == [0, 1, 0]).all(axis=1)
    sign = np.where(table.seed < 10, 1, -1) * np.where(table.n == 100, 1, -1)
    table["reconstruction_error"] += 0.1 * sign * own
    found = next(v for v in claims.ledger(table) if v.claim.id == "C3")
    assert [q.answer for q in found.questions] == ["yes", "no"]
    assert [q.corrected for q in found.questions] == ["open", "open"]
    assert found.verdict == found.corrected == "undecided"


def test_c4_asks_for_harm_by_overlap():
    for change, verdict in ((0.3, "holds"), (-0.3, "fails")):
        assert _only(lambda m, n, c=change: _error(c * m.overlap))["C4"] == verdict


@pytest.mark.parametrize(("failing", "verdict"), [(0, "holds"), (3, "undecided"), (20, "fails")])
def test_c5_asks_for_few_failures(failing, verdict):
    """`failing` of forty seeds lose twice the margin, the others half of it."""
    table = _table(lambda m, n: {}, seeds=40, noise=0.0)
    lost = np.where(table.seed < failing, 2, 0.5) * claims.R2_MARGIN
    table["fit_r2"] -= lost * (table.overlap == 1)
    found = next(v for v in claims.ledger(table) if v.claim.id == "C5")
    assert found.verdict == verdict
    assert {q.estimate for q in found.questions} == {failing / 40}


@pytest.mark.parametrize(("share", "verdict"), [(0.25, "holds"), (0.15, "fails"), (0.0, "fails")])
def test_c6_asks_for_a_tenth_more_outside_than_without(share, verdict):
    found = _only(lambda m, n: {"expelled_share": share if m == claims.OVERLAP else 0.1})
    assert found["C6"] == verdict


@pytest.mark.parametrize(("change", "verdict"), [(-0.05, "holds"), (0.05, "fails")])
def test_c7_asks_for_less_distance(change, verdict):
    assert _only(lambda m, n: {"hull_distance": 0.1 + change * m.coverage})["C7"] == verdict


@pytest.mark.parametrize(("change", "verdict"), [(0.05, "holds"), (-0.05, "fails")])
def test_c9_asks_for_more_outside(change, verdict):
    assert _only(lambda m, n: {"expelled_share": 0.1 + change * m.overlap})["C9"] == verdict


@pytest.mark.parametrize(
    ("alone", "matched", "covered", "verdict"),
    [(3.0, -0.3, 2.0, "holds"), (3.0, 0.3, 2.0, "partly"), (3.0, -0.3, -0.2, "partly"),
     (-0.3, 0.3, -0.2, "fails")],
)  # fmt: skip
def test_c10_asks_for_harm_alone_and_help_with_the_attractor_only(alone, matched, covered, verdict):
    """Made-up tables with the columns and rows of the grids that `claims.grids` asks for."""
    parts = []
    for grid in claims.grids(seeds=range(12), sizes=SIZES):
        own = grid.config.attractor != "coverage"

        def effect(mask, n, own=own, hot=grid.config.tau == claims.HOT):
            if mask in (claims.SEPARATION, claims.OVERLAP):
                return _error(alone)
            return _error(matched if own else covered * hot) if mask == Mask(1, 1, 0) else {}

        table = _table(effect, noise=0.002, tau=grid.config.tau)
        keep = table[["coverage", "separation", "overlap"]].apply(tuple, axis=1).isin(grid.masks)
        parts.append(table[keep].assign(attractor=grid.config.attractor, kernel=grid.config.kernel))
    assert _verdicts(pd.concat(parts, ignore_index=True))["C10"] == verdict


def test_every_claim_names_the_chapters_that_examine_it_and_a_test_that_exists():
    """A chapter's head lists just those claims that name the chapter, and all are the ledger's."""
    root = Path(__file__).parents[1]
    for claim in claims.CLAIMS:
        assert claim.chapters
        assert claim.tests
        for slug in claim.chapters:
            text = (root / "book" / f"{slug}.md").read_text()
            assert re.search(rf"\b{claim.id}\b", text), (claim.id, slug)
        for test in claim.tests:
            file, _, name = test.partition("::")
            assert f"def {name}(" in (root / "tests" / file).read_text(), test
    known = {claim.id for claim in claims.CLAIMS}
    for chapter in (root / "book").glob("*.md"):
        named = set(re.findall(r"\bC\d+\b", chapter.read_text()))
        assert named <= known, chapter
        listed = {claim.id for claim in claims.CLAIMS if chapter.stem in claim.chapters}
        head = re.search(
            r"^\d+ minutes\. (?:.+\n)*?.*Claims: (.*)$", chapter.read_text(), re.MULTILINE
        )
        assert set(re.findall(r"\bC\d+\b", head[1]) if head else []) == listed, chapter


def test_differences_are_paired_within_seeds():
    table = _table(_paper, noise=0.0)
    differences = claims.paired(table, 10, "reconstruction_error", claims.COVERAGE, MASKS[0])
    assert differences == pytest.approx(np.full(12, -0.2))
    shuffled = table.sample(frac=1, random_state=0)
    again = claims.paired(shuffled, 10, "reconstruction_error", claims.COVERAGE, MASKS[0])
    assert again == pytest.approx(differences)
    without = table[~((table.seed == 3) & (table.coverage == 1))]
    assert len(claims.paired(without, 10, "reconstruction_error", claims.COVERAGE, MASKS[0])) == 11


def test_answers():
    assert claims.positive(Interval(1, 0.1, 2)) == claims.negative(Interval(-1, -2, -0.1)) == "yes"
    assert claims.positive(Interval(-1, -2, -0.1)) == claims.negative(Interval(1, 0.1, 2)) == "no"
    assert claims.positive(Interval(0, -1, 1)) == claims.negative(Interval(0, -1, 1)) == "open"


def test_a_changed_rule_keeps_the_old_one_beside_it():
    changed = [claim.id for claim in claims.CLAIMS if claim.revised]
    assert changed == ["C1", "C3", "C4", "C5", "C6", "C7", "C8", "C10"]
    for claim in claims.CLAIMS:
        for old in claim.revised:
            assert old.rule != claim.rule
            assert old.reason
            assert re.fullmatch(r"20\d\d-\d\d-\d\d", old.date)
            assert {v for _, v in old.verdicts} <= {"holds", "partly", "fails", "undecided"}


def test_a_shuffled_table_holds_the_same_runs_dealt_anew():
    table = _table(_paper)
    dealt = claims.shuffled(table, 3)
    scores = ["reconstruction_error", "fit_r2"]
    for score in scores:  # within every size and seed the same scores, in another order
        same = (t.groupby(["n", "seed"])[score].apply(sorted) for t in (table, dealt))
        assert [*next(same)] == [*next(same)]
    rows = table.set_index(scores).index
    assert dealt.set_index(scores).index.isin(rows).all()  # a run keeps its scores together
    labels = ["n", "seed", "coverage", "separation", "overlap"]
    both = table.merge(dealt, on=labels, suffixes=("", "_dealt"))
    stayed = (both.reconstruction_error == both.reconstruction_error_dealt).mean()
    assert 0.02 < stayed < 0.3  # one in eight, by luck
    assert claims.shuffled(table, 3).equals(dealt)
    assert not claims.shuffled(table, 4).equals(dealt)


def test_shuffled_tables_find_what_luck_finds_and_correction_keeps_its_promise():
    """Labels mean nothing, so answers about differences are false: one in twenty, and corrected
    any in a claim's family in one table of twenty."""
    table = _table(lambda m, n: {}, noise=0.3)
    asked = false = spoiled = families = 0
    for k in range(60):
        for found in claims.ledger(claims.shuffled(table, k)):
            if found.claim.id in ("C1", "C2", "C3", "C4", "C7", "C9"):
                asked += len(found.questions)
                false += sum(q.answer != "open" for q in found.questions)
                spoiled += any(q.corrected != "open" for q in found.questions)
                families += 1
    assert 0.01 < false / asked < 0.06
    assert spoiled / families < 0.06


def test_the_ledger_is_complete_and_says_how_it_decides():
    assert [c.id for c in claims.CLAIMS] == [f"C{k}" for k in range(1, 11)]
    assert all(c.sentence and c.estimand and c.rule for c in claims.CLAIMS)


def test_the_summary_counts_every_question():
    verdicts = claims.ledger(_table(_paper))
    summary = claims.summary(verdicts).set_index("id")
    assert summary.loc["C1", ["yes", "no", "open"]].sum() == 7 * len(SIZES)
    assert summary.loc["C4", "yes"] == 4 * len(SIZES)
    assert len(claims.evidence(verdicts[0])) == 7 * len(SIZES)


def test_tables_that_cannot_be_judged_are_refused():
    table = _table(_paper)
    with pytest.raises(sweep.TableError, match="lacks the columns fit_r2"):
        claims.ledger(table.drop(columns="fit_r2"))
    with pytest.raises(sweep.TableError, match="no rows"):
        claims.ledger(table.head(0))


def test_mask_names():
    assert sweep.mask_name(Mask(1, 1, 0)) == "coverage + separation"


def test_rows_that_would_count_as_more_seeds_are_refused():
    """The same runs twice, and runs that were trained otherwise, narrow no interval."""
    table = _table(_paper)
    with pytest.raises(sweep.TableError, match=r"192 rows twice, the first of them n 10, coverage"):
        claims.ledger(pd.concat([table, table], ignore_index=True))
    other_noise = _table(_paper, noise=0.02)  # other numbers, the same runs
    with pytest.raises(sweep.TableError, match="rows twice"):
        claims.ledger(pd.concat([table, other_noise.head(1)], ignore_index=True))
    later = table.assign(seed=table.seed + 100)
    for name, value, words in (
        ("lam", 1.0, r"mixes runs of different lam \(0.1, 1.0\)"),
        ("steps", 2, r"mixes runs of different steps \(1, 2\)"),
    ):
        mixed = pd.concat([table, later.assign(**{name: value})], ignore_index=True)
        with pytest.raises(sweep.TableError, match=words):
            claims.ledger(mixed)
    universes = [part.assign(universe=number) for number, part in enumerate((table, later))]
    with pytest.raises(sweep.TableError, match="different universe"):
        claims.ledger(pd.concat(universes, ignore_index=True))
    more = claims.ledger(pd.concat([table, later], ignore_index=True))  # honest new seeds
    assert {question.seeds for question in more[0].questions} == {24}


def test_your_run_stands_beside_the_books_question_by_question():
    yours, ours = (
        claims.ledger(_table(_opposite)),
        claims.ledger(_table(_paper, seeds=40, noise=0.002)),
    )
    same = claims.beside(ours, ours)
    assert (same["same"] == same["questions"]).all()
    assert (same["against"] == 0).all()
    assert (same["yours"] == same["ours"]).all()
    found = claims.beside(yours, ours).set_index("id")
    for a, b in zip(yours, ours):
        answers = list(zip([q.answer for q in a.questions], [q.answer for q in b.questions]))
        if answers:
            against = answers.count(("no", "yes")) + answers.count(("yes", "no"))
            assert found.loc[a.claim.id, "against"] == against
    assert found.loc["C1", "against"] > 10
    assert list(found.loc["C1", ["yours", "ours"]]) == ["fails", "holds"]
    assert not set(found.index) - set(same["id"])


def test_only_questions_that_both_asked_are_compared():
    small = claims.ledger(_table(_paper, sizes=SIZES[:1]))
    found = claims.beside(small, claims.ledger(_table(_paper))).set_index("id")
    assert found.loc["C1", "questions"] == len(small[0].questions)
