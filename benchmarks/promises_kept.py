"""Claim: at least 99 % of the models handed out keep their budget when timed again in a new process.

For a finished run (of the demo, for instance), models are handed out for budgets spread over its front, and each is
then timed by `hwnas check` in a process of its own, with no knowledge of the run but how fast this device has been when
idle. Where the check finds the machine slower than that (exit code 3), it says neither kept nor broken: counted apart.

With `--own-cnn` the run is one of a network as people write one, trained for Fashion-MNIST, made elastic, timed and
searched, without any training of what is smaller; it is made in RUN where it is not there. Budgets are spread evenly
from its fastest member to the original, and the result is kept apart. With `--bits block` beside it (or `layer`, `all`)
the bits of each block are searched, too, budgets are spread over the members with layers in INT8, and it is counted
how many of the models handed out have such.

What was checked is kept in RUN, and the next call goes on from there.

Run:  python benchmarks/promises_kept.py RUN [--own-cnn [--bits block]] [--budgets 20] [--most 20]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _lines import append, whole_lines
from _own_cnn_run import own_cnn_run
from _saving import save

import hwnas
from hwnas.pipeline.delivery.front import Front, Member
from hwnas.spaces._bits import BY, INT8, bits_of_layers

SLOW_MACHINE = 3  # exit code
HWNAS = [sys.executable, "-c", "from hwnas.cli import main; main()"]
KINDS = ("kept_as_seen", "kept_by_median", "kept_by_whole_interval")
PRECISIONS = ("float32", "mixed", "int8")
HandOut = Callable[[float, Path], str | None]


def by_command(run: Path) -> HandOut:
    """`hwnas export`: a reason where nothing was handed out."""

    def hand_out(budget_ms: float, model: Path) -> str | None:
        words = [*HWNAS, "export", run, "--max-latency", f"{budget_ms:.5f}ms", "-o", model, "--force"]
        ended = subprocess.run(words, capture_output=True, check=False)
        return ended.stderr.decode() if ended.returncode else None

    return hand_out


def by_pick(front: Front) -> HandOut:
    """The same of a network that no command can build."""

    def hand_out(budget_ms: float, model: Path) -> str | None:
        try:
            front.pick(max_latency_ms=budget_ms).export(model, force=True)
        except (hwnas.PromiseError, hwnas.DeviceError) as error:
            return str(error)
        return None

    return hand_out


def promised_and_checked(budget_ms: float, device: str, hand_out: HandOut, folder: Path) -> dict[str, Any]:
    """What was promised for a budget, and what a new process found."""
    model = folder / "model.onnx"
    why = hand_out(budget_ms, model)
    if why is not None:
        return {"budget_ms": budget_ms, "handed_out": False, "why": _reason(why, folder)}
    words = [*HWNAS, "check", model, "--device", device, "--max-latency", f"{budget_ms:.5f}ms", "--json"]
    checked = subprocess.run(words, capture_output=True, check=False)
    promised = json.loads(model.with_suffix(".json").read_text())
    row = {
        "budget_ms": budget_ms,
        "handed_out": True,
        "promised_ms": promised["latency_ms_interval"][1],
        "precision": promised["precision"],
    }
    if checked.returncode == SLOW_MACHINE:
        return {**row, "checked": False, "why": _reason(checked.stderr.decode(), folder)}
    found = json.loads(checked.stdout)
    return {
        **row,
        "checked": True,
        "latency_ms": found["latency_ms"],
        "slower": found["slower"],
        "kept_as_seen": bool(found["latency_ms"] * found["slower"] <= budget_ms),
        "kept_by_median": bool(found["latency_ms"] <= budget_ms),
        "kept_by_whole_interval": found["kept"],
    }


def _reason(said: str, folder: Path) -> str:
    return said.strip().replace(f"{folder}/", "")[-300:]


def ends_of_own_cnn(study: hwnas.Study, *, bits: bool) -> tuple[float, float]:
    """What the fastest member and the original need; with bits, of the members with layers in INT8, as in `ends`."""
    front, space = study.front(), study.space

    def in_integers(member: Member) -> bool:
        return INT8 in bits_of_layers(space, space.architecture(member.architecture)).values()

    if bits:
        return ends([*filter(in_integers, front.members)])
    assert front.original is not None
    return ends(front.members)[0], front.original.latency_ms_interval[1]


def ends(members: Sequence[Member]) -> tuple[float, float]:
    """What the fastest needs, and a tenth more than the slowest."""
    needed = [member.latency_ms_interval[1] for member in members]
    return min(needed), max(needed) * 1.1


def main() -> None:
    """Hand out, check, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--own-cnn", action="store_true")
    parser.add_argument("--bits", choices=BY, help="of the own CNN")
    parser.add_argument("--budgets", type=int, default=20)
    parser.add_argument("--most", type=int, help="check no more than this now")
    options = parser.parse_args()
    if options.bits and not options.own_cnn:
        parser.error("--bits are of the own CNN: add --own-cnn.")
    if options.own_cnn:
        study = own_cnn_run(options.run, options.bits)
        run, front, hand_out = study.run.folder, study.front(), by_pick(study.front())
        fastest, slowest = ends_of_own_cnn(study, bits=options.bits is not None)
    else:
        run, front, hand_out = options.run, Front.read(options.run / "front.json"), by_command(options.run)
        fastest, slowest = ends(front.members)
    budgets = np.linspace(fastest * 1.02, slowest, options.budgets).tolist()
    kept = run / f"promises_{options.budgets}.jsonl"
    rows = [json.loads(line) for line in whole_lines(kept)]
    for budget_ms in budgets[len(rows) :][: options.most]:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(promised_and_checked(budget_ms, front.device["device"], hand_out, Path(folder)))
        append(kept, rows[-1])
    if len(rows) < len(budgets):
        print(f"{len(rows)} of {len(budgets)} budgets done; call again for the others.")
        return
    out = [row for row in rows if row.get("checked")]
    shares = {kind: sum(bool(row[kind]) for row in out) / len(out) for kind in KINDS}
    counts = {"handed_out": sum(bool(row["handed_out"]) for row in rows), "checked": len(out)}
    counts |= {f"checked_in_{word}": sum(row["precision"] == word for row in out) for word in PRECISIONS}
    own = f"_bits_{options.bits}" if options.bits else "_own_cnn" if options.own_cnn else ""
    save(f"promises_kept{own}", __doc__ or "", {"budgets": len(rows), **counts, **shares, "rows": rows})


if __name__ == "__main__":
    main()
