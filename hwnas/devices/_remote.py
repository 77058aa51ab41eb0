"""A device of another machine: asks the far end (`_serve`) to do what a device does, and outlives a lost line.

Every model and round is asked for until it has been answered: when the line is lost, a new one is opened and only what
is missing of the round is asked for again. Trouble that repeats itself without a single timing in between is final.
"""

import hashlib
import time
import weakref
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

from hwnas.contracts.device import Device, DeviceCard, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError, HwnasError, InputError
from hwnas.devices import _line
from hwnas.devices._answers import (
    card_of,
    facts_of,
    figures_told,
    making_sense,
    name_of,
    operation_of,
    shares_of,
    timing_of,
)
from hwnas.devices._facts import Examiner, Facts, Opener, OutputWatcher
from hwnas.devices._line import Line, LineLostError, Message, SilentError
from hwnas.devices._session import Operation
from hwnas.devices._shares import Shares, ShareWatcher
from hwnas.devices._strings import DeviceString, parse

STARTING_SECONDS = 60.0  # a small machine takes long to import its libraries, whatever the timeout for timings
RECONNECT_SECONDS = 120.0  # a lost machine may take so long to come back
LONGEST_PAUSE_SECONDS = 8.0  # between two attempts
EXAMINED_TOGETHER = 10  # so that the first answer does not take long
MAX_FRUITLESS = 3  # lines lost in a row without a timing
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Trouble:
    """Why a line was lost, in a sentence's second half; `passing` when waiting may help."""

    text: str
    passing: bool


