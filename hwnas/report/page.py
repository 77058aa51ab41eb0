"""The report: one HTML file that needs nothing but a browser.

Text and tables are written here, charts are drawn by the page's own script from data inside the page. The file
asks the network for nothing, and its content policy forbids it to, whatever a name in the data may hold.
"""

import base64
import hashlib
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from hwnas.contracts.files import write_atomic
from hwnas.contracts.printable import printable
from hwnas.report import _sections, _words
from hwnas.report._data import injected
from hwnas.report._finite import require_finite
from hwnas.report.story import Story


def write_page(story: Story, path: Path) -> Path:
    """Write the report of `story` to `path`, whole or not at all, and return `path`.

    Raises:
        InputError: a figure is not finite, or `path` cannot be written.
    """
    require_finite(story)
    script, style = _part("_page.js"), _part("_page.css")
    page = Template(_part("_page.html")).substitute(
        title=escape(story.title),
        subtitle=escape(f"{story.space} · {story.task} · {story.device.device} · {story.created}"),
        verdict=_sections.prose(story.verdict),
        figures=_sections.figures(story),
        front_caption=_sections.prose(_sections.front_caption(story)),
        front_rows=_sections.front_rows(story),
        guesses=_sections.guesses(story),
        race=_sections.prose(_words.race(story.progress)),
        training=_sections.training(story),
        device_title="Measured on" if story.device.timed else "Latencies from a table of",
        device=_sections.device(story),
        notes=_sections.notes(story),
        commands=_sections.commands(story),
        version=escape(story.code_version),
        data=injected(story),
        script=script,
        script_hash=_source_hash(script),
        style=style,
        style_hash=_source_hash(style),
    )
    write_atomic(path, printable(page))
    return path


def _part(name: str) -> str:
    return resources.files("hwnas.report").joinpath(name).read_text(encoding="utf-8")


def _source_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
