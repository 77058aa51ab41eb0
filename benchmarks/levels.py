"""Claim: 95 % intervals hold 93 to 97 % of the timings of another session, at another time.

The same sub-networks of two spaces are timed in sessions apart in time, each of a minute or two on a device opened
anew, with the speed probe among them; every session is stored when it is done, and the next call goes on from there.

Run:  python benchmarks/levels.py FOLDER [--sessions 6] [--apart-minutes 30] [--only-analyse]
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from hwnas.contracts.device import Timing
from hwnas.contracts.files import write_atomic
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices import open_device
from hwnas.genomes.sampling import draw
from hwnas.pipeline.tables.time_architectures import write_all, write_reference
from hwnas.profiling.presets import find_preset
from hwnas.profiling.probe import write_probe
from hwnas.profiling.stopwatch import time_models
from hwnas.spaces.mobilenetv3 import mobilenetv3
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28

MODELS, PRESET, SEED = 24, "normal", 0


def spaces() -> dict[str, SearchSpace]:
    """A small one and a full-size one."""
    return {"mobilenetv3_grey28": mobilenetv3_grey28(), "mobilenetv3": mobilenetv3()}


def files(name: str, space: SearchSpace, folder: Path) -> tuple[list[Path], Path]:
    """Models of a space with the speed probe as the last, and its reference; written once."""
    place = folder / "models" / name
    architectures = [space.decode(genome) for genome in draw(space, MODELS, SEED)]
    paths = [place / f"{architecture.key}.onnx" for architecture in architectures]
    done = place / "done"
    if not done.exists():
        place.mkdir(parents=True, exist_ok=True)
        write_all(space, architectures, place, lambda *_: None)
        write_reference(space, place)
        write_probe(place)
        done.touch()
    return [*paths, place / "probe.onnx"], place / "reference.onnx"


def one_session(folder: Path) -> Path:
    """Time all, store."""
    began, timed = datetime.now(UTC).isoformat(timespec="seconds"), {}
    device = open_device("cpu:threads=1")
    for name, space in spaces().items():
        models, reference = files(name, space, folder)
        timings: list[Timing] = []
        time_models(device, models, reference, find_preset(PRESET), canaries=range(3), on_timing=timings.append)
        timed[name] = {"models": [path.stem for path in models], "timings": [list(asdict(t).values()) for t in timings]}
    path = folder / "sessions" / f"{began.replace(':', '')}.json"
    path.parent.mkdir(exist_ok=True)
    content = {"began": began, "device": device.card().to_dict(), "card": device.card().id, "spaces": timed}
    write_atomic(path, json.dumps(content) + "\n")
    return path


def stored(folder: Path) -> list[Path]:
    """Sessions by rising time."""
    return sorted((folder / "sessions").glob("*.json"))


def timings_of(rows: Sequence[Sequence[float]]) -> list[Timing]:
    """As they were stored."""
    return [Timing(int(row[0]), int(row[1]), int(row[2]), *row[3:]) for row in rows]


def main() -> None:
    """Sessions that are missing, then what they say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sessions", type=int, default=6)
    parser.add_argument("--apart-minutes", type=float, default=30)
    options = parser.parse_args()
    while len(stored(options.folder)) < options.sessions:
        if found := stored(options.folder):
            began = datetime.fromisoformat(json.loads(found[-1].read_bytes())["began"])
            past = (datetime.now(UTC) - began).total_seconds()
            time.sleep(max(0.0, options.apart_minutes * 60 - past))
        print(one_session(options.folder), flush=True)


if __name__ == "__main__":
    main()
