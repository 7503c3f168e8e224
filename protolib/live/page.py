"""Live figures as they stand on a page: a custom element with a still inside."""

import html
from collections.abc import Sequence

from IPython.display import HTML
from matplotlib.figure import Figure

from protolib import plotting
from protolib.live.scripts import FIGURES, LIVE, in_book, script
from protolib.live.tries import Try, listed

AT_REST = "What you see is a still. The live figure needs a screen and scripts."


def open_tag(name: str, attributes: dict) -> str:
    """`<name key="value" flag>`; True stands alone, False is left out."""
    words = [name] + [
        key if value is True else f'{key}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not False
    ]
    return f"<{' '.join(words)}>"


def framed(inside: str) -> HTML:
    """The element as a figure of the page, with one line for who has no scripts."""
    return HTML(
        f'<figure class="fig fig-live">{inside}<noscript><p>{AT_REST}</p></noscript></figure>'
    )


def element(
    name: str,
    still: Figure,
    alt: str,
    attributes: dict,
    *,
    tries: Sequence[Try] = (),
    scripts: Sequence[str] = (*LIVE, *FIGURES),
) -> HTML:
    """A custom element with its still inside, and in a notebook its scripts.

    Parameters
    ----------
    name
        the tag
    still, alt
        what is shown in print and where scripts are off, and its text
    tries
        buttons that set a state, play, and say what to watch
    """
    inside = plotting.drawing(still, alt) + listed(tries)
    body = f"{open_tag(name, attributes)}{inside}</{name}>"
    if not in_book():  # a notebook has no page around it to bring the script
        body += f"<script>{script(*scripts)}</script>"
    return framed(body)
