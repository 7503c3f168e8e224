"""Widgets in a page without a kernel and without a network: the scripts in book/_assets."""

import json
from pathlib import Path

import anywidget
import ipywidgets
import pytest
import traitlets
from ipywidgets.embed import embed_data

ASSETS = Path(__file__).resolve().parents[1] / "book" / "_assets"
SCRIPTS = ("vendor/widgets/require.js", "widgets.js", "vendor/widgets/embed-amd.js")
MIME = "application/vnd.jupyter.widget"


class Counting(anywidget.AnyWidget):
    _esm = """
    export default { render({ model, el }) {
      el.className = "counting";
      el.dataset.bytes = model.get("content").byteLength;
      setInterval(() => { el.dataset.step = Number(el.dataset.step ?? 0) + 1 }, 20);
    } }
    """
    content = traitlets.Bytes(b"seven b").tag(sync=True)


@pytest.mark.browser
def test_saved_widgets_are_drawn_and_anywidgets_stay_alive(watched, tmp_path):
    page, log = watched
    words = ipywidgets.HTMLMath(r"the square is \(x^2\)")
    button = ipywidgets.Button(description="go", icon="rocket")
    shown = ipywidgets.VBox([ipywidgets.IntSlider(3, description="N"), words, button])
    data = embed_data(views=[shown, Counting()], drop_defaults=False)  # as a kernel sends them
    tags = [f'<script src="{(ASSETS / script).as_uri()}"></script>' for script in SCRIPTS]
    mathjax = (ASSETS / "vendor" / "mathjax" / "tex-chtml.js").as_uri()
    tags.append(f'<script defer src="{mathjax}"></script>')
    state = json.dumps(data["manager_state"])
    tags.append(f'<script type="{MIME}-state+json">{state}</script>')
    for view in data["view_specs"]:
        tags.append(f'<script type="{MIME}-view+json">{json.dumps(view)}</script>')
    (tmp_path / "page.html").write_text(f"<!doctype html><body>{''.join(tags)}</body>")
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector(".widget-slider")
    assert page.locator(".widget-readout").inner_text() == "3"
    page.wait_for_selector(".widget-htmlmath mjx-container")
    page.wait_for_function("() => document.querySelector('.counting')?.dataset.step > 5")
    assert page.locator(".counting").get_attribute("data-bytes") == "7"
    page.evaluate("document.fonts.ready")
    assert not log.errors
    assert not log.requests
