"""Shared by all tests: one torch thread a worker, a headless plot backend, no figure left open."""

from contextlib import ExitStack

import matplotlib

matplotlib.use("Agg")

import browser
import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.text import Text

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def undrawn(monkeypatch):
    """Figures become the words in them: a test of what they say need not wait for the drawing."""

    def words(figure, alt):
        return "\n".join([alt, *(text.get_text() for text in figure.findobj(Text))])

    monkeypatch.setattr("protolib.plotting.page.drawing", words)


@pytest.fixture(scope="module")
def chromium():
    """A headless browser; the test is skipped where there is none.

    One a module, not a session: while Playwright runs, its event loop counts as running, and
    nothing else in the worker (a chapter under nbmake, say) could start one.
    """
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(browser.open_browser())
        except browser.NoBrowser as reason:
            pytest.skip(str(reason))
        yield opened


@pytest.fixture
def watched(chromium):
    """A new page and its log: `page, log = watched`."""
    context = chromium.new_context()
    page = context.new_page()
    yield page, browser.watch(page)
    context.close()


PAGE = """<!doctype html><html data-theme="light" lang="en"><title>Live</title>
<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<body style="margin:0;color:#000"><main>{body}</main>{scripts}"""


@pytest.fixture
def live_page(watched, tmp_path):
    """A function that shows some HTML with the live scripts, as a file; returns page and log."""
    from protolib import live

    page, log = watched
    for name, (sources, _) in live.BUNDLES.items():
        (tmp_path / name).write_text(live.script(*sources), encoding="utf-8")
    scripts = "".join(
        f'<script src="{name}" defer></script>' for name, (_, tags) in live.BUNDLES.items() if tags
    )

    def open_it(body="", width=900, fragment=""):
        text = PAGE.format(body=body, scripts=scripts)
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("about:blank")  # so that only the fragment may differ
        page.goto((tmp_path / "page.html").as_uri() + fragment)
        page.wait_for_function("() => globalThis.protolib?.sparse?.PRESETS")
        return page, log

    return open_it


def pytest_terminal_summary(terminalreporter):
    """Print what the tests in JupyterLab measured."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "jupyterlab" and report.when == "call":
                terminalreporter.write_line(f"JupyterLab: {value}")


@pytest.fixture
def visit(chromium):
    """Open a page at a width and in a theme, offline; returns the page and its log."""
    contexts = []

    def open_it(page_path, width=1280, theme="light", **options):
        import browser

        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, offline=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        log = browser.watch(page)
        page.goto(page_path.as_uri())
        return page, log

    yield open_it
    for context in contexts:
        context.close()
