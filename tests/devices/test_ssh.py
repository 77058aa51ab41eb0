"""Against a real sshd: what works, and every way it can go wrong."""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.device import Device, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.devices import _line, _pack, _remote, open_device, ssh
from hwnas.devices._facts import Examiner, Opener
from hwnas.devices._session import Sessions
from hwnas.testing._models import write_chain
from tests.devices import sshd as servers
from tests.devices.models import write_endless
from tests.devices.remotes import put_first
from tests.devices.remotes import shared_sshd as shared_sshd  # noqa: PLC0414  fixtures
from tests.devices.remotes import ssh_there as ssh_there  # noqa: PLC0414
from tests.devices.remotes import sshd as sshd  # noqa: PLC0414
from tests.devices.sshd import Sshd

BRIEF = TimingPlan(rounds=1, min_runs=1, min_seconds=0.0, warmup_runs=1)
LONG = TimingPlan(rounds=3, min_runs=1, min_seconds=0.05, warmup_runs=1)
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def models(tmp_path: Path) -> list[Path]:
    return [write_chain(tmp_path / f"{i}.onnx", i) for i in (1, 2, 3)]


def refusal(device: str | Device, models: list[Path], plan: TimingPlan = BRIEF) -> str:
    """The one sentence that measuring ends in."""
    opened = open_device(device) if isinstance(device, str) else device
    with pytest.raises(DeviceError) as caught:
        list(opened.measure(models, models[0], plan))
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("ssh://")
    assert text.endswith(".")
    assert caught.value.exit_code == 3
    return text


def seen_once(timings: list[Timing], models: list[Path], plan: TimingPlan) -> bool:
    expected = [(r, m) for r in range(plan.rounds) for m in range(len(models))]
    return sorted((t.round, t.model) for t in timings) == expected


