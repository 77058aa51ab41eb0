"""Any device of another machine, through the system's `ssh`: ``ssh://[user@]host[:port][/device][,option=value,...]``.

The user's ssh configuration, keys and known hosts apply, so what works as ``ssh host`` works here, aliases and jump
hosts too; nothing is ever asked for, since nobody may be there to answer.

=============== ====================== =====================================================================
option          default                meaning
=============== ====================== =====================================================================
python          python3                the command that starts Python there, such as /opt/venv/bin/python
timeout         300                    seconds without an answer after which the machine counts as hung
*others*                               options of the device there, which is ``cpu`` unless named
=============== ====================== =====================================================================
"""

import re
from collections.abc import Sequence

from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError, quoted
from hwnas.devices import _pack
from hwnas.devices._line import LineLostError
from hwnas.devices._remote import RemoteDevice, Transport, Trouble, silence_seconds
from hwnas.devices._remote_options import own_options
from hwnas.devices._strings import DeviceString

CONNECT_SECONDS = 10
ALIVE_SECONDS = 5  # between two signs of life that ssh asks the other end for; three in a row may be missing
ADDRESS = re.compile(
    r"//((?P<user>[\w.+][\w.+-]*)@)?(?P<host>[\w.][\w.-]*|\[[\w:.%]+\])(:(?P<port>\d{1,5}))?(/(?P<inner>.*))?", re.ASCII
)
_FINAL = {  # what OpenSSH says of trouble that stays, and what it means
    "REMOTE HOST IDENTIFICATION HAS CHANGED": (
        "shows another host key than the one you know it by: if the machine was not set up anew, somebody may be in "
        "between; if it was, forget the old key with ssh-keygen -R HOST"
    ),
    "Host key verification failed": ("is not a host you know yet: connect once by hand with ssh HOST to check its key"),
    "Permission denied": (
        "does not let this user in: expected a key that needs no typing; check that ssh -o BatchMode=yes HOST works, "
        "with ssh-copy-id or ssh-add"
    ),
}
_PASSING = {  # and of trouble that may pass
    "Could not resolve hostname": "has a name whose address is not known; check the name",
    "Connection refused": "cannot be reached, nothing listens there; check the port and the ssh server",
    "onnection timed out": "cannot be reached in time; check that it is switched on and connected",
    "not responding": "does not respond any more; check that it is switched on and connected",
    "No route to host": "cannot be reached; check that it is switched on and connected",
    "etwork is unreachable": "cannot be reached; check the network",
}
SSH_FAILED = 255  # what ssh ends with when it fails itself; else it ends as the far end did, and the words are of that
NOT_RUNNABLE, NOT_FOUND = 126, 127  # what a shell ends with when a command is no program, or not there


def ssh(asked: DeviceString) -> Device:
    """The device of a device string ``ssh://[user@]host[:port][/device][,python=,timeout=, and its options]``.

    Connects when it is first used.

    Raises:
        InputError: the address is out of shape.
    """
    match = ADDRESS.fullmatch(asked.address)
    if match is None:
        raise InputError(
            f"An ssh device is ssh://user@host:port,option=value, got the address {quoted(asked.address)}; write "
            "for example ssh://pi@raspberrypi,threads=4."
        )
    own = own_options(asked, {"python": "python3", "timeout": "300"})
    transport = _Ssh(match["user"], match["host"], match["port"], own.values["python"])
    return RemoteDevice(transport, own.inner(match["inner"]), own.renamer(transport.name), own.positive("timeout"))


class _Ssh(Transport):
    def __init__(self, user: str | None, host: str, port: str | None, python: str) -> None:
        self.name = f"ssh://{f'{user}@' if user else ''}{host}{f':{port}' if port else ''}"
        self._host = host.strip("[]")
        self._words = [*(["-l", user] if user else []), *(["-p", port] if port else [])]
        self._python = python

    def command(self) -> Sequence[str]:
        settings = {
            "BatchMode": "yes",
            "ConnectTimeout": CONNECT_SECONDS,
            "ServerAliveInterval": ALIVE_SECONDS,
            "ServerAliveCountMax": 3,
        }
        options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
        return ["ssh", "-T", *options, *self._words, "--", self._host, f'{self._python} -c "{_pack.ONE_LINER}"']

    def opening(self) -> bytes:
        return _pack.opening(silence_seconds())

    def explain(self, lost: LineLostError) -> Trouble:
        for meanings, passing in ((_FINAL, False), (_PASSING, True)):
            for words, meaning in meanings.items():
                if lost.code == SSH_FAILED and words in lost.errors:
                    return Trouble(f"{meaning.replace('HOST', self._host)}.", passing=passing)
        said = lost.errors.splitlines()[-1][:200] if lost.errors else "it said nothing"
        if lost.code in {NOT_RUNNABLE, NOT_FOUND}:
            lacks = "has no" if lost.code == NOT_FOUND else "cannot run a"
            text = f"{lacks} Python called {self._python!r}: {said}; install it there, or name it with python=PROGRAM."
            return Trouble(text, passing=False)
        text = f"ended the connection with exit code {lost.code}: {said}; try ssh {self._host} by hand."
        return Trouble(text, passing=True)
