"""`/docs`: a page that shows the service's own description and sends requests to it, with no other host involved."""

from __future__ import annotations

from pathlib import Path

from homeport.scoring.messages import Answer

POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FOLDER = Path(__file__).with_name("docs_assets")
ASSETS = {
    "/docs": ("docs.html", b"text/html; charset=utf-8"),
    "/docs/docs.js": ("docs.js", b"text/javascript; charset=utf-8"),
    "/docs/docs.css": ("docs.css", b"text/css; charset=utf-8"),
    "/docs/docs.svg": ("docs.svg", b"image/svg+xml"),
}


def answer(path: str) -> Answer:
    """The page, or one of its files; nothing in them depends on the script."""
    name, kind = ASSETS[path]
    headers = [
        (b"content-type", kind),
        (b"content-security-policy", POLICY),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cache-control", b"no-cache"),
    ]
    return Answer(200, headers, (FOLDER / name).read_bytes())
