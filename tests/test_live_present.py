"""The lab on a projector: it fills the screen, every letter is large, and nothing is out of view.

In a real headless Chromium; skipped, with the reason, where there is none.
"""

import pytest

from protolib import live

SIZES = [(1280, 720), (1920, 1080)]
LINK = "n=20&tau=1&masks=010&zoom=3"


@pytest.fixture
def shown(live_page, monkeypatch):
    """A lab in the middle of a page, with its buttons, opened by a link or a click."""
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    lab = live.show(live.Lab(), name="lab", tries=live.TRIES["attractors"]).data
    body = f'<p><a href="#" id="before">before</a></p><div style="transform:none">{lab}</div><p><a href="#" id="after">after</a></p>'

    def open_it(fragment="", size=(1280, 720), theme="light"):
        page, log = live_page(body, fragment=fragment)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.evaluate("""t => { document.body.style.color = t === "dark" ? "#eee" : "#000";
          document.body.style.background = t === "dark" ? "#14181e" : "#fff"; }""", theme)  # fmt: skip
        page.evaluate("t => document.documentElement.dataset.theme = t", theme)
        return page, log

    return open_it


PRESENT = "() => document.getElementById('lab').hasAttribute('present')"

# What is written, in pixels of the screen: in the elements that are seen, and on the canvas.
LETTERS = """() => {
  const root = lab.shadowRoot, out = [], walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode());) {
    const here = node.parentElement;
    if (!node.data.trim() || ["STYLE", "OPTION"].includes(here.tagName) || !here.checkVisibility({ visibilityProperty: true })) continue;
    out.push([node.data.trim().slice(0, 30), parseFloat(getComputedStyle(here).fontSize)]);
  }
  for (const one of root.querySelectorAll("select, button, input"))
    if (one.checkVisibility()) out.push([one.className, parseFloat(getComputedStyle(one).fontSize)]);
  return out;
}"""
CANVAS = """() => new Promise((done) => {
  const canvas = lab.shadowRoot.querySelector("canvas"), seen = [], own = CanvasRenderingContext2D.prototype.fillText;
  const screen = canvas.getBoundingClientRect();
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
    const { a } = this.getTransform(), by = screen.width / this.canvas.width, size = parseFloat(this.font) * a * by;
    const wide = this.measureText(text).width * a * by, left = x * a * by - (this.textAlign === "right" ? wide : 0), middle = y * a * by;
    if (text) seen.push({ text, size, left, right: left + wide, top: middle - size / 2, bottom: middle + size / 2 });
    return own.call(this, text, x, y, ...rest);
  };
  lab.advance(0);
  requestAnimationFrame(() => requestAnimationFrame(() => {
    CanvasRenderingContext2D.prototype.fillText = own;
    done([seen, screen.width, screen.height]);
  }));
})"""

# What sticks out of the screen, or of what holds it.
OUTSIDE = """() => {
  const root = lab.shadowRoot, out = [], frame = lab.getBoundingClientRect();
  if (frame.left !== 0 || frame.top !== 0 || Math.abs(frame.width - innerWidth) > 1 || Math.abs(frame.height - innerHeight) > 1) out.push(["lab", frame.width, frame.height]);
  for (const one of root.querySelectorAll(".present-row, .present-row *, .stage, canvas, .scores, .scores *, .at, .lines, .watch, .hint")) {
    if (!one.checkVisibility({ visibilityProperty: true }) || one.tagName === "OPTION" || one.closest(".slider>span>span")) continue;
    const box = one.getBoundingClientRect();
    if (box.left < -0.5 || box.top < -0.5 || box.right > innerWidth + 0.5 || box.bottom > innerHeight + 0.5) out.push([one.className || one.tagName, box.right, box.bottom]);
  }
  for (const one of [lab, document.documentElement, root.querySelector(".present-side"), root.querySelector(".present-row")])
    if (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1) out.push(["scrolls", one.className ?? one.tagName, one.scrollWidth, one.clientWidth, one.scrollHeight, one.clientHeight]);
  return out;
}"""

ROW = """() => [...lab.shadowRoot.querySelectorAll(".present-row :is(button, select, input)")].filter((one) => one.checkVisibility())
  .map((one) => { const { top, bottom } = one.getBoundingClientRect(); return [top, bottom]; })"""


