"""Make the homework anew from a salt, and grade what comes back.

    python tools/homework.py SALT                   the homework in _build/course/homework
    python tools/homework.py SALT --lite            and a site where it runs in the browser
    python tools/homework.py --grade FOLDER         a table of points for a folder of notebooks

From `book/teach/homework/homework.md` and networks that are trained here come the notebook for the
students (with its weights beside it, and inside it), the autograder, and the solution. The salt
decides on the data, the networks and the keys: whoever knows it can make the keys, so keep it.
Needs `otter-grader` (and for the site `jupyterlite-core` and `jupyterlite-pyodide-kernel`).
"""

import argparse
import base64
import contextlib
import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import jupytext
import nbformat
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
MASTER = ROOT / "book" / "teach" / "homework" / "homework.md"
TARGET = ROOT / "_build" / "course" / "homework"
LITE = ROOT / "_build" / "course" / "lite"
SHORTEST = 8  # letters of a salt: the tool is public, so a short salt can be tried out
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
FORCES = ("baseline", "coverage", "separation", "overlap", "coverage + separation", "all three")
WRITTEN = ("## 6. Would you believe it?", "## 7. What may you say?")
TRIES = 20  # networks whose forces do not show are not handed out
CLEAR = 1.5  # how much more, at least, a force must show where it pulled


def seed_of(salt: str) -> int:
    """A seed below 2**31 from the salt's hash.

    Raises
    ------
    ValueError
        if the salt is shorter than `SHORTEST`.

    >>> seed_of("an example") == seed_of("an example") != seed_of("another one")
    True
    """
    if len(salt) < SHORTEST:
        raise ValueError(f"expected a salt of {SHORTEST} letters or more, got {len(salt)}")
    return int.from_bytes(hashlib.sha256(salt.encode()).digest()[:4]) >> 1


