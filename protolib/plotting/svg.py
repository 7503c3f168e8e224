"""A figure as inline SVG: light, and in the colours of the page's theme."""

import base64
import html
import io
import re

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from protolib.plotting.style import COLOURS, FAMILY

PATH = re.compile(r'<path d="([^"]*)"')


def svg(figure: Figure) -> str:
    """The figure as inline SVG: colours as CSS variables, no identifiers that would clash."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", file.getvalue(), flags=re.DOTALL)
    text = text[text.index("<svg") :]
    text = re.sub(r'(<g) id="[^"]*"', r"\1", text)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = text.replace(f"; font-family: '{FAMILY}'", "")  # said once, by `drawing`
    text = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", text)
    text = re.sub(r'\b(?:d|x|y|transform)="[^"]*"', _rounded, text)
    text = re.sub(r'(?<= d=")[^"]*', _shortened, text)
    text = _joined(_without_groups(_without_repetition(text)))
    text = re.sub(r'<image (xlink:href="data:image/png;base64,\s*([^"]+)")', _inked, text)
    for name, colour in COLOURS.items():
        text = text.replace(colour, f"var(--{name}, {colour})")
    return re.sub(r"\s*\n\s*", "\n", text)


def drawing(figure: Figure, alt: str) -> str:
    """One figure as an `<svg>` that fills its panel up to its natural width; "" is decorative."""
    text = svg(figure)
    box = re.search(r'viewBox="[^"]*"', text)[0]
    role = f'role="img" aria-label="{html.escape(alt)}"' if alt else 'aria-hidden="true"'
    width = f"{figure.get_figwidth() * 96:.0f}px"
    style = (
        f"width:100%;max-width:{width};height:auto;fill:var(--fig-ink,#000);"
        f"font-family:'{FAMILY}',sans-serif"
    )
    return f'<svg {role} {box} style="{style}" {text[text.index("xmlns") :]}'


def _without_repetition(text: str) -> str:
    """A mark says its stroke, and its filling if it has but one, where it is defined."""
    marks, fills = {*re.findall(r'<path id="([^"]+)"[^>]*\bstyle="[^"]*stroke', text)}, {}
    use = r'<use xlink:href="#([^"]+)"([^>]*?) style="([^"]*)"/>'
    for mark, _, style in re.findall(use, text):
        kept = [part for part in style.split("; ") if not part.startswith("stroke")]
        fills.setdefault(mark, set()).add("; ".join(kept))

    def once(found: re.Match) -> str:
        if found[1] not in marks:
            return found[0]
        kept = [part for part in found[3].split("; ") if not part.startswith("stroke")]
        style = f' style="{"; ".join(kept)}"' if kept and len(fills[found[1]]) > 1 else ""
        return f'<use xlink:href="#{found[1]}"{found[2]}{style}/>'

    def defined(found: re.Match) -> str:
        only = fills.get(found[2], ())
        return f"{found[1]}{next(iter(only))}; " if len(only) == 1 and "" not in only else found[0]

    text = re.sub(use, once, text)
    return re.sub(r'(<path id="([^"]+)"[^>]*\bstyle=")(?=[^"]*stroke)', defined, text)


def _shortened(path: re.Match) -> str:
    """Lines follow their start without a letter each; a dot is a line of no length."""
    text = re.sub(r"\s+", " ", path[0])
    text = re.sub(r"M (\S+) (\S+) L \1 \2(?= [MZz]| ?$)", r"M\1 \2h0", text)
    lines = r"(M \S+ \S+)((?: L \S+ \S+)+)"
    return re.sub(lines, lambda run: run[1] + run[2].replace(" L ", " "), text).strip()


def _inked(image: re.Match) -> str:
    """An image of black ink alone is marked: where the page is dark, its style sheet turns it."""
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(image[2]))).convert("RGBA"))
    kind = "" if pixels[..., :3][pixels[..., 3] > 0].any() else 'class="ink" '
    return f"<image {kind}{image[1]}"


def _without_groups(text: str) -> str:
    """Groups that say nothing are left out, which makes a drawing lighter by a sixteenth.

    >>> _without_groups('<g><g clip-path="url(#a)"><g><use/></g></g></g>')
    '<g clip-path="url(#a)"><use/></g>'
    """
    kept, parts = [], []
    for part in re.split(r"(<g\b[^>]*>|</g>)", text):
        if part.startswith("<g"):
            kept.append(part != "<g>")
        if not ((part == "</g>" and not kept.pop()) or part == "<g>"):
            parts.append(part)
    return "".join(parts)


def _joined(text: str) -> str:
    """Lines and letters of one look that follow each other are one; what is not seen is left out.

    Lines that are half transparent stay apart, for where they cross they are darker.

    >>> _joined('<path d="M0 1" style="fill: none; a"/> <path d="M2 3" style="fill: none; a"/>')
    '<path d="M0 1 M2 3" style="fill: none; a"/>'
    """
    text = re.sub(r'<path d="[^"]*" style="fill: none"/>\s*', "", text)
    text = text.replace("; stroke-dashoffset: 0", "")
    look = r'"(?: clip-path="[^"]*")? style="fill: none;(?![^"]*opacity)[^"]*"/>'
    lines = rf'<path d="[^"]*(?P<look>{look})(?:\s*<path d="[^"]*(?P=look))+'
    text = re.sub(
        lines,
        lambda run: f'<path d="{" ".join(re.findall(PATH, run[0]))}{run["look"]}',
        text,
    )
    again = r'(<tspan x="[^"]*" (y="[^"]*" style="[^"]*")>[^<]*)</tspan>\s*<tspan x="[^"]*" \2>'
    while text != (text := re.sub(again, r"\1", text)):
        pass
    return text


def _rounded(attribute: re.Match) -> str:
    """Coordinates to a tenth of a point, which no eye can tell."""
    return re.sub(
        r"-?\d+\.\d+", lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), attribute[0]
    )
