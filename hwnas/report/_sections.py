"""The parts of the page that are text: they are there without the script, and a screen reader reads them."""

from collections.abc import Callable
from functools import partial
from html import escape

from hwnas.contracts.figures import EXTRA
from hwnas.contracts.objective import Objective
from hwnas.contracts.shown import name_of
from hwnas.report import _words
from hwnas.report._frame import front_frame
from hwnas.report.story import FrontPoint, Story

_COLUMNS = (
    "Sub-network",
    "Budget",
    "Latency",
    "Predicted",
    "",  # the figure of the task
    "Predicted",
    "Beside the original",
    "Size",
    *(figure.what.capitalize() for figure in EXTRA.values()),
    "MACs",
    "Parameters",
    "Export",
)
_UNKNOWN = "\N{EN DASH}"


def prose(text: str) -> str:
    """A sentence as HTML."""
    return escape(_words.unbroken(text))


def figures(story: Story) -> str:
    """The few numbers at the top."""
    tiles = [("architectures in the space", _words.count(story.architectures))]
    ends = [curve.steps[-1][0] for curve in story.progress if curve.run == "search" and curve.steps]
    tiles += [("real evaluations by the search", _words.count(evaluations)) for evaluations in ends]
    tiles.append(("sub-networks on the front", _words.count(len(story.front))))
    if story.front:
        fastest = min(p.latency_ms for p in story.front)
        tiles.append(("fastest on the front", _words.milliseconds(fastest)))
        best = min(story.front, key=lambda p: story.figure.sign * p.score).score
        tiles.append((f"best {story.figure.name}", _words.score(story.figure, best)))
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in tiles)


def front_caption(story: Story) -> str:
    """What the front's chart shows, and what it leaves out."""
    if not story.front:
        return "No sub-network is on the front yet."
    outside = front_frame(story).outside
    left_out = f" Outside the frame, far off the front: {outside} of {len(story.evaluated)} evaluations."
    return (
        f"Each point is a sub-network; the line is the best {story.figure.name} at a latency. Bars are intervals. "
        "Hover for the sub-network, click to copy the command that exports it." + (left_out if outside else "")
    )


def front_rows(story: Story) -> str:
    """Table of the front, fastest first, without the columns nothing is known in."""
    rows = [_cells(point, story.figure) for point in sorted(story.front, key=lambda p: p.latency_ms)]
    columns = [i for i in range(len(_COLUMNS)) if any(row[i] != _UNKNOWN for row in rows)]
    score = name_of(story.figure)
    head = "".join(f'<th scope="col">{escape(_COLUMNS[i] or score)}</th>' for i in columns)
    lines = (f"<tr>{''.join(f'<td>{row[i]}</td>' for i in columns)}</tr>" for row in rows)
    return f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"


def _cells(point: FrontPoint, figure: Objective) -> list[str]:
    """One per column, as HTML."""
    return [
        _cell(point.key, "" if point.validated else "not validated"),
        _known(point.budget_ms, _words.milliseconds),
        _cell(_words.milliseconds(point.latency_ms), _words.interval_ms(point)),
        _known(point.predicted_latency_ms, _words.milliseconds),
        _cell(_words.score(figure, point.score), _words.interval_score(figure, point)),
        _known(point.predicted_score, partial(_words.score, figure)),
        _UNKNOWN if point.beside_original is None else _cell(point.beside_original),
        _cell(_words.scaled(point.size_bytes, "B")),
        *(_known(point.extra.get(name), figure.unit.shown) for name, figure in EXTRA.items()),
        _cell(_words.scaled(point.macs)),
        _cell(_words.scaled(point.params)),
        f'<button type="button" data-copy="{escape(point.export_command)}">Copy</button>',
    ]


def _cell(text: str, small: str = "") -> str:
    return escape(text) + (f"<small>{escape(small)}</small>" if small else "")


def _known(value: float | None, words: Callable[[float], str]) -> str:
    return _UNKNOWN if value is None else _cell(words(value))


def guesses(story: Story) -> str:
    """One figure per predicted target, its honesty card beneath."""
    parts = []
    for i, target in enumerate(story.guesses):
        name = escape(target.name)
        parts.append(
            f'<figure class="card"><h3>{name[:1].upper()}{name[1:]}</h3>'
            f'<svg id="guesses-{i}" class="chart" role="img" aria-label="{name}: predicted against measured"></svg>'
            f"<figcaption>{prose(_words.honesty(target))}</figcaption></figure>"
        )
    return "".join(parts) or '<p class="empty">Nothing was predicted in this run.</p>'


def training(story: Story) -> str:
    """The chart of the supernet's training, where it is known."""
    if not story.training:
        return ""
    return (
        '<section aria-labelledby="training-title"><h2 id="training-title">Training of the supernet</h2>'
        '<figure class="card"><svg id="training" class="chart" role="img" aria-label="Loss against steps"></svg>'
        "<figcaption>Loss of a step by the role of the sub-network. Where one teaches others, theirs are not of the "
        "labels, so roles cannot be compared.</figcaption></figure></section>"
    )


def device(story: Story) -> str:
    """The device card."""
    card = story.device
    rows = {
        "device": card.device,
        "processor": card.processor,
        "cores": str(card.cores),
        "memory": _words.scaled(card.memory_bytes, "B"),
        "system": card.system,
        "runtime": card.runtime,
        "provider": card.provider,
        "threads": str(card.threads),
        "precision": card.precision,
        "batch": str(card.batch),
        **card.settings,
        "card": card.id,
    }
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows.items())


def commands(story: Story) -> str:
    """What to do next."""
    return "".join(
        f"<li><p>{escape(c.purpose)}</p><code>{escape(c.text)}</code>"
        f'<button type="button" data-copy="{escape(c.text)}">Copy</button></li>'
        for c in story.commands
    )


def notes(story: Story) -> str:
    """Further sentences."""
    return "".join(f"<li>{prose(note)}</li>" for note in story.notes)
