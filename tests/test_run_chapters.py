"""What makes a chapter stale: its cells, the modules below it, its files; nothing else."""

import pytest
import run_chapters
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

CHAPTER = """---
jupytext:
  text_representation:
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
---

# A chapter

```{code-cell}
from protolib import figures, hull
figures.coverage.push
table = "_data/sparse.csv.gz"
```
"""


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """A chapter in a folder of its own, with a data file, and a cache that holds a run of it."""
    (tmp_path / "_data").mkdir()
    (tmp_path / "_data" / "sparse.csv.gz").write_text("a,b\n")
    path = tmp_path / "chapter.md"
    path.write_text(CHAPTER)
    found, cache = run_chapters.read("chapter", path), get_cache(tmp_path / "cache")
    bundle = CacheBundleIn(found.notebook, str(path), data={"fingerprint": found.fingerprint})
    cache.cache_notebook_bundle(bundle, check_validity=False)
    return path, lambda: run_chapters.is_fresh(cache, run_chapters.read("chapter", path))


def test_a_chapter_is_fresh_until_a_cell_or_a_file_changes(chapter):
    path, fresh = chapter
    assert fresh()
    path.write_text(CHAPTER.replace("# A chapter", "# Other words"))
    assert fresh()  # prose is not run
    path.write_text(CHAPTER.replace("table =", "name ="))
    assert not fresh()
    path.write_text(CHAPTER)
    (path.parent / "_data" / "sparse.csv.gz").write_text("a,c\n")
    assert not fresh()


def test_a_chapter_is_stale_when_a_module_that_it_uses_changes(chapter, monkeypatch):
    from protolib import fingerprint

    _, fresh = chapter
    read_bytes = fingerprint.Path.read_bytes

    def changed(name):
        return lambda path: read_bytes(path) + (b"# changed" if path.name == name else b"")

    for name, stale in {"coverage.py": True, "hull.py": True, "privacy.py": False}.items():
        monkeypatch.setattr(fingerprint.Path, "read_bytes", changed(name))
        assert fresh() != stale, name


def test_figures_count_by_the_module_that_is_used():
    code = "from protolib import figures, live, sweep\nfigures.packing.collapse(1)"
    named = {f"protolib.{name}" for name in ("figures.packing", "live", "sweep")}
    assert run_chapters.modules(code) == named
    assert run_chapters.modules("import numpy\nfrom scipy import stats") == set()


def test_a_page_without_a_kernel_is_no_chapter(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("# Words\n")
    assert run_chapters.read("page", path) is None
