"""Claim: 95 % intervals hold 93 to 97 % of the timings of another session, at another time.

The same sub-networks of two spaces are timed in sessions apart in time, each of a few minutes on a device opened anew,
with the speed probe among them. Raw timings are stored in FOLDER when a session is done; the next call goes on from
there, and what is judged is worked out from them anew: the record of speeds is empty before the first session, each
session adds to it, and its intervals are held against all later sessions. `of_one_session` is what intervals hold that
know of no level; what is judged is the sessions whose level is known, from the second without other work on. `scatter`
is the standard deviation of one model's figure between sessions, the level taken out. How busy the machine was stands
beside.

Run:  python benchmarks/levels.py FOLDER [--sessions 6] [--apart-minutes 30] [--only-evaluate]
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from _saving import save

from hwnas.contracts.device import DeviceCard, Timing
from hwnas.contracts.files import write_atomic
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices import open_device
from hwnas.genomes.sampling import draw
from hwnas.pipeline.tables.time_architectures import write_all, write_reference
from hwnas.profiling.estimate import Latency, Scale, find_latencies, find_scale, in_next_session, other_session
from hwnas.profiling.presets import find_preset
from hwnas.profiling.probe import write_probe
from hwnas.profiling.speeds import SpeedRecord
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
        write_reference(space, space.middle, place)
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


@dataclass(frozen=True)
class Seen:
    """A session of one space: when, the others' busy processors, what its reference and each model took in it."""

    when: datetime
    busy: float
    scale: Scale
    timings: list[Timing]
    latencies: list[Latency]


def seen(path: Path, name: str) -> Seen:
    """As it was stored."""
    content = json.loads(path.read_bytes())
    timings = [Timing(*row) for row in content["spaces"][name]["timings"]]
    scale = find_scale(timings)
    busy = float(np.mean([t.others_busy or 0.0 for t in timings]))
    return Seen(datetime.fromisoformat(content["began"]), busy, scale, timings, find_latencies(timings, scale))


def share(intervals: Sequence[Latency], later: Sequence[Seen]) -> list[bool]:
    """Of each model in each later session, whether what it took is inside."""
    return [
        interval.low_ms <= found.latency_ms <= interval.high_ms
        for session in later
        for interval, found in zip(intervals, session.latencies, strict=True)
    ]


def judged(name: str, sessions: Sequence[Seen], card: DeviceCard, models: Sequence[Path]) -> dict[str, object]:
    """Shares inside, of one space; the last of `models` is the speed probe, the first the reference."""
    plain, known = [], []
    with tempfile.TemporaryDirectory() as folder:
        record = SpeedRecord(card, Path(folder))
        for i, session in enumerate(sessions):
            speeds = {models[0]: session.scale.seen_ms, models[-1]: session.latencies[-1].latency_ms}
            record.keep(speeds, session.busy, session.when)
            baseline_ms = record.baseline_ms(models[0]) or session.scale.seen_ms
            stated = find_latencies(session.timings, replace(session.scale, reference_ms=baseline_ms))
            level = record.level([models[0], models[-1]], baseline_ms)
            plain += share(session.latencies, sessions[i + 1 :])
            if level.next_session is not None:
                known += share([in_next_session(other_session(x), level) for x in stated], sessions[i + 1 :])
    quotients = np.log([[x.latency_ms / s.scale.seen_ms for x in s.latencies] for s in sessions])
    hours = (sessions[-1].when - sessions[0].when).total_seconds() / 3600
    return {
        "sessions": len(sessions),
        "hours": round(hours, 2),
        "inside": round(float(np.mean(known)), 3) if known else None,
        "of_one_session": round(float(np.mean(plain)), 3) if plain else None,
        "speeds": [round(s.scale.seen_ms / sessions[0].scale.seen_ms, 3) for s in sessions],
        "scatter": round(float(np.median(quotients.std(axis=0, ddof=1))), 4),
        "others_busy": [round(s.busy, 2) for s in sessions],
        "level": level.words(),
        "space": name,
    }


def evaluate(folder: Path) -> None:
    """What the stored sessions of this machine say; a session of another one is another story."""
    content = [json.loads(path.read_bytes()) for path in stored(folder)]
    latest = content[-1]
    same = [path for path, one in zip(stored(folder), content, strict=True) if one["card"] == latest["card"]]
    card = DeviceCard(**latest["device"])
    found = []
    for name, space in spaces().items():
        models, reference = files(name, space, folder)
        found.append(judged(name, [seen(path, name) for path in same], card, [reference, models[-1]]))
    save("levels", __doc__ or "", {"spaces": found})


def main() -> None:
    """Sessions that are missing, then what they say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sessions", type=int, default=6)
    parser.add_argument("--apart-minutes", type=float, default=30)
    parser.add_argument("--only-evaluate", action="store_true")
    options = parser.parse_args()
    while not options.only_evaluate and len(stored(options.folder)) < options.sessions:
        if found := stored(options.folder):
            began = datetime.fromisoformat(json.loads(found[-1].read_bytes())["began"])
            past = (datetime.now(UTC) - began).total_seconds()
            time.sleep(max(0.0, options.apart_minutes * 60 - past))
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as anew:  # which keeps no model loaded
            print(anew.submit(one_session, options.folder).result(), flush=True)
    evaluate(options.folder)


if __name__ == "__main__":
    main()
