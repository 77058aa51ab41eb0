"""Claim: at least 90 of 100 random one-token mutants of the package are killed by the tests of their room.

cosmic-ray makes the mutants: an operator, a comparison, a constant or a keyword replaced by another, at places drawn
evenly over `hwnas/` (annotations left out, for they are not run). A copy of the repository in FOLDER holds the mutant;
its test files run one by one, until one fails twice: the mirror of the module, those that import it, its folder, its
room, and the contract suite of its kind (the README's table). A file that hangs counts as failed. What a file said is
stored in FOLDER/mutants.json as soon as it is known: stopped, the same command continues. With --new-tests the tests
of the last commit are taken, and those that are new or changed run on the survivors; the package stays that of the
commit at which FOLDER was begun. `killed_by_first_tests` counts those that a test file kills as it was at that
commit: that is what tests find in a package at large, for the new ones were written with the survivors in view.

A survivor that no test can kill counts for neither side once its record in FOLDER/mutants.json has the reason, as
`"equivalent": "..."`. A survivor that not all of its files have seen, because of --seconds-each, counts as one, and
says how many have not.

Run:  make mutants, or
      python benchmarks/mutants.py FOLDER [--mutants 100] [--seed 0] [--minutes M] [--seconds-each S] [--new-tests]
"""

import argparse
import hashlib
import importlib
import json
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from _mutant_tests import run, test_files
from _mutating import Mutant, draw
from _saving import save

from hwnas.contracts.files import write_atomic

REPOSITORY = Path(__file__).parents[1]
LIMIT_S, SLOWER = 100, 3  # a test file that runs so long hangs, if it takes a third of it without the mutant
PATIENCE_S = 1800  # without a mutant
LIBRARIES = [
    "numpy",
    "torch",
    "scipy.stats",
    "onnx",
    "onnxruntime",
    "pydantic",
    "hypothesis",
    "typer",
    "rich.progress",
    "safetensors",
]


@dataclass
class Sample:
    """All that FOLDER/mutants.json holds."""

    commit: str
    seed: int
    tests: str  # commit of the tests that run now
    mutants: list[Mutant]
    seconds: dict[str, float] = field(default_factory=dict)  # of each test file without a mutant, by path and digest


def git(folder: Path, *words: str) -> str:
    """What git prints."""
    return subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True, text=True).stdout.strip()


def begin(folder: Path, n: int, seed: int, *, new_tests: bool) -> Sample:
    """A copy of the last commit and a sample of its mutants, or the ones that are there."""
    copy, stored = folder / "copy", folder / "mutants.json"
    if stored.exists():
        held = json.loads(stored.read_text())
        sample = Sample(**{**held, "mutants": [Mutant(**mutant) for mutant in held["mutants"]]})
        git(copy, "checkout", "--quiet", sample.commit, "--", "hwnas")  # stopped by force, a mutant was left
        if new_tests:
            git(copy, "fetch", "--quiet", "origin", "HEAD")
            git(copy, "checkout", "--quiet", "FETCH_HEAD", "--", "tests")
            sample.tests = git(copy, "rev-parse", "--short=12", "FETCH_HEAD")
        return sample
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", REPOSITORY, copy], check=True)
    commit = git(copy, "rev-parse", "--short=12", "HEAD")
    sample = Sample(commit, seed, commit, draw(copy / "hwnas", n, seed))
    keep(folder, sample)
    return sample


def keep(folder: Path, sample: Sample) -> None:
    """Store what is known so far."""
    write_atomic(folder / "mutants.json", json.dumps(asdict(sample), indent=1) + "\n")


