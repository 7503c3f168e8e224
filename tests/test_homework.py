"""The homework: what its questions ask, what its tests mark, and what its makers give away.

Most of it runs the master notebook with plain Python; with otter-grader installed the whole way is
gone: make it from a salt, hand in notebooks, read the table of points.
"""

import base64
import csv
import functools
import http.server
import importlib.util
import json
import os
import re
import sys
import threading
from pathlib import Path

import homework
import nbformat
import numpy as np
import pytest
import torch

from protolib import matching, model

SALT = "the salt of the tests"
FULL = {"read": 2, "match": 2, "chance": 2, "forces": 2, "interval": 2}
PLANTED = {  # what somebody gets wrong, and what it must cost
    "the sign of the prototype": (
        ["nan, -b /", "nan, b /"],
        {"read": 1},
    ),
    "a dead unit gets a number": (
        ["np.where(dead, np.nan, -b / np.where(dead, 1.0, w))", "-b / np.where(dead, 1e-4, w)"],
        {"read": 1},
    ),
    "the nearest prototype, not one to one": (
        ["return partner, distance[rows, partner].mean()",
         "return distance.argmin(axis=1), distance.min(axis=1).mean()"],
        {"match": 2},
    ),
    "the sum of the distances, not their mean": (
        ["distance[rows, partner].mean()", "distance[rows, partner].sum()"],
        {"match": 1},
    ),
    "chance without the own way": (
        ["return scores.mean(), np.mean", "return scores[1:].mean(), np.mean"],
        {"chance": 1},
    ),
    "the own way not among the ways": (
        ["np.mean(scores <= scores[0])", "np.mean(scores < scores[0])"],
        {"chance": 1},
    ),
    "coverage taken for the baseline": (
        ['("coverage", "baseline"): close', '("baseline", "coverage"): close'],
        {"forces": 1},
    ),
    "sorted before they are paired": (
        ["np.sort(np.asarray(one) - np.asarray(other))", "np.sort(one) - np.sort(other)"],
        {"interval": 1},
    ),
}  # fmt: skip
MORE = {
    "one tail of two": (["1 - 2 * binom", "1 - binom"], {"interval": 1}),
    "the smallest and the largest": (
        ["[1], differences[-2]", "[0], differences[-1]"],
        {"interval": 1},
    ),
    "squared distances": (["p)[None, :])", "p)[None, :]) ** 2"], {"match": 1}),
    "overlap where it is loud": (
        ["np.argsort(response), [2]", "np.argsort(-response), [2]"],
        {"forces": 2},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Weights, key, the folder that holds the weights, and the master notebook."""
    arrays, key = homework.make_weights(SALT)
    folder = tmp_path_factory.mktemp("homework")
    homework.save_weights(arrays, folder / "weights.npz")
    return arrays, key, folder, homework.read_master(key)


def plant(cells, old, new):
    """The cells with one mistake in them."""
    assert sum(cell.count(old) for cell in cells) == 1, old
    return [cell.replace(old, new) for cell in cells]


def blank(cells):
    """The cells as a student gets them."""
    cells = [re.sub(r"# BEGIN SOLUTION.*?# END SOLUTION", "...", c, flags=re.S) for c in cells]
    return [re.sub(r'""" # (BEGIN|END) PROMPT', "", cell) for cell in cells]


def marks(made, cells):
    _, _, folder, master = made
    return homework.run_tests(cells, homework.hidden_tests(master), folder)


def test_the_solution_has_ten_points_and_a_blank_none(made):
    cells = homework.code_of(made[3])
    assert marks(made, cells) == FULL
    assert sum(FULL.values()) == 10
    assert marks(made, blank(cells)) == dict.fromkeys(FULL, 0)


@pytest.mark.parametrize("mistake", PLANTED | MORE)
def test_a_planted_mistake_costs_its_own_points(made, mistake):
    change, lost = (PLANTED | MORE)[mistake]
    found = marks(made, plant(homework.code_of(made[3]), *change))
    assert found == {question: FULL[question] - lost.get(question, 0) for question in FULL}


def test_a_cell_that_fails_costs_only_its_own_question(made):
    cells = [c.replace("rows = np.arange", "1 / 0; rows =") for c in homework.code_of(made[3])]
    assert marks(made, cells) == FULL | {"chance": 0}


def test_the_solution_agrees_with_the_book(made):
    arrays, _, folder, master = made
    names = {}
    own = {name: torch.tensor(array) for name, array in arrays.items()}
    defined = [cell for cell in homework.code_of(master) if "def " in cell or "import" in cell]
    for cell in defined:
        exec(cell.replace('"weights.npz"', repr(str(folder / "weights.npz"))), names)
    net = model.Parameters(
        own["match_w"][None], own["match_b"][None, :, None], own["match_w"][None], torch.zeros(1)
    )
    p, x = model.prototypes(net), own["match_x"][None, :, None]
    assert np.allclose(names["prototypes"](arrays["match_w"], arrays["match_b"]), p[0, :, 0])
    assert np.isclose(
        names["match"](p[0, :, 0].numpy(), arrays["match_x"])[1],
        matching.reconstruction_error(p, x).item(),
    )


def test_an_independent_eye_finds_the_forces(made):
    """Trained without noise, the losses themselves say which network each of them pulled on."""
    from protolib import losses

    arrays, key, *_ = made
    w, b, x = (torch.tensor(arrays[f"forces_{name}"]) for name in "wbx")
    p, inputs = (-b / w)[..., None], x.expand(6, -1)[..., None].contiguous()
    networks = model.Parameters(w, b[..., None], w, torch.zeros(6, dtype=w.dtype))
    response = model.respond(networks, inputs)
    order = {
        "overlap": losses.overlap(response),
        "coverage": losses.coverage(p, inputs),
        "separation": losses.separation(p, tau=0.01),
    }
    pulled = {
        force: {network for network, name in key.items() if force in name or name == "all three"}
        for force in order
    }
    least = {force: {"ABCDEF"[k] for k in order[force].argsort()[:2]} for force in order}
    assert least["overlap"] == pulled["overlap"]
    assert least["separation"] < pulled["separation"]
    assert least["coverage"] < pulled["coverage"]


def test_every_salt_has_weights_and_a_key_of_its_own(made, monkeypatch):
    def untrained(seeds, units, forces, **config):
        w, b, x = (
            np.stack([np.random.default_rng([int(seed), k]).normal(size=units) for seed in seeds])
            for k in range(3)
        )
        return np.tile(w, (len(forces), 1)), np.tile(b, (len(forces), 1)), x

    monkeypatch.setattr(homework, "_train", untrained)
    monkeypatch.setattr(homework, "shows", lambda arrays, key: True)
    arrays, key = homework.make_weights(SALT)
    again, same = homework.make_weights(SALT)
    assert same == key
    assert all(np.array_equal(again[name], array) for name, array in arrays.items())
    assert {name: array.shape for name, array in arrays.items()} == {
        name: array.shape for name, array in made[0].items()
    }
    keys = set()
    for k in range(20):
        other, others_key = homework.make_weights(f"salt number {k}")
        assert not any(np.array_equal(other[name], array) for name, array in arrays.items())
        assert sorted(others_key.values()) == sorted(homework.FORCES)
        keys.add(tuple(others_key.values()))
    assert len(keys) > 15  # of 720
    assert all(len({values[place] for values in keys}) > 3 for place in range(6))


def test_the_weights_are_small_and_finite(made):
    arrays, _, folder, _ = made
    assert (folder / "weights.npz").stat().st_size < 20_000
    for array in arrays.values():
        assert array.dtype == np.float64
        assert np.isfinite(array).all()
    assert (np.abs(arrays["read_w"]) < 1e-4).sum() == 2
    assert (arrays["read_w"] < 0).sum() == 6  # a slope's sign must not matter
    before = (folder / "weights.npz").read_bytes()
    homework.save_weights(arrays, folder / "again.npz")
    assert (folder / "again.npz").read_bytes() == before
    stored = np.load(folder / "weights.npz")
    assert all(np.array_equal(stored[name], arrays[name]) for name in arrays)


def test_networks_whose_forces_do_not_show_are_not_handed_out(made, monkeypatch):
    arrays, key, *_ = made
    assert homework.shows(arrays, key)
    swapped = dict(zip(key, [*list(key.values())[1:], key["A"]]))
    assert not homework.shows(arrays, swapped)
    monkeypatch.setattr(homework, "CLEAR", 1e6)
    assert not homework.shows(arrays, key)
    monkeypatch.setattr(homework, "TRIES", 1)
    for question in ("_read", "_match", "_chance", "_interval"):  # not what this is about
        monkeypatch.setattr(homework, question, lambda draw: {})
    with pytest.raises(RuntimeError, match="another salt"):
        homework.make_weights(SALT)


def test_a_salt_that_can_be_guessed_is_refused():
    assert 0 <= homework.seed_of("x" * homework.SHORTEST) < 2**31
    with pytest.raises(ValueError, match="8 letters or more, got 7"):
        homework.seed_of("x" * (homework.SHORTEST - 1))


def test_the_repository_holds_no_key(made):
    text = homework.MASTER.read_text(encoding="utf-8")
    assert text.count("key = FORCES  #") == 2
    assert not re.search(r"""["'][A-F]["']: ["'](?!\.)[a-z]""", text)
    for _, _, source in homework.hidden_tests(made[3]):  # a literal of more than two digits
        numbers = re.findall(r"\d*\.?\d+(?:e-?\d+)?", source.replace("weights.npz", ""))
        assert all(len(number.strip("0.")) <= 2 or "e-" in number for number in numbers)


def test_the_notebook_needs_numpy_and_scipy_alone(made):
    source = "\n".join(blank(homework.code_of(made[3])))
    modules = re.findall(r"^(?:from|import) (\w+)", source, re.M)
    assert {*modules} - sys.stdlib_module_names == {"numpy", "scipy"}
    assert "grader" not in source


def test_every_question_has_a_heading_and_its_points(made):
    text = homework.MASTER.read_text(encoding="utf-8")
    assert text.count("# BEGIN QUESTION") == text.count("\n## ") == 7
    assert text.count("manual: true") == len(homework.WRITTEN) == 2
    assert all(f"\n{title}\n" in text for title in homework.WRITTEN)
    worth = {}
    for question, points, _ in homework.hidden_tests(made[3]):
        worth[question] = worth.get(question, 0) + points
    assert worth == FULL


def test_one_file_carries_its_weights(made, tmp_path, monkeypatch):
    _, _, folder, master = made
    weights = (folder / "weights.npz").read_bytes()
    whole = homework.carry_weights(master, weights)
    assert len(whole.cells) == len(master.cells) + 1
    nbformat.validate(whole)
    first = homework.code_of(whole)[0]
    assert max(map(len, first.splitlines())) <= 100
    monkeypatch.chdir(tmp_path)
    exec(first, {})
    assert (tmp_path / "weights.npz").read_bytes() == weights


def test_written_answers_come_together_without_names(tmp_path):
    markdown, title = nbformat.v4.new_markdown_cell, homework.WRITTEN[0]
    for name, answer in (("b-smith", "Second."), ("a-jones", "First.")):
        cells = [markdown(f"{title}\n\nThe question."), markdown(answer), markdown("**Before")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb")
    (tmp_path / "c-broken.ipynb").write_text("no notebook")
    text = homework.gather_written(tmp_path).read_text()
    assert re.findall(r"\*\*(\d)\.\*\* (.+)", text) == [
        ("1", "First."), ("2", "Second."), ("3", "(nothing)"),
        ("1", "(nothing)"), ("2", "(nothing)"), ("3", "(nothing)"),
    ]  # fmt: skip
    assert "smith" not in text


def test_what_comes_from_outside_is_checked(tmp_path, capsys):
    assert homework.main(["short", "--out", str(tmp_path / "x")]) == 1
    assert homework.main(["--grade", str(tmp_path), "--out", str(tmp_path)]) == 1
    (tmp_path / "one.ipynb").write_text("{}")
    assert homework.main(["--grade", str(tmp_path), "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "expected a salt" in said
    assert "found none" in said
    assert "expected the autograder" in said
    assert not (tmp_path / "x").exists()
    with pytest.raises(ValueError, match="expected a Pyodide distribution"):
        homework._copy_pyodide(tmp_path, tmp_path / "work")


def test_a_site_carries_only_what_the_homework_needs(tmp_path):
    source, work = tmp_path / "pyodide", tmp_path / "work"
    source.mkdir()
    entry = {"depends": [], "file_name": ""}
    packages = {
        name: entry | {"file_name": f"{name}.whl"}
        for name in ("micropip", "ipython", "jedi", "numpy", "pandas", "prompt-toolkit")
    }
    packages["ipython"]["depends"] = ["prompt_toolkit"]
    (source / "pyodide-lock.json").write_text(json.dumps({"packages": packages}))
    for name in ("pyodide.mjs", "python_stdlib.zip", "comm-1.whl"):
        (source / name).touch()
    for name in set(packages) - {"numpy"}:
        (source / f"{name}.whl").touch()
    assert homework._copy_pyodide(source, work) == ["numpy"]
    copied = {path.name for path in work.rglob("*") if path.is_file()}
    assert copied >= {"pyodide.mjs", "prompt-toolkit.whl", "comm-1.whl", "python_stdlib.zip"}
    assert "pandas.whl" not in copied


@pytest.mark.skipif(
    importlib.util.find_spec("otter") is None,
    reason="otter-grader is not installed (pip install otter-grader)",
)
def test_otter_makes_it_and_marks_it_alike(tmp_path):
    out, handed_in = tmp_path / "course", tmp_path / "handed in"
    key = homework.assemble(SALT, out)
    student = nbformat.read(out / "student" / "homework.ipynb", as_version=4)
    everything = "".join(cell.source for cell in student.cells) + str(student.metadata)
    assert not re.search(r"otter|SOLUTION|TEST|QUESTION|key|protolib", everything)
    assert {path.name for path in (out / "student").iterdir()} == {
        "homework.ipynb", "in-one-file.ipynb", "weights.npz",
    }  # fmt: skip
    for path in (out / "student").iterdir():
        assert str([*key.values()]).strip("[]").encode() not in path.read_bytes()
    carried = nbformat.read(out / "student" / "in-one-file.ipynb", as_version=4)
    text = re.search(r'CARRIED = """(.*?)"""', carried.cells[1].source, re.S)[1]
    assert base64.b64decode(text) == (out / "student" / "weights.npz").read_bytes()

    # half of the planted mistakes in one notebook: otter takes the points that plain Python takes
    solved = homework.code_of(homework.read_master(key))
    cells, lost = solved, {}
    for change, costs in [*PLANTED.values()][::2]:
        cells, lost = plant(cells, *change), lost | costs
    places = [cell for cell in student.cells if cell.cell_type == "code"]
    for cell, source in zip(places, cells, strict=True):
        cell.source = source
    handed_in.mkdir()
    nbformat.write(student, handed_in / "somebody.ipynb")
    with open(homework.grade(handed_in, out), newline="") as file:
        (row,) = csv.DictReader(file)
    expected = {question: FULL[question] - lost.get(question, 0) for question in FULL}
    assert {question: float(row[question]) for question in FULL} == expected
    assert float(row["sum"]) == sum(expected.values())
    assert row["note"] == ""
    assert not (Path(homework.ROOT) / "results.json").exists()


@pytest.fixture
def served(tmp_path):
    """A folder on a local web server: `folder, address = served`."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *words):
        pass


@pytest.mark.browser
@pytest.mark.skipif(
    importlib.util.find_spec("jupyterlite_core") is None,
    reason="jupyterlite is not installed (pip install jupyterlite-core jupyterlite-pyodide-kernel)",
)
def test_the_homework_opens_in_a_browser(made, served, chromium, tmp_path):
    """The page, up to where Python is fetched; with Pyodide in $PYODIDE, also the first cell."""
    _, _, folder, master = made
    site, address = served
    whole = homework.carry_weights(master, (folder / "weights.npz").read_bytes())
    whole.cells = [cell for cell in whole.cells if cell.cell_type != "raw"]
    nbformat.write(whole, tmp_path / "one.ipynb")
    pyodide = Path(os.environ["PYODIDE"]) if "PYODIDE" in os.environ else None
    homework.build_lite(tmp_path / "one.ipynb", site, pyodide)
    page = chromium.new_page()
    page.goto(f"{address}/notebooks/index.html?path=homework.ipynb")
    page.get_by_role("heading", name="Homework: what do these weights give away?").wait_for()
    first = page.locator(".jp-CodeCell").first
    first.click()  # no dialog asks for a kernel
    assert "Pyodide" in page.locator(".jp-NotebookPanel-toolbar").inner_text()
    if pyodide:
        page.keyboard.press("Shift+Enter")
        page.wait_for_function(
            "document.querySelector('.jp-CodeCell .jp-InputPrompt').innerText == '[1]:'",
            timeout=90_000,
        )
    page.close()