def make_weights(salt: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays of `weights.npz`, and the key of question 4: letter to force."""
    for attempt in range(TRIES):
        draw = np.random.default_rng([seed_of(salt), attempt])
        arrays = _read(draw) | _match(draw) | _chance(draw) | _interval(draw)
        order = draw.permutation(len(FORCES))
        networks = _forces(draw)
        arrays |= {name: array[order] for name, array in networks.items() if name != "forces_x"}
        arrays["forces_x"] = networks["forces_x"]
        key = {"ABCDEF"[place]: FORCES[force] for place, force in enumerate(order)}
        if shows(arrays, key):
            return arrays, key
    raise RuntimeError(f"{TRIES} times the forces did not show in the weights: try another salt")


def shows(arrays: Mapping[str, np.ndarray], key: Mapping[str, str]) -> bool:
    """Whether each force shows in the weights of question 4 by a factor of `CLEAR`."""
    w, b, x = (arrays[f"forces_{name}"] for name in "wbx")
    p = -b / w
    response = np.exp(-((w[:, None] * x[:, None] + b[:, None]) ** 2)).mean(axis=(1, 2))
    gap = np.diff(np.sort(p), axis=1).min(axis=1)
    distance = (np.abs(x[:, None] - p[:, None]).min(axis=2) ** 2).mean(axis=1)
    at = {force: "ABCDEF".index(letter) for letter, force in key.items()}
    quiet, loud = ["overlap", "all three"], ["baseline", "coverage", "separation", FORCES[4]]

    def apart(values, small, large):
        above = min(values[at[name]] for name in large)
        return above > CLEAR * max(values[at[name]] for name in small)

    return bool(
        apart(response, quiet, loud)
        and apart(gap, loud[:2], loud[2:])
        and apart(distance, ["coverage"], ["baseline"])
        and apart(distance, [FORCES[4]], ["separation"])
        and apart(distance, ["all three"], ["overlap"])
    )


def _train(seeds, units, forces, **config):
    """Train one network a seed and force: w, b (networks, units) and x (seeds, units)."""
    import torch

    from protolib import data, masks, model, training

    torch.set_num_threads(1)
    seeds, forces = [int(seed) for seed in seeds], [masks.parse_mask(name) for name in forces]
    x = data.uniform(seeds, units)
    start = model.initialise(seeds, units)
    on = torch.tensor([list(map(float, mask)) for mask in forces for _ in seeds])
    stack = model.Parameters(*(part.repeat(len(forces), *[1] * (part.ndim - 1)) for part in start))
    inputs = x.repeat(len(forces), 1, 1)
    done = training.train(stack, inputs, data.sine(inputs), on, training.TrainConfig(**config))
    w, b = done.parameters.slope, done.parameters.bias[..., 0]
    return w.double().numpy(), b.double().numpy(), x[..., 0].double().numpy()


def _seeds(draw, count):
    return draw.choice(2**31, count, replace=False)


def _read(draw):
    """One network, some of its units turned over (the same function), and two of them dead."""
    w, b, _ = _train(_seeds(draw, 1), 12, ["coverage"])
    sign = draw.permutation(np.repeat([1.0, -1.0], 6))
    dead = draw.permutation(np.where(np.arange(12) < 2, 1e-7, 1.0))
    return {"read_w": w[0] * sign * dead, "read_b": b[0] * sign}


def _match(draw):
    w, b, x = _train(_seeds(draw, 1), 20, ["coverage"])
    return {"match_w": w[0], "match_b": b[0], "match_x": x[0]}


def _chance(draw):
    """Six networks with samples of their own, pulled by coverage and then one to one."""
    seeds = _seeds(draw, 6)
    (w, b, x), (other_w, other_b, _) = (
        _train(seeds, 10, ["coverage"], attractor=attractor)
        for attractor in ("coverage", "transport")
    )
    return {"chance_w": np.stack([w, other_w]), "chance_b": np.stack([b, other_b]), "chance_x": x}


def _forces(draw):
    w, b, x = _train(_seeds(draw, 1), 12, FORCES, lam=0.3, tau=0.01)
    return {"forces_w": w, "forces_b": b, "forces_x": x[0]}


def _interval(draw):
    w, b, x = _train(_seeds(draw, 10), 10, ["baseline", "coverage"])
    p, x = np.sort(-b / w), np.sort(np.tile(x, (2, 1)))
    plain, pulled = np.abs(p - x).mean(axis=1).reshape(2, 10)  # on a line, in order
    return {"plain_error": plain, "pulled_error": pulled}


def read_master(key: Mapping[str, str]) -> nbformat.NotebookNode:
    """The master notebook with the key filled in."""
    notebook = jupytext.read(MASTER)
    notebook.metadata["kernelspec"] = KERNEL
    filled = 0
    for cell in notebook.cells:
        cell.metadata.clear()
        if re.search(r"= FORCES  #.*", cell.source):
            cell.source = re.sub(r"= FORCES  #.*", lambda _: f"= {dict(key)!r}", cell.source)
            filled += 1
    if not filled:
        raise ValueError(f"{MASTER.name} has no place for the key of question 4")
    return notebook


def save_weights(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Write the arrays as a compressed npz; the same arrays give the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array))


def carry_weights(notebook: nbformat.NotebookNode, weights: bytes) -> nbformat.NotebookNode:
    """The notebook with a first cell that puts its weights beside it: one file for everything."""
    text = base64.b64encode(weights).decode()
    lines = "\n".join(text[k : k + 100] for k in range(0, len(text), 100))
    source = (
        "# @title Run this first: it puts weights.npz beside the notebook\n"
        "import base64\nfrom pathlib import Path\n\n"
        f'CARRIED = """\n{lines}\n"""\n'
        'Path("weights.npz").write_bytes(base64.b64decode(CARRIED));'
    )
    cell = nbformat.v4.new_code_cell(source, metadata={"jupyter": {"source_hidden": True}})
    cell.metadata["cellView"] = "form"  # how Colab folds a cell
    whole = nbformat.from_dict(json.loads(json.dumps(notebook)))
    first = next(k for k, c in enumerate(whole.cells) if c.cell_type == "code")
    whole.cells.insert(first, cell)
    return whole


def hidden_tests(notebook: nbformat.NotebookNode) -> list[tuple[str, float, str]]:
    """Question, points and code of each test of the master notebook, in order."""
    tests, question = [], None
    for cell in notebook.cells:
        if cell.cell_type == "raw" and cell.source.startswith("# BEGIN QUESTION"):
            question = re.search(r"^name: (\S+)$", cell.source, re.M)[1]
        found = re.match(
            r'""" # BEGIN TEST CONFIG\n(.*?)""" # END TEST CONFIG\n', cell.source, re.S
        )
        if found:
            points = float(re.search(r"^points: (\S+)$", found[1], re.M)[1])
            tests.append((question, points, cell.source[found.end() :]))
    return tests


