"""Claim: as fast as asked for, what hwnas makes of a trained network is at most 0.5 points worse, better than pruned.

A trained network is made twice as fast on one thread in several ways: a CNN of one's own for Fashion-MNIST (`own_cnn`),
EfficientNet-Lite0 or -Lite2 with ImageNet's weights, tuned to Fashion-MNIST at 128 pixels (`efficientnet_lite0`,
`efficientnet_lite2`), MiniLM, tuned to the texts of Reuters R8 (`minilm`), or a U-Net that tells the pixels of garments
of Fashion-MNIST that lie over one another (`unet`). Each model that is handed out was fine-tuned for equally many
epochs by the same recipe, on the labels and on the original's outputs:

* `hwnas`: ``hwnas.shrink(network, task, device, speedup=2)``, which chooses among several that were fine-tuned;
  `hwnas_bits`: the same with ``bits="block"``, which may compute some blocks in INT8.
* `l2`, `taylor`: Torch-Pruning 1.6.1 by size of weights, or by what removal does to the loss: one ratio for all
  channels and heads, found by bisection so that the exported file is just twice as fast.
* `fastnas`: NVIDIA's Model Optimizer 0.47.0, which prunes channels to a share of the multiply-adds: the share found by
  bisection likewise.
* `int8`, `olive`: static quantization of the original by ONNX Runtime and by Microsoft's Olive 0.13.0, not fine-tuned.
* `l2_int8`, `taylor_int8`: pruned, fine-tuned, then quantised: just twice as fast in INT8.

onnxsim 0.8.1, which prunes too, is left out: it changes a finished ONNX file, which the recipe cannot tune.

All files are written by the same writer and timed in the same interleaved rounds; scores are of the report split, which
nothing else looks at. What is done is kept in FOLDER, and the next call goes on from there; minutes are those of the
call that ended a way, without earlier ones; lines are of the functions here that stand for what a user writes, without
the training loop, which only hwnas brings. Fashion-MNIST is that of Debian, or in HWNAS_FASHION_MNIST; packages are
installed into FOLDER/packages, those that depend on much into environments below FOLDER/peers. Other speeds are asked
for by ``--speedup``.

Run:  python benchmarks/shrink_peers.py FOLDER [--network own_cnn] [--speedup 2] [--ways hwnas,hwnas_bits,l2,taylor,
      fastnas,int8,l2_int8,taylor_int8,olive] [--examples 12000] [--epochs 2] [--no-timing]
"""

import argparse
import ast
import inspect
import json
import textwrap
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from _peer_environments import python_of, run_there
from _peer_setting import Setting, TooSlowError, trained
from _peer_subjects import SUBJECTS
from _peer_ways import DEVICE, WAYS
from _real_networks import installed
from _saving import save

import hwnas
from hwnas.contracts.files import write_atomic
from hwnas.evaluation.figure import figure_of, interval_of_figure
from hwnas.evaluation.scores import scores_of_file

PEER = "torch-pruning==1.6.1"


def opened(folder: Path, name: str, examples: int | None, epochs: float | None, speedup: float) -> Setting:
    """With the trained original, written; what is made for a speed lies in a folder of its own."""
    subject, packages = SUBJECTS[name], folder / "packages"
    installed(packages, (PEER,))
    task = subject.task(packages, subject.examples if examples is None else examples)
    recipe = subject.healing if epochs is None else replace(subject.healing, epochs=epochs)
    setting = Setting(folder, subject, task, subject.network(packages), recipe)
    trained(setting)
    setting = replace(setting, folder=folder / f"{speedup:g}x", speedup=speedup)
    setting.folder.mkdir(exist_ok=True)
    setting.file(setting.network, "original")
    return setting


