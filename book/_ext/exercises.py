"""Exercises: a box with its form, its hints and, folded below them, its solution.

A chapter holds exercises without answers, each followed by the cell `exercises.check("label")`,
which is its form on the page. The solutions are notebooks of their own, `solutions/<chapter>.md`,
with a section for each label; no page is made of them. Which of it a page shows is its *edition*,
from the environment's `EDITION`:

- `readers` (the default): solutions, folded, one by one;
- `instructors`: also what stands in admonitions of class `teacher`;
- `students`: no solutions at all. Nothing that holds one is read, so nothing can leak. (Which pages
  it has, `tools/course.py` says.)
"""

import hashlib
import html
import json
import os
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

KINDS = ("recall", "predict", "calculate", "code", "explore", "prove")
EDITIONS = ("readers", "instructors", "students")
SOLUTIONS = "book/solutions/"
GOALS = "After this chapter you can"
LABEL = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
FORM = re.compile(r'<protolib-exercise label="([a-z0-9-]+)">')


def edition() -> str:
    """The edition that is being built.

    Raises
    ------
    ValueError
        if the environment names one that there is not.
    """
    name = os.environ.get("EDITION") or EDITIONS[0]
    if name not in EDITIONS:
        raise ValueError(f"EDITION must be one of {', '.join(EDITIONS)}, got {name!r}")
    return name


class exercise(nodes.General, nodes.Element):
    """The box of one exercise."""


class fold(nodes.General, nodes.Element):
    """Something behind a word that opens it: `<details>`."""


class Exercise(SphinxDirective):
    """`:::{exercise} Title` with a label, a kind, its minutes, and the objectives that it tests."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {  # noqa: RUF012
        "label": directives.unchanged_required,
        "kind": lambda word: directives.choice(word, KINDS),
        "minutes": directives.positive_int,
        "objective": directives.positive_int_list,
    }

    def run(self) -> list[nodes.Node]:
        if missing := {"label", "kind", "minutes", "objective"} - self.options.keys():
            raise self.error(f"an exercise needs {', '.join(sorted(missing))}")
        label = self.options["label"]
        if not LABEL.fullmatch(label):
            raise self.error(f"expected a label such as separation-reach, got {label!r}")
        box = exercise("", ids=[label], classes=["exercise", self.options["kind"]], label=label)
        words, _ = self.parse_inline(self.arguments[0])
        minutes = self.options["minutes"]
        goals = " and ".join(map(str, self.options["objective"]))
        facts = (
            f"{self.options['kind']}, {minutes} minute{'s' * (minutes > 1)}, "
            f"goal{'s' * (len(self.options['objective']) > 1)} {goals}"
        )
        title = nodes.paragraph("", "", *words, classes=["exercise-title"])
        title += nodes.inline(facts, facts, classes=["exercise-facts"])
        box += title
        box += self.parse_content_to_nodes()
        self.set_source_info(box)
        return [box]


def _checks(node: nodes.Node) -> str | None:
    """The label that a cell asks to check, if that is what it does."""
    if isinstance(node, nodes.container) and node.get("nb_element") == "cell_code":
        found = re.match(r'exercises\.check\("([a-z0-9-]+)"\)\s*$', node[0].astext())
        return found and found[1]
    return None


def gather(app, doctree: nodes.document) -> None:
    """Put each form into its box, fold hints and the form's code, and leave room for progress."""
    for box in list(doctree.findall(exercise)):
        place = box.parent.index(box) + 1
        cell = box.parent[place] if place < len(box.parent) else None
        if cell is not None and _checks(cell) == box["label"]:
            box.parent.remove(cell)
            cell["classes"].append("exercise-form")
            cell.attributes |= {"hide_mode": "input", "prompt_show": "in a notebook",
                                "prompt_hide": "in a notebook"}  # fmt: skip
            hints = [child for child in box if isinstance(child, nodes.hint)]
            box.insert(box.index(hints[0]) if hints else len(box), cell)
        for hint in [child for child in box if isinstance(child, nodes.hint)]:
            hint.replace_self(fold("", *hint.children, word="Hint", classes=["hint"]))
    for paragraph in doctree.findall(nodes.paragraph):
        if paragraph.astext() == GOALS:
            place = paragraph.parent.index(paragraph) + 1
            paragraph.parent[place]["classes"].append("goals")
    for section in doctree.findall(nodes.section):
        if section[0].astext() == "Exercises":
            line = '<p class="exercise-progress" hidden></p>'
            section.insert(1, nodes.raw(line, line, format="html"))


