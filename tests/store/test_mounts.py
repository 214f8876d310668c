from __future__ import annotations

from pathlib import Path

import pytest

from homeport.store.mounts import file_system, holds_log


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    """What a machine may say: a space in a name, a mount on a mount, a name that begins like another."""
    path = tmp_path / "mounts"
    path.write_text(
        "/dev/vda / ext4 rw 0 0\n"
        "server:/home /home nfs4 rw 0 0\n"
        "//nas/share /mnt/my\\040share cifs rw 0 0\n"
        "/dev/a /data ext4 rw 0 0\n"
        "host /data fuse.sshfs rw 0 0\n"
        "/dev/b /home/me/local xfs rw 0 0\n"
        "broken line\n"
    )
    return path


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/x", "ext4"),
        ("/home", "nfs4"),
        ("/home/me/.homeport", "nfs4"),
        ("/homeless", "ext4"),
        ("/home/me/local/deep/er", "xfs"),
        ("/mnt/my share/home", "cifs"),
        ("/data/x", "fuse.sshfs"),
    ],
)
def test_the_longest_and_latest_mount_decides(mounts: Path, folder: str, kind: str) -> None:
    assert file_system(Path(folder), mounts) == kind


def test_a_machine_without_a_mount_table_says_nothing(tmp_path: Path) -> None:
    assert file_system(Path("/"), tmp_path / "absent") is None
    assert holds_log(None)


def test_this_machine_names_the_file_system_of_its_root() -> None:
    assert file_system(Path("/"))


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "vboxsf", "fuse.sshfs", "fuse.unknown"])
def test_the_log_does_not_hold_on(kind: str) -> None:
    assert not holds_log(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk", "apfs"])
def test_the_log_holds_on(kind: str) -> None:
    assert holds_log(kind)