def run_tests(
    cells: Sequence[str], tests: Sequence[tuple[str, float, str]], folder: Path
) -> dict[str, float]:
    """Points by question: run the cells as a notebook that goes on after an error, then each test.

    What otter does, in a dozen lines of plain Python and in this very process: for cells that you
    trust. `folder` holds `weights.npz`; what the cells print is lost.
    """
    names: dict = {}
    points = dict.fromkeys((question for question, *_ in tests), 0.0)
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for source in cells:
            _succeeds(source, names)
        for question, worth, source in tests:
            points[question] += worth * _succeeds(source, dict(names))
    return points


def _succeeds(source: str, names: dict) -> bool:
    try:
        exec(compile(source, "<cell>", "exec"), names)
    except Exception:
        return False
    return True


def code_of(notebook: nbformat.NotebookNode) -> list[str]:
    """The code cells that a student or the solution runs: all but the tests."""
    cells = (cell.source for cell in notebook.cells if cell.cell_type == "code")
    return [source for source in cells if "# BEGIN TEST CONFIG" not in source]


def assemble(salt: str, out: Path) -> dict[str, str]:
    """Write the homework of that salt into `out`, which is emptied first; returns its key.

    `student/` (the notebook, its weights, `in-one-file.ipynb`), `teacher/` (`autograder.zip`,
    `solution.ipynb`, `key.json`).

    Raises
    ------
    RuntimeError
        if otter-grader is missing or fails, a blank notebook has points or the solution lacks any.
    """
    arrays, key = make_weights(salt)
    shutil.rmtree(out, ignore_errors=True)
    student, teacher = out / "student", out / "teacher"
    student.mkdir(parents=True)
    teacher.mkdir()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        save_weights(arrays, work / "weights.npz")
        nbformat.write(read_master(key), work / "homework.ipynb")
        options = ["--no-pdfs", "--no-run-tests"]  # the solution is run below, and the blank too
        _otter(["assign", *options, "homework.ipynb", "made"], work)
        made = work / "made"
        notebook = nbformat.read(made / "student" / "homework.ipynb", as_version=4)
        _tidy(notebook)
        tests = hidden_tests(read_master(key))
        blank, solved = code_of(notebook), code_of(read_master(key))
        reached = [sum(run_tests(cells, tests, work).values()) for cells in (blank, solved)]
        if reached != [0, sum(worth for _, worth, _ in tests)]:
            raise RuntimeError(
                f"expected no point for a blank, all for the solution: got {reached}"
            )
        nbformat.write(notebook, student / "homework.ipynb")
        weights = (work / "weights.npz").read_bytes()
        (student / "weights.npz").write_bytes(weights)
        nbformat.write(carry_weights(notebook, weights), student / "in-one-file.ipynb")
        shutil.copy(next(made.glob("autograder/*.zip")), teacher / "autograder.zip")
        shutil.copy(made / "autograder" / "homework.ipynb", teacher / "solution.ipynb")
    (teacher / "key.json").write_text(json.dumps(key, indent=1) + "\n")
    return key