def digest_of(file: Path) -> str:
    """What tells a test file from the same one later."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def seconds_of(file: str, copy: Path, sample: Sample) -> float:
    """How long a test file takes without a mutant; infinite where it fails even so, and so can say nothing."""
    told = f"{file} {digest_of(copy / file)}"
    if told not in sample.seconds:
        passed, seconds = run(copy, file, PATIENCE_S)
        sample.seconds[told] = seconds if passed else float("inf")
    return sample.seconds[told]


def notices(mutant: Mutant, file: str, copy: Path, sample: Sample) -> bool:
    """Whether a test file that passes without the mutant fails with it, twice, or takes several times as long."""
    module = copy / mutant.module
    source = module.read_text()
    module.write_text(mutant.source(source))
    try:
        passed, _ = run(copy, file, LIMIT_S)
        if passed is False:  # or was it by chance, on a busy machine?
            passed, _ = run(copy, file, LIMIT_S)
    finally:
        module.write_text(source)
    if passed:
        return False
    return seconds_of(file, copy, sample) < (LIMIT_S / SLOWER if passed is None else float("inf"))


def unseen(mutant: Mutant, files: list[str], copy: Path) -> list[str]:
    """Those of a mutant's test files that have not run on it as they are."""
    return [file for file in files if mutant.passed.get(file) != digest_of(copy / file)]


def try_one(mutant: Mutant, files: list[str], folder: Path, sample: Sample, until: float) -> None:
    """Run the test files that have not seen it, until one notices it or the time is up."""
    copy = folder / "copy"
    for file in unseen(mutant, files, copy):
        if mutant.killed_by or time.monotonic() > until:
            return
        if notices(mutant, file, copy, sample):
            mutant.killed_by, mutant.tests = file, sample.tests
        else:
            mutant.passed[file] = digest_of(copy / file)
        keep(folder, sample)


def try_all(folder: Path, sample: Sample, until: float, seconds_each: float) -> bool:
    """Run the nearest test file on every mutant, then the others on those left; whether all had their time."""
    for first in (True, False):
        for mutant in sample.mutants:
            if not mutant.killed_by and not mutant.equivalent:
                files = test_files(mutant.module, folder / "copy")
                try_one(
                    mutant, files[: 1 if first else None], folder, sample, min(until, time.monotonic() + seconds_each)
                )
    return time.monotonic() <= until


def result(folder: Path, sample: Sample) -> dict[str, object]:
    """The figures that are saved."""
    survivors = [mutant for mutant in sample.mutants if not mutant.killed_by]
    equivalent = [mutant for mutant in survivors if mutant.equivalent]
    killed = len(sample.mutants) - len(survivors)
    copy = folder / "copy"
    of_first = sum(
        not git(copy, "diff", "--name-only", sample.commit, mutant.tests, "--", mutant.killed_by)
        for mutant in sample.mutants
        if mutant.killed_by
    )
    return {
        "sample": sample.commit,
        "tests": sample.tests,
        "seed": sample.seed,
        "mutants": len(sample.mutants),
        "killed": killed,
        "killed_by_first_tests": of_first,
        "equivalent": len(equivalent),
        "killed_share": killed / (len(sample.mutants) - len(equivalent)),
        "test_files_that_fail_without_a_mutant": sorted(
            {name.split()[0] for name, seconds in sample.seconds.items() if seconds == float("inf")}
        ),
        "survivors": [
            {key: asdict(mutant)[key] for key in ("module", "line", "before", "after", "equivalent")}
            | {"files_not_run": len(unseen(mutant, test_files(mutant.module, copy), copy))}
            for mutant in survivors
        ],
    }


def main() -> None:
    """Go on with the sample in a folder; once every mutant was tried, keep the result."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--mutants", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--minutes", type=float, default=float("inf"), help="Stop after these, to go on later.")
    arguments.add_argument(
        "--seconds-each", type=float, default=float("inf"), help="Begin no other test file of a mutant after these."
    )
    arguments.add_argument("--new-tests", action="store_true", help="Run the tests of the last commit on survivors.")
    given = arguments.parse_args()
    folder = given.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    for library in LIBRARIES:
        importlib.import_module(library)
    sample = begin(folder, given.mutants, given.seed, new_tests=given.new_tests)
    if try_all(folder, sample, time.monotonic() + 60 * given.minutes, given.seconds_each):
        save(f"mutants_seed={sample.seed}" if sample.seed else "mutants", __doc__ or "", result(folder, sample))
        return
    killed = sum(bool(mutant.killed_by) for mutant in sample.mutants)
    print(f"{killed} of {len(sample.mutants)} mutants killed so far; the same command goes on")


if __name__ == "__main__":
    main()
