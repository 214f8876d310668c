from __future__ import annotations

import re

from homeport.scoring import docs_page
from tests.scoring.conftest import Serve

REFERENCE = re.compile(rb"""(?:src|href)="([^"]+)"|here\("([^"?]+)""")


def test_the_page_and_all_that_it_names_are_served_from_here_under_a_policy(serve: Serve) -> None:
    running = serve()
    page = running.ask("GET", "/docs")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    script = running.ask("GET", "/docs/docs.js")
    named = {(first or second).decode() for first, second in REFERENCE.findall(page.body + script.body)}
    assert {"docs/docs.js", "docs/docs.css"} <= named
    for reference in named:
        assert "//" not in reference
        found = running.ask("GET", f"/{reference}")
        assert found.status == 200, reference
    for path in docs_page.ASSETS:
        headers = running.ask("HEAD", path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_the_page_sets_text_and_never_markup() -> None:
    script = (docs_page.FOLDER / "docs.js").read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?:", script)
    page = (docs_page.FOLDER / "docs.html").read_text()
    assert not re.search(r"<script>|\son\w+=|\sstyle=", page)  # the policy would stop them


def test_the_page_is_there_before_the_script_is(serve: Serve) -> None:
    running = serve("import time\ndef init(): time.sleep(60)\ndef run(data): pass\n", wait=False)
    assert running.ask("GET", "/docs").status == 200
    assert running.ask("GET", "/swagger.json").status == 503
    assert running.ask("POST", "/docs").status == 405