def done(setting: Setting, name: str, options: argparse.Namespace) -> tuple[Path, float] | str:
    """The file of a way and the minutes it took; made now where it is not there. Or why there is none."""
    kept, way = setting.folder / f"{name}.json", WAYS[name]
    if not kept.is_file() and way.packages and not options.here:
        python = python_of(options.folder / "peers" / name, way.packages)
        asked = ["--network", options.network, "--ways", name, "--epochs", str(setting.recipe.epochs)]
        asked += ["--speedup", str(setting.speedup)]
        asked += ["--examples", str(len(setting.task.examples("train"))), "--here", "--no-timing"]
        run_there(python, __file__, options.folder, *asked)
    if not kept.is_file():
        began = time.monotonic()
        try:
            found = {"file": way.make(setting).relative_to(setting.folder).as_posix()}
        except TooSlowError as error:
            found = {"never": str(error)}
        write_atomic(kept, json.dumps({**found, "minutes": round((time.monotonic() - began) / 60, 2)}))
        print(f"{name}: {kept.read_text()}", flush=True)
    said = json.loads(kept.read_text())
    return said["never"] if "never" in said else (setting.folder / said["file"], said["minutes"])


def lines_of(functions: tuple[Callable[..., object], ...]) -> int:
    """Of code: without headers, docstrings and what is empty."""
    count = 0
    for function in functions:
        text = textwrap.dedent(inspect.getsource(function))
        (tree,) = ast.parse(text).body
        assert isinstance(tree, ast.FunctionDef)
        body = tree.body[1:] if ast.get_docstring(tree) else tree.body
        lines = text.splitlines()[body[0].lineno - 1 : body[-1].end_lineno]
        count += sum(bool(line.strip()) for line in lines)
    return count


def main() -> None:
    """What is missing of the ways, then one session of timing, and the accuracies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", choices=SUBJECTS, default="own_cnn")
    parser.add_argument("--speedup", type=float, default=Setting.speedup)
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--examples", type=int)
    parser.add_argument("--epochs", type=float)
    parser.add_argument("--no-timing", action="store_true", help="make the files only")
    parser.add_argument("--here", action="store_true", help="make them in this environment, whatever they ask for")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    options.folder.mkdir(parents=True, exist_ok=True)
    setting = opened(options.folder, options.network, options.examples, options.epochs, options.speedup)
    made = {"original": (setting.folder / "original.onnx", None)}
    chosen = [name for name in options.ways.split(",") if name not in setting.subject.refused]
    told = {name: done(setting, name, options) for name in chosen}
    made |= {name: found for name, found in told.items() if not isinstance(found, str)}
    never = {name: found for name, found in told.items() if isinstance(found, str)}
    if options.here:
        return
    report, kept = setting.task.examples("report"), setting.folder / "scores"
    figure = setting.task.figure.name
    interval = f"{figure}_interval"
    kept.mkdir(exist_ok=True)
    for name, (path, _) in made.items():  # before the timing, which wants a still machine
        if not (kept / f"{name}.json").is_file():
            scores = scores_of_file(setting.task, path, report)
            found = {figure: figure_of(setting.task, scores), interval: interval_of_figure(setting.task, scores)}
            write_atomic(kept / f"{name}.json", json.dumps(found, default=float))
    if options.no_timing:
        return
    timed, rows = hwnas.measure([path for path, _ in made.values()], DEVICE, preset="thorough"), {}
    for (name, (_, minutes)), found in zip(made.items(), timed.models, strict=True):
        scored = json.loads((kept / f"{name}.json").read_text())
        rows[name] = {
            figure: round(scored[figure], 4),
            interval: [round(bound, 4) for bound in scored[interval]],
            "latency_ms": round(found.latency_ms, 4),
            "speedup": round(1 / found.times, 3),
            "speedup_interval": [round(1 / bound, 3) for bound in reversed(found.times_interval)],
            "kilobytes": round(found.size_bytes / 1000, 1),
            "lines": lines_of(WAYS[name].user) if name in WAYS else None,
            "minutes_of_last_call": minutes,
        }
    figures = {
        "ways": rows,
        "refused": {**setting.subject.refused, **never},
        "examples": len(setting.task.examples("train")),
        "epochs": setting.recipe.epochs,
        "report_examples": len(report),
        "verdict": timed.verdict,
        "speedup": setting.speedup,
        "figure": figure,
    }
    name = "shrink_peers" if options.network == "own_cnn" else f"shrink_peers_{options.network}"
    save(name if options.speedup == Setting.speedup else f"{name}_{options.speedup:g}x", __doc__ or "", figures)


if __name__ == "__main__":
    main()
