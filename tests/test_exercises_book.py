"""Exercises of four built chapters, answered wrongly and then rightly, as a student would."""

import pytest
from test_book import HTML, PAGES, needs_build
from test_chapter_exercises import BOOK, KEYS, found

TRIED = ("by-hand", "separation", "attractors", "scores")  # as a student would; every key is tried
# in `test_exercises_page.py`
WITH_FORMS = [page for page in PAGES if "<protolib-exercise" in page.read_text(encoding="utf-8")]
RIGHT, WRONG = "Right: ", "Not right: "


def fill(form, ask, answer):
    """Give an answer as a student does: type it, choose it, or move lines."""
    if ask == "choice":
        form.locator(f"input[value='{answer}']").check()
    elif ask == "order":
        for letter in answer[::-1]:  # each to the top, the last one first
            line = form.locator("li", has=form.page.locator(f"b:text-is('{letter}')"))
            for _ in answer:
                line.get_by_role("button").first.click()
    else:
        form.locator("input").fill(str(answer))
    form.locator(".row button").click()
    return form.locator(".said").inner_text()


def mistakes(key):
    """Wrong answers that have a reply of their own, and one that has none."""
    if key["ask"] == "choice":
        return [(n, say) for n, say in enumerate(key["say"], 1) if n != key["answer"]]
    if key["ask"] == "order":
        letters = "".join(sorted(key["answer"]))
        return [(letters if letters != key["answer"] else letters[::-1], "")]
    return [(wrong["answer"], wrong["say"]) for wrong in key.get("wrong", ())]


@needs_build
@pytest.mark.browser
@pytest.mark.parametrize("path", [p for p in WITH_FORMS if p.stem in TRIED], ids=lambda p: p.stem)
def test_every_form_answers_every_mistake_and_then_the_right_answer(path, visit):
    page, log = visit(path, reduced_motion="reduce")
    labels = [one.label for one in found(BOOK / f"{path.stem}.md") if one.label in KEYS]
    assert page.locator("protolib-exercise").count() == len(labels)
    solved = 0
    for label in labels:
        key, form = KEYS[label], page.locator(f'protolib-exercise[label="{label}"]')
        if key["ask"] == "placement":
            continue  # the lab's state is not asked here; see the solution
        for answer, say in mistakes(key):
            told = fill(form, key["ask"], answer)
            assert WRONG.strip() in told, (label, answer, told)
            assert say in told, (label, answer, told)
        told = fill(form, key["ask"], key["answer"])
        assert RIGHT.strip() in told, (label, told)
        assert key["right"] in told, (label, told)
        solved += 1
        line = page.locator(".exercise-progress").first.inner_text()
        assert line.startswith(f"{solved} of {len(labels)} solved"), line
    page.reload()
    assert f"{solved} of {len(labels)}" in page.locator(".exercise-progress").first.inner_text()
    page.get_by_role("button", name="Forget").first.click()
    assert page.evaluate("localStorage.getItem('protolib-exercises')") in (None, "{}")
    assert not log.errors
    assert not log.requests


@needs_build
def test_no_page_of_the_book_holds_an_answer_in_its_form():
    for page in WITH_FORMS:
        text = page.read_text(encoding="utf-8")
        for one in found(BOOK / f"{page.stem}.md"):
            if one.label not in KEYS or KEYS[one.label]["ask"] in ("loss", "placement"):
                continue  # what is said there holds no answer
            form = text.split(f'<protolib-exercise label="{one.label}"')[1]
            form = form.split("</protolib-exercise>")[0]
            for say in [KEYS[one.label]["right"], *(say for _, say in mistakes(KEYS[one.label]))]:
                assert not say or say not in form, one.label
    assert HTML.exists()
