"""Run a chapter again when the code it stands on has changed.

Jupyter Book's execution cache knows a chapter by the text of its code cells. It does not notice
that the package those cells import is another one now. This extension names the cache after a hash
of the package's sources and the versions of what computes, so a change there starts a new cache,
and the changed setting makes Sphinx read every chapter again.

It also gives every chapter's kernel one thread (tiny arrays run slower on two) and finds the
package without installing it.
"""

import hashlib
import os
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("torch", "numpy", "scipy", "matplotlib", "pandas")


def fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted((ROOT / "protolib").rglob("*")):
        # a page's outputs do not depend on the scripts, which are written anew at every build
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".js":
            digest.update(str(path.relative_to(ROOT)).encode())
            digest.update(path.read_bytes())
    for package in PACKAGES:
        digest.update(f"{package} {metadata.version(package)}".encode())
    return digest.hexdigest()[:16]


def prepare(app, config) -> None:
    config.nb_execution_cache_path = str(Path(app.outdir).parent / ".jupyter_cache" / fingerprint())
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    sys.path.insert(0, str(ROOT))


def setup(app) -> dict:
    app.connect("config-inited", prepare, priority=100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
