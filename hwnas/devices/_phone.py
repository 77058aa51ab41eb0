"""An Android phone, through the system's `adb`: one command at a time, and what its failures mean."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from hwnas.contracts.errors import DeviceError
from hwnas.devices._remote import Trouble

HOME = "/data/local/tmp"  # where the user `shell` may write and run programs
QUICK_SECONDS = 30.0
BACK_SECONDS = 120.0  # a phone that was unplugged may take so long to come back
MAX_TRIES = 3
_FINAL = {
    "unauthorized": "does not trust this computer: unlock the phone and allow USB debugging",
    "more than one device": "is one of several devices: name its serial, see adb devices",
    "no permissions": "may not be used by this user: see the udev rules of your system for adb",
    "not found": "is not connected: check the cable and the serial, see adb devices",
    "no devices/emulators found": "is not connected: check the cable and the serial, see adb devices",
}
_PASSING = {
    "offline": "is offline: unlock it, or plug it in again",
    "closed": "closed the connection: plug it in again",
}


class Phone:
    """The phone with this serial."""

    def __init__(self, serial: str) -> None:
        self.serial = serial
        self.name = f"adb://{serial}"

    def words(self, *words: str) -> list[str]:
        """A command of `adb` for this phone."""
        return ["adb", "-s", self.serial, *words]

    def shell(self, script: str, seconds: float = QUICK_SECONDS) -> subprocess.CompletedProcess[str]:
        """Run a script on the phone, whatever it ends with.

        Raises:
            DeviceError: the phone cannot be reached, or the script takes longer than `seconds`.
        """
        return self._run(self.words("shell", "-T", script), seconds)

    def ask(self, script: str) -> str:
        """What a script prints that does not fail of itself.

        Raises:
            DeviceError: as `shell`, or the script failed all the same.
        """
        done = self.shell(script)
        if done.returncode != 0:
            raise DeviceError(f"{self.name} does not do what it is asked: {last_line(done)}; try `adb shell` by hand.")
        return done.stdout

    def push(self, path: Path, there: str) -> None:
        """Copy a file to the phone, so that it is there whole or not at all.

        Raises:
            DeviceError: it cannot be copied.
        """
        seconds = QUICK_SECONDS + path.stat().st_size / 1e5  # no cable is so slow
        pushed = self._run(self.words("push", str(path), f"{there}.part"), seconds)
        moved = self.shell(f"mv {there}.part {there}") if pushed.returncode == 0 else pushed
        if moved.returncode != 0:
            raise DeviceError(f"{self.name} does not take {path.name}: {last_line(moved)}; free space in {HOME}.")

    def explain(self, said: str) -> Trouble | None:
        """What `adb` says of the phone itself; None when it says nothing."""
        adb = "\n".join(line for line in said.splitlines() if line.startswith(("error:", "adb:")))
        for meanings, passing in ((_FINAL, False), (_PASSING, True)):
            for words, meaning in meanings.items():
                if words in adb:
                    return Trouble(f"{meaning}.", passing=passing)
        return None

    def _run(self, words: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
        tries = 0
        while True:
            done = self._once(words, seconds)
            trouble = self.explain(done.stderr) if done.returncode != 0 else None
            if trouble is None:
                return done
            tries += 1
            if not trouble.passing or tries == MAX_TRIES:
                raise DeviceError(f"{self.name} {trouble.text}")
            self._once(self.words("wait-for-device"), BACK_SECONDS)

    def _once(self, words: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise DeviceError(
                f"{self.name} gave no answer for {seconds:g} s: it hangs, or was unplugged; look at it, leave the "
                "model out, or allow more with timeout=SECONDS."
            ) from None
        except OSError as error:
            raise DeviceError(
                f"The program 'adb' is needed to reach the phone: {error.strerror}; install it."
            ) from error


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """The last thing a program said."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1][:200] if lines else f"exit code {done.returncode}"
