"""Leave the fields of named tuples out of the package's page: their class documents them."""


def skip(app, what, name, obj, skip, options):
    return True if (obj.__doc__ or "").startswith("Alias for field number") else None


def setup(app) -> dict:
    app.connect("autodoc-skip-member", skip)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
