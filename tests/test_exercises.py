"""Exercises: answers as a student types them, and what comes back."""

import hashlib
import math

import make_keys
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from protolib import exercises, live
from protolib.exercises import checking, formula, keys, placements

KEYS = {
    "x-number": {"ask": "number", "digits": 2, "answer": "sqrt(0.01/2)", "right": "Yes: √(τ/2).",
                 "wrong": [{"answer": "sqrt(0.01)", "say": "That is √τ itself."}]},
    "x-choice": {"ask": "choice", "options": ["all", "some", "none"], "answer": 2,
                 "right": "Some.", "say": ["not all", "", "not none"]},
    "x-order": {"ask": "order", "options": ["a", "b", "c"], "answer": "BCA", "right": "In order."},
    "x-formula": {"ask": "formula", "variables": {"d": [0.1, 2.0], "N": [2, 50]},
                  "answer": "d*exp(-d^2)/N", "right": "Yes.",
                  "wrong": [{"answer": "d*exp(-d)/N", "say": "the distance itself"}]},
    "x-free": {"ask": "formula", "variables": {"d": [0.1, 2.0]}, "scale": "free",
               "answer": "d*exp(-d^2)", "right": "Up to a factor."},
    "x-coverage": {"ask": "loss", "loss": "coverage", "right": "That is coverage.",
                   "answer": "mean_i(min_j((x_i - p_j)^2))",
                   "wrong": [{"answer": "sum_i(min_j((x_i - p_j)^2))", "say": "a sum"}]},
    "x-overlap": {"ask": "loss", "loss": "overlap", "right": "That is overlap.",
                  "answer": "mean_i(mean_jk(exp(-(w_j*x_i+b_j)^2 - (w_k*x_i+b_k)^2)))"},
    "x-place": {"ask": "placement", "right": "There.",
                "where": [{"measure": "outside", "at_least": 2},
                          {"measure": "unowned", "at_most": 1}],
                "say": ["too few outside", "too many orphans"]},
}  # fmt: skip


@pytest.fixture(autouse=True)
def made(monkeypatch):
    held = {label: make_keys.key(label, given) for label, given in KEYS.items()}
    monkeypatch.setattr(checking, "book", lambda: held)
    return held


def says(label, answer):
    found = exercises.check(label, answer)
    return found.right, found.message


def test_the_books_keys_are_those_of_the_source():
    assert keys.FILE.read_text(encoding="utf-8") == make_keys.made()


@pytest.mark.parametrize(
    ("label", "answer", "right", "message"),
    [
        ("x-number", 0.0707, True, "Yes: √(τ/2)."),
        ("x-number", "0,071", True, "Yes: √(τ/2)."),
        ("x-number", "√5/32", False, "sqrt needs brackets"),
        ("x-number", "7.1%", True, "Yes: √(τ/2)."),
        ("x-number", "sqrt(0.005)", True, "Yes: √(τ/2)."),
        ("x-number", np.float64(0.0714), True, "Yes: √(τ/2)."),
        ("x-number", 0.0716, False, "rough"),
        ("x-number", 0.07, False, "That is not it"),
        ("x-number", 0.1, False, "That is √τ itself."),
        ("x-number", -0.0707, False, "sign"),
        ("x-number", 0.1414, False, "double"),
        ("x-number", 0.03535, False, "half"),
        ("x-number", math.sqrt(200), False, "reciprocal"),
        ("x-number", 0.005, False, "square"),
        ("x-number", 0.005**0.25, False, "root"),
        ("x-number", 7.07, False, "percent"),
        ("x-number", 0.000707, False, "percent"),
        ("x-number", 3.0, False, "wrong"),
        ("x-number", "nonsense", False, "nonsense"),
        ("x-number", math.nan, False, "no_value"),
        ("x-choice", 2, True, "Some."),
        ("x-choice", "b", True, "Some."),
        ("x-choice", 1, False, "not all"),
        ("x-choice", 3, False, "not none"),
        ("x-choice", 4, False, "1 to 3"),
        ("x-order", "b c a", True, "In order."),
        ("x-order", "BAC", False, "prefix_one"),
        ("x-order", "ABC", False, "wrong"),
        ("x-order", "AB", False, "ABC"),
        ("x-formula", "exp(-d^2)*d/N", True, "Yes."),
        ("x-formula", "d*exp(−d²)/N", True, "Yes."),
        ("x-formula", "-d*exp(-d^2)/N", False, "sign"),
        ("x-formula", "2*d*exp(-d^2)/N", False, "double"),
        ("x-formula", "d*exp(-d^2)", False, "times_n"),
        ("x-formula", "d*exp(-d^2)/N^2", False, "over_n"),
        ("x-formula", "d*exp(-d)/N", False, "the distance itself"),
        ("x-formula", "d*exp(-q)/N", False, "d and N"),
        ("x-formula", "d*exp(-d^2)/(N-N)", False, "no_value"),
        ("x-formula", "d*exp(-d^2", False, "unclosed"),
        ("x-free", "-3*d*exp(-d^2)", True, "Up to a factor."),
        ("x-free", "d^2*exp(-d^2)", False, "wrong"),
        ("x-coverage", "mean_i(min_j((x_i-p_j)^2))", True, "That is coverage."),
        ("x-coverage", "1/N * sum_i(min_j((x_i-p_j)^2))", True, "That is coverage."),
        ("x-coverage", "sum_i(min_j((x_i-p_j)^2))", False, "a sum"),
        ("x-coverage", "mean_j(min_i((x_i-p_j)^2))", False, "random inputs"),
        ("x-coverage", "mean_i((x_i-p_j)^2)", False, "p_j"),
        ("x-coverage", lambda x, p: ((x[:, None] - p) ** 2).amin(1).mean(), True,
         "That is coverage."),
        ("x-coverage", lambda x, p: ((x[:, None] - p.detach()) ** 2).amin(1).mean(), False,
         "loss_gradient"),
        ("x-overlap", KEYS["x-overlap"]["answer"], True, "That is overlap."),
        ("x-place", ([0.0, 1.0], [-1.0, 1.5, 0.1]), True, "There."),
        ("x-place", ([0.0, 1.0], [-1.0, 0.9, 0.1]), False, "too few outside"),
        ("x-place", ([0.0, 1.0], [-1.0, -1.0, 2.0, 3.0]), False, "too many orphans"),
        ("x-place", 3, False, "live.Lab"),
    ],
)  # fmt: skip
def test_an_answer_is_right_or_its_mistake_is_named(label, answer, right, message):
    found, said = says(label, answer)
    assert found is right
    sentence = checking.SAY.get(message)
    if message == "rough":
        assert said in (checking.SAY["wrong"], checking.SAY["rough"].format(digits=2))
    elif message == "That is not it":  # 0.07 is right to one digit
        assert said == checking.SAY["rough"].format(digits=2)
    elif sentence:
        assert said == sentence.format(name="N", digits=2, count=1, names="", expected="")
    else:
        assert message in said


