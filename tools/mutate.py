"""How many small mistakes, planted in the package, do the fast tests find?

    python tools/mutate.py              a random sample of 300 mutants (make mutate)
    python tools/mutate.py --seed 7     another sample
    python tools/mutate.py --engine     the planted mistakes in the browser's engine instead

mutmut finds every mutant of every function of `MODULES`, and runs for each the tests that reach it,
in a process forked after the imports. Here a sample is drawn, every mutant equally likely but those
that change only the wording of an error message (letter case, XX around it), and the score
reported. Nothing is written outside `_build/mutate`. Mutants that no test can tell from the
original stand in `tests/equivalent_mutants.toml`, with the reason; an entry that fits no mutant any
more is an error.
"""

import argparse
import json
import os
import random
import shutil
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
WORK = ROOT / "_build" / "mutate"
MODULES = ("data", "model", "losses", "training", "matching", "hull", "masks",
           "experiment", "sweep", "claims", "sparse")  # fmt: skip
# No chapters, no pages, no browser; nothing that takes minutes or starts other programs.
TESTS = ("attractors", "bridge", "claims", "cli", "coding", "data", "hull", "identifiability",
         "losses", "matching", "model", "scores", "sparse_claims", "sweep", "training")  # fmt: skip
LEFT_OUT = {  # slow, about the book, or starting another Python
    "sweep": ("a_killed_command_resumes_without_redoing_finished_chunks",
              "a_dask_cluster_gives_the_same_bits",
              "any_executor_gives_the_same_bits[spawned processes]",
              "stored_runs_depend_on_what_trains_them_and_on_nothing_that_judges_them"),
    "cli": ("evidence_adds_what_c8_and_c10_need", "the_multiverse_command_writes_both_tables"),
    "coding": ("streams_of_random_numbers_do_not_collide",),  # reads the source
    "claims": ("every_claim_names_the_chapters_that_examine_it_and_a_test_that_exists",),
    "sparse_claims": ("every_claim_names_the_chapters_that_examine_it_and_a_test_that_exists",),
}  # fmt: skip
HOOK = """
import sys
from jaxtyping import install_import_hook

if "protolib" not in sys.modules:
    install_import_hook("protolib", "beartype.beartype")
"""
ALIVE = ("survived", "no tests")


def sources() -> list[Path]:
    """The files to be mutated, relative to the root: a module may be a file or a package."""
    package = ROOT / "protolib"
    found = [*(package / f"{name}.py" for name in MODULES if (package / f"{name}.py").exists())]
    found += [path for name in MODULES for path in sorted((package / name).rglob("*.py"))]
    return [path.relative_to(ROOT) for path in found]


def prepare() -> None:
    """A copy of the package and its fast tests, with mutmut's configuration."""
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(ROOT / "protolib", WORK / "protolib")
    (WORK / "tests").mkdir()
    tests = [path for name in TESTS for path in (ROOT / "tests").glob(f"test_{name}.py")]
    tests += sorted((ROOT / "tests").glob("test_edges_*.py"))
    for path in [
        *tests,
        *(ROOT / "tests" / f for f in ("helpers.py", "browser.py", "doctests.py")),
    ]:
        shutil.copy(path, WORK / "tests")
    shutil.copytree(ROOT / "book" / "_data", WORK / "book" / "_data")
    hook, own = HOOK.strip() + "\n", (ROOT / "tests" / "conftest.py").read_text()
    (WORK / "tests" / "conftest.py").write_text(f"{hook}\n{own}")
    quiet = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:nbmake"]
    left_out = [f"tests/test_{f}.py::test_{t}" for f, names in LEFT_OUT.items() for t in names]
    deselected = [part for name in left_out for part in ("--deselect", name)]
    chosen = [f"tests/{path.name}" for path in tests] + ["tests/doctests.py"]
    mutmut = {
        "source_paths": ["protolib"], "only_mutate": [str(path) for path in sources()],
        "pytest_add_cli_args": [*quiet, *deselected],
        "pytest_add_cli_args_test_selection": chosen, "use_git_change_detection": False,
        "timeout_multiplier": 5.0, "timeout_constant": 2.0,
        "also_copy": ["book"],
    }  # fmt: skip
    lines = [f"{key} = {json.dumps(value)}" for key, value in mutmut.items()]
    lines = ["[tool.mutmut]", *lines, "[tool.pytest.ini_options]", 'pythonpath = ["tests"]',
             'filterwarnings = ["error", "ignore:This process:DeprecationWarning"]']  # fmt: skip
    (WORK / "pyproject.toml").write_text("\n".join(lines) + "\n")


class Mutant(NamedTuple):
    """One small mistake: the file, the line it starts in, what stood there and what stands now."""

    file: str
    line: str
    change: str
    mutation: Any  # mutmut's own object

    @property
    def module(self) -> str:
        return self.file.removeprefix("protolib/").removesuffix(".py").replace("/", ".")

    def __str__(self) -> str:
        return f"{self.module}: {self.line}\n        {self.change}"


def mutants(path: Path) -> tuple[list[Mutant], Any]:
    """Every mutant of a file but those of wording, and the parsed file they belong to."""
    import libcst
    from libcst.metadata import MetadataWrapper, PositionProvider
    from mutmut.mutation.file_mutation import create_mutations

    code = path.read_text()
    module, mutations, *_ = create_mutations(str(path), code)
    lines, place = code.splitlines(), MetadataWrapper(module, unsafe_skip_copy=True)
    place = place.resolve(PositionProvider)

    def below(node):
        yield node
        for child in node.children:
            yield from below(child)

    def words(node):
        return " ".join(module.code_for_node(node).split())

    raised = {
        id(node) for top in below(module) if isinstance(top, libcst.Raise) for node in below(top)
    }
    found = []
    for one in mutations:
        before, after = one.original_node, one.mutated_node
        wording = isinstance(before, libcst.BaseString) and id(before) in raised
        if isinstance(one.contained_by_top_level_function, libcst.FunctionDef) and not wording:
            line = lines[place[before].start.line - 1].strip() if before in place else ""
            found.append(Mutant(str(path), line, f"{words(before)}  →  {words(after)}", one))
    return found, module


def run(sample: list[Mutant], modules: dict[str, Any], jobs: int) -> list[tuple[Mutant, str]]:
    """Let mutmut try the sample, and only it: each mutant, and what became of it."""
    import mutmut.__main__ as tool
    from mutmut.mutation import file_mutation
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.stats import status_by_exit_code

    chosen = {file: [one for one in sample if one.file == file] for file in modules}

    def of_sample(filename, *_):
        return modules[filename], [one.mutation for one in chosen[filename]], set(), set()

    file_mutation.create_mutations = of_sample
    # the run that finds out which test reaches what has passed already: once is enough
    tool.get_mutant_runner = lambda *args, get=tool.get_mutant_runner: _once(get(*args))
    tool._run([], jobs)
    found = []
    for file, own in chosen.items():
        data = SourceFileMutationData(path=file)
        data.load()
        for one, code in zip(own, data.exit_code_by_key.values(), strict=True):
            found.append((one, status_by_exit_code[code]))
    return found


def _once(runner):
    runner.run_clean_tests = lambda tests: 0
    return runner


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--count", type=int, default=300, help="how many mutants")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at a time")
    parser.add_argument("--only", default="", help="modules that begin so, mistakes that hold it")
    parser.add_argument("--engine", action="store_true", help="mistakes in the browser's engine")
    options = parser.parse_args()
    if options.engine:
        import mutate_engine

        return mutate_engine.main(options.only)
    begin = time.monotonic()
    os.environ["OMP_NUM_THREADS"] = "1"
    prepare()
    os.chdir(WORK)
    every, modules = [], {}
    for path in sources():
        found, modules[str(path)] = mutants(path)
        every += found
    entries = tomllib.loads((ROOT / "tests" / "equivalent_mutants.toml").read_text())["mutant"]
    stale = [e for e in entries if not any(_is(one, e) for one in every)]
    pool = [one for one in every if one.module.startswith(options.only)]
    chosen = random.Random(options.seed).sample(range(len(pool)), min(options.count, len(pool)))
    results = run([pool[place] for place in sorted(chosen)], modules, options.jobs)
    tried, killed, equal, alive = Counter(), Counter(), Counter(), []
    for one, what in results:
        if any(_is(one, entry) for entry in entries):
            equal[one.module] += 1
            continue
        tried[one.module] += 1
        killed[one.module] += what not in ALIVE
        alive += [(one, what)] if what in ALIVE else []
    print(f"\n{'module':32}{'tried':>7}{'killed':>8}{'equivalent':>12}")
    for module in dict.fromkeys(one.module for one, _ in results):
        print(f"{module:32}{tried[module]:7}{killed[module]:8}{equal[module]:12}")
    print(f"\nSurvivors of seed {options.seed}:")
    for one, what in alive:
        print(f"  [{what}] {one}")
    share = killed.total() / max(tried.total(), 1)
    print(
        f"\n{killed.total()} of {tried.total()} killed, {share:.1%}; {equal.total()} equivalent; "
        f"{dict(Counter(what for _, what in results))}; {len(every)} mutants in all; "
        f"{(time.monotonic() - begin) / 60:.1f} minutes"
    )
    for entry in stale:
        print(f"tests/equivalent_mutants.toml: no such mutant any more: {entry}", file=sys.stderr)
    return 1 if stale else 0


def _is(one: Mutant, entry: dict) -> bool:
    """Whether an entry of the list of equivalents means this mutant."""
    own = one.module == entry["module"] or one.module.startswith(entry["module"] + ".")
    return own and (one.line, one.change) == (entry["line"], entry["change"])


if __name__ == "__main__":
    sys.exit(main())
