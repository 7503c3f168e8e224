"""What results depend on: against Python's own import system, and on a package made up here."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from protolib import fingerprint as fp

ROOT = Path(fp.__file__).parents[1]
MODULES = ("protolib.data", "protolib.matching", "protolib.training", "protolib.sweep",
           "protolib.sparse.scores", "protolib.sparse.identifiability")  # fmt: skip


def test_everything_that_python_imports_is_found():
    """A fresh interpreter imports one module after another and says what it has opened so far."""
    code = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module(name)\n"
        "    own = [m for n, m in sys.modules.items() if n.split('.')[0] == 'protolib']\n"
        "    print(*(m.__file__ for m in own), sep='|')"
    )
    command = [sys.executable, "-c", code, *MODULES]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = run.stdout.splitlines()
    assert len(lines) == len(MODULES)
    for count, line in enumerate(lines, start=1):
        found = {path.resolve() for path in fp.sources(*MODULES[:count]) if path.suffix == ".py"}
        assert {Path(name).resolve() for name in line.split("|")} == found


@pytest.fixture
def package(tmp_path, monkeypatch):
    """protolib/{__init__, a, b, c}.py, protolib/sub/{__init__, x, y, z}.py and two data files."""
    files = {
        "__init__.py": "",
        "a.py": "from protolib import b\nTABLE = 'a.csv'\n",
        "a.csv": "1",
        "other.csv": "1",
        "b.py": "def f():\n    import protolib.sub.x\n",
        "c.py": "from protolib.a import *\n",
        "lonely.py": "",
        "sub/__init__.py": "",
        "sub/x.py": "from . import y\nfrom ..sub import z as other\n",
        "sub/y.py": "import json\nVALUE = 1\n",
        "sub/z.py": "",
        "sub/js/page.js": "",
    }
    for name, text in files.items():
        path = tmp_path / "protolib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(fp, "PACKAGE", tmp_path / "protolib")
    return tmp_path / "protolib"


def _names(package, *modules):
    return {path.relative_to(package).as_posix() for path in fp.sources(*modules)}


def test_every_form_of_import_is_followed(package):
    below = {"__init__.py", "sub/__init__.py", "sub/js/page.js"}
    assert _names(package, "protolib.sub.y") == below | {"sub/y.py"}
    assert _names(package, "protolib.sub.x") == below | {"sub/x.py", "sub/y.py", "sub/z.py"}
    everything = _names(package, "protolib.c")
    assert everything == {
        *_names(package, "protolib.sub.x"), "a.py", "b.py", "c.py", "a.csv"
    }  # fmt: skip
    assert _names(package, "protolib.lonely", "protolib.c") == everything | {"lonely.py"}


def test_a_change_counts_where_it_can_be_reached_and_nowhere_else(package, tmp_path):
    def hashes():
        return {name: fp.fingerprint(f"protolib.{name}") for name in ("c", "sub.y", "lonely")}

    before = hashes()
    assert hashes() == before
    changes = {
        "sub/z.py": {"c"}, "sub/y.py": {"c", "sub.y"}, "a.csv": {"c"}, "other.csv": set(),
        "lonely.py": {"lonely"}, "sub/js/page.js": {"c", "sub.y"}, "__init__.py": {*before},
    }  # fmt: skip
    for name, reached in changes.items():
        path = package / name
        old = path.read_bytes()
        path.write_bytes(old + b"# changed\n")
        assert {key for key, value in hashes().items() if value != before[key]} == reached, name
        path.write_bytes(old)
    elsewhere = shutil.copytree(package, tmp_path / "elsewhere" / "protolib")
    fp.PACKAGE = elsewhere  # the fixture puts it back
    assert hashes() == before


def test_a_renamed_module_other_files_and_packages_count(package):
    whole = fp.fingerprint("protolib.c")
    assert fp.fingerprint("protolib.c", packages=("torch",)) != whole
    extra = package / "other.csv"
    with_file = fp.fingerprint("protolib.c", extra_files=[extra])
    assert with_file != whole
    extra.write_text("2", encoding="utf-8")
    assert fp.fingerprint("protolib.c", extra_files=[extra]) != with_file
    (package / "sub/z.py").rename(package / "sub/q.py")
    (package / "sub/x.py").write_text("from . import y\nfrom ..sub import q as other\n")
    assert fp.fingerprint("protolib.c") != whole


@pytest.mark.parametrize("name", ["protolib.nothing", "numpy", "protolib.data.generator"])
def test_what_is_no_module_is_refused(name):
    with pytest.raises(ValueError, match=f"expected a module of protolib, got '{name}'"):
        fp.sources(name)
