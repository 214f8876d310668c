"""Which file system a folder is on, and whether SQLite's write-ahead log holds there."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")

# The log needs memory that all users of the database share: one machine, one kernel. https://sqlite.org/wal.html
UNSUITABLE = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "davfs", "drvfs", "fhgfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs"}
    | {"nfs4", "orangefs", "prl_fs", "pvfs2", "smb3", "smbfs", "v9fs", "vboxsf", "vmhgfs"}
)
_LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs", "fuse.mergerfs", "fuse.unionfs", "fuse.bindfs"})


def file_system(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """The type of the file system that holds `folder`, or None where the machine does not say (macOS)."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    wanted = folder.resolve()
    found, length = None, -1
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescaped(fields[1]))
        # of two mounts on one point the later one is on top
        if wanted.is_relative_to(point) and len(point.parts) >= length:
            found, length = fields[2], len(point.parts)
    return found


def holds_log(kind: str | None) -> bool:
    """Whether SQLite may keep a write-ahead log on a file system of that type; an unknown one gets the benefit."""
    if kind is None:
        return True
    return kind not in UNSUITABLE and (not kind.startswith("fuse.") or kind in _LOCAL_FUSE)


def _unescaped(text: str) -> str:
    """The kernel writes a space, a tab and a backslash as a backslash and three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
