"""Whether a process that has run init() may be forked, and what each of its forks must have for itself. Linux only.

A fork has one thread, and shares every open file with its parent: the position in it, and who reads or writes next.
"""

import gc
import os
import random
import stat
import sys
import time
import weakref
from contextlib import suppress

GPU = ("/dev/nvidia", "/dev/dri/", "/dev/kfd")
HARMLESS = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
ENDING = 0.02  # seconds that threads which are ending already have for it


def open_files():
    """What each descriptor of this process stands for, by number: a path, or `socket:[inode]` and the like."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # the listing's own
            found[int(name)] = os.readlink("/proc/self/fd/" + name)
    return found


def opened_since(before):
    """(number, what it is) of the descriptors that were not there `before`, or were something else."""
    return sorted((fd, target) for fd, target in open_files().items() if before.get(fd) != target)


def refusal(before):
    """Why this process may not be forked, or None; `before` is what `open_files` gave before the script was loaded."""
    gc.collect()  # what is only garbage closes now
    opened = opened_since(before)
    reasons = [gpu(opened), threads(), children()]
    reasons += [file_reason(fd, target) for fd, target in opened]
    return next((reason for reason in reasons if reason is not None), None)


def gpu(opened):
    for _, target in opened:
        if target.startswith(GPU):
            return "init() opened the GPU `%s`" % target
    with open("/proc/self/maps", "rb") as maps:
        for line in maps:
            if line.split(None, 5)[-1].decode("utf-8", "replace").startswith(GPU):
                return "init() opened a GPU"
    return None


def threads():
    until = time.monotonic() + ENDING
    while True:
        others = len(os.listdir("/proc/self/task")) - 1
        if not others:
            return None
        if time.monotonic() > until:
            return "init() left %d %s running" % (others, "thread" if others == 1 else "threads")
        time.sleep(0.005)


def children():
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return "init() left a process running"


def file_reason(fd: int, target: str):
    """Why a fork may not share this descriptor, or None; a file that is only read is opened again in each fork."""
    if target in HARMLESS:
        return None
    for prefix, name in (("socket:", "a socket"), ("pipe:", "a pipe"), ("anon_inode:[eventpoll]", "an event loop")):
        if target.startswith(prefix):
            return "init() left %s open" % name
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISDIR(mode):
            return None
        if not stat.S_ISREG(mode):
            return "init() left `%s` open" % target
        if access_mode(fd) != os.O_RDONLY:
            return "init() left `%s` open for writing" % target
        os.close(os.open("/proc/self/fd/%d" % fd, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as wrong:
        return "init() left `%s` open, which does not open again: %s" % (target, wrong.strerror)
    return None


def access_mode(fd: int) -> int:
    with open("/proc/self/fdinfo/%d" % fd) as lines:
        flags = next(line.split()[1] for line in lines if line.startswith("flags:"))
    return int(flags, 8) & os.O_ACCMODE


def own_what_is_shared(before) -> None:
    """In a fork: file positions, random numbers and clean-up of its own."""
    for fd, _ in opened_since(before):
        if stat.S_ISREG(os.fstat(fd).st_mode):
            own_position(fd)
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
    for finalizer in list(getattr(weakref.finalize, "_registry", ())):
        finalizer.detach()  # a temporary folder that init() made is taken away by the parent, after its last fork


def own_position(fd: int) -> None:
    """A description of its own for a file that is only read: a seek moves nobody else's position."""
    again = os.open("/proc/self/fd/%d" % fd, os.O_RDONLY | os.O_CLOEXEC)
    os.lseek(again, os.lseek(fd, 0, os.SEEK_CUR), os.SEEK_SET)
    os.dup2(again, fd, os.get_inheritable(fd))
    os.close(again)
