"""What each column of somebody's CSV is: latency, choice, something else measured, or a name of the row.

Names alone do not tell: ``layer_count`` and ``model_width`` are choices, ``count`` and ``model`` are not. So words that
say what networks are built of count first, then words for what is measured, then the values; and a column that remains
open is asked for, because a choice taken for a name would be averaged away, and a name taken for a choice would make
every row an option of its own.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first
from hwnas.formats._csv import Rows
from hwnas.formats._figures import figure, latency_columns

Role = Literal["latency", "choice", "measured", "row name", "ignored"]

_BUILT_OF = re.compile(
    r"(widths?|depths?|kernels?|channels?|layers?|blocks?|heads?|expand|expansions?|ratio|strides?|resolution|size"
    r"|dims?|groups?|stages?|filters?|ops?|operations?|activation|units?|hidden|embed(ding)?|nodes?|edges?|cells?"
    r"|dilation|padding|bits|batch|inputs?|outputs?)\d*"
)
_MEASURED = re.compile(
    r"acc|accuracy|top[15]|loss|error|auc|miou|flops?|macs?|madds|params?|parameters|energy|memory|power|std|var"
    r"|variance|low|high|interval|lat|latency|latencies|time|runtime|p\d+"
)
_NAMES = re.compile(
    r"index|id|idx|uid|name|key|hash|model|file|filename|arch|architecture|row|seed|trial|run|repeat|counts?|runs"
)
_PLAIN = re.compile(  # beside a name of the row they change nothing: model_id, n_runs
    r"n|num|number|of|no|k|m|g"
)
_ENOUGH = 8  # rows from which values tell something: fewer differ by chance


def roles(rows: Rows, path: object, chosen: Iterable[str] = (), ignored: Iterable[str] = ()) -> dict[str, Role]:
    """What each column is taken for, in the file's order.

    Args:
        rows: of the file.
        path: its name, for messages.
        chosen: columns that the user says are choices.
        ignored: columns that the user says are none.

    Raises:
        InputError: a column that the user names is not there, or one remains open.
    """
    said: dict[str, Role] = {**dict.fromkeys(ignored, "ignored"), **dict.fromkeys(chosen, "choice")}
    for name in said:
        if name not in rows.columns:
            near = ", ".join(nearest_first(name, rows.columns)[:10])
            raise InputError(f"{path} has no column {quoted(name)}; there are, nearest first: {near}.")
    by_name: dict[str, Role | None] = {}
    latencies = latency_columns(rows.columns)
    for name in rows.columns:
        by_name[name] = said.get(name) or ("latency" if name in latencies else _by_name(name))
    sure = [name for name, role in by_name.items() if role == "choice"]
    for name, role in by_name.items():
        if role is None:
            by_name[name] = _by_values(name, [record[name] for record in rows.records], rows, sure)
    opened = [name for name, role in by_name.items() if role is None]
    if opened:
        raise InputError(
            f"Whether column {quoted(opened[0])} of {path} is a choice of the network is not to be seen from it; say "
            f"so with --choice {_shell(opened[0])}, or leave it out with --ignore {_shell(opened[0])}."
        )
    return {name: role for name, role in by_name.items() if role is not None}


def _by_name(name: str) -> Role | None:
    """None where the values must tell."""
    words = _words(name)
    built, measured, named = (any(kind.fullmatch(w) for w in words) for kind in (_BUILT_OF, _MEASURED, _NAMES))
    if built:
        return None if measured else "choice"  # params_per_layer, or the layer with parameters?
    if measured:
        return "measured"
    if named and all(_NAMES.fullmatch(w) or _PLAIN.fullmatch(w) for w in words):
        return "row name"
    return None


def _by_values(name: str, cells: Sequence[str], rows: Rows, sure: Sequence[str]) -> Role | None:
    """None where they do not tell either."""
    if not name or re.fullmatch(r"unnamed: \d+", name, re.IGNORECASE):  # an index, as pandas writes it
        return "row name" if len(set(cells)) == len(cells) else None
    if any(kind.fullmatch(w) for w in _words(name) for kind in (_BUILT_OF, _MEASURED, _NAMES)):
        return None
    if len(cells) < _ENOUGH or len(set(cells)) < len(cells):
        return "choice"
    figures = [figure(cell) for cell in cells]
    fractions = any(x is not None and x != int(x) for x in figures)
    told_apart = len({tuple(record[other] for other in sure) for record in rows.records}) == len(cells)
    return None if fractions or told_apart or None in figures else "choice"


def _words(name: str) -> list[str]:
    """``layerCount_2`` is layer and count."""
    return [w.lower() for w in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", name) if w and not w.isdigit()]


def shown(roles: Mapping[str, Role]) -> list[str]:
    """One sentence for each role: which columns were taken for it."""
    words = {
        "choice": "choices", "latency": "latencies", "measured": "other figures, not used", "row name":
        "names of rows, not used", "ignored": "left out, as asked",
    }  # fmt: skip
    return [
        f"Taken for {words[role]}: {', '.join(quoted(n).strip(chr(39)) or 'a column without a name' for n in names)}."
        for role in words
        if (names := [name for name, r in roles.items() if r == role])
    ]


def _shell(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else f"'{name}'"
