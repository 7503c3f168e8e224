"""The package's doctests as ordinary tests, for `tools/mutate.py`.

pytest's own collector would take the docstring of every mutant for another test. Not collected
otherwise: the name does not begin with test_, and `make test` runs doctests itself.
"""

import ast
import doctest
import importlib
from pathlib import Path

import pytest

import protolib


def _examples():
    root = Path(protolib.__file__).parent
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        if {"live", "__main__", "plotting", "multiverse"} & {*parts}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or "mutmut" in node.name:
                continue
            text = ast.get_docstring(node) or ""
            if ">>>" in text:
                module = ".".join(parts).removesuffix(".__init__")
                yield pytest.param(module, text, id=f"{module}.{node.name}")


@pytest.mark.parametrize(("module", "text"), [*_examples()])
def test_doctest(module, text):
    names = vars(importlib.import_module(module)).copy()
    test = doctest.DocTestParser().get_doctest(text, names, module, None, 0)
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0
