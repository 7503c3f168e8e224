"""The fast route through the last part: its links lead somewhere, its minutes are the chapters'."""

import re
from pathlib import Path

BOOK = Path(__file__).resolve().parents[1] / "book"
BOX = re.compile(r":::\{dropdown\} One hour for the whole part\n(.*?)\n:::", re.DOTALL)
STOP = re.compile(r"- \*(\d+) minutes\*, (?:here|\[[a-z ]+\]\(([a-z-]+)\.md\))(.*)")
MINUTES = re.compile(r"^(\d+) minutes\. You need", re.MULTILINE)


def stops() -> list[tuple[int, str, list[str]]]:
    """Each line of the route: its minutes, its chapter, its sections' labels (none: all of it)."""
    box = BOX.search((BOOK / "identifiability.md").read_text(encoding="utf-8"))[1]
    lines = [line for line in box.splitlines() if line.startswith("- ")]
    found = [STOP.fullmatch(line).groups() for line in lines]
    return [
        (int(minutes), slug or "identifiability", re.findall(r"\]\(([a-z-]+)\)", rest))
        for minutes, slug, rest in found
    ]


def words(slug: str) -> tuple[dict[str, int], int, int]:
    """How many words each labelled section of a chapter has, and all of it; its minutes."""
    text = (BOOK / f"{slug}.md").read_text(encoding="utf-8")
    body = text.split("\n---\n", 1)[1].partition("\n## Exercises\n")[0]
    parts = re.split(r"^(?:\(([a-z-]+)\)=\n)?## .+\n", body, flags=re.MULTILINE)
    sections = {label: len(part.split()) for label, part in zip(parts[1::2], parts[2::2]) if label}
    return sections, len(body.split()), int(MINUTES.search(text)[1])


def test_the_route_takes_an_hour_by_the_chapters_own_minutes():
    for minutes, slug, labels in stops():
        sections, all_of_it, whole = words(slug)
        share = sum(sections[label] for label in labels) / all_of_it if labels else 1
        assert abs(minutes - whole * share) < 1.5, (slug, minutes, whole * share)
    assert 55 <= sum(minutes for minutes, *_ in stops()) <= 60


def test_the_route_goes_in_the_books_order():
    contents = (BOOK.parent / "_toc.yml").read_text(encoding="utf-8")
    places = [contents.index(f"book/{slug}\n") for _, slug, _ in stops()]
    assert places == sorted(set(places))
    assert len(places) == 5