class Transport(ABC):
    """How to start the far end of a machine."""

    name: str

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The local program and its arguments whose input and output are those of the far end."""

    @abstractmethod
    def opening(self) -> bytes:
        """First bytes to it."""

    @abstractmethod
    def explain(self, lost: LineLostError) -> Trouble:
        """What happened, from what the program said."""


class _EndedError(Exception):
    """The far end has answered a question with trouble, which is its last answer to it."""

    def __init__(self, trouble: HwnasError) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


class RemoteDevice(Device, ShareWatcher, Examiner, Opener, OutputWatcher):
    """The device `inner` of another machine.

    Args:
        transport: how to reach the machine.
        inner: the device string there.
        rename: makes the canonical string from that of the device there.
        timeout: seconds without an answer after which the machine counts as hung.
    """

    def __init__(self, transport: Transport, inner: str, rename: Callable[[DeviceString], str], timeout: float) -> None:
        self._transport = transport
        self._inner = inner
        self._rename = rename
        self._timeout = timeout
        self._connection: Line | None = None
        self._goodbye: weakref.finalize[[], RemoteDevice] | None = None
        self._was_connected = False
        self._there: set[str] = set()
        self._digests: dict[tuple[str, int, int], str] = {}
        self._fruitless = 0
        self._shares: Shares | None = None

    def __repr__(self) -> str:
        return f"<device {self._transport.name}>"

    def card(self) -> DeviceCard:
        self._fruitless = 0
        answer = self._persist(lambda line: self._ask(line, {"do": "card"}))
        with making_sense(self._transport.name):
            card = card_of(answer["card"])
        return replace(card, device=self._rename(parse(card.device)))

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        for number in range(plan.first_round, plan.first_round + plan.rounds):
            yield from self._round(models, reference, replace(plan, rounds=1, first_round=number))

    def tells(self) -> frozenset[str]:
        self._fruitless = 0
        answer = self._persist(lambda line: self._ask(line, {"do": "tells"}))
        with making_sense(self._transport.name):
            return figures_told(answer)

    def examine(self, models: Sequence[Path]) -> Iterator[Facts]:
        """As `Examiner`; nothing when the device there cannot tell."""
        for start in range(0, len(models), EXAMINED_TOGETHER):
            missing = list(models[start : start + EXAMINED_TOGETHER])
            while missing:
                try:
                    for facts in self._stream("facts", {"do": "examine"}, list(missing), facts_of):
                        missing.pop(0)
                        yield facts
                    break
                except LineLostError as lost:
                    self._give_up_on(lost)

    def operations(self, model: Path) -> list[Operation]:
        self._fruitless = 0
        return self._persist(lambda _: list(self._stream("operation", {"do": "operations"}, [model], operation_of)))

    def not_finite(self, model: Path) -> list[str]:
        self._fruitless = 0
        return self._persist(lambda _: list(self._stream("output", {"do": "not_finite"}, [model], name_of)))

    def _round(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        """One round, however often the line is lost meanwhile."""
        missing = list(range(len(models)))
        while missing:
            asked = list(missing)
            try:
                files = [*(models[index] for index in asked), reference]
                due = list(range(len(asked)))

                def read(answer: Message, due: list[int] = due) -> Timing:
                    timed = timing_of(answer, plan.first_round, due)
                    due.remove(timed.model)
                    return timed

                for timing in self._stream("timing", {"do": "measure", "plan": asdict(plan)}, files, read):
                    own = asked[timing.model]
                    missing.remove(own)
                    yield replace(timing, model=own)
            except LineLostError as lost:
                self._give_up_on(lost)

    def shares(self) -> Shares | None:
        return self._shares

    def hang_up(self) -> None:
        """Close the line; the next call opens a new one."""
        if self._goodbye is not None:
            self._goodbye()
        self._connection = None

    def _stream(
        self, kind: str, question: Message, files: Sequence[Path], read: Callable[[Message], Answer]
    ) -> Iterator[Answer]:
        """Answers of a `kind` to a question about files, as `read` takes them, until there are no more.

        Raises:
            LineLostError: the line was lost meanwhile.
            DeviceError: trouble there, or an answer that makes no sense.
        """
        line = self._line()
        names = {path: self._digest(path) for path in files}
        self._bring(line, names)
        self._tell(line, {**question, "files": [names[path] for path in files]})
        given = {f"{name}.onnx": path for path, name in names.items()}
        finished = False
        try:
            while kind in (answer := self._hear_or_end(line, given)):
                with making_sense(self._transport.name):
                    item = read(answer[kind])
                self._fruitless = 0
                yield item
            with making_sense(self._transport.name):
                self._shares = shares_of(answer["shares"]) if "shares" in answer else self._shares
            finished = True
        except _EndedError as ended:  # the last answer to this question
            finished = True
            raise ended.trouble from None
        finally:
            if not finished:  # left halfway: what still comes belongs to nobody
                self.hang_up()

    def _hear_or_end(self, line: Line, given: Mapping[str, Path]) -> Message:
        try:
            return self._hear(line, given)
        except HwnasError as trouble:
            raise _EndedError(trouble) from None

    def _bring(self, line: Line, names: Mapping[Path, str]) -> None:
        """Send the models that are not there yet."""
        paths = {name: path for path, name in names.items() if name not in self._there}
        if not paths:
            return
        answer = self._ask(line, {"do": "absent", "names": list(paths)})
        with making_sense(self._transport.name):
            absent = {name: paths[name] for name in answer["absent"]}
        for name, path in absent.items():
            self._tell(line, {"do": "keep", "name": name}, zlib.compress(_read(path)))
        try:
            for _ in absent:
                self._hear(line)
        except DeviceError:  # the answers that are still to come belong to nobody
            self.hang_up()
            raise
        self._there |= paths.keys()

    def _digest(self, path: Path) -> str:
        try:
            status = path.stat()
        except OSError as error:
            raise DeviceError(f"{path} cannot be read: {error.strerror}; check the path.") from error
        key = (str(path), status.st_mtime_ns, status.st_size)
        if key not in self._digests:
            self._digests[key] = hashlib.sha256(_read(path)).hexdigest()
        return self._digests[key]

    def _persist(self, question: Callable[[Line], Answer]) -> Answer:
        while True:
            try:
                return question(self._line())
            except LineLostError as lost:
                self._give_up_on(lost)

    def _ask(self, line: Line, message: Message) -> Message:
        self._tell(line, message)
        return self._hear(line)

    def _tell(self, line: Line, message: Message, payload: bytes = b"") -> None:
        line.send({"device": self._inner, **message}, payload)

    def _hear(self, line: Line, given: Mapping[str, Path] | None = None, *, starting: bool = False) -> Message:
        """The next answer; `given` are the local names of the models there."""
        seconds = max(self._timeout, STARTING_SECONDS) if starting else self._timeout
        try:
            answer = line.receive(seconds)
        except SilentError:
            self.hang_up()
            names = sorted({path.name for path in (given or {}).values()})
            models = (
                f" while timing {' or '.join(names) if len(names) <= 3 else f'{len(names)} models'}" if names else ""
            )
            raise DeviceError(
                f"{self._transport.name} gave no answer for {seconds:g} s{models}: it hangs, or times for "
                "somebody else; look what runs there, leave the model out, or allow more with timeout=SECONDS."
            ) from None
        if "error" in answer:
            kind = InputError if answer["error"] == "input" else DeviceError
            raise kind(f"{self._transport.name}: {_local_names(str(answer.get('text')), given or {})}")
        return answer

    def _line(self) -> Line:
        """The open line, or a new one: at once the first time, with patience after it was lost.

        Raises:
            DeviceError: the machine cannot be reached or used.
        """
        end = time.monotonic() + (RECONNECT_SECONDS if self._was_connected else 0.0)
        pause = 0.5
        while self._connection is None:
            try:
                self._connect()
            except LineLostError as lost:
                self.hang_up()
                trouble = self._transport.explain(lost)
                if not trouble.passing or time.monotonic() >= end:
                    raise DeviceError(f"{self._transport.name} {trouble.text}") from None
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        return self._connection

    def _connect(self) -> None:
        self._there.clear()
        self._connection = line = Line(self._transport.command())
        self._goodbye = weakref.finalize(self, line.close)
        line.open(self._transport.opening())
        try:
            end = time.monotonic() + max(self._timeout, STARTING_SECONDS)
            while "hello" not in self._hear(line, starting=True):  # a greeting of the machine may be JSON too
                if time.monotonic() >= end:
                    raise DeviceError(
                        f"{self._transport.name} says much, and nothing that hwnas understands; see what is started "
                        "there."
                    )
        except DeviceError:
            self.hang_up()
            raise
        self._was_connected = True

    def _give_up_on(self, lost: LineLostError) -> None:
        """Do nothing, unless it happened too often without anything in between."""
        self.hang_up()
        self._fruitless += 1
        if self._fruitless >= MAX_FRUITLESS:
            said = f" ({lost.errors.splitlines()[-1][:200]})" if lost.errors else ""
            raise DeviceError(
                f"{self._transport.name} was lost {self._fruitless} times in a row before it had timed anything{said}; "
                "see whether it runs out of memory, or leave the model out."
            ) from None


def silence_seconds() -> float:
    """How long the far end waits for a beat."""
    return _line.SILENCE_SECONDS


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DeviceError(f"{path} cannot be read: {error.strerror}; check the path.") from error


def _local_names(text: str, given: Mapping[str, Path]) -> str:
    """`text` with the models called as they are called here."""
    for name, path in given.items():
        words = [str(path) if name in word else word for word in text.split(" ")]
        text = " ".join(words)
    return text
