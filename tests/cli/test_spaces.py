"""`hwnas spaces`: all of them, or one in detail."""

from hwnas.contracts.finding import names
from tests.cli.conftest import Command
from tests.plugged import tiny_space


def cells(output: str, name: str) -> list[list[str]]:
    """The rows of a table that begin with a name."""
    rows = [
        [cell.strip() for cell in line.strip().strip("│|").split("  ") if cell.strip()] for line in output.splitlines()
    ]
    return [row for row in rows if row and row[0] == name]


def test_every_space_is_listed_with_its_size(command: Command) -> None:
    output = command("spaces").output
    for name in (*names("spaces"), "tiny"):
        assert cells(output, name), name
    (row,) = cells(output, "tiny")
    space = tiny_space()
    assert row[1:3] == [str(len(space.choices)), f"{space.count():.3g}"]
    assert "(2, 8, 8)" in row[3]


def test_one_space_is_shown_with_its_choices_and_three_timed_sub_networks(command: Command) -> None:
    ended = command("spaces", "tiny", "--device", "simulated")
    assert ended.code == 0, ended.errors
    space = tiny_space()
    assert f"tiny: {len(space.choices)} choices, {space.count():,} distinct architectures" in ended.output
    kernels = sum(choice.name.endswith(".kernel") for choice in space.choices)
    assert cells(ended.output, "kernel") == [["kernel", "3, 5, 7", str(kernels)]]
    sizes = [cells(ended.output, name)[0] for name in ("smallest", "middle", "largest")]
    parameters = [int(row[1].replace(",", "")) for row in sizes]
    assert parameters == sorted(parameters)
    assert parameters[0] < parameters[2]
    assert "Next: hwnas profile simulated --space tiny" in ended.output
