"""Parts of a page that a benchmark writes, each between two comments, ``<!-- name -->`` and ``<!-- /name -->``."""


def with_part(page: str, name: str, part: str) -> str:
    """`page` with `part` in its place.

    Raises:
        ValueError: it has no place of that name.
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = page.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"The page has no place for {name}: expected {begin} and {end}, in this order.")
    return f"{before}{begin}\n{part}\n{end}{after}"
