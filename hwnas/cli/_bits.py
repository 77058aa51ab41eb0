"""What a search of architecture and bits says, beside those in float32 and in INT8."""

from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli._figures import kilobytes
from hwnas.cli._front_table import print_front
from hwnas.cli._printing import say, table

if TYPE_CHECKING:  # whoever has one has loaded what it is made of
    from hwnas.pipeline.bits import WithBits

BLOCK, NO_BITS = "block", "none"
CHOSEN = (BLOCK, "layer")
BITS = (*CHOSEN, "all", NO_BITS)
Recover = Annotated[
    str,
    typer.Option(
        metavar="[none|bias|equalize|qat]",
        help="Recover accuracy that INT8 costs; qat, which fine-tunes for the integers, is for shrink.",
    ),
]


def print_with_bits(found: "WithBits") -> None:
    """The joint front; the best of each search, timed in turns; and what INT8 buys here."""
    from hwnas.contracts.shown import shown

    print_front(found.joint.front)
    rows = []
    for arm in found.arms:
        figure, members = arm.front.figure.objective, arm.front.members
        best = min(range(len(members)), key=lambda i: figure.sign * members[i].score)
        rows.append(
            (
                arm.name, str(len(members)), f"{min(arm.latencies_ms):.3g}",
                kilobytes(min(member.size_bytes for member in members)),
                f"{shown(figure, members[best].score)} at {arm.latencies_ms[best]:.3g} ms", f"{arm.hypervolume:.3f}",
            )
        )  # fmt: skip
    table(
        f"Searched beside it, {found.joint.front.evaluations} evaluations each; all timed in turns",
        ("search", "members", "fastest, ms", "smallest", f"best {figure.name}", "hypervolume"),
        rows,
    )
    for sentence in found.worth.sentences:
        say(sentence)