def _tidy(notebook):
    """Take the marks of otter and jupytext off the students' notebook: it is a plain one."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        cell.source = cell.source.replace("<!-- END QUESTION -->", "").strip()


def _otter(arguments, cwd):
    """Run otter-grader; what it says goes into the error, if there is one."""
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "otter", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600
    )
    if "No module named otter" in done.stderr:
        raise RuntimeError("otter-grader is missing: pip install otter-grader")
    if done.returncode:
        raise RuntimeError(
            f"otter {arguments[0]} failed:\n{done.stdout[-1500:]}{done.stderr[-1500:]}"
        )


def grade(folder: Path, out: Path) -> Path:
    """Grade every notebook of a folder with otter; write `points.csv` into it and return its path.

    One row a notebook: its points by question and their sum. A notebook that cannot be run, or
    runs longer than ten minutes, has no points and a word why. Notebooks are programs: run those
    of strangers where they can do no harm.

    Raises
    ------
    ValueError
        if there is no notebook in the folder, or no autograder in `out`.
    """
    notebooks, autograder = sorted(folder.glob("*.ipynb")), out / "teacher" / "autograder.zip"
    if not notebooks:
        raise ValueError(f"expected notebooks (*.ipynb) in {folder}, found none")
    if not autograder.exists():
        raise ValueError(f"expected the autograder of this homework at {autograder}")
    questions = [*dict.fromkeys(name for name, *_ in hidden_tests(read_master({})))]
    target = folder / "points.csv"
    with open(target, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["notebook", *questions, "sum", "note"])
        for notebook in notebooks:
            try:
                points, note = _points(notebook, autograder), ""
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                points, note = {}, str(error).splitlines()[-1][:200]
            row = [points.get(question, 0) for question in questions]
            table.writerow([notebook.name, *row, sum(row), note])
            print(f"{notebook.name}: {sum(row):g} {note}", flush=True)
    return target


def _points(notebook: Path, autograder: Path) -> dict[str, float]:
    """The points of one notebook by question."""
    with tempfile.TemporaryDirectory() as name:
        _otter(["run", "--no-logo", "-a", autograder.resolve(), notebook.resolve()], name)
        tests = json.loads((Path(name) / "results.json").read_text())["tests"]
    return {test["name"]: test["score"] for test in tests if test.get("score") is not None}


def gather_written(folder: Path) -> Path:
    """Write what the notebooks of a folder answer to the written questions into `written.md`.

    Question by question, without names (`points.csv` has the same order), to be marked by hand.
    """
    written: dict[str, list[str]] = {}
    for notebook in sorted(folder.glob("*.ipynb")):
        question, answers = None, {}
        with contextlib.suppress(ValueError):  # not a notebook: no answers
            for cell in nbformat.read(notebook, as_version=4).cells:
                if cell.source.startswith("## "):
                    question = cell.source.split("\n")[0]
                elif cell.cell_type == "markdown" and not cell.source.startswith("**Before"):
                    answers[question] = answers.get(question, "") + cell.source + "\n"
        for title in WRITTEN:
            written.setdefault(title, []).append(answers.get(title, "(nothing)\n"))
    target = folder / "written.md"
    parts = [
        f"{title}\n\n" + "\n".join(f"**{k}.** {text}" for k, text in enumerate(texts, 1))
        for title, texts in written.items()
    ]
    target.write_text("\n".join(parts), encoding="utf-8")
    return target


def build_lite(notebook: Path, out: Path, pyodide: Path | None = None) -> list[str]:
    """Build a JupyterLite site with the notebook in it: Python in the browser, nothing installed.

    Without `pyodide` the readers' browsers load Python and its packages from Pyodide's own host.
    With a folder that holds a Pyodide distribution (and the wheel of `comm`, which Pyodide lacks),
    the site carries what the homework needs and asks no other host. Returns the packages that the
    folder lacked.

    Raises
    ------
    RuntimeError
        if jupyterlite is missing or fails.
    ValueError
        if the folder holds no Pyodide.
    """
    missing = []
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "contents").mkdir()
        content = nbformat.read(notebook, as_version=4)
        content.metadata["kernelspec"] = KERNEL | {"name": "python"}  # as Pyodide's is called
        nbformat.write(content, work / "contents" / "homework.ipynb")
        if pyodide:
            missing = _copy_pyodide(pyodide, work)
        command = [sys.executable, "-m", "jupyterlite_core", "build", "--no-sourcemaps"]
        command += ["--contents", "contents", "--apps", "notebooks", "--apps", "tree"]
        command += ["--output-dir", str(out.resolve())]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True)
    kernel = out / "extensions" / "@jupyterlite" / "pyodide-kernel-extension"
    if "No module named jupyterlite" in done.stderr or not (done.returncode or kernel.exists()):
        install = "pip install jupyterlite-core jupyterlite-pyodide-kernel"
        raise RuntimeError(f"jupyterlite or its kernel is missing: {install}")
    if done.returncode:
        raise RuntimeError(f"jupyterlite failed:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
    return missing


def _copy_pyodide(source: Path, work: Path) -> list[str]:
    """Copy what the homework and its kernel need of a Pyodide; the names of what is not there."""
    core = [*source.glob("pyodide.*"), *source.glob("python_stdlib.zip")]
    if not (source / "pyodide-lock.json").exists() or not core:
        raise ValueError(f"expected a Pyodide distribution in {source} (pyodide-lock.json, …)")
    lock = json.loads((source / "pyodide-lock.json").read_text())
    packages = {name.replace("_", "-"): entry for name, entry in lock["packages"].items()}
    needed, waiting = {}, ["micropip", "ipython", "jedi", "numpy", "scipy"]
    while waiting:
        name = waiting.pop().replace("_", "-").lower()
        if name in packages and name not in needed:
            needed[name] = packages[name]["file_name"]
            waiting += packages[name]["depends"]
    target, extra = work / "static" / "pyodide", work / "pypi"
    target.mkdir(parents=True)
    extra.mkdir()
    for path in [*core, source / "pyodide-lock.json", *(source / file for file in needed.values())]:
        if path.exists():
            shutil.copy(path, target)
    others = list(source.glob("comm-*.whl"))
    for wheel in others:
        shutil.copy(wheel, extra)
    missing = [name for name, file in needed.items() if not (source / file).exists()]
    return sorted(missing) + ([] if others else ["comm"])


def main(arguments: list[str] | None = None) -> int:
    """What the command line does; see the top of this file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("salt", nargs="?", help=f"a secret of {SHORTEST} letters or more")
    what.add_argument("--grade", type=Path, metavar="FOLDER", help="of notebooks handed in")
    parser.add_argument("--out", type=Path, default=TARGET, help="folder of the homework")
    parser.add_argument(
        "--lite", action="store_true", help=f"a browser's site beside it, in {LITE.name}"
    )
    parser.add_argument(
        "--pyodide", type=Path, metavar="FOLDER", help="Pyodide, for a site without network"
    )
    chosen = parser.parse_args(arguments)
    try:
        if chosen.grade:
            print(grade(chosen.grade, chosen.out), gather_written(chosen.grade))
            return 0
        assemble(chosen.salt, chosen.out)
        print(f"the homework: {chosen.out / 'student'}; for you alone: {chosen.out / 'teacher'}")
        if chosen.lite:
            site = chosen.out.parent / LITE.name
            missing = build_lite(chosen.out / "student" / "in-one-file.ipynb", site, chosen.pyodide)
            print(f"the site: {site}")
            if missing:
                print(f"not in {chosen.pyodide}, so not in the site: {', '.join(missing)}")
    except (RuntimeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
