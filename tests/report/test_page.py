"""The page as a file: self-contained, safe against its own data, honest in words."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.printable import printable
from hwnas.report.page import write_page
from hwnas.report.story import Story
from tests.report.stories import HOSTILE, hostile_story, story


class _Reader(HTMLParser):
    """Elements with their attributes, and the text inside scripts and styles and outside."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        inside = self.elements[-1][0] if self.elements else ""
        self.texts.setdefault(inside, []).append(data)

    def data(self) -> dict[str, object]:
        (text,) = [t for t in self.texts["script"] if t.startswith("{")]
        found: dict[str, object] = json.loads(text)
        return found


def _page(told: Story, tmp_path: Path) -> str:
    return write_page(told, tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_page_names_no_resource_outside_itself(tmp_path: Path) -> None:
    page = _page(story(), tmp_path)
    assert not re.search(r"https?://|@import|url\((?!#)|\bfetch\(|XMLHttpRequest", page.replace("`url(#${", ""))
    for tag, attributes in _Reader(page).elements:
        for name in ("src", "href", "srcset", "action", "poster"):
            assert attributes.get(name, "data:,") == "data:,", (tag, attributes)


def test_a_page_is_small(tmp_path: Path) -> None:
    many = story().evaluated * 20
    assert len(_page(replace(story(), evaluated=many), tmp_path)) < 200_000


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    plain, hostile = (_Reader(_page(told, tmp_path)) for told in (story(), hostile_story()))
    allowed = {tag for tag, _ in plain.elements}
    assert {tag for tag, _ in hostile.elements} == allowed
    assert [tag for tag, _ in hostile.elements].count("script") == 2
    assert not any(name.startswith("on") for _, attributes in hostile.elements for name in attributes)
    front = hostile.data()["front"]
    assert isinstance(front, dict)
    shown = printable(HOSTILE)
    assert shown in [point["command"] for point in front["points"]]
    assert shown in [attributes.get("data-copy") for _, attributes in hostile.elements]


def test_no_character_that_is_not_to_be_seen_reaches_the_page(tmp_path: Path) -> None:
    page = _page(hostile_story(), tmp_path)
    assert printable(page) == page
    assert "\\u001b" not in page  # which the page's script would make one of


def test_the_content_policy_admits_exactly_the_script_and_style_of_the_page(tmp_path: Path) -> None:
    page = _page(story(), tmp_path)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none';")
    for tag in ("script", "style"):
        (source,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'" in policy


def test_every_sub_network_is_in_the_table_fastest_first(tmp_path: Path) -> None:
    page = _page(story(), tmp_path)
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    order = [point.key for point in sorted(story().front, key=lambda p: p.latency_ms)]
    assert re.findall(r"<tr><td>(\w+)", body) == order
    assert body.count("not validated") == sum(not point.validated for point in story().front)


def test_a_column_nothing_is_known_in_is_left_out(tmp_path: Path) -> None:
    bare = tuple(replace(point, budget_ms=None, predicted_score=None) for point in story().front)
    pages = [_page(told, tmp_path) for told in (story(), replace(story(), front=bare))]
    assert [page.count('<th scope="col">') for page in pages] == [10, 8]
    assert ["Budget</th>" in page for page in pages] == [True, False]


def test_evaluations_outside_the_frame_are_counted_in_words(tmp_path: Path) -> None:
    page = _page(story(), tmp_path)
    data = _Reader(page).data()["front"]
    assert isinstance(data, dict)
    hidden = len(story().evaluated) - len(data["search"]) - len(data["random"])
    assert hidden >= 1
    assert f"far off the front: {hidden} of {len(story().evaluated)} evaluations" in page


def test_a_story_without_a_front_is_told_in_words(tmp_path: Path) -> None:
    empty = replace(story(), front=(), evaluated=(), baselines=(), guesses=(), progress=(), commands=())
    page = _page(empty, tmp_path)
    assert "No sub-network is on the front yet." in page
    assert "Nothing was predicted in this run." in page


def test_a_supernet_that_was_trained_elsewhere_has_no_curve(tmp_path: Path) -> None:
    assert "Training of the supernet" in _page(story(), tmp_path)
    assert "Training of the supernet" not in _page(replace(story(), training=()), tmp_path)


def test_a_figure_that_is_not_finite_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    told = story()
    broken = replace(told, front=(replace(told.front[0], latency_ms=float("nan")), *told.front[1:]))
    with pytest.raises(InputError, match=r"finite figures, got nan at story\.front\[0\]\.latency_ms"):
        write_page(broken, tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []
