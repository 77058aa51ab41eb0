"""A story with the traits of a real one: noise, an outlier, an unvalidated point, budgets."""

from dataclasses import replace

import numpy as np

from hwnas.contracts.device import DeviceCard
from hwnas.contracts.predictor import HonestyCard
from hwnas.contracts.task import ACCURACY
from hwnas.report.story import (
    Baseline,
    Command,
    Evaluated,
    FrontPoint,
    Guess,
    Guesses,
    HypervolumeCurve,
    LossCurve,
    Story,
)

HOSTILE = "</script><img src=x onerror=alert(1)><!-- <script> & ' \" \u2028 \x1b[31m \x00 \x85 \ufffe \udce9 $title ]]>"
CARD = DeviceCard(
    device="cpu:threads=1",
    processor="An ordinary processor @ 2.60GHz",
    cores=2,
    memory_bytes=8_200_000_000,
    system="Linux 6.1 x86_64",
    runtime="onnxruntime 1.23.2",
    provider="CPUExecutionProvider",
    threads=1,
    settings={"optimisation": "all", "spinning": "off", "governor": "unknown"},
)


def front_point(i: int) -> FrontPoint:
    depth = 2 + i % 3
    latency, accuracy = 0.62 + 0.31 * i**1.15, 0.938 - 0.03 * np.exp(-i / 2.2)
    blocks = {
        f"stage{s}.block{b}.{k}": v
        for s in (1, 2, 3, 4, 5)
        for b in range(1, depth + 1)
        for k, v in (("kernel", 3), ("expansion", 4))
    }
    return FrontPoint(
        key=f"{i:012x}",
        architecture={**{f"stage{s}.depth": depth for s in (1, 2, 3, 4, 5)}, **blocks},
        score=float(accuracy),
        score_low=float(accuracy) - 0.0024,
        score_high=float(accuracy) + 0.0023,
        latency_ms=float(latency),
        latency_low_ms=float(latency) * 0.985,
        latency_high_ms=float(latency) * 1.02,
        predicted_score=float(accuracy) + 0.001,
        predicted_latency_ms=float(latency) * 1.012,
        size_bytes=900_000 + 210_000 * i,
        macs=2_400_000 + 1_300_000 * i,
        params=210_000 + 52_000 * i,
        budget_ms={1: 1.0, 4: 2.2, 6: 3.2}.get(i),
        validated=i != 3,
        export_command=f"hwnas export runs/demo --max-latency {latency:.2f}ms -o model-{i}.onnx",
    )


def honesty(target: str, *, relative: bool) -> HonestyCard:
    return HonestyCard(
        target,
        "gaussian_process",
        100,
        100,
        0.018 if relative else 0.0011,
        0.042 if relative else 0.0031,
        relative,
        0.91,
        0.95,
        0.94,
    )


def story(seed: int = 0) -> Story:
    rng = np.random.default_rng(seed)

    def cloud(n: int, low: float, run: str) -> list[Evaluated]:
        latency = rng.uniform(low, 3.6, n)
        loss = 0.004 * rng.random(n) if run == "search" else 0.004 + 0.009 * rng.random(n)
        accuracy = 0.938 - 0.03 * np.exp(-(latency - 0.62) / 0.8) - loss
        return [Evaluated(float(x), float(y), run) for x, y in zip(latency, accuracy, strict=True)]  # type: ignore[arg-type]

    def guesses(truth: np.ndarray, noise: float) -> tuple[Guess, ...]:
        guess = truth + rng.normal(0, noise, len(truth))
        return tuple(
            Guess(float(t), float(g), float(g - 2 * noise), float(g + 2 * noise))
            for t, g in zip(truth, guess, strict=True)
        )

    counts = np.arange(4, 64, 4)
    return Story(
        title="Sub-networks that keep their latency on this machine",
        created="2025-11-02 09:41",
        space="mobilenetv3",
        task="fashion_mnist",
        figure=ACCURACY,
        architectures=21_035_720_123_168_587_776,
        code_version="0.1.0",
        device=CARD,
        verdict="Stable: the canary models drifted by 0.8 %, and every interval is as narrow as was asked for.",
        front=tuple(front_point(i) for i in (4, 0, 1, 2, 3, 5, 6, 7)),
        evaluated=(*cloud(60, 0.62, "search"), *cloud(60, 1.3, "random"), Evaluated(2.0, 0.41, "random")),
        baselines=(Baseline("smallest", 0.58, 0.903), Baseline("largest", 4.1, 0.9385)),
        guesses=(
            Guesses("latency", "ms", guesses(rng.uniform(0.7, 3.8, 100), 0.05), honesty("latency_ms", relative=True)),
            Guesses(
                "accuracy", "%", guesses(rng.uniform(0.905, 0.937, 100), 0.0012), honesty("accuracy", relative=False)
            ),
        ),
        progress=(
            HypervolumeCurve("search", tuple((int(n), float(0.93 - 0.4 * np.exp(-n / 11))) for n in counts)),
            HypervolumeCurve("random", tuple((int(n), float(0.86 - 0.33 * np.exp(-n / 16))) for n in counts)),
        ),
        training=(
            LossCurve("largest", tuple((int(n), float(0.3 + 2 * np.exp(-n / 9))) for n in counts)),
            LossCurve("random", tuple((int(n), float(0.5 + 2 * np.exp(-n / 12))) for n in counts)),
        ),
        notes=("The largest sub-network reaches 93.85 % in 4.10 ms, the smallest 90.30 % in 0.58 ms.",),
        commands=(
            Command("hwnas export runs/demo --max-latency 2ms -o model.onnx", "Hand out the best model within 2 ms"),
            Command(
                "hwnas check model.onnx --device cpu --max-latency 2ms",
                "Time a model again, for continuous integration",
            ),
        ),
    )


def hostile_story() -> Story:
    plain = story()
    point = replace(plain.front[0], key=HOSTILE, export_command=HOSTILE, architecture={HOSTILE: HOSTILE})
    return replace(
        plain,
        title=HOSTILE,
        space=HOSTILE,
        verdict=HOSTILE,
        code_version=HOSTILE,
        device=replace(CARD, processor=HOSTILE, settings={HOSTILE: HOSTILE}),
        front=(point, *plain.front[1:]),
        baselines=(Baseline(HOSTILE, 1.0, 0.92),),
        guesses=(replace(plain.guesses[0], name=HOSTILE, unit=HOSTILE),),
        notes=(HOSTILE,),
        commands=(Command(HOSTILE, HOSTILE),),
    )
