"""Look at devices."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from hwnas.cli._printing import next_command, say, say_json, table


class Action(StrEnum):
    """What to do with devices."""

    card = "card"
    diff = "diff"


def device(
    action: Annotated[Action, typer.Argument(help="card: show one; diff: explain how two differ.", show_default=False)],
    first: Annotated[str, typer.Argument(help="Device string, or a file with a card: a table, manifest or front.")],
    second: Annotated[str | None, typer.Argument(help="The other one, for diff.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is known of a device, or explain why two devices have different latencies.

    Example: hwnas device diff old.json cpu:threads=1
    """
    from hwnas.pipeline.reports.device_diff import differences, look

    if (action is Action.diff) != (second is not None):
        raise typer.BadParameter("card takes one device, diff takes two.")
    one = look(first)
    if second is None:
        if as_json:
            say_json({**one.card.to_dict(), "id": one.card.id})
            return
        table(f"Device {one.card.id}", ("", "value"), list(one.facts().items()))
        next_command(("hwnas", "device", "diff", first, "OTHER"), "explain how another differs")
        return
    other = look(second)
    differing = differences(one, other)
    if as_json:
        say_json([asdict(difference) for difference in differing])
        return
    if not differing:
        say("The cards tell no difference: what differs is the load, the heat, or something no card tells.")
    else:
        table(
            f"{one.card.device} against {other.card.device}",
            ("", "first", "second", "why it matters"),
            [(d.field, d.first, d.second, d.meaning if d.known else "not known of both") for d in differing],
        )
    next_command(("hwnas", "device", "card", second), "see all that is known of one")