def wait_until(reached: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not reached() and time.monotonic() < end:
        time.sleep(0.05)
    return reached()


@pytest.mark.parametrize(
    "text",
    ["ssh", "ssh:host", "ssh:threads=2", "ssh://", "ssh://user@", "ssh://-G", "ssh://-l@host", "ssh://host:22x"],
)
def test_an_address_out_of_shape_is_refused_before_anything_is_started(text: str) -> None:
    with pytest.raises(InputError, match="ssh://user@host"):
        open_device(text)


@pytest.mark.parametrize("value", ["soon", "0", "-1", "inf", "nan"])
def test_a_timeout_is_a_positive_number(value: str) -> None:
    with pytest.raises(InputError, match="number above 0"):
        open_device(f"ssh://host,timeout={value}")


def test_names_of_the_users_ssh_configuration_are_understood(ssh_there: str) -> None:
    python = ssh_there.partition(",")[2]
    card = open_device(f"ssh://alias/cpu,{python},optimization=none").card()
    assert card.device == f"ssh://alias,{python},threads=1,optimization=none"
    assert card.settings["optimization"] == "none"


def test_more_threads_than_the_machine_there_has_are_bad_input(ssh_there: str) -> None:
    with pytest.raises(InputError, match=r"^ssh://.*'threads'.*takes 1"):
        open_device(f"{ssh_there},threads=5000").card()


def test_a_model_travels_once_whatever_it_is_called(
    ssh_there: str, shared_sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(
        _remote.Line,
        "send",
        lambda self, message, payload=b"", plain=_remote.Line.send: (
            sent.append(message["name"]) if payload else None,
            plain(self, message, payload),
        ),
    )
    first = write_chain(tmp_path / "first.onnx", 7)
    second = Path(tmp_path / "second.onnx")
    second.write_bytes(first.read_bytes())
    for _ in range(2):
        device = open_device(ssh_there)
        assert len(list(device.measure([first], first, BRIEF))) == 1
        assert len(list(device.measure([second], first, BRIEF))) == 1
    assert len(sent) == 1
    assert [path.stem for path in shared_sshd.models if path.stem in sent] == sent


def test_a_user_who_is_not_let_in_hears_so(sshd: Sshd, models: list[Path]) -> None:
    stranger = sshd.device.replace(sshd.device.partition("@")[0], "ssh://nobody-of-that-name")
    assert "does not let this user in" in refusal(stranger, models)


def test_a_key_that_is_not_accepted_is_not_let_in(sshd: Sshd, models: list[Path]) -> None:
    sshd.new_key("user_key")
    assert "does not let this user in" in refusal(sshd.device, models)


def test_a_host_seen_for_the_first_time_is_not_trusted(sshd: Sshd, models: list[Path]) -> None:
    (sshd.folder / "known_hosts").write_text("")
    assert "is not a host you know yet" in refusal(sshd.device, models)


def test_a_host_key_that_changes_in_the_middle_ends_the_measurement(sshd: Sshd, models: list[Path]) -> None:
    device = open_device(sshd.device)
    timings = device.measure(models, models[0], LONG)
    next(timings)
    sshd.stop()
    sshd.new_key("host_key")
    sshd.start()
    for process in sshd.far_ends():
        os.kill(process, signal.SIGKILL)
    with pytest.raises(DeviceError, match=r"^ssh://.*shows another host key than the one you know it by"):
        list(timings)
    assert "another host key" in refusal(sshd.device, models)


def test_a_machine_where_nothing_listens_is_given_up_at_once(sshd: Sshd, models: list[Path]) -> None:
    sshd.stop()
    assert "nothing listens there" in refusal(sshd.device, models)


def test_a_machine_without_python_is_told_from_one_that_is_away(sshd: Sshd, models: list[Path]) -> None:
    assert "has no Python called '/nowhere/python'" in refusal(f"{sshd.address},python=/nowhere/python", models)


def test_what_the_far_end_says_is_not_taken_for_words_of_ssh(sshd: Sshd, models: list[Path]) -> None:
    python = sshd.program("locked", "exit 0")
    python.chmod(0o644)
    text = refusal(f"{sshd.address},python={python}", models)
    assert f"cannot run a Python called '{python}'" in text
    assert "Permission denied" in text
    python = sshd.program("failing", "echo Connection refused >&2; exit 3")
    assert "exit code 3: Connection refused" in refusal(f"{sshd.address},python={python}", models)


def test_patience_is_no_part_of_what_a_machine_is(ssh_there: str) -> None:
    assert open_device(f"{ssh_there},timeout=900").card() == open_device(ssh_there).card()


def test_a_python_that_is_too_old_is_named(sshd: Sshd, models: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pack, "OLDEST_PYTHON", (99, 1))
    assert f"Python 99.1 or newer is needed there, got {sys.version.split()[0]}" in refusal(sshd.device, models)


@pytest.mark.parametrize("lacking", ["numpy", "onnxruntime"])
def test_what_is_missing_there_is_named(sshd: Sshd, models: list[Path], lacking: str) -> None:
    (sshd.folder / "there" / f"{lacking}.py").write_text("raise ImportError('libfoo.so')")
    python = sshd.program("poor", f'PYTHONPATH={sshd.folder}/there exec {shlex.quote(sys.executable)} "$@"')
    text = refusal(f"{sshd.address},python={python}", models)
    assert f"{lacking} is needed there, got: libfoo.so" in text
    assert f"-m pip install {lacking}" in text


def test_a_cache_that_cannot_be_written_is_device_trouble(sshd: Sshd, models: list[Path]) -> None:
    (sshd.folder / "cache").write_text("in the way")
    assert "Cannot keep files in" in refusal(sshd.device, models)


def test_a_machine_without_the_program_ssh_is_told_to_install_it(
    models: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeviceError, match="'ssh' is needed"):
        list(open_device("ssh://host").measure(models, models[0], BRIEF))


def test_a_greeting_of_the_machine_does_no_harm(sshd: Sshd, models: list[Path]) -> None:
    python = sshd.program("chatty", f'echo welcome; echo "[1]"; echo; exec {shlex.quote(sys.executable)} "$@"')
    device = open_device(f"{sshd.address},python={python}")
    assert len(list(device.measure(models, models[0], BRIEF))) == 3


def test_a_far_end_that_is_killed_is_started_again_and_repeats_nothing(sshd: Sshd, models: list[Path]) -> None:
    device = open_device(sshd.device)
    timings = []
    for timing in device.measure(models, models[0], LONG):
        timings.append(timing)
        if len(timings) == 4:
            (process,) = sshd.far_ends()
            os.kill(process, signal.SIGKILL)
    assert seen_once(timings, models, LONG)


def test_further_figures_of_models_come_over_the_line_too(ssh_there: str, models: list[Path]) -> None:
    device = open_device(ssh_there)
    assert isinstance(device, Examiner)
    facts = list(device.examine(models))
    assert [found.file_bytes for found in facts] == [path.stat().st_size for path in models]
    told = [found.extra for found in facts]
    assert all(each["load_ms"] > 0 and each["p99_ms"] >= each["p95_ms"] >= 1 for each in told)


def test_what_a_run_consists_of_comes_over_the_line_too(ssh_there: str, models: list[Path]) -> None:
    device = open_device(ssh_there)
    assert isinstance(device, Opener)
    operations = device.operations(models[2])
    here = Sessions().operations(str(models[2]))
    assert [{**o, "time_ms": 0.0} for o in operations] == [{**o, "time_ms": 0.0} for o in here]
    assert all(operation["time_ms"] > 0 for operation in operations)
    with pytest.raises(DeviceError, match=r"^ssh://.* refuses a model: .*none\.onnx"):
        none = models[0].with_name("none.onnx")
        none.write_text("no model")
        device.operations(none)


def test_a_model_that_kills_its_process_every_time_is_given_up(sshd: Sshd, models: list[Path]) -> None:
    (sshd.folder / "there" / "sitecustomize.py").write_text(
        "import os, onnxruntime\nonnxruntime.InferenceSession = lambda *_, **__: os.abort()\n"
    )
    python = sshd.program("weak", f'PYTHONPATH={sshd.folder}/there exec {shlex.quote(sys.executable)} "$@"')
    assert "was lost 3 times in a row" in refusal(f"{sshd.address},python={python}", models[:1])


def test_a_model_that_never_returns_times_out_and_leaves_nothing_running(sshd: Sshd, tmp_path: Path) -> None:
    endless = write_endless(tmp_path / "endless.onnx")
    assert "gave no answer for 2 s while timing endless.onnx" in refusal(f"{sshd.device},timeout=2", [endless])
    assert wait_until(lambda: sshd.far_ends() == [])


def test_a_far_end_that_nobody_listens_to_ends_itself(
    sshd: Sshd, models: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_line, "BEAT_SECONDS", 0.3)
    monkeypatch.setattr(_line, "SILENCE_SECONDS", 2.0)
    timings = open_device(sshd.device).measure(models, models[0], LONG)
    first = next(timings)
    assert len(sshd.far_ends()) == 1
    assert wait_until(lambda: sshd.far_ends() == [])
    assert seen_once([first, *timings], models, LONG)


@pytest.mark.skipif(not ROOT, reason="needs root, to mount a small disk")
def test_a_full_disk_there_is_device_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if servers.LACKING:
        pytest.skip(servers.LACKING)
    small = f'mount -t tmpfs -o size=600k none {tmp_path}/s/cache && exec "$@"'
    server = Sshd(tmp_path / "s", before=("unshare", "-m", "sh", "-c", small, "sh"))
    (server.folder / "cache").mkdir()
    if subprocess.run([*server.before, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    put_first(server.programs, monkeypatch)
    large = tmp_path / "large.onnx"
    large.write_bytes(np.random.default_rng(0).bytes(2**20))
    server.start()
    try:
        assert "No space left on device" in refusal(server.device, [large])
    finally:
        server.stop()


class Cable:
    """A network namespace at the other end of a pair of virtual network cards."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.here, self.there = "10.213.77.1", "10.213.77.2"
        try:
            self._ip("netns", "add", name)
            self._ip("link", "add", f"{name}h", "type", "veth", "peer", "name", f"{name}t", "netns", name)
            self._ip("addr", "add", f"{self.here}/30", "dev", f"{name}h")
            self._ip("-n", name, "addr", "add", f"{self.there}/30", "dev", f"{name}t")
            self._ip("-n", name, "link", "set", f"{name}t", "up")
            self.plug()
        except (OSError, subprocess.CalledProcessError) as error:
            self.remove()
            pytest.skip(f"needs the right to make network namespaces: {error}")

    def plug(self) -> None:
        self._ip("link", "set", f"{self.name}h", "up")

    def cut(self) -> None:
        self._ip("link", "set", f"{self.name}h", "down")

    def remove(self) -> None:
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)

    def _ip(self, *words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def cable() -> Iterator[Cable]:
    if servers.LACKING:
        pytest.skip(servers.LACKING)
    made = Cable(f"hw{os.getpid() % 100000}")
    yield made
    made.remove()


def test_a_link_that_is_cut_in_the_middle_is_waited_for_and_nothing_is_repeated(
    cable: Cable, models: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "ALIVE_SECONDS", 1)
    monkeypatch.setattr(_line, "BEAT_SECONDS", 0.5)
    monkeypatch.setattr(_line, "SILENCE_SECONDS", 3.0)
    server = Sshd(tmp_path / "s", host=cable.there, before=("ip", "netns", "exec", cable.name))
    put_first(server.programs, monkeypatch)
    server.start()
    plugged = threading.Timer(5.0, cable.plug)
    try:
        timings = []
        for timing in open_device(server.device).measure(models, models[0], LONG):
            timings.append(timing)
            if len(timings) == 4:
                cable.cut()
                plugged.start()
        assert seen_once(timings, models, LONG)
        assert plugged.finished.is_set()
    finally:
        plugged.cancel()
        server.stop()


@pytest.mark.parametrize(
    ("said", "passing", "words"),
    [
        ("ssh: connect to host pi port 22: Connection refused", True, "nothing listens there"),
        ("Host key verification failed.", False, "connect once by hand with ssh pi"),
    ],
)
def test_trouble_that_may_pass_is_told_from_trouble_that_stays(said: str, *, passing: bool, words: str) -> None:
    trouble = ssh._Ssh(None, "pi", None, "python3").explain(_line.LineLostError(ssh.SSH_FAILED, said))
    assert trouble.passing is passing
    assert words in trouble.text
