"""The public names are exactly those listed, and each is what its room says."""

import ast
from pathlib import Path

import pytest

import hwnas

SOURCE = Path(hwnas.__file__).read_text()


@pytest.mark.parametrize("name", hwnas.__all__)
def test_every_public_name_can_be_used_and_explains_itself(name: str) -> None:
    assert getattr(hwnas, name).__doc__
    assert name in dir(hwnas)


def test_names_for_people_for_loading_and_for_type_checkers_are_the_same() -> None:
    for_types = {
        alias.asname
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assert hwnas.__all__ == sorted(hwnas.__all__)
    assert set(hwnas.__all__) == for_types == set(hwnas._HOMES)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="serach"):
        hwnas.serach  # noqa: B018
