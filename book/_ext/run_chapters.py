"""Run the chapters that are stale, side by side, before Sphinx reads any page.

Jupyter Book runs one chapter after the other, and its cache knows a chapter by the text of its
code cells alone. Here a chapter is stale as well when anything that it stands on has changed: the
modules of `protolib` that it imports, with all that these import, the files whose names stand in
its cells, and the versions of what computes. Stale chapters run on as many kernels as there are
processors, the slowest first, and go into the same cache; Sphinx then finds every chapter in it,
and reads those pages anew that were run.
"""

import ast
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.config import NbParserConfig
from myst_nb.core.read import create_nb_reader, is_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal
from nbformat import NotebookNode
from sphinx.errors import ExtensionError
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("torch", "numpy", "scipy", "matplotlib", "pandas", "anywidget", "ipywidgets")
ELSEWHERE = (".js",)  # the scripts of live figures are written anew at every build
CACHE = ".jupyter_cache"
QUIET = ["--IPKernelApp.log_level=40"]


class Chapter(NamedTuple):
    """A notebook of the book, and the hash of what it stands on."""

    name: str
    path: Path
    notebook: NotebookNode
    fingerprint: str


# ------------------------------------------------------------------------------ what is stale


def modules(code: str) -> set[str]:
    """The modules of the package that some code uses, `figures.x` only where it stands.

    >>> sorted(modules("from protolib import figures, hull\\nfigures.coverage.push(1)"))
    ['protolib.figures.coverage', 'protolib.hull']
    """
    tree, found = ast.parse(code), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "protolib":
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "figures":
            found.add(f"protolib.figures.{node.attr}")
    return {name for name in found - {"protolib", "protolib.figures"} if _is_module(name)}


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    inside = name.startswith("protolib.")
    return inside and (path.with_suffix(".py").exists() or (path / "__init__.py").exists())


def files(code: str, folder: Path) -> Iterator[Path]:
    """The files that stand as strings in some code, seen from the chapter's folder."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "/" in node.value:
            path = folder / node.value
            if len(node.value) < 200 and path.is_file():
                yield path


def read(name: str, path: Path) -> Chapter | None:
    """A chapter as Sphinx will read it, or None where it is no notebook."""
    from protolib.fingerprint import fingerprint

    text = path.read_text(encoding="utf-8")
    if path.suffix != ".md" or not is_myst_markdown_notebook(text):
        return None
    notebook = create_nb_reader(str(path), MdParserConfig(), NbParserConfig(), text).read(text)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    data = [*files(code, path.parent)]
    if "assert_right" in code:
        data.append(ROOT / "protolib" / "keys.json")
    return Chapter(name, path, notebook, fingerprint(
        *modules(code), extra_files=data, packages=PACKAGES, without=ELSEWHERE
    ))  # fmt: skip


def is_fresh(cache, chapter: Chapter) -> bool:
    """Whether the cache holds a run of these cells, on what they stand on now."""
    try:
        record = cache.match_cache_notebook(chapter.notebook)
    except KeyError:
        return False
    return record.data.get("fingerprint") == chapter.fingerprint


def was_run(path: Path) -> bool:
    """Whether a build in this folder has run a chapter as it stands."""
    folder = ROOT / "_build" / CACHE
    return folder.exists() and is_fresh(get_cache(folder), read(path.stem, path))


# ------------------------------------------------------------------------------ running


def run(chapter: Chapter, timeout: int, bar: tqdm) -> float:
    """Run a chapter's cells in place; returns the seconds it took."""
    started = time.perf_counter()
    client = NotebookClient(
        chapter.notebook,
        timeout=timeout,
        resources={"metadata": {"path": str(chapter.path.parent)}},
        record_timing=False,  # it would change what the cache knows a cell by
        extra_arguments=QUIET,
        on_cell_executed=lambda **_: bar.update(),
    )
    client.execute()
    return time.perf_counter() - started


def run_stale(app) -> None:
    """Run what is stale; `app.stale` are the pages that Sphinx must read anew."""
    app.stale = []
    if app.config.nb_execution_mode != "cache":
        return
    cache = get_cache(app.config.nb_execution_cache_path)
    waiting = []
    took = {record.uri: record.data["execution_seconds"] for record in cache.list_cache_records()}
    for name in sorted(app.project.docnames):
        chapter = read(name, Path(app.env.doc2path(name)))
        if chapter is not None and not is_fresh(cache, chapter):
            waiting.append(chapter)
    if not waiting:
        return
    # those never run first, the longest of them in front; then by the time they took
    waiting.sort(key=lambda c: (-took.get(str(c.path), 1e9), -len(c.notebook.cells)))
    cells = sum(cell.cell_type == "code" for c in waiting for cell in c.notebook.cells)
    workers = min(len(waiting), _processors())
    print(f"running {len(waiting)} chapters on {workers} kernels", file=sys.stderr)
    with (
        tqdm(total=cells, unit="cell", desc="cells", mininterval=1 if _terminal() else 20) as bar,
        ThreadPoolExecutor(workers) as pool,
    ):
        timeout = app.config.nb_execution_timeout
        futures = {pool.submit(run, chapter, timeout, bar): chapter for chapter in waiting}
        for done, future in enumerate(as_completed(futures), start=1):
            chapter = futures[future]
            try:
                seconds = future.result()
            except CellControlSignal as error:
                pool.shutdown(wait=False, cancel_futures=True)
                raise ExtensionError(f"{chapter.name} failed:\n{error}") from None
            tqdm.write(f"{done:3}/{len(waiting)} {chapter.name}: {seconds:.0f} s", file=sys.stderr)
            bundle = CacheBundleIn(
                chapter.notebook,
                str(chapter.path),
                data={"execution_seconds": seconds, "fingerprint": chapter.fingerprint},
            )
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            app.stale.append(chapter.name)


def _terminal() -> bool:
    return sys.stderr.isatty()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def prepare(app, config) -> None:
    beside = Path(app.outdir).parent / CACHE
    config.nb_execution_cache_path = os.environ.get("BOOK_CACHE") or str(beside)
    os.environ["OMP_NUM_THREADS"] = "1"  # tiny arrays run slower on two
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    sys.path.insert(0, str(ROOT))  # the package is found without installing it


def outdated(app, env, added, changed, removed) -> list[str]:
    run_stale(app)
    return app.stale


def setup(app) -> dict:
    app.connect("config-inited", prepare, priority=100)
    app.connect("env-get-outdated", outdated)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
