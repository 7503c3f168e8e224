"""Every chapter in a real JupyterLab, opened as the launch button opens it on Binder.

One short chapter in continuous integration; all of them with BOOK_BROWSER=all (`make browser`).
What was measured is printed at the end of the run.
"""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import jupytext
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[1]
SHORT = ("model",) if os.environ.get("CI") else ()
NOTEBOOKS = sorted(
    path.stem
    for path in (ROOT / "book").glob("*.md")
    if "kernelspec" in jupytext.read(path).metadata
)
CHAPTERS = NOTEBOOKS if os.environ.get("BOOK_BROWSER") == "all" else SHORT
SECONDS = 1200  # for a whole chapter, on a slow machine
MEMORY = 1e9

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not importlib.util.find_spec("jupyterlab"),
        reason="JupyterLab is not installed: pip install -r requirements.txt",
    ),
]

# What the page says of the notebook in front. Asked of the model, because the page itself draws
# only the cells in sight.
STATE = """() => {
  const panel = window.jupyterapp.shell.currentWidget, cells = [...panel.content.model.cells];
  const outputs = cells.filter(cell => cell.type === "code")
    .flatMap(cell => [...Array(cell.outputs.length).keys()].map(i => cell.outputs.get(i).toJSON()));
  const kinds = outputs.map(output => Object.keys(output.data ?? {})).flat();
  const html = outputs.map(output => [output.data?.["text/html"] ?? ""].flat().join("")).join("");
  return {
    status: panel.sessionContext.session?.kernel?.status,
    kernel: panel.sessionContext.session?.kernel?.id,
    cells: cells.length,
    waiting: cells.filter(cell => cell.type === "code" && cell.sharedModel.source.trim()
      && cell.executionCount === null).length,
    errors: outputs.filter(output => output.output_type === "error")
      .map(output => `${output.ename}: ${output.evalue}`),
    figures: (html.match(/<figure|<svg|<prototype-lab/g) ?? []).length
      + kinds.filter(kind => /^image|widget-view/.test(kind)).length,
  };
}"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab, and its process.

    It serves a copy of the chapters, for JupyterLab saves what it opens, and has a home of its own
    with the settings that Binder makes, and no other.
    """
    home = tmp_path_factory.mktemp("home")
    root = tmp_path_factory.mktemp("repository")
    for folder in ("book", "benchmarks"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("vendor"))
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL") if name in os.environ}
    environment = kept | {
        "HOME": str(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    subprocess.run(["bash", str(ROOT / ".binder" / "postBuild")], env=environment, check=True)
    port = _free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1",
    ]
    command += ["--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"]
    journal = home / "journal.txt"
    with journal.open("w") as out:
        server = subprocess.Popen(
            command, cwd=root, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        url, limit = f"http://127.0.0.1:{port}", time.monotonic() + 120
        while not _answers(f"{url}/api"):
            assert server.poll() is None, journal.read_text()[-2000:]
            assert time.monotonic() < limit, journal.read_text()[-2000:]
            time.sleep(0.2)
        yield url, psutil.Process(server.pid)
    finally:
        children = psutil.Process(server.pid).children(recursive=True)
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        for child in children:
            if child.is_running():
                child.kill()


def _memory(server: psutil.Process, kernel: str) -> float:
    """Bytes of a kernel: its resident set, and what its own workers hold for themselves."""
    for process in server.children():
        try:
            if any(kernel in word for word in process.cmdline()):
                workers = process.children(recursive=True)
                alone = sum(worker.memory_full_info().uss for worker in workers)
                return process.memory_info().rss + alone
        except psutil.Error:  # it, or a worker, has just ended
            continue
    return 0.0


def finds_live_figure(page, seconds: float = 30.0) -> bool:
    """Whether the notebook in front shows a live figure that answers.

    That is: an element `prototype-lab` inside `.jp-OutputArea`, with an element `[data-step]` in
    its shadow root (or, without one, in itself) whose `data-step` changes. A figure at rest is
    started by its first button.
    """
    cells = page.evaluate(STATE)["cells"]
    for index in range(cells):  # only cells in sight are drawn
        if page.locator(".jp-OutputArea prototype-lab").count():
            break
        page.evaluate(
            "async i => { await window.jupyterapp.shell.currentWidget.content.scrollToItem(i) }",
            index,
        )
    figure = page.locator(".jp-OutputArea prototype-lab").first
    if not figure.count():
        return False
    figure.scroll_into_view_if_needed()
    step = "e => (e.shadowRoot ?? e).querySelector('[data-step]')?.dataset.step ?? null"
    first, limit = figure.evaluate(step), time.monotonic() + seconds
    started = False
    while time.monotonic() < limit:
        page.wait_for_timeout(250)
        figure.scroll_into_view_if_needed()  # outputs above may have grown; unseen, it rests
        if figure.evaluate(step) not in (None, first):
            return True
        if not started and time.monotonic() > limit - seconds + 3:
            figure.evaluate("e => (e.shadowRoot ?? e).querySelector('button')?.click()")
            started = True
    return False


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_runs_in_jupyterlab(chromium, lab, chapter, record_property):
    url, server = lab
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.goto(f"{url}/lab/tree/book/{chapter}.md?reset")
    page.wait_for_selector(".jp-NotebookPanel, .jp-FileEditor", timeout=120_000)
    assert not page.locator(".jp-FileEditor").count(), "it opened as text"
    idle = "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status"
    page.wait_for_function(f"({idle})() === 'idle'", timeout=120_000)

    begin = time.monotonic()
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    first, memory, state = None, 0.0, page.evaluate(STATE)
    while state["waiting"] or state["status"] != "idle":
        page.wait_for_timeout(200)
        state, elapsed = page.evaluate(STATE), time.monotonic() - begin
        if first is None and state["figures"]:
            first = elapsed
        memory = max(memory, _memory(server, state["kernel"]))
        assert not state["errors"], state["errors"]
        assert elapsed < SECONDS, f"{state['waiting']} cells still wait"
    record_property(
        "jupyterlab",
        f"{chapter}: first figure after {f'{first:.1f}' if first else '-'} s, "
        f"all cells after {time.monotonic() - begin:.1f} s, kernel {memory / 1e6:.0f} MB",
    )
    assert not state["errors"]
    assert 0 < memory < MEMORY
    if "live.Lab(" in (ROOT / "book" / f"{chapter}.md").read_text():
        assert finds_live_figure(page)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    context.close()


ASK = """code => new Promise(done => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({ code });
  let text = "";
  future.onIOPub = message => {
    if (message.header.msg_type === "stream") text += message.content.text;
    if (message.header.msg_type === "error") text += message.content.evalue;
  };
  future.done.then(() => done(text));
})"""


def test_the_figure_in_a_notebook_and_python_are_one(lab, chromium):
    """What is done on screen is read in Python, and what Python sets is seen on screen."""
    url, _ = lab
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.goto(f"{url}/lab/tree/book/live.md?reset")
    page.wait_for_selector(".jp-NotebookPanel", timeout=120_000)
    idle = "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status"
    page.wait_for_function(f"({idle})() === 'idle'", timeout=120_000)
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    page.wait_for_function(f"() => ({STATE})().waiting === 0", timeout=120_000)
    assert finds_live_figure(page)
    figure = page.locator(".jp-OutputArea prototype-lab").first

    figure.evaluate("e => { e.set({ preset: 'coverage', seed: 5 }); e.advance(300); e.pause(); }")
    page.wait_for_timeout(1000)
    seen = json.loads(
        page.evaluate(ASK, "import json; print(json.dumps([lab.step, lab.seed, lab.prototypes]))")
    )
    assert seen == figure.evaluate("e => [e.step, e.state.seed, e.prototypes]")

    set_it = "lab.tau, lab.masks, lab.prototypes = 0.25, [0.0, 1.0, 0.0], lab.samples; print(1)"
    assert page.evaluate(ASK, set_it).strip() == "1"
    page.wait_for_timeout(1000)
    state = figure.evaluate("e => e.state")
    assert (state["tau"], state["masks"]) == (0.25, [0, 1, 0])
    assert state["scores"]["error"] < 1e-9
    loaded = """
import torch
from protolib import data, model
lab.load(model.initialise([3], 7), data.uniform([3], 7))
print(json.dumps(lab.prototypes))
"""
    expected = json.loads(page.evaluate(ASK, loaded))
    page.wait_for_timeout(1000)
    assert figure.evaluate("e => e.prototypes") == pytest.approx(expected)
    assert figure.evaluate("e => e.state.size") == 7
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    context.close()
