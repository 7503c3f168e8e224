"""The book's exercises check themselves: on the page by a form, in a notebook by `check`.

`check("separation-reach", 0.07)` says whether that is right and, if not, which mistake it looks
like. The book holds no answers to compare with, only hashes of them (`keys`); formulas are compared
by their values, losses with the book's own values and gradients, placements by what they measure.
"""

from protolib.exercises.checking import Check, check

__all__ = ["Check", "check"]
