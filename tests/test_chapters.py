"""The chapters as notebooks: prose, ideas and one short call a figure; nothing hidden, no name used
that the page does not show. Run one with `pytest tests/test_chapters.py -k coverage`.
"""

import ast
import builtins
import re
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).resolve().parents[1]
SOLUTIONS = sorted((ROOT / "book" / "solutions").glob("*.md"))
CHAPTERS = sorted((ROOT / "book").glob("*.md"))
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=[c.stem for c in CHAPTERS])
each_notebook = pytest.mark.parametrize(
    "path",
    [*CHAPTERS, *SOLUTIONS],
    ids=[p.relative_to(ROOT / "book").as_posix()[:-3] for p in [*CHAPTERS, *SOLUTIONS]],
)
SHOWS = re.compile(r"(figures\.\w+\.\w+|live\.\w+|plotting\.\w+)\(")
FOLDED = {"hide-input", "remove-input", "hide-cell", "remove-cell"}


def _cells(path):
    cells = jupytext.read(path).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def _lines(cell):
    """The lines that a reader has to read: forms of exercises are none."""
    return [
        line
        for line in cell.source.splitlines()
        if line.strip() and not line.startswith("exercises.check(")
    ]


def _tree(cell):
    return ast.parse(cell.source).body


def _tags(cell):
    return set(cell.metadata.get("tags", []))


def _imports_only(cell):
    return all(isinstance(node, ast.Import | ast.ImportFrom) for node in _tree(cell))


def _says(cell):
    """Whether the cell ends in a computed sentence."""
    last = _tree(cell)[-1]
    return isinstance(last, ast.Expr) and ast.unparse(last).startswith("Markdown(")


@each_notebook
def test_cells_are_short_and_only_sentences_and_imports_are_folded(path):
    for cell in _cells(path):
        folded = _tags(cell) & FOLDED
        assert len(_lines(cell)) <= (15 if folded else 20), cell.source
        if folded:
            assert _imports_only(cell) or _says(cell), cell.source
        assert max(map(len, cell.source.splitlines())) <= 200, cell.source


@each_chapter
def test_a_chapter_holds_little_code(path):
    assert sum(len(_lines(cell)) for cell in _cells(path)) <= 240


def test_the_book_holds_little_code():
    assert sum(len(_lines(cell)) for path in CHAPTERS for cell in _cells(path)) <= 3300


def _bound(tree):
    """The names that some code defines, imports or assigns, wherever in it."""
    found = set()
    for node in ast.walk(ast.Module(tree, [])):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def _used(tree):
    return {n.id for n in ast.walk(ast.Module(tree, [])) if isinstance(n, ast.Name)}


@each_notebook
def test_a_page_uses_no_name_that_it_does_not_show(path):
    """What a reader can see uses only what a reader can see (imports may be folded)."""
    known, everything = set(dir(builtins)) | {"display"}, set(dir(builtins)) | {"display"}
    for cell in _cells(path):
        tree, folded = _tree(cell), _tags(cell) & FOLDED
        everything |= _bound(tree)
        if not folded or _imports_only(cell):
            known |= _bound(tree)
            assert not _used(tree) - known, cell.source
        assert not _used(tree) - everything, cell.source


@each_notebook
def test_every_figure_has_a_short_caption_in_the_chapter(path):
    cells = jupytext.read(path).cells
    for cell, following in zip(cells, [*cells[1:], None]):
        if cell.cell_type != "code" or not _tree(cell):
            continue
        last = _tree(cell)[-1]
        if isinstance(last, ast.Expr) and SHOWS.match(ast.unparse(last)):
            assert following is not None
            assert following.cell_type == "markdown", cell.source
            caption = following.source.split("\n\n")[0].strip()
            assert re.fullmatch(r"\*[^*].*[^*]\*", caption, re.DOTALL), (cell.source, caption)
            words = re.sub(r"\$[^$]*\$", "x", caption).split()
            assert 6 <= len(words) <= 45, (len(words), caption)


@each_notebook
def test_no_chapter_says_twice_what_a_module_draws(path):
    """Drawing stands in `protolib/figures`: a chapter neither makes axes nor writes HTML."""
    code = "\n".join(cell.source for cell in _cells(path))
    assert not re.search(r"plotting\.(panel|plot_|show)|\.subplots\(|\bax\.|HTML\(", code)
