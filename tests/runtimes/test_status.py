from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from homeport.errors import (
    EntryScriptError,
    InvalidInputError,
    ServiceError,
)
from homeport.runtimes import ProcessRuntime
from tests.runtimes.conftest import (
    RAISES,
    Deploy,
    runtime_folder,
    serves,
    word,
)


def test_a_killed_host_is_told_and_a_start_mends_it(runtime: ProcessRuntime, deploy: Deploy, source: Path) -> None:
    service = deploy(workers=2)
    pid = runtime.status("iris").pid
    assert pid is not None
    workers = psutil.Process(pid).children(recursive=True)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ServiceError, match="its host is gone"):
        runtime.wait("iris")
    status = runtime.status("iris")
    assert status.state == "failed"
    assert "killed, or the machine was restarted" in str(status.error)
    assert "`homeport service start iris`" in str(status.hint)
    assert psutil.wait_procs(workers, timeout=20)[1] == []
    (source / "score.py").write_text(RAISES)
    with pytest.raises(EntryScriptError, match="broken on purpose"):
        runtime.reload("iris")
    assert runtime.status("iris") == status  # a change that failed is no reason of the service's own
    runtime.start("iris")
    assert word(runtime.wait("iris")) == "one"
    assert runtime.service("iris").port == service.port
    pid = runtime.status("iris").pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while runtime.status("iris").state != "failed":
        pass
    runtime.delete("iris")
    assert not Path(service.control_socket).exists()


def test_a_damaged_or_newer_description_does_not_hide_the_others(runtime: ProcessRuntime, deploy: Deploy) -> None:
    deploy(name="good")
    bad = deploy(name="bad")
    path = runtime_folder() / "bad" / "service.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    assert [service.name for service in runtime.services()] == ["good"]
    assert list(runtime.unreadable()) == ["bad"]
    for call in (runtime.status, runtime.service, runtime.start, runtime.stop, runtime.wait):
        with pytest.raises(InvalidInputError, match="this Homeport reads format 1") as raised:
            call("bad")
        assert "upgrade Homeport" in str(raised.value.hint)
    path.write_text("{")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        runtime.status("bad")
    runtime.delete("bad")
    assert not serves(bad.port)
    assert runtime.unreadable() == {}
