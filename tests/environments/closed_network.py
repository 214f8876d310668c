"""Runs a command where no network is but loopback: `unshare -rn python -m tests.environments.closed_network WORDS`."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

from tests.conftest import lacking

_SET_FLAGS = 0x8914  # SIOCSIFFLAGS of linux/sockios.h
_UP = 0x1


def closed(*command: str) -> list[str]:
    """The command line; the test is skipped where namespaces are not allowed."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        lacking("network namespaces (`unshare -rn`)")
    return ["unshare", "-rn", sys.executable, "-m", "tests.environments.closed_network", *command]


if __name__ == "__main__":
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", _UP))
    os.execvp(sys.argv[1], sys.argv[1:])
