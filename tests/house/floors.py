"""The floors of the house: imports point to lower ones. `python -m tests.house.floors` writes CONTRIBUTING's table."""

from pathlib import Path

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"
BEGIN, END = "<!-- floors -->", "<!-- /floors -->"
ROOMS: tuple[tuple[tuple[str, ...], str], ...] = (  # from the ground up: rooms of a floor never import one another
    (("contracts",), "the nouns that cross walls; standard library, numpy, and pydantic for documents"),
    (
        ("spaces", "sharing", "tasks", "scores", "export", "archive", "genomes", "heap.py", "threads.py"),
        "things, one per file",
    ),
    (("supernet.py", "problems", "devices", "formats"), "what they make together"),
    (("evaluation", "elasticity"), "what a sub-network is worth; supernets of trained networks"),
    (("training", "profiling", "predictors", "surrogates", "report"), "trainers, timers, models, pages"),
    (("strategies",), "one search strategy per file"),
    (("searches",), "the loop, its results and how good they are"),
    (("pipeline",), "the stories, and the only room that knows all others"),
    (("cli", "testing"), "one command per file; one contract suite per kind of thing"),
    (("templates",), "what `hwnas new` writes, in public names alone"),
)
FLOORS = {
    **{room.removesuffix(".py"): floor for floor, (rooms, _) in enumerate(ROOMS) for room in rooms},
    "": len(ROOMS) - 2,  # hwnas/__init__.py: the public names
    "__main__": len(ROOMS),
}


def table() -> str:
    """As it should stand in CONTRIBUTING.md, highest floor first."""
    lines = ["| floor | rooms | |", "|---|---|---|"]
    for floor, (rooms, words) in reversed(list(enumerate(ROOMS))):
        lines.append(f"| {floor} | {', '.join(f'`{room}`' for room in rooms)} | {words} |")
    return "\n".join(lines)


def written() -> str:
    """What CONTRIBUTING.md says today."""
    return CONTRIBUTING.read_text().partition(BEGIN)[2].partition(END)[0].strip()


if __name__ == "__main__":
    before, _, rest = CONTRIBUTING.read_text().partition(BEGIN)
    CONTRIBUTING.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}")
