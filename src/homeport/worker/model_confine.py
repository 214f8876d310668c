"""What a trial may do: so much memory and time, no network, and no writing outside its own folder.

The limits hold everywhere. The network and the file system are left behind in namespaces of Linux, which not every
system lets a plain user make; where it does not, the trial goes on without.
"""

import contextlib
import os
import sys

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x20000, 0x10000000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
KEPT_FLAGS = {"nosuid": 2, "nodev": 4, "noexec": 8, "noatime": 1024, "nodiratime": 2048, "relatime": 1 << 21}
LARGEST_FILE = 2 << 30  # bytes, of what it prints as well
LEFT_ALONE = ("/dev", "/proc", "/sys")


def confine(folder, memory, cpu):
    """`memory` in bytes and `cpu` in seconds; `folder` stays writable, and is the working directory from now on."""
    limit(memory, cpu)
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, AttributeError):
            leave(folder)
    os.chdir(folder)


def limit(memory, cpu):
    import resource

    limits = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, cpu), (resource.RLIMIT_FSIZE, LARGEST_FILE)]
    if sys.platform == "linux":
        limits.append((resource.RLIMIT_DATA, memory))
    for kind, most in limits:
        with contextlib.suppress(ValueError, OSError):  # a lower limit holds already
            resource.setrlimit(kind, (most, most))


def leave(folder):
    """Into namespaces of our own: no network interface, and every file system read-only but for `folder`."""
    import ctypes

    system = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if system.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS):
        return
    for name, text in (("setgroups", "deny"), ("uid_map", "%d %d 1"), ("gid_map", "%d %d 1")):
        own = group if name == "gid_map" else user
        with open("/proc/self/" + name, "w") as target:
            target.write(text % (own, own) if "%" in text else text)

    def mount(source, target, flags):
        return system.mount(source.encode() if source else None, target.encode(), None, flags, None)

    if mount(None, "/", MS_REC | MS_PRIVATE) or mount(folder, folder, MS_BIND):
        return
    for place, flags in places():
        if place != folder and not place.startswith(LEFT_ALONE):
            mount(None, place, MS_REMOUNT | MS_BIND | MS_RDONLY | flags)


def places():
    """(mount point, the flags that it must keep) of everything mounted."""
    with open("/proc/self/mountinfo") as source:
        for line in source:
            words = line.split()
            place = words[4].encode().decode("unicode_escape")
            yield place, sum(KEPT_FLAGS.get(option, 0) for option in words[5].split(","))
