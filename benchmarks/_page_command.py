"""What every program does that writes a page from results: ``python benchmarks/NAME.py [--check]``."""

import argparse
import sys
from pathlib import Path


def write_or_check(place: Path, text: str, about: str) -> None:
    """Write `text` to `place`, or with ``--check`` say whether it stands there, by the exit code.

    Args:
        place: of the page.
        text: as it should stand there.
        about: what ``--help`` prints.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        place.write_text(text)
    elif text != place.read_text():
        sys.exit(f"{place} is stale: run python {Path(sys.argv[0]).name}.")
