"""What a teacher is given: keys, exports, plans, links and sheets, all held to what they say."""

import html
import re
import tomllib
import xml.etree.ElementTree as ET
import zipfile
from importlib.util import find_spec

import jaxtyping
import numpy as np
import pytest
import quiz
import sheets
import teach_facts as facts
from docutils.nodes import make_id

from protolib import claims
from protolib.claims import intervals

ROOT = quiz.ROOT
TEACH, ANSWERS = quiz.TEACH, quiz.ANSWERS
BANK, TESTS = quiz.read(TEACH / "quiz.toml"), quiz.read(ANSWERS / "tests.toml")
ITEMS = BANK["item"] + TESTS["item"]
OWN = ["index", "plan-two-hours", "plan-ninety", "lab-sheet"]
PAGES = [TEACH / f"{name}.md" for name in OWN] + sorted(ANSWERS.glob("*.md"))
PLANS = [page for page in PAGES if page.stem.startswith("plan-")]
MISCONCEPTIONS = (ANSWERS / "misconceptions.md").read_text(encoding="utf-8")
EXPRESSIONS = {name: value for name, value in vars(facts).items() if not name.startswith("_")}


@pytest.fixture(autouse=True, scope="module")
def _quick():
    """Fifty trainings: shapes are checked at run time elsewhere."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", before)


def items(name):
    return pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["id"])(name)


# ------------------------------------------------------------------------------ keys


@items
def test_the_key_is_computed_and_is_the_only_right_answer(item):
    found = eval(item["because"], dict(EXPRESSIONS))
    answers = [item["right"], *(wrong["answer"] for wrong in item["wrong"])]
    if isinstance(found, list | tuple):
        assert [bool(truth) for truth in found] == [True] + [False] * len(item["wrong"])
        return
    decimals = len(re.findall(r"\d[\d.]*", item["right"])[-1].partition(".")[2])
    rounding = 0.5001 * 10**-decimals if decimals else 1e-3  # whole numbers are meant exactly
    near = [bool(re.search(r"\d", a)) and abs(quiz.number(a) - found) <= rounding for a in answers]
    assert near == [True] + [False] * len(item["wrong"])


def test_the_bank_has_36_items_whose_tags_and_goals_exist():
    assert len(BANK["item"]) == 36
    tags = [*BANK["misconceptions"]]
    assert re.findall(r"^`([a-z-]+)` ·", MISCONCEPTIONS, re.M) == tags[:12]
    for item in ITEMS:
        text = (ROOT / "book" / f"{item['chapter']}.md").read_text(encoding="utf-8")
        goals = text.split("After this chapter you can")[1].split("minutes. You need")[0]
        assert 1 <= item["objective"] <= len(re.findall(r"^- ", goals, re.M)), item["id"]
        assert {wrong["of"] for wrong in item["wrong"]} <= {*tags}, item["id"]
    used = {wrong["of"] for item in BANK["item"] for wrong in item["wrong"]}
    assert used == {*tags}
    asked = {(item["chapter"], item["objective"]) for item in BANK["item"]}
    three_parts = ["model", "reconstruction", "coverage", "separation", "overlap", "experiment",
                   "expulsion", "packing", "attractors"]  # fmt: skip
    missing = {(c, k) for c in three_parts for k in (1, 2, 3)} - asked
    assert missing == {("packing", 3)}


def test_no_item_bears_the_name_of_an_exercise():
    keys = tomllib.loads((ROOT / "book" / "solutions" / "keys.toml").read_text(encoding="utf-8"))
    assert not {item["id"] for item in ITEMS} & keys.keys()


def test_the_right_answer_does_not_stand_at_one_place():
    places = [[right for *_, right in quiz.options(i)].index(True) for i in BANK["item"]]
    assert max(np.bincount(places)) <= len(places) / 2


def test_both_forms_test_the_same():
    a, b = (quiz.of_form(TESTS, form) for form in "AB")
    assert len(a) == len(b) == 10
    for one, other in zip(a, b):
        for name in ("pair", "chapter", "objective"):
            assert one[name] == other[name]
        assert one["ask"] != other["ask"]
        assert {w["of"] for w in one["wrong"]} & {w["of"] for w in other["wrong"]}


@pytest.mark.parametrize(
    ("change", "said"),
    [({"right": None}, "missing"), ({"colour": "red"}, "unknown"), ({"id": "Peak"}, "id"),
     ({"kind": "essay"}, "kind"), ({"ask": "$x"}, "formula"), ({"wrong": []}, "three answers"),
     ({"kind": "number", "right": "none"}, "number"),
     ({"wrong": [{"answer": "1", "of": "sign", "say": ""}] * 2}, "three answers"),
     ({"wrong": [{"answer": "1", "of": "sign", "say": ""}, {"answer": "2"}]}, "of, say")],
)  # fmt: skip
def test_a_bad_item_is_named(tmp_path, monkeypatch, change, said):
    item = {**BANK["item"][0], **change}
    item = {name: value for name, value in item.items() if value is not None}
    monkeypatch.setattr(quiz.tomllib, "loads", lambda text: {"item": [item]})
    with pytest.raises(quiz.QuizError, match=said):
        quiz.read(TEACH / "quiz.toml")


# ------------------------------------------------------------------------------ exports


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    out = tmp_path_factory.mktemp("quiz")
    quiz.export(out)
    return out


def formulas(text):
    return re.findall(r"\\\((.+?)\\\)", text)


@pytest.mark.parametrize("name", ["quiz", "test-a", "test-b"])
def test_moodle_reads_back_every_item(exported, name):
    every = {"quiz": BANK["item"]} | {f"test-{f.lower()}": quiz.of_form(TESTS, f) for f in "AB"}
    root = ET.parse(exported / f"{name}-moodle.xml").getroot()
    questions = [q for q in root if q.get("type") != "category"]
    assert len(questions) == len(every[name])
    category = None
    by_question = iter(zip(questions, every[name]))
    for element in root:
        if element.get("type") == "category":
            category = element.findtext("category/text")
            continue
        question, item = next(by_question)
        assert category.startswith("$course$/top/")
        assert category.endswith(f"/{item['chapter']}")
        assert question.findtext("name/text") == question.findtext("idnumber") == item["id"]
        answers = question.findall("answer")
        right = [a for a in answers if a.get("fraction") == "100"]
        assert [a.get("fraction") for a in answers].count("0") == len(answers) - 1
        shown = html.unescape(right[0].findtext("text"))
        if item["kind"] == "number":
            assert question.get("type") == "numerical"
            assert float(shown) == quiz.number(item["right"])
            assert float(right[0].findtext("tolerance")) < 0.01
        else:
            assert question.get("type") == "multichoice"
            assert question.findtext("single") == "true"
            assert formulas(shown) == quiz.FORMULA.findall(item["right"])
            if "$" not in item["right"]:
                assert re.sub("<.*?>", "", shown) == item["right"]
        given = {html.unescape(a.findtext("text")): a.findtext("feedback/text") for a in answers}
        for wrong in item["wrong"]:
            at = wrong["answer"]
            at = f"{quiz.number(at):g}" if item["kind"] == "number" else quiz.to_html(at)
            assert html.unescape(given[html.unescape(at)]) == html.unescape(
                quiz.to_html(wrong["say"])
            )
        text = html.unescape(question.findtext("questiontext/text"))
        assert formulas(text) == [f.strip() for f in quiz.FORMULA.findall(item["ask"])]
        assert "$" not in text
        assert {t.text for t in question.findall("tags/tag/text")} >= {
            w["of"] for w in item["wrong"]
        }


def test_text2qti_is_given_one_right_answer_each(exported):
    blocks = (exported / "quiz.txt").read_text(encoding="utf-8").split("Title: ")[1:]
    assert len(blocks) == 36
    for block, item in zip(blocks, BANK["item"]):
        assert block.startswith(item["id"])
        if item["kind"] == "number":
            assert len(re.findall(r"^= ", block, re.M)) == 1
        else:
            assert len(re.findall(r"^\*[a-h]\) ", block, re.M)) == 1
            assert len(re.findall(r"^[a-h]\) ", block, re.M)) == len(item["wrong"])
            assert len(re.findall(r"^\.\.\. ", block, re.M)) == 1 + len(item["wrong"])
        for formula in quiz.FORMULA.findall(item["ask"]):
            assert f"${formula}$" in block


def test_the_zip_for_canvas_holds_every_item_and_its_formulas(exported):
    if find_spec("text2qti") is None:
        pytest.skip("no text2qti: python -m pip install text2qti")
    with zipfile.ZipFile(exported / "quiz.zip") as archive:
        for name in archive.namelist():
            if name.endswith(".xml"):
                ET.fromstring(archive.read(name))
        (name,) = [n for n in archive.namelist() if n.startswith("text2qti") and "meta" not in n]
        text = html.unescape(archive.read(name).decode())
    assert len(re.findall("<item ", text)) == 36
    for item in BANK["item"]:
        assert f'title="{item["id"]}"' in text
        for formula in quiz.FORMULA.findall(item["ask"]):
            assert html.unescape(formula) in html.unescape(text)


def test_without_text2qti_the_command_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(quiz, "find_spec", lambda name: None)
    assert quiz.main(["--out", str(tmp_path)]) == 0
    assert "pip install text2qti" in capsys.readouterr().err
    assert {p.suffix for p in tmp_path.iterdir()} == {".txt", ".xml"}


def test_a_broken_item_ends_the_command_with_a_sentence(monkeypatch, capsys):
    def broken(path):
        raise quiz.QuizError("x-y: kind must be one of")

    monkeypatch.setattr(quiz, "read", broken)
    assert quiz.main([]) == 1
    assert capsys.readouterr().err.startswith("error: x-y")


def test_the_pages_are_those_of_the_items():
    for path, text in quiz.pages().items():
        assert path.read_text(encoding="utf-8") == text, "run `python tools/quiz.py --pages`"


def test_the_sheets_that_are_handed_out_hold_no_key():
    for form in "AB":
        text = (ANSWERS / f"test-{form.lower()}.md").read_text(encoding="utf-8")
        assert text.count("☐") == sum(2 + len(i["wrong"]) for i in quiz.of_form(TESTS, form))
        for item in quiz.of_form(TESTS, form):
            assert item["say"] not in text.replace(item["ask"], "") or len(item["say"]) < 12
            assert not any(w["of"] in text for w in item["wrong"] if "-" in w["of"])


# ------------------------------------------------------------------------------ plans


def minutes(text):
    """The tables of a plan: one list of (from, to) a table."""
    tables, rows = [], []
    for line in text.splitlines():
        if found := re.match(r"\| (\d+)–(\d+) \|", line):
            rows.append((int(found[1]), int(found[2])))
        elif rows:
            tables.append(rows)
            rows = []
    return [*tables, rows] if rows else tables


@pytest.mark.parametrize(("plan", "lengths"), [("plan-two-hours", [50, 50]), ("plan-ninety", [90])])
def test_the_minutes_of_a_plan_add_up(plan, lengths):
    tables = minutes((TEACH / f"{plan}.md").read_text(encoding="utf-8"))
    assert [table[-1][1] for table in tables] == lengths
    for table in tables:
        assert table[0][0] == 0
        assert [end for _, end in table[:-1]] == [begin for begin, _ in table[1:]]
        assert all(2 <= end - begin <= 12 for begin, end in table)


def test_the_plans_run_every_station_of_the_lab_sheet_for_as_long_as_it_says():
    sheet = (TEACH / "lab-sheet.md").read_text(encoding="utf-8")
    stations = re.findall(r"^## ([A-F])\. .* · (\d+) minutes\n+<a href=\"(.*?)\"",
                          sheet, re.M)  # fmt: skip
    assert [letter for letter, *_ in stations] == list("ABCDEF")
    assert sum(int(m) for _, m, _ in stations) == 35
    assert "thirty-five minutes" in sheet
    for plan in PLANS:
        text = plan.read_text(encoding="utf-8")
        for letter, least, link in stations:
            (row,) = re.findall(rf"^\| (\d+)–(\d+) \|.*Station {letter}\b.*$", text, re.M)
            assert int(row[1]) - int(row[0]) >= int(least)
            if letter != "F":
                assert f'{link}&amp;present=1">lab, {letter}' in text
        asked = set(re.findall(r"`([a-z]+-[a-z]+)`", text))
        assert asked <= {item["id"] for item in BANK["item"]}


def test_the_exercises_for_the_next_time_take_as_long_as_they_say():
    text = (TEACH / "plan-two-hours.md").read_text(encoding="utf-8")
    part = text.split("## For the next time, ")[1].split("\n## ")[0]
    told = re.findall(r'href="\.\./(\S+)\.html#(\S+?)">[^<]*</a> \((\d+)\)', part)
    assert sum(int(m) for *_, m in told) == int(part.split()[0]) == 20
    for chapter, label, length in told:
        there = (ROOT / "book" / f"{chapter}.md").read_text(encoding="utf-8")
        box = there.split(f":label: {label}\n")[1].split("\n\n")[0]
        assert f":minutes: {length}" in box, label


def test_the_rule_that_pairs_use_at_the_board_is_the_ledgers():
    text = (TEACH / "plan-two-hours.md").read_text(encoding="utf-8")
    pairs = re.search(r"^\| pairs \|(.*)\|$", text, re.M)[1].split("|")
    out = re.search(r"^\| cross out on each side \|(.*)\|$", text, re.M)[1].split("|")
    told = {n: int(k) for span, k in zip(pairs, out)
            for n in range(int(span.split("–")[0]), int(span.split("–")[1]) + 1)}  # fmt: skip
    assert [*told] == list(range(6, 23))
    for n, k in told.items():
        values = np.arange(float(n))
        assert claims.median_interval(values)[1:3] == (values[k], values[n - 1 - k])
    assert not np.isfinite(claims.median_interval(np.arange(5.0)).low)


# ------------------------------------------------------------------------------ links


def hrefs(page):
    return [html.unescape(h) for h in re.findall(r'href="([^"]+)"', page.read_text("utf-8"))]


def lab_links(text):
    return [html.unescape(h) for h in re.findall(r'href="([^"]+#[a-z-]+:[^"]+)"', text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        there = (page.parent / target).resolve()
        assert there.exists(), target
    for link in hrefs(page):
        where, _, anchor = link.partition("#")
        source = (page.parent / where).with_suffix(".md").resolve()
        assert source.exists(), link
        there = source.read_text(encoding="utf-8")
        if ":" in anchor:
            assert re.search(rf'name="{anchor.split(":")[0]}"', there), link
            facts.open_lab(link)
        elif anchor:
            titles = re.findall(r"^#+ (.*)$", there, re.M)
            labels = re.findall(r"^:label: (\S+)$", there, re.M)
            assert anchor in {*labels, *map(make_id, titles)}, link


@pytest.mark.browser
def test_the_page_opens_every_link_without_a_word(live_page):
    page, log = live_page()
    links = {link.split(":", 1)[1] for path in PAGES for link in lab_links(path.read_text("utf-8"))}
    assert len(links) > 20
    for link in links:
        words = link.removesuffix("&present=1")  # what a lab of the page takes off by itself
        assert page.evaluate("text => new protolib.LabState().open(text)", words) == [], link
    assert not log.errors


@pytest.mark.browser
def test_a_plans_link_fills_the_projector(live_page):
    link = next(link for link in lab_links(PLANS[0].read_text("utf-8")) if "present=1" in link)
    lab = '<prototype-lab id="lab" linked>the still</prototype-lab>'
    page, log = live_page(lab, fragment="#" + link.split("#")[1])
    page.wait_for_function("() => lab.hasAttribute('present')")
    said = page.evaluate("() => lab.shadowRoot.querySelector('.hint')?.textContent ?? ''")
    assert "refused" not in said
    assert "understood" not in said
    assert page.evaluate("() => lab.state.size") == facts.open_lab(link).size
    assert not log.errors


@pytest.mark.browser
def test_page_and_package_count_the_same_after_training(live_page):
    page, _ = live_page()
    ask = """text => { const lab = new protolib.LabState(); lab.open(text); lab.advance(2000);
      return lab.scores.expelled * lab.units; }"""
    for text in ("n=12&seed=1", "n=20&seed=1&masks=010&tau=0.1", "preset=overlap%20expels&seed=3"):
        assert round(page.evaluate(ask, text)) == facts.played(f"#lab:{text}")["out"]


# ------------------------------------------------------------------------------ what links show


def counts(text):
    """(link, shown, count, of, what): what stands behind an arrow after a link."""
    for link, told in re.findall(r'<a href="([^"]+)">.*?</a>([^<]*)', text):
        for count, of, what in re.findall(r"(\d+) of (\d+) (outside|own nothing)", told):
            yield html.unescape(link), int(count), int(of), what


@pytest.mark.parametrize("name", ["misconceptions", "lab-sheet"])
def test_a_lab_shows_the_counts_that_stand_behind_its_link(name):
    found = [*counts((ANSWERS / f"{name}.md").read_text(encoding="utf-8"))]
    assert len(found) >= {"misconceptions": 12, "lab-sheet": 4}[name]
    for link, count, of, what in found:
        run = facts.played(link)
        shown = run["out"] if what == "outside" else run["orphans"]
        assert (shown, run["units"]) == (count, of), link


def broken(number):
    """The links of one misconception, played."""
    section = MISCONCEPTIONS.split(f"\n## {number}. ")[1].split("\n## ")[0]
    return lab_links(section), [facts.played(link) for link in lab_links(section)]


def at_home(run, near=0.02):
    """Prototypes within a hair of some sample."""
    x = np.array(run["samples"])
    return sum(np.abs(x - p).min() < near for p in run["places"])


def test_misconception_1_fits_and_shows_nothing():
    _, (run,) = broken(1)
    assert run["r2"] > 0.999
    assert run["error"] >= run["chance_error"]


def test_misconception_2_stands_on_a_sample_and_errs():
    (link,), _ = broken(2)
    run = facts.played(link, 0)
    assert at_home(run, 1e-9) == run["units"] == 5
    assert round((1 - run["specialization"]) * 5) == 4
    assert 1.8 < run["error"] / run["chance_error"] < 2.4


def test_misconception_3_is_an_eighth_and_worse_than_chance():
    _, (run,) = broken(3)
    assert 0.12 < run["error"] < 0.135
    assert run["chance_error"] < run["error"] * 0.9


def test_misconceptions_4_and_5_leave_orphans():
    (link,), (run,) = broken(4)
    assert facts.played(link, 0)["orphans"] == run["orphans"] == 3
    _, (strong,) = broken(5)
    assert strong["orphans"] == 4
    assert at_home(strong) >= 20 - 4 - 1


def test_misconceptions_6_to_8_are_about_reach():
    _, (long,) = broken(6)
    assert long["out"] == 15
    _, (strength, reach) = broken(7)
    alone = facts.played("#lab:n=20&seed=1")
    assert abs(strength["out"] - alone["out"]) <= 1
    assert reach["out"] >= alone["out"] + 10
    _, (few, many, many_alone) = broken(8)
    assert few["out"] == alone["out"]
    assert many["out"] - many_alone["out"] > 15


def test_misconceptions_9_and_10_are_about_paths():
    _, (left,) = broken(9)
    assert left["r2"] > 0.999
    (_, steep_link), (wide, steep) = broken(10)
    start = [facts.open_lab(link) for link in broken(10)[0]]
    np.testing.assert_allclose(start[0].prototypes, start[1].prototypes, atol=0.01)
    without = facts.played(re.sub("masks=001", "masks=000", "#lab:n=12&seed=3"))
    assert steep["out"] == without["out"] < wide["out"]
    assert wide["farthest"] > 3 > 0.5 > steep["farthest"]
    assert steep["overlap"] < wide["overlap"] / 2
    assert steep["r2"] > 0.99, steep_link


def test_misconception_11_needs_one_kernel():
    _, (coverage, energy) = broken(11)
    assert coverage["error"] > 10 * coverage["chance_error"]
    assert at_home(energy, 0.05) == 20
    assert energy["specialization"] == 1


def test_misconception_12_is_one_of_twenty():
    _, runs = broken(12)
    assert runs[1]["error"] > runs[0]["error"]
    assert runs[3]["error"] < runs[2]["error"]
    with_it, without = facts.with_and_without_coverage(10, 20)
    assert without[3] == pytest.approx(runs[0]["error"])  # the stack trains what a lab trains
    change = with_it - without
    assert (change > 0).sum() == 1
    assert change.argmax() == 3
    assert claims.median_interval(change).high < 0
    assert "Of the first twenty seeds 1 of 20 is larger" in MISCONCEPTIONS


def test_the_table_of_station_c_is_what_the_lab_shows():
    text = (ANSWERS / "lab-sheet.md").read_text(encoding="utf-8")
    rows = {
        name.strip(): [float(v) for v in row.strip(" |").split("|")]
        for name, row in re.findall(r"^\| (τ|s|outside of 20) \|(.*)$", text, re.M)
    }
    x = facts.played("#lab:n=20")["samples"]
    for tau, s, out in zip(rows["τ"], rows["s"], rows["outside of 20"]):
        assert s == pytest.approx(facts.crowding(20, tau, max(x) - min(x)), rel=0.03)
        assert facts.played(f"#lab:n=20&masks=010&tau={tau:g}")["out"] == out
    alone = re.search(r"With no force at all (\d+) of 20", text)[1]
    assert facts.played("#lab:n=20")["out"] == int(alone)
    crowd = [facts.played(f"#lab:n={n}&masks={m}&tau=0.003")["out"] / n
             for n in (20, 40) for m in ("000", "010")]  # fmt: skip
    assert crowd[3] - crowd[2] > 0.2 > crowd[1] - crowd[0]


def test_the_rest_of_the_lab_sheets_answers():
    assert facts.switched_off()[0]
    hot = "#lab:n=20&masks=010&tau=1"
    on = (("masks", (1.0, 1.0, 0.0)),)
    energy = (("kernel", "energy"), ("attractor", "energy"))
    assert facts.played(hot, 2000, (on, 2000))["out"] >= 13
    home = facts.played(hot, 2000, (on, 2000), (energy, 2000))
    assert home["error"] < 0.02
    assert at_home(home) >= 18
    strong = facts.played("#lab:n=8&seed=2&masks=100&lambda=100")
    assert strong["orphans"] >= 1


# ------------------------------------------------------------------------------ paper


@pytest.mark.browser
@pytest.mark.parametrize("name", sheets.SHEETS)
def test_what_is_handed_out_is_two_a4_pages(chromium, tmp_path, name):
    target = tmp_path / f"{name}.pdf"
    assert sheets.print_sheet(chromium, sheets.SHEETS[name], target) == 2
    boxes = re.findall(rb"/MediaBox\s*\[([\d. ]+)\]", target.read_bytes())
    assert {tuple(round(float(v)) for v in box.split()) for box in boxes} == {(0, 0, 595, 842)}


@pytest.mark.browser
def test_the_questions_for_the_projector_are_a_page_each(chromium, tmp_path):
    source = sheets.cards(BANK)
    assert source.count("\n# ") == 36
    assert not [item["id"] for item in BANK["item"] if item["say"] in source]
    assert sheets.print_source(chromium, source, tmp_path / "q.pdf", kind="cards") == 36


def test_formulas_of_a_sheet_are_left_to_mathjax_and_others_load_nothing():
    text = sheets.page("Take $w_1 < 2$ and *this*.", kind="test")
    assert r"\(w_1 < 2\)" in text
    assert "mathjax" in text
    assert "mathjax" not in sheets.page("No formula.", kind="test")


# ------------------------------------------------------------------------------ comparing


def test_the_comparison_runs_as_the_page_shows_it(tmp_path, monkeypatch, capsys):
    text = (ANSWERS / "scoring.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.S)[1]
    rows = ["code,first,before,after", "a,A,3,6", "b,B,5,5", "c,A,2,4", "d,B,4,"]
    (tmp_path / "tests.csv").write_text("\n".join(rows))
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert str(claims.mean_interval(np.array([0.3, 0.0, 0.2]))) in capsys.readouterr().out
    half = intervals._t_quantile(20) * 2 / 20**0.5
    assert "one point wide on either side" in text
    assert 0.85 < half < 1.15


def test_the_first_page_leads_to_everything():
    text = (TEACH / "index.md").read_text(encoding="utf-8")
    for page in PAGES[1:]:
        name = page.relative_to(TEACH)
        assert f"({name})" in text, name
    for name in ("hand-in.md", "adapt.md", "homework/index.md"):
        assert f"({name})" in text, name
    assert "course/slides" in text
    shown = re.findall(r"```sh\n(.*?)```", text, re.S)
    assert sum(len(block.split("\n")) - 1 for block in shown) == 3
    assert text.split("\n")[2] == "**Forty students, mixed laptops, two hours: do this.**"


def test_both_sources_are_read_as_they_stand():
    for path in (TEACH / "quiz.toml", ANSWERS / "tests.toml"):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        assert "—" not in path.read_text(encoding="utf-8")
        assert len(raw["item"]) in (20, 36)
