"""The process that has run init(), and forks a worker whenever the server asks for one. Linux only.

It is asked on a socket of its own (SOCK_SEQPACKET). A packet of the server is one request, FORK, and brings three
descriptors: the worker's connection, its stdout and its stderr. The packets of the parent are JSON: `{"forked": PID}`
or `{"failed": WHY}` for each request, and `{"exited": PID, "status": N}` (N as in `subprocess`: a signal is negative)
at the end of each worker. The workers outlive the parent, but not the server: they hold a pipe open that only the
server can end.
"""

import array
import fcntl
import gc
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress

from . import parent_safety

FORK = b"fork"
DESCRIPTORS = 4
OURS_TO_IGNORE = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # the server says when the parent ends


class Parent:
    """Made before the script is loaded; `lifeline` is the end to read of the pipe that ends with the server."""

    def __init__(self, requests: int, lifeline: int) -> None:
        for fd in (requests, lifeline):
            os.set_inheritable(fd, False)
        self._requests = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=requests)
        self._lifeline = lifeline
        self._before = parent_safety.open_files()

    def refusal(self):
        """After init(): why this process may not be forked, or None; where it may not, nobody asks it to."""
        reason = parent_safety.refusal(self._before)
        if reason is not None:
            self._requests.close()
            os.close(self._lifeline)
        return reason

    def fork_workers(self, connection: socket.socket):
        """Returns in each worker, with its own connection to the server and its lane's descriptor; in the parent never.

        The parent runs none of the user's code any more, and leaves when the server closes `connection` or `requests`.
        """
        if hasattr(gc, "freeze"):  # from 3.7: the collector leaves what is shared alone
            gc.freeze()
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._woken, False)
        handlers = self._take_signals()
        poll = select.poll()
        for source in (connection, self._requests, self._wake):
            poll.register(source, select.POLLIN)
        while True:
            ready = [fd for fd, _ in poll.poll()]
            if connection.fileno() in ready:
                sys.exit(0)
            if self._wake in ready:
                os.read(self._wake, 4096)
                self._reap()
            if self._requests.fileno() in ready:
                own = self._fork()
                if own is not None:
                    connection.close()
                    self._become_worker(handlers)
                    return own

    def _take_signals(self):
        """Hear of the end of a worker; whoever ends the parent is the server. Gives the script's own handlers."""
        before = {number: signal.getsignal(number) for number in OURS_TO_IGNORE + (signal.SIGCHLD,)}
        for number in OURS_TO_IGNORE:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._woken)
        return before

    def _fork(self):
        """The worker's connection and lane in the worker, None in the parent."""
        descriptors = self._receive()
        flush()
        try:
            if len(descriptors) != DESCRIPTORS:
                raise OSError(0, "the descriptors of the worker did not arrive: too many files are open")
            pid = os.fork()
        except OSError as wrong:
            self._say({"failed": wrong.strerror})
        else:
            if not pid:
                return streams_of(descriptors)
            with suppress(OSError):  # it has ended already
                os.setpgid(pid, pid)  # both do it: whichever comes first, a signal to the group never misses
            self._say({"forked": pid})
        for fd in descriptors:
            os.close(fd)
        return None

    def _receive(self):
        size = socket.CMSG_SPACE(DESCRIPTORS * array.array("i").itemsize)
        request, ancillary, _, _ = self._requests.recvmsg(len(FORK), size, socket.MSG_CMSG_CLOEXEC)
        if request != FORK:
            sys.exit(0)  # the server has closed it
        found = array.array("i")
        for level, kind, payload in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                found.frombytes(payload[: len(payload) - len(payload) % found.itemsize])
        return list(found)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._say({"exited": pid, "status": returncode(status)})

    def _say(self, what) -> None:
        try:
            self._requests.send(json.dumps(what).encode("ascii"))
        except OSError:
            sys.exit(0)  # the server is gone

    def _become_worker(self, handlers) -> None:
        """In the fork, which is still the image of the parent."""
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number, handler in handlers.items():
            if handler is not None:  # None: not set from Python, nor by us
                signal.signal(number, handler)
        self._requests.close()
        os.close(self._wake)
        os.close(self._woken)
        die_with_server(self._lifeline)
        parent_safety.own_what_is_shared(self._before)


def streams_of(descriptors):
    """Take the descriptors as connection, stdout, stderr and lane."""
    connection, out, err, lane = descriptors
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=connection), lane


def flush() -> None:
    """What waits in a buffer would be written once by each fork."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # the script has closed or replaced it
            stream.flush()
    try:
        import ctypes

        ctypes.CDLL(None).fflush(None)
    except (ImportError, OSError, AttributeError):
        pass  # a Python without ctypes: C code buffers for itself


def die_with_server(lifeline: int) -> None:
    """SIGKILL at the moment when the server's end of the pipe closes, whatever run() is doing.

    A description of its own: the owner who is signalled is kept there, and not with the descriptor.
    """
    own = os.open("/proc/self/fd/%d" % lifeline, os.O_RDONLY | os.O_CLOEXEC)
    os.close(lifeline)
    fcntl.fcntl(own, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(own, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(own, fcntl.F_SETFL, fcntl.fcntl(own, fcntl.F_GETFL) | os.O_ASYNC)
    poll = select.poll()
    poll.register(own, select.POLLIN)
    if poll.poll(0):  # it ended before the signal was asked for
        os._exit(1)


def returncode(status: int) -> int:
    """As in `subprocess`, out of what waitpid() gives."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
