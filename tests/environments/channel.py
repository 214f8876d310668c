"""A conda channel in a folder, its packages built by hand: a real Python, a shared library, noarch packages."""

from __future__ import annotations

import asyncio
import bz2
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from rattler.index import index_fs

from tests.conftest import find_interpreter, lacking

SUBDIR = "linux-64"
PLACEHOLDER = "/opt/placeholder_" + "place_" * 38 + "end"  # long, as conda-build's: it is cut to the real prefix
_LEFT_OUT = (
    "test",
    "idlelib",
    "tkinter",
    "turtledemo",
    "ensurepip",
    "lib2to3",
    "distutils",
    "pydoc_data",
    "__pycache__",
)
_LARGEST_BLOCK = 1 << 17


@dataclass(frozen=True, kw_only=True)
class CondaPackage:
    """One package; `files` are its bytes by path, executable below `bin/`; a text as value is a symbolic link."""

    name: str
    version: str
    files: Mapping[str, bytes | str]
    build: str = "0"
    build_number: int = 0
    subdir: str = SUBDIR
    depends: Sequence[str] = ()
    constrains: Sequence[str] = ()
    entry_points: Sequence[str] = ()
    published: str = "2021-05-01"
    run_exports: Sequence[str] = ()
    index: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_noarch_python(self) -> bool:
        return self.subdir == "noarch" and any(line.split()[0] == "python" for line in self.depends)


def write_package(channel: Path, package: CondaPackage, ending: str = ".conda") -> Path:
    """Into `channel/SUBDIR`; the channel must be indexed after that."""
    folder = channel / package.subdir
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{package.name}-{package.version}-{package.build}{ending}"
    info = _info(package)
    if ending == ".tar.bz2":
        path.write_bytes(bz2.compress(_tar({**package.files, **info}), 1))
        return path
    stem = path.name.removesuffix(ending)
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in (
            ("metadata.json", json.dumps({"conda_pkg_format_version": 2}).encode()),
            (f"pkg-{stem}.tar.zst", _zstd(_tar(package.files))),
            (f"info-{stem}.tar.zst", _zstd(_tar(info))),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2021, 1, 1, 0, 0, 0)), body)
    return path


def index(channel: Path, *, as_it_is: bool = False) -> str:
    """Make its repodata and give its address; `as_it_is` leaves the time of indexing in, as a mirror has it."""
    (channel / "noarch").mkdir(parents=True, exist_ok=True)
    asyncio.run(index_fs(channel, force=True, write_zst=False, write_shards=False))
    if as_it_is:
        return channel.as_uri()
    for file in channel.glob("*/repodata.json"):  # the time of indexing would count before a package's timestamp
        records = json.loads(file.read_text())
        for record in (*records["packages"].values(), *records["packages.conda"].values()):
            record.pop("indexed_timestamp", None)
        file.write_text(json.dumps(records))
    return channel.as_uri()


def _info(package: CondaPackage) -> dict[str, bytes | str]:
    when = datetime.fromisoformat(package.published).replace(tzinfo=timezone.utc)
    facts: dict[str, object] = {
        "name": package.name,
        "version": package.version,
        "build": package.build,
        "build_number": package.build_number,
        "subdir": package.subdir,
        "depends": list(package.depends),
        "constrains": list(package.constrains),
        "timestamp": int(when.timestamp() * 1000),
        "license": "Apache-2.0",
        **package.index,
    }
    info: dict[str, bytes | str] = {}
    if package.subdir == "noarch":
        facts["noarch"] = "python" if package.is_noarch_python else "generic"
        noarch: dict[str, object] = {"type": facts["noarch"]}
        if package.entry_points:
            noarch["entry_points"] = list(package.entry_points)
        info["info/link.json"] = json.dumps({"noarch": noarch, "package_metadata_version": 1}).encode()
    if package.run_exports:
        info["info/run_exports.json"] = json.dumps({"weak": list(package.run_exports)}).encode()
    paths = [_path(name, body) for name, body in package.files.items()]
    info["info/index.json"] = json.dumps(facts).encode()
    info["info/paths.json"] = json.dumps({"paths": paths, "paths_version": 1}).encode()
    info["info/files"] = "".join(f"{name}\n" for name in package.files).encode()
    info["info/about.json"] = b"{}"
    return info


def _path(name: str, body: bytes | str) -> dict[str, object]:
    if isinstance(body, str):
        return {"_path": name, "path_type": "softlink", "sha256": hashlib.sha256(b"").hexdigest(), "size_in_bytes": 0}
    said: dict[str, object] = {
        "_path": name,
        "path_type": "hardlink",
        "sha256": hashlib.sha256(body).hexdigest(),
        "size_in_bytes": len(body),
    }
    if PLACEHOLDER.encode() in body:
        said |= {"prefix_placeholder": PLACEHOLDER, "file_mode": "binary" if b"\0" in body else "text"}
    return said


