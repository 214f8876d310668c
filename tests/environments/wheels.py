"""Tiny wheels, so that a test resolves and installs for real without a network."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    modules: int = 1,
    body: str = "",
    tag: str = "py3-none-any",
) -> Path:
    """A pure-Python wheel with a package `name` of so many modules; `body` is its `__init__.py`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    metadata += [f"Requires-Dist: {line}" for line in requires]
    files = {f"{name}/__init__.py": body or f"version = {version!r}\n"}
    files |= {f"{name}/part{number}.py": f"number = {number}\n" * 20 for number in range(1, modules)}
    files |= {
        f"{info}/METADATA": "\n".join((*metadata, "")),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(file, (2020, 1, 1, 0, 0, 0)), text)
    return path


@contextlib.contextmanager
def index_of(
    folder: Path, seen: list[str] | None = None, *, days: Mapping[str, str] | None = None, login: str = ""
) -> Iterator[str]:
    """A package index on a real socket that serves a folder of wheels; `seen` gets the path of every request.

    With `days` (beginning of a file's name -> day) it says when files were published, else it does not; with `login`
    (`user:password`) it answers nobody else.
    """

    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if seen is not None:
                seen.append(self.path)
            if login and self.headers.get("Authorization") != f"Basic {base64.b64encode(login.encode()).decode()}":
                self.send_error(401)
                return
            kind, _, name = self.path.strip("/").partition("/")
            if kind == "files" and (folder / name).is_file():
                self._answer((folder / name).read_bytes(), "application/zip")
            elif kind == "simple" and (wheels := sorted(folder.glob(f"{name.replace('-', '_')}-*.whl"))):
                if days is None:
                    self._answer("".join(map(_link, wheels)).encode(), "text/html")
                else:
                    self._answer(_dated(name, wheels, days), "application/vnd.pypi.simple.v1+json")
            else:
                self.send_error(404)

        do_HEAD = do_GET

        def _answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/simple"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _link(wheel: Path) -> str:
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f'<a href="/files/{wheel.name}#sha256={digest}">{wheel.name}</a>\n'


def _dated(name: str, wheels: Sequence[Path], days: Mapping[str, str]) -> bytes:
    files = [
        {
            "filename": wheel.name,
            "url": f"/files/{wheel.name}",
            "hashes": {"sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()},
            "upload-time": next(f"{day}T12:00:00Z" for begin, day in days.items() if wheel.name.startswith(begin)),
        }
        for wheel in wheels
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files}).encode()
