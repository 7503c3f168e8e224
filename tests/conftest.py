"""Shared by all tests: one torch thread a worker, a headless plot backend, no figure left open."""

from contextlib import ExitStack

import matplotlib

matplotlib.use("Agg")

import browser
import matplotlib.pyplot as plt
import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


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


def pytest_terminal_summary(terminalreporter):
    """Print what the tests in JupyterLab measured."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "jupyterlab" and report.when == "call":
                terminalreporter.write_line(f"JupyterLab: {value}")