def test_a_lab_can_be_handed_in():
    lab = live.Lab(size=5)
    low, *middle, high = sorted(lab.samples)
    lab.prototypes = [low - 0.01, *middle, high + 0.01]
    assert says("x-place", lab)[0]


@pytest.mark.parametrize("name", ["coverage", "separation", "energy", "overlap"])
def test_the_losses_are_those_of_formulas_written_out(name):
    written = {
        "coverage": "mean_i(min_j((x_i - p_j)^2))",
        "separation": "mean_jk(exp(-(p_j - p_k)^2/tau))",
        "energy": "2*mean_i(mean_j(abs(x_i-p_j)))-mean_j(mean_k(abs(p_j-p_k)))",
        "overlap": KEYS["x-overlap"]["answer"],
    }[name]
    _, loss = placements.loss(name)
    for case in checking._drawn():
        typed = formula.evaluate(formula.parse(written), case | {"tau": placements.TAU}, torch)
        torch.testing.assert_close(torch.as_tensor(typed), loss(**case))


def test_hashes_are_those_of_the_standard_library():
    salt, label = "ab", "x-y"
    found = hashlib.sha256(b"ab|x-y|2.2e-2").digest()
    for _ in range(1000):
        found = hashlib.sha256(found).digest()
    assert keys.digest(label, salt, "2.2e-2") == found


def test_no_answer_and_no_feedback_can_be_read_in_the_keys(made):
    held = str(made)
    for words in ("0.0707", "7.1e-2", "√(τ/2)", "That is √τ", "Some.", "not all", "BCA", "exp"):
        assert words not in held, words


@given(st.floats(1e-9, 1e9), st.integers(1, 6))
def test_rounding_is_that_of_so_many_digits(value, digits):
    text = keys.rounded(value, digits)
    assert float(text) == pytest.approx(value, rel=0.5000001 * 10 ** (1 - digits))
    assert len(text.split("e")[0].replace(".", "")) == digits


@given(st.text(max_size=60))
def test_nonsense_is_answered_and_never_run(text):
    for label in ("x-number", "x-formula", "x-coverage", "x-choice", "x-order"):
        assert exercises.check(label, text).message


@pytest.mark.parametrize("text", ["__import__('os')", "d.real", "(lambda: 1)()", "[d][0]", 
                                  "d if d else d", "9**9**9**9", "1e308*10",
                                  "(" * 300 + "d" + ")" * 300])  # fmt: skip
def test_a_formula_runs_nothing_but_arithmetic(text):
    assert exercises.check("x-formula", text).right is False


def test_an_unknown_exercise_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"no exercise 'x-nowhere'.*x-number"):
        exercises.check("x-nowhere", 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ask": "essay"}, "ask must be one of"),
        ({"digits": None}, "needs digits"),
        ({"surplus": 1}, "surplus, which nothing reads"),
        ({"right": "$x$"}, "plain text"),
        ({"wrong": [{"answer": 0.0707, "say": "the same"}]}, "the same to the digits"),
    ],
)
def test_a_bad_key_is_refused(change, message):
    given = {k: v for k, v in (KEYS["x-number"] | change).items() if v is not None}
    with pytest.raises(ValueError, match=message):
        make_keys.key("x-number", given)


def test_without_an_answer_it_says_how_and_the_page_gets_a_form(monkeypatch):
    found = exercises.check("x-number")
    assert found.right is None
    assert 'exercises.check("x-number", ' in repr(found)
    assert found._repr_html_() is None
    assert repr(exercises.check("x-choice")).startswith("A. all\nB. some\nC. none\nAnswer with")
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    assert found._repr_html_() == '<protolib-exercise label="x-number"></protolib-exercise>'
    with pytest.raises(AssertionError, match="x-number"):
        exercises.check("x-number", 3).assert_right()
