"""A headless Chromium for tests and tools, and a log of what a page complains of and asks for.

    with open_browser() as browser:
        page = browser.new_page()
        log = watch(page)
        page.goto(path.as_uri())
        assert not log.errors and not log.requests

In tests use the fixtures `chromium` (one browser a worker) and `watched` (a new page and its log);
they skip with a reason where there is no browser. `python tests/browser.py` says which is found.
"""

import os
import re
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OWN = ("file:", "data:", "blob:", "about:")


class NoBrowser(RuntimeError):
    """Playwright or Chromium is missing; the message says how to get it."""


def _playwright():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise NoBrowser("no playwright: pip install -r requirements-test.txt") from error
    return sync_playwright


def find_chromium(playwright=None) -> str:
    """$CHROMIUM, else one on the path, else the one that Playwright downloaded."""
    if path := os.environ.get("CHROMIUM"):
        if not shutil.which(path):
            raise NoBrowser(f"CHROMIUM={path} is not a program")
        return path
    for name in NAMES:
        if path := shutil.which(name):
            return path
    if playwright is None:
        with _playwright()() as playwright:
            return find_chromium(playwright)
    path = playwright.chromium.executable_path
    if path and os.path.exists(path):
        return path
    raise NoBrowser(
        "no Chromium: install one, name it in $CHROMIUM, or `python -m playwright install chromium`"
    )


@contextmanager
def open_browser():
    """Yield a headless Playwright browser; NoBrowser where there is none."""
    with _playwright()() as playwright:
        path, options = find_chromium(playwright), ["--no-sandbox", "--disable-gpu"]
        try:
            browser = playwright.chromium.launch(executable_path=path, args=options)
        except Exception as error:
            raise NoBrowser(f"{path} does not start: {str(error)[:300]}") from error
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Log:
    """What a page reported: errors (console and uncaught), and requests that left the machine."""

    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    local: list[str] = field(default_factory=list)  # requests that stayed


def watch(page, own=OWN) -> Log:
    """Start to record; `own` are the beginnings of addresses that are not external."""
    log = Log()

    def on_console(message):
        if message.type == "error":
            log.errors.append(f"{message.text} [{message.location.get('url', '')}]")

    def on_request(request):
        (log.local if request.url.startswith(tuple(own)) else log.requests).append(request.url)

    page.on("console", on_console)
    page.on("pageerror", lambda error: log.errors.append(re.sub(r"\s+", " ", str(error))))
    page.on("request", on_request)
    return log


if __name__ == "__main__":
    try:
        with open_browser() as browser:
            print("Chromium", browser.version)
    except NoBrowser as reason:
        sys.exit(str(reason))
