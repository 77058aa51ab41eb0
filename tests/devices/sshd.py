"""A real ssh server of this machine's own user, with host keys, configuration and settings of its own.

What a test's `ssh` reads is only its own configuration too: a program of that name, put first on the path, hands the
system's one that configuration, so nothing of the user's is read or changed.
"""

import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from getpass import getuser
from pathlib import Path

from hwnas.devices._pack import ONE_LINER

SSHD = shutil.which("sshd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))
SSH = shutil.which("ssh")
LACKING = None if SSHD and SSH else "needs sshd and ssh (apt-get install openssh-server openssh-client)"

_SERVER = """\
ListenAddress {host}:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv "XDG_CACHE_HOME={folder}/cache" "TMPDIR={folder}/there" "OMP_NUM_THREADS=1"
"""
_CLIENT = """\
Host alias
    HostName {host}
    Port {port}
Host *
    IdentityFile {folder}/user_key
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {folder}/known_hosts
    GlobalKnownHostsFile /dev/null
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Sshd:
    """A server in `folder`; `before` are the words that start a program where it shall run.

    Args:
        folder: empty, short, and the server's alone.
        host: address it listens at.
        before: such as ``ip netns exec NAME``.
    """

    folder: Path
    host: str = "127.0.0.1"
    before: Sequence[str] = ()
    port: int = field(default_factory=_free_port)
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        (self.folder / "there").mkdir(parents=True)
        self.new_key("host_key")
        self.new_key("user_key")
        (self.folder / "authorized_keys").write_text((self.folder / "user_key.pub").read_text())
        self.trust_host_key()
        names = {"host": self.host, "port": self.port, "folder": self.folder}
        (self.folder / "sshd_config").write_text(_SERVER.format(**names))
        (self.folder / "ssh_config").write_text(_CLIENT.format(**names))
        self.program("ssh", f'exec {SSH} -F {self.folder}/ssh_config "$@"')

    @property
    def address(self) -> str:
        """Device string without options."""
        return f"ssh://{getuser()}@{self.host}:{self.port}"

    @property
    def device(self) -> str:
        """Device string with the Python of the tests, whatever the user's shell finds first."""
        return f"{self.address},python={shlex.quote(sys.executable)}"

    @property
    def programs(self) -> Path:
        """Folder to put first on the path."""
        return self.folder / "bin"

    @property
    def models(self) -> list[Path]:
        """What is kept at the far end."""
        return sorted((self.folder / "cache" / "hwnas" / "models").glob("*"))

    def program(self, name: str, script: str) -> Path:
        """A program made of a line of shell."""
        path = self.programs / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def new_key(self, name: str) -> None:
        """Make a key, or another one instead."""
        for path in self.folder.glob(f"{name}*"):
            path.unlink()
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)

    def trust_host_key(self) -> None:
        """Make the present host key the known one."""
        key = (self.folder / "host_key.pub").read_text()
        (self.folder / "known_hosts").write_text(f"[{self.host}]:{self.port} {key}")

    def start(self) -> "Sshd":
        """Listen."""
        assert SSHD
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it, and a container may lack it
        words = [*self.before, SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")]
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=log)
        for _ in range(100):
            if b"Server listening" in (self.folder / "log").read_bytes():
                return self
            assert self._process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.05)
        raise AssertionError("sshd does not listen")

    def stop(self) -> None:
        """Listen no more; connections that stand stay."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            (self.folder / "log").unlink()

    def far_ends(self) -> list[int]:
        """Process ids of the runners at the far end."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes()
                started = (entry / "environ").read_bytes()
            except OSError:
                continue
            if ONE_LINER.encode() in words and f"XDG_CACHE_HOME={self.folder}/".encode() in started:
                found.append(int(entry.name))
        return found