def _looks_right(page, what):
    assert page.evaluate(OUTSIDE) == [], what
    letters = page.evaluate(LETTERS)
    assert len(letters) > 15
    assert [one for one in letters if one[1] < 24] == [], what
    seen, width, height = page.evaluate(CANVAS)
    assert len(seen) >= 2
    for one in seen:
        assert one["size"] >= 24, (what, one)
        assert one["left"] >= 0, (what, one)
        assert one["right"] <= width, (what, one)
        assert one["top"] >= 0, (what, one)
        assert one["bottom"] <= height, (what, one)
    row = page.evaluate(ROW)
    assert max(top for top, _ in row) < min(bottom for _, bottom in row), what  # one row
    scores = page.locator("#lab .scores b").all()
    assert len(scores) == 3
    assert all(score.is_visible() for score in scores)
    assert page.locator("#lab .switch").count() == 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_it_fills_the_screen_with_large_letters_and_all_in_view(shown, size, theme):
    page, log = shown(f"#lab:{LINK}&steps=300&version=1&present=1", size, theme)
    page.wait_for_function("() => lab.step === 300")
    for change in ({}, {"dims": 2, "size": 30, "tau": 1}, {"size": 60, "masks": [1, 1, 1], "forces": True, "curves": False},
                   {"attractor": "soft coverage", "kernel": "imq", "forces": True, "dims": 1, "masks": [1, 1, 0], "zoom": 1},
                   {"masks": [0, 0, 0], "attractor": "energy", "kernel": "energy"}):  # fmt: skip
        page.evaluate("change => { lab.set(change); lab.advance(40); lab.pause(); }", change)
        page.wait_for_timeout(150)
        _looks_right(page, (size, change))
    said = [
        act.say
        for tries in (
            live.TRIES[name]
            for name in ("index", "coverage", "separation", "overlap", "expulsion", "attractors")
        )
        for one in tries
        for act in one.acts
    ]
    longest = max(said, key=len)
    page.evaluate("text => protolib.watch(lab.shadowRoot, text)", longest)
    assert page.evaluate(OUTSIDE) == []
    page.evaluate("() => { lab.shadowRoot.querySelector('details').open = true; }")
    _looks_right(page, "more")
    page.evaluate(
        "() => { protolib.watch(lab.shadowRoot, ''); lab.shadowRoot.querySelector('details').open = false; }"
    )
    page.evaluate("() => protolib.inClass.challenges(lab, 'fetch-orphan')")
    _looks_right(page, "challenge")
    colour = page.evaluate("() => getComputedStyle(lab).backgroundColor")
    assert colour == ("rgb(20, 24, 30)" if theme == "dark" else "rgb(255, 255, 255)")
    assert not log.errors
    assert not log.requests


def test_its_button_opens_it_and_escape_gives_everything_back(shown):
    page, log = shown()
    inside = page.locator("#lab")
    before = page.evaluate(
        "() => [lab.shadowRoot.querySelector('.live').innerHTML.replace(/<canvas.*?>/, ''), lab.shadowRoot.children.length]"
    )
    inside.locator("summary").click()
    for leave in ("key", "button"):
        inside.locator("button.present").click()
        page.wait_for_function(PRESENT)
        page.wait_for_timeout(100)
        assert page.evaluate("() => lab.shadowRoot.activeElement.className") == "play main"
        assert page.evaluate("() => document.querySelector('#before').closest('[inert]') !== null")
        if leave == "key":
            page.keyboard.press("Escape")
        else:
            inside.locator("button.leave").click()
        page.wait_for_function(f"() => !({PRESENT})()")
        assert page.evaluate("() => lab.shadowRoot.activeElement.className") == "present"
        assert page.evaluate("() => document.querySelectorAll('[inert]').length") == 0
        assert inside.locator("details").evaluate("one => one.open")
        assert page.evaluate(
            "() => [lab.popover, document.documentElement.style.overflow, lab.layout]"
        ) == [None, "", None]
    page.evaluate("() => { lab.shadowRoot.querySelector('details').open = false; }")
    page.evaluate("() => { lab.open(''); }")
    page.wait_for_timeout(100)
    after = page.evaluate(
        "() => [lab.shadowRoot.querySelector('.live').innerHTML.replace(/<canvas.*?>/, ''), lab.shadowRoot.children.length]"
    )
    assert after[1] == before[1]
    tidy = [
        text.replace(' data-short="τ"', "")
        .replace(' data-short="λ"', "")
        .replace(' data-short="N"', "")
        for text in (before[0], after[0])
    ]
    assert tidy[0].count("<") == tidy[1].count("<")
    assert not log.errors