class Solutions(SphinxPostTransform):
    """Bring each exercise its solution, before references are resolved."""

    default_priority = 1

    def run(self, **kwargs) -> None:
        without_notes(self.document)
        name = f"{SOLUTIONS}{Path(self.env.docname).name}"
        boxes = list(self.document.findall(exercise))
        if not boxes or name not in self.env.all_docs:
            return
        found = {
            section["ids"][0]: section
            for section in self.env.get_doctree(name).findall(nodes.section)
        }
        for box in boxes:
            if box["label"] not in found:
                continue
            solution = fold("", word="Solution", classes=["solution"])
            solution += [child.deepcopy() for child in found[box["label"]][1:]]
            self.dress(solution)
            box += solution

    def dress(self, solution: fold) -> None:
        without_notes(solution)
        for node in solution.findall(nodes.Element):
            node["ids"] = [f"solution-{name}" for name in node.get("ids", [])]
            if "refdoc" in node:
                node["refdoc"] = self.env.docname


def without_notes(tree: nodes.Element) -> None:
    """Leave notes for the teacher to the instructors' edition."""
    for note in list(tree.findall(nodes.admonition)):
        if "teacher" in note["classes"] and edition() != "instructors":
            note.parent.remove(note)


def _solutions(env) -> list[str]:
    return [name for name in env.found_docs if name.startswith(SOLUTIONS)]


def choose(app, config) -> None:
    """The solutions are read though they stand in no table of contents; or not at all."""
    left_out = set(config.exclude_patterns)
    listed = [
        pattern
        for pattern in config.exclude_patterns
        if not pattern.startswith(SOLUTIONS) or pattern.replace(SOLUTIONS, "book/") in left_out
    ]
    hidden = [f"{SOLUTIONS}**"] if edition() == "students" else []
    config.exclude_patterns = [*listed, *hidden]
    config.edition = edition()


def make_no_page(app) -> None:
    write = app.builder._write_serial
    app.builder._write_serial = lambda names: write(
        [name for name in names if not name.startswith(SOLUTIONS)]
    )


def orphaned(app, doctree) -> None:
    if app.env.docname.startswith(SOLUTIONS):
        app.env.metadata[app.env.docname]["orphan"] = True


def changed(app, env) -> list[str]:
    """The chapters whose solutions, or whose keys, are not those that they were written with."""
    from protolib.exercises import keys

    digest = hashlib.sha256(keys.FILE.read_bytes() + edition().encode())
    for name in sorted(_solutions(env)):
        digest.update(Path(env.doc2path(name)).read_bytes())
    stale = getattr(env, "exercises_digest", "") != digest.hexdigest()
    again = [name for name in app.stale if name.startswith(SOLUTIONS)]
    env.exercises_digest = digest.hexdigest()
    return sorted(env.found_docs - set(_solutions(env))) if stale or again else []


def give_keys(app, pagename, templatename, context, doctree) -> None:
    """What a page knows of its answers, with each form; the lines to choose from stand in it."""
    from protolib.exercises import keys

    def given(match: re.Match) -> str:
        if match[1] not in keys.book():
            raise ValueError(f"{pagename}: no key for the exercise {match[1]}")
        key = dict(keys.book()[match[1]])
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in key.pop("options", ()))
        held = json.dumps(key, ensure_ascii=False, separators=(",", ":"))
        return (
            f'<protolib-exercise label="{match[1]}" key="{html.escape(held)}">'
            + (f"<ol>{lines}</ol>" if lines else "")  # for print, and where scripts are off
        )

    if "body" in context:
        context["body"] = FORM.sub(given, context["body"])


def _open(tag: str):
    def visit(self, node) -> None:
        self.body.append(self.starttag(node, tag))
        if tag == "details":
            self.body.append(f"<summary>{node['word']}</summary>")

    return visit


def _close(tag: str):
    return lambda self, node: self.body.append(f"</{tag}>\n")


def setup(app) -> dict:
    for node, tag in ((exercise, "div"), (fold, "details")):
        visitor = (_open(tag), _close(tag))
        app.add_node(node, html=visitor, singlehtml=visitor)
    app.add_config_value("edition", "readers", "env")
    app.add_directive("exercise", Exercise)
    app.add_post_transform(Solutions)
    app.connect("config-inited", choose, priority=950)  # after the table of contents
    app.connect("builder-inited", make_no_page)
    app.connect("doctree-read", gather, priority=600)
    app.connect("doctree-read", orphaned)
    app.connect("env-updated", changed)
    app.connect("html-page-context", give_keys, priority=400)  # before scripts are chosen by them
    return {"version": "1", "env_version": 1, "parallel_read_safe": True}
