"""Claim: the runner that remote devices are sent runs on 64-bit Arm, and models answer there as they do on x86-64.

Correctness only: the processor is emulated (QEMU, user mode, a Cortex-A76 such as the Raspberry Pi 5 has), so times
mean nothing and are not kept. Debian's Python for arm64 and ONNX Runtime's wheel for it are fetched into a folder,
without installing anything; then the far end of remote devices is started under the emulated Python, says who it is,
and times the smallest, middle and largest sub-network of the shipped supernet; and their answers to the same images are
compared. ONNX Runtime 1.31.1 crashes this emulator (QEMU 7.2) while it is imported, 1.22.1 does not.

Run:  python benchmarks/arm64_emulation.py --folder /tmp/arm64    (Debian or Ubuntu, with apt-get and pip; 5 minutes)
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from _saving import save

from hwnas.contracts.device import TimingPlan
from hwnas.devices import open_device
from hwnas.export.writer import write_onnx
from hwnas.pipeline.open import load_supernet

CPU = "cortex-a76"
PACKAGES = ("python3-minimal", "libpython3-stdlib", "libstdc++6", "libgomp1")
WHEELS = ("numpy", "onnxruntime==1.22.1", "flatbuffers", "protobuf", "packaging")
PLATFORMS = ("manylinux2014_aarch64", "manylinux_2_27_aarch64", "manylinux_2_28_aarch64")
IMAGES = 64
PLAN = TimingPlan(rounds=2, min_runs=2, min_seconds=0.0, warmup_runs=1)
ANSWER = """
import json, sys, platform, numpy, onnxruntime
images = numpy.load(sys.argv[1])
answers = []
for path in sys.argv[2:]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    answers.append([session.run(None, {name: image[None]})[0][0].tolist() for image in images])
print(json.dumps({"machine": platform.machine(), "python": platform.python_version(), "answers": answers}))
"""


def run(*words: object) -> str:
    """What a command prints."""
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


def fetch(folder: Path) -> Path:
    """A program that is an emulated Python for arm64, with numpy and onnxruntime."""
    program = folder / "python"
    if program.exists():
        return program
    root, site, wheels = folder / "root", folder / "site", folder / "wheels"
    for name in ("state/lists/partial", "cache/archives/partial", "root", "qemu", "site"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    settings = {
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "APT::Install-Recommends": "false",
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
    }
    apt = ["apt-get", *(word for name, value in settings.items() for word in ("-o", f"{name}={value}"))]
    run(*apt, "update")
    run(*apt, "install", "--yes", "--download-only", *PACKAGES)
    subprocess.run(["apt-get", "download", "qemu-user-static"], cwd=folder, check=True, capture_output=True)
    for package in (folder / "cache" / "archives").glob("*.deb"):
        run("dpkg-deb", "-x", package, root)
    run("dpkg-deb", "-x", next(folder.glob("qemu-user-static*.deb")), folder / "qemu")
    platforms = [word for name in PLATFORMS for word in ("--platform", name)]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", *platforms]
    run(*pip, "--python-version", "3.11", "--dest", wheels, *WHEELS)
    for wheel in wheels.glob("*.whl"):
        run(sys.executable, "-m", "zipfile", "-e", wheel, site)
    emulator = folder / "qemu" / "usr" / "bin" / "qemu-aarch64-static"
    words = f"PYTHONPATH={site} PYTHONHOME={root}/usr exec {emulator} -cpu {CPU} -L {root} {root}/usr/bin/python3.11"
    program.write_text(f'#!/bin/sh\n{words} "$@"\n')
    program.chmod(0o755)
    return program


def answers(python: str, images: Path, models: list[Path]) -> tuple[dict[str, str], np.ndarray]:
    """Who answered, and the logits ``(models, images, classes)``."""
    told = json.loads(run(python, "-c", ANSWER, images, *models))
    return {name: told[name] for name in ("machine", "python")}, np.array(told["answers"])


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where to fetch to")
    folder = parser.parse_args().folder.absolute()
    python = str(fetch(folder))
    supernet = load_supernet("fashion_mnist")
    space = supernet.space
    with tempfile.TemporaryDirectory() as name:
        models = [
            write_onnx(supernet.extract(architecture), space.inputs, Path(name) / f"{size}.onnx")
            for size, architecture in (
                ("smallest", space.smallest),
                ("middle", space.middle),
                ("largest", space.largest),
            )
        ]
        images = Path(name) / "images.npy"
        np.save(images, np.random.default_rng(0).normal(size=(IMAGES, *space.inputs[0].shape)).astype(np.float32))
        device = open_device(f"cpu:python={python}")
        card = device.card()
        timed = sorted((t.round, t.model) for t in device.measure(models, models[1], PLAN))
        there, theirs = answers(python, images, models)
        _, ours = answers(sys.executable, images, models)
    difference = np.abs(theirs - ours).max(axis=(1, 2)) / np.abs(ours).max(axis=(1, 2))
    save(
        "arm64_emulation",
        __doc__ or "",
        {
            "emulator": run(folder / "qemu" / "usr" / "bin" / "qemu-aarch64-static", "--version").splitlines()[0],
            "emulated": {"cpu": CPU, **there, "system": card.system.replace(os.uname().release, "(the host's kernel)")},
            "runtime": card.runtime,
            "models": [path.stem for path in models],
            "every_model_timed_once_per_round": timed
            == [(r, m) for r in range(PLAN.rounds) for m in range(len(models))],
            "images": IMAGES,
            "largest_difference_of_logits_relative_to_largest_logit": [float(f"{d:.2g}") for d in difference],
            "same_class": float((theirs.argmax(axis=2) == ours.argmax(axis=2)).mean()),
            "times": "not kept: an emulated processor says nothing about speed",
        },
    )


if __name__ == "__main__":
    main()