def test_it_is_worked_by_keyboard_and_by_pointer(shown):
    page, log = shown(f"#lab:{LINK}&present=1")
    page.wait_for_function(PRESENT)
    page.wait_for_timeout(200)
    seen = []
    for _ in range(12):
        seen.append(page.evaluate("() => lab.shadowRoot.activeElement?.className ?? ''"))
        page.keyboard.press("Tab")
    assert seen[:10] == [
        "play main",
        "reset",
        "switch",
        "switch",
        "switch",
        "s-tau",
        "try",
        "leave",
        "handle",
        "handle",
    ]
    page.locator("#lab button.switch").first.focus()
    page.keyboard.press("Space")
    assert page.evaluate("() => lab.state.masks") == [1, 1, 0]
    page.evaluate("() => lab.pause()")
    where = """() => { const v = lab.view, c = lab.shadowRoot.querySelector("canvas"), f = c.getBoundingClientRect(), by = f.width / c.offsetWidth;
      const [[x, y]] = protolib.spots(lab.lab, v, "sample", 4); return [f.left + x * by, f.top + y * by, by]; }"""
    x, y, by = page.evaluate(where)
    assert by == pytest.approx(24 / 12.5, abs=0.01)
    old = page.evaluate("() => lab.samples[4]")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y)
    page.mouse.move(x + 60, y)
    page.mouse.up()
    after = page.evaluate(where)
    assert page.evaluate("() => lab.samples[4]") != old
    assert after[0] == pytest.approx(x + 60, abs=1)
    page.locator("#lab select.try").select_option(index=1)
    page.wait_for_function(
        "() => lab.shadowRoot.querySelector('.watch').textContent.startsWith('Most leave')"
    )
    page.wait_for_function("() => lab.step > 20")
    assert not log.errors


def test_on_a_telephone_it_is_one_column_with_nothing_cut_off(shown):
    page, log = shown(f"#lab:{LINK}&present=1", (390, 844))
    page.wait_for_function(PRESENT)
    page.wait_for_timeout(200)
    assert page.evaluate("() => lab.scrollWidth <= lab.clientWidth")
    assert all(size >= 16 for _, size in page.evaluate(LETTERS))
    seen, width, height = page.evaluate(CANVAS)
    assert all(
        one["size"] >= 15.9
        and one["left"] >= 0
        and one["right"] <= width
        and one["bottom"] <= height
        for one in seen
    )
    bottom = page.evaluate(
        "() => lab.shadowRoot.querySelector('.scores').getBoundingClientRect().bottom"
    )
    assert bottom < 844
    page.locator("#lab button.leave").click()
    assert not page.evaluate(PRESENT)
    assert not log.errors


def test_a_reader_who_needs_neither_loads_neither(live_page):
    page, log = live_page('<prototype-lab id="lab" linked>the still</prototype-lab>')
    page.evaluate("() => { lab.advance(5); lab.shadowRoot.querySelector('details').open = true; }")
    assert not [url for url in log.local if "live-class" in url]
    page.evaluate("() => lab.shadowRoot.querySelector('.challenges').click()")
    page.wait_for_function("() => lab.shadowRoot.querySelector('.challenge')")
    assert [url.rsplit("/", 1)[1] for url in log.local if "live-class" in url] == ["live-class.js"]
    assert live.BUNDLES["live-class.js"][1] == ()


def test_a_challenge_stays_through_the_projector(shown):
    page, log = shown("#lab:challenge=half-out&present=1")
    page.wait_for_function(PRESENT)
    text = page.locator("#lab .challenge p").first
    assert text.is_visible()
    assert "smallest τ" in text.text_content()
    page.keyboard.press("Escape")
    page.wait_for_function(f"() => !({PRESENT})()")
    assert page.locator("#lab .challenge").count() == 1
    assert text.is_visible()
    assert page.evaluate("() => [lab.state.size, ...lab.state.masks]") == [20, 0, 1, 0]
    assert not log.errors