def _tar(files: Mapping[str, bytes | str]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, body in files.items():
            member = tarfile.TarInfo(name)
            member.mtime = 1_600_000_000
            if isinstance(body, str):
                member.type, member.linkname = tarfile.SYMTYPE, body
                archive.addfile(member)
                continue
            member.size = len(body)
            member.mode = 0o775 if "bin" in Path(name).parts[:-1] else 0o664
            archive.addfile(member, io.BytesIO(body))
    return whole.getvalue()


def _zstd(body: bytes) -> bytes:
    """A Zstandard frame of raw blocks (RFC 8878, section 3.1.1): nothing is compressed, so no library is needed."""
    frame = bytearray(b"\x28\xb5\x2f\xfd\xe0" + len(body).to_bytes(8, "little"))  # single segment, 8-byte content size
    blocks = [body[start : start + _LARGEST_BLOCK] for start in range(0, len(body), _LARGEST_BLOCK)] or [b""]
    for number, block in enumerate(blocks):
        is_last = number == len(blocks) - 1
        frame += (len(block) << 3 | is_last).to_bytes(3, "little") + block
    return bytes(frame)


def python_package(minor: str) -> CondaPackage:
    """The interpreter of that minor version from this machine, without its tests and its installed packages."""
    interpreter = find_interpreter(minor)
    if interpreter is None:
        lacking(f"Python {minor}")
    assert interpreter is not None
    root = interpreter.resolve().parents[1]
    library = root / "lib" / f"python{minor}"
    files: dict[str, bytes | str] = {
        f"bin/python{minor}": _own(_stripped(interpreter.resolve()), root),
        "bin/python3": f"python{minor}",
        "bin/python": f"python{minor}",
        f"lib/python{minor}/site-packages/README.txt": b"packages go here\n",
    }
    for shared in root.glob("lib/libpython*.so*"):
        files[f"lib/{shared.name}"] = _own(_stripped(shared.resolve()), root)
    for file in sorted(library.rglob("*")):
        parts = file.relative_to(library).parts
        if file.is_file() and parts[0] != "site-packages" and not _is_left_out(parts) and file.suffix != ".a":
            files[f"lib/python{minor}/{'/'.join(parts)}"] = _own(file.read_bytes(), root)
    version = subprocess.run(
        [str(interpreter), "-c", "import platform; print(platform.python_version())"], capture_output=True, text=True
    ).stdout.strip()
    return CondaPackage(name="python", version=version, build="0_cpython", files=files, depends=["__glibc >=2.17"])


def _stripped(binary: Path) -> bytes:
    """Without what only a debugger reads, where there is a tool for it."""
    tool = shutil.which("strip")
    if tool is None:
        return binary.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([tool, "--strip-debug", "-o", f"{folder}/it", str(binary)], check=True)
        return Path(folder, "it").read_bytes()


def _is_left_out(parts: Sequence[str]) -> bool:
    return any(part in _LEFT_OUT or part.startswith("config-") or part == "tests" for part in parts)


def _own(body: bytes, root: Path) -> bytes:
    """Names the placeholder where it named its prefix; its libraries are looked for beside it."""
    if b"\0" not in body:
        return body.replace(str(root).encode(), PLACEHOLDER.encode())
    search = f"{root}/lib".encode()
    relative = b"$ORIGIN/../lib"
    return body.replace(search + b"\0", relative.ljust(len(search), b"\0") + b"\0")


_SOURCE = """
const char *place(void) { return "%s/share/greeting.txt"; }
int twice(int number) { return 2 * number; }
"""


def library_package(folder: Path) -> CondaPackage:
    """A shared object that was compiled for the placeholder, and a text beside it that names it too."""
    compiler = shutil.which("gcc") or lacking("gcc")
    source = folder / "greeting.c"
    source.write_text(_SOURCE % PLACEHOLDER)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(folder / "libgreeting.so"), str(source)], check=True)
    return CondaPackage(
        name="libgreeting",
        version="1.2",
        build="h0123456_0",
        depends=["__glibc >=2.17,<3.0.a0"],
        run_exports=["libgreeting >=1.2,<2"],
        files={
            "lib/libgreeting.so": (folder / "libgreeting.so").read_bytes(),
            "share/greeting.txt": b"hello\n",
            "lib/pkgconfig/greeting.pc": f"prefix={PLACEHOLDER}\n".encode(),
            "bin/greet": f"#!{PLACEHOLDER}/bin/python\nprint('greetings')\n".encode(),
        },
    )


def noarch_package(name: str, version: str = "1.0", *, depends: Sequence[str] = (), **more: object) -> CondaPackage:
    """A package of one module with a command of its own name."""
    body = f"version = {version!r}\n\n\ndef main():\n    print({name!r}, version)\n"
    info = f"site-packages/{name}-{version}.dist-info"
    return CondaPackage(
        name=name,
        version=version,
        build="pyhd8ed1ab_0",
        subdir="noarch",
        depends=["python >=3.6", *depends],
        entry_points=[f"{name} = {name}:main"],
        files={
            f"site-packages/{name}/__init__.py": body.encode(),
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
            f"{info}/INSTALLER": b"conda\n",
            f"{info}/RECORD": f"{name}/__init__.py,,\n".encode(),
        },
        **more,  # type: ignore[arg-type]
    )


def small_channel(folder: Path, minor: str) -> str:
    """Python, `libgreeting` 1.2, `hello` 1.0 and from 2023 2.0, `mkl`, two builds of `twofold`, one too new for us."""
    (folder / "source").mkdir(parents=True)
    place = folder / "small"
    write_package(place, python_package(minor))
    write_package(place, library_package(folder / "source"), ".tar.bz2")
    write_package(place, noarch_package("hello", depends=["libgreeting >=1.2,<2"]))
    write_package(place, noarch_package("hello", "2.0", depends=["libgreeting >=1.2,<2"], published="2023-02-01"))
    for number, build in enumerate(("alpha_0", "beta_1")):
        files = {"share/twofold.txt": f"{build}\n".encode()}
        write_package(place, CondaPackage(name="twofold", version="1.0", build=build, build_number=number, files=files))
    write_package(place, CondaPackage(name="mkl", version="2020.1", files={"share/mkl.txt": b"fast\n"}))
    write_package(place, CondaPackage(name="tomorrow", version="1.0", files={}, depends=["__glibc >=9.0"]))
    return index(place)
