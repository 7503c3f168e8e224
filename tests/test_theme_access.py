"""What is mended in a finished page, on pages small enough to read."""

import re

import offline_search
import theme_access

PAGE = """<html><head><meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1.0" />
<link rel="stylesheet" type="text/css" href="../_static/book.css?v=1" />
<script src="doctools.js"></script><script defer src="live.js"></script>
<script src="searchindex.js"></script><script src="fontawesome.js"></script>
<meta name="viewport" content="width=device-width"/></head><body>
<details><summary aria-label="Toggle hidden content"><p>Show code</p></summary></details>
<svg><clipPath id="p1"/><g clip-path="url(#p1)"/></svg>
<svg><clipPath id="p1"/><g clip-path="url(#p1)"/><use xlink:href="#p1"/></svg>
<table><thead><tr><th></th><th>a</th></tr></thead></table>
<div class="pst-scrollable-table-container"><table class="table"></table></div>
<p><span class="math notranslate nohighlight">\\(p_j = -b/w\\)</span></p></body></html>"""


def test_a_page_gets_one_viewport_and_scripts_that_wait():
    page = theme_access.mend(PAGE)
    assert page.count('name="viewport"') == 1
    scripts = re.findall(r"<script[^>]*src[^>]*>", page)
    assert scripts == ['<script defer src="doctools.js">', '<script defer src="live.js">']
    assert '<script defer src="searchindex.js">' in theme_access.mend(PAGE, search=True)


def test_the_typeface_is_asked_for_before_the_style():
    page = theme_access.mend(PAGE)
    assert '"../_static/fonts/weights-sans-regular.woff2"' in page[: page.index("<link rel")]


def test_two_equal_drawings_get_names_of_their_own():
    first, second = re.findall(r"<svg>.*?</svg>", theme_access.mend(PAGE))
    assert first == '<svg><clipPath id="p1"/><g clip-path="url(#p1)"/></svg>'
    names = re.findall(r'(?:id="|#)([\w-]+)', second)
    assert len(set(names)) == 1
    assert names[0] != "p1"


def test_empty_headings_labels_and_tables():
    page = theme_access.mend(PAGE)
    assert "<thead><tr><td></td><th>a</th></tr></thead>" in page
    assert "<summary><p>Show code</p></summary>" in page
    assert page.count('<div class="pst-scrollable-table-container"><table') == 2


def test_a_formula_says_how_wide_it_will_be():
    width = float(re.search(r"--em:([\d.]+)", theme_access.mend(PAGE))[1])
    assert 4.5 < width < 5.7  # p, a small j, =, -b/w; MathJax sets p = -b/w in 4.9 em


def test_numbers_have_a_minus_sign_and_code_keeps_its_hyphens():
    seen = '<p title="by -2">from -1.5 to -.2, not 3-4 or x-1 <code>-1</code></p><pre>-1</pre>'
    assert theme_access.minus(seen) == (
        '<p title="by −2">from −1.5 to −.2, not 3-4 or x-1 <code>-1</code></p><pre>-1</pre>'
    )
    formula = '<span class="math notranslate nohighlight">\\(-1\\)</span> <path d="M-1 -2"/>'
    assert theme_access.minus(formula) == formula


def test_a_mended_page_stays_as_it_is():
    page = theme_access.mend(PAGE)
    assert theme_access.mend(page) == page


def test_formulas_are_written_plainly_where_there_is_no_mathematics():
    plain = offline_search.plain
    assert plain(r"\tau") == "τ"
    assert plain(r"\hat f(p_j) \leq \tfrac{1}{2}") == "f(p_j) ≤ 1/2"
    assert "\\" not in plain(r"\lVert w_j \rVert^2 = \sum_{i} \mathbf{x}_i \cdot \foo{y}")
    text = offline_search.text(r"<article><p>As \(\tau\) falls</p><pre>r'\n'</pre></article>")
    assert text == r"As τ falls r'\n'"
