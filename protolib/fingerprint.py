"""What does a module depend on? A hash that changes when any source it can reach changes.

Whoever stores results (the runs of `protolib.sweep`, the outputs of the book) asks for
`fingerprint("protolib.sweep.runner")` and keeps it with the result. Nothing is listed by hand: the
sources are found by following `import` statements, those inside functions too. Edits elsewhere in
the package leave the hash as it is.
"""

import ast
import hashlib
import platform
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).parent
CODE = (".py", ".pyc", ".pyi")


def _file(module: str) -> Path | None:
    """The file of a module of this package, or None if there is no such module."""
    path = PACKAGE.parent.joinpath(*module.split("."))
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if file.is_file():
            return file
    return None


def _imported(module: str, file: Path) -> set[str]:
    """The modules of this package that a file imports, anywhere in it, and their packages."""
    here = module if file.name == "__init__.py" else module.rpartition(".")[0]
    names = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = here.split(".")[: len(here.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from a import b`: b may be a module, or a name in a
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] == PACKAGE.name and _file(name)}


def _data(file: Path) -> Iterable[Path]:
    """Data files that a source may read: those beside it that it names, by their whole name.

    A folder below the top that is a package brings all its data, at any depth.
    """
    text = file.read_text(encoding="utf-8")
    whole = file.name == "__init__.py" and file.parent != PACKAGE
    for path in file.parent.rglob("*") if whole else file.parent.iterdir():
        if path.is_file() and path.suffix not in CODE and (whole or path.name in text):
            yield path


def sources(*modules: str) -> list[Path]:
    """The import closure of modules within this package, as sorted files.

    Importing `a.b.c` runs `a` and `a.b` first, so their `__init__` and what that imports belong to
    it. Data files that stand beside a source and are named in it (as digits are in `data.py`)
    belong to it too.

    Raises
    ------
    ValueError
        if one is no module of this package.

    >>> [path.name for path in sources("protolib.hull")]
    ['__init__.py', 'hull.py']
    """
    found: dict[str, Path] = {}
    waiting = [*modules]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        file = _file(module) if module.split(".")[0] == PACKAGE.name else None
        if file is None:
            raise ValueError(f"expected a module of {PACKAGE.name}, got {module!r}")
        found[module] = file
        parent = module.rpartition(".")[0]
        waiting += [*_imported(module, file), *([parent] if parent else [])]
    files = set(found.values())
    return sorted(files.union(*(_data(file) for file in files)))


def fingerprint(
    *modules: str,
    extra_files: Iterable[Path] = (),
    packages: Sequence[str] = ("torch", "numpy", "scipy"),
) -> str:
    """A hash of the sources that modules depend on, of versions, and of the kind of processor.

    Parameters
    ----------
    modules
        names such as "protolib.sweep.runner"; see `sources`
    extra_files
        other files whose contents matter; they count by their name and content, wherever they are
    packages
        distributions whose versions matter

    Raises
    ------
    ValueError
        if one is no module of this package.
    PackageNotFoundError, FileNotFoundError
        if a distribution is not installed, or a file is not there.
    """
    digest = hashlib.sha256()

    def add(*parts: bytes) -> None:
        for part in parts:  # with its length, so that no two sequences run into the same bytes
            digest.update(f"{len(part)} ".encode() + part)

    for file in sources(*modules):
        add(file.relative_to(PACKAGE.parent).as_posix().encode(), file.read_bytes())
    for file in sorted(map(Path, extra_files)):
        add(file.name.encode(), file.read_bytes())
    for package in packages:
        add(f"{package} {metadata.version(package)}".encode())
    add(f"{platform.machine()} {_capability()}".encode())
    return digest.hexdigest()


@cache
def _capability() -> str:
    """The vector instructions that torch computes with: other ones round otherwise."""
    import torch

    return torch.backends.cpu.get_cpu_capability()
