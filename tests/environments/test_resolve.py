from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.lock import Lock
from homeport.domain.platforms import find_platform
from homeport.environments import build_environment, lock_environment, this_platform
from homeport.environments.kept_files import take_files
from homeport.environments.resolve import end_of_day, not_after
from homeport.environments.verify import verify_environment
from homeport.errors import EnvironmentBuildError, InvalidConfigError, UserErrorException
from tests.conftest import need_interpreter
from tests.environments.conftest import HERE, Lines, definition_of
from tests.environments.wheels import index_of, make_wheel


def test_a_lock_names_every_package_with_version_file_and_hash(tiny_lock: Lock) -> None:
    packages = {package.name: package for package in tiny_lock.packages}
    assert [(name, package.version) for name, package in packages.items()] == [
        ("alpha", "1.0"),
        ("beta", "1.0"),
        *([("setuptools", "59.0")] if sys.version_info < (3, 12) else []),
    ]
    assert packages["beta"].files[0].name == "beta-1.0-py3-none-any.whl"
    assert len(packages["beta"].files[0].sha256) == 64
    assert tiny_lock.python.version.startswith(HERE)
    assert tiny_lock.platform == this_platform()


def test_a_lock_survives_json(tiny_lock: Lock) -> None:
    assert Lock.from_json(tiny_lock.to_json()) == tiny_lock


def test_resolving_again_gives_the_same_hash(tiny_lock: Lock, shelf_options: tuple[str, str]) -> None:
    now = datetime(2031, 1, 1, tzinfo=timezone.utc)
    again = lock_environment(definition_of(*shelf_options, "beta", "alpha"), progress=Lines(), now=lambda: now)
    assert again.created != tiny_lock.created
    assert again.hash == tiny_lock.hash


def test_packages_in_conflict_are_named_with_uvs_own_words(shelf_options: tuple[str, str]) -> None:
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(definition_of(*shelf_options, "beta", "alpha==2.0"), progress=Lines())
    assert caught.value.message.startswith("cannot resolve `tiny`: `beta` and `alpha==2.0`\n")
    assert "require alpha<2" in caught.value.message
    assert caught.value.hint and "loosen" in caught.value.hint
    assert isinstance(caught.value, UserErrorException)


def test_a_package_that_is_nowhere_is_named(shelf_options: tuple[str, str]) -> None:
    with pytest.raises(EnvironmentBuildError, match="`no-such-thing`"):
        lock_environment(definition_of(*shelf_options, "no-such-thing"), progress=Lines())


def test_no_network_says_so_and_what_to_try(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(definition_of("alpha"), progress=Lines())
    assert caught.value.hint and "cannot be reached" in caught.value.hint


def test_what_pip_was_told_reaches_uv(monkeypatch: pytest.MonkeyPatch, shelf: Path) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    lock = lock_environment(definition_of("beta"), progress=Lines())
    assert "beta" in [package.name for package in lock.packages]


def test_a_projects_own_uv_settings_play_no_part(
    project: Path, monkeypatch: pytest.MonkeyPatch, shelf_options: tuple[str, str]
) -> None:
    (project / "pyproject.toml").write_text('[tool.uv]\noverride-dependencies = ["alpha==2.0"]\n')
    monkeypatch.setenv("VIRTUAL_ENV", "/nowhere")
    lock = lock_environment(definition_of(*shelf_options, "beta"), progress=Lines())
    assert {package.name: package.version for package in lock.packages}["alpha"] == "1.0"


def test_nothing_asked_for_is_an_empty_lock() -> None:
    need_interpreter("3.13")
    assert lock_environment(definition_of(python="3.13"), progress=Lines()).packages == ()


def test_the_nearest_interpreter_is_told(shelf_options: tuple[str, str]) -> None:
    told = Lines()
    lock_environment(definition_of(*shelf_options, "alpha", python=f"{HERE}.99"), progress=told)
    assert f"nearest to `{HERE}.99`" in str(told)


def test_where_no_python_is_said_and_the_default_is_missing_the_running_one_is_taken(
    shelf_options: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "PATH", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    lock = lock_environment(definition_of(*shelf_options, "alpha", python=None), progress=Lines())
    assert lock.python.version == ".".join(map(str, sys.version_info[:3]))


def test_conda_packages_are_the_conda_engines_and_its_channels_are_asked(tmp_path: Path) -> None:
    channel = (tmp_path / "nowhere").as_uri()
    spec = {"channels": [channel], "dependencies": [f"python={HERE}", "pip", "numpy=1.18", "libgcc"]}
    definition = EnvironmentDefinition.from_json({"name": "science", "python": {"condaDependencies": spec}})
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(definition, progress=Lines())
    assert f"channel `{channel}` is not there" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ({"baseImage": "ubuntu:24.04"}, "the image `ubuntu:24.04`"),
        ({"baseDockerfile": "FROM scratch"}, "a Dockerfile"),
        ({"buildContext": {"locationType": "git", "location": "https://example.org/x.git"}}, "a Docker build context"),
    ],
)
def test_a_definition_that_is_only_an_image_names_the_runtime_it_needs(section: dict[str, object], named: str) -> None:
    definition = definition_of("alpha", docker=section)
    only_image = type(definition).from_json(
        {**definition.document, "python": {"userManagedDependencies": True}, "docker": section}
    )
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(only_image, progress=Lines())
    assert named in caught.value.message
    assert caught.value.hint and 'runtime="docker"' in caught.value.hint


def test_a_lock_for_another_platform_has_its_files_and_is_not_built_here(shelf: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    make_wheel(own, "native", "1.0", tag=f"cp{HERE.replace('.', '')}-cp{HERE.replace('.', '')}-manylinux_2_17_aarch64")
    make_wheel(own, "native", "1.0", tag=f"cp{HERE.replace('.', '')}-cp{HERE.replace('.', '')}-win_amd64")
    options = ("--no-index", f"--find-links {own}", f"--find-links {shelf}")
    for platform, file in (("linux-aarch64", "manylinux_2_17_aarch64.whl"), ("windows", "win_amd64.whl")):
        lock = lock_environment(definition_of(*options, "native"), progress=Lines(), platform=platform)
        (package,) = [package for package in lock.packages if package.name == "native"]
        assert [name.name.endswith(file) for name in package.files] == [True]
        assert lock.platform == find_platform(platform).name
        with pytest.raises(EnvironmentBuildError, match=lock.platform) as refused:
            build_environment(lock, tmp_path / "home", progress=Lines())
        assert refused.value.hint and "--format lock" in refused.value.hint


def test_an_unknown_platform_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidConfigError, match="amiga") as refused:
        lock_environment(definition_of("alpha"), progress=Lines(), platform="amiga")
    assert refused.value.hint and "macos-arm64" in refused.value.hint


def test_an_index_without_upload_times_is_told_from_one_that_lacks_the_package(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with index_of(shelf) as url, pytest.raises(EnvironmentBuildError, match="does not say when") as refused:
        lock_environment(definition_of(f"--index-url {url}", "alpha", asOf="2020-03-01"), progress=Lines())
    assert refused.value.hint and "--resolve-index" in refused.value.hint


def test_another_index_may_be_asked_for_days_while_files_come_from_the_usual_one(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    seen: list[str] = []
    days = {"alpha-1.0": "2020-01-01", "alpha-2.0": "2021-01-01", "beta-1.0": "2020-01-01", "setuptools": "2019-01-01"}
    with index_of(shelf, days=days) as dated, index_of(shelf, seen) as usual:
        asked = definition_of(f"--index-url {usual}", "alpha", asOf="2020-03-01", resolveIndex=dated)
        lock = lock_environment(asked, progress=Lines())
        assert {package.name: package.version for package in lock.packages}["alpha"] == "1.0"
        assert [path for path in seen if "files" in path] == []
        build_environment(lock, tmp_path / "home", progress=Lines())
        assert any(path.startswith("/files/alpha-1.0") for path in seen)


def test_what_comes_from_a_folder_has_no_day_and_that_is_said(shelf_options: tuple[str, str]) -> None:
    told = Lines()
    lock_environment(definition_of(*shelf_options, "alpha", asOf="2020-03-01"), progress=told)
    assert "taken whatever their day" in str(told)


def test_a_wheel_by_path_is_kept_and_outlives_its_place(
    shelf: Path, shelf_options: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(tmp_path / "mine", "own", "3.0", requires=["alpha<2"])
    lock = lock_environment(definition_of(*shelf_options, str(wheel)), progress=Lines(), home=tmp_path / "home")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert [(package.source, package.files[0].sha256) for package in lock.packages if package.name == "own"] == [
        (f"file:{wheel.name}", digest)
    ]
    assert str(tmp_path / "mine") not in json.dumps({**lock.to_json(), "requested": []})
    wheel.unlink()
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    read = Lock.from_json(json.loads(json.dumps(lock.to_json())))
    built = build_environment(read, tmp_path / "home", progress=Lines())
    assert built.folder and verify_environment(built.folder).whole
    with pytest.raises(EnvironmentBuildError, match="not here") as refused:
        build_environment(read, tmp_path / "other", progress=Lines())
    assert refused.value.hint and digest in refused.value.hint
    take_files(read, tmp_path / "other", [tmp_path / "home" / "files" / digest])
    assert build_environment(read, tmp_path / "other", progress=Lines()).lock == lock.hash


def test_a_repository_is_pinned_to_its_commit(shelf_options: tuple[str, str], tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "held").mkdir(parents=True)
    (project / "held" / "__init__.py").write_text("version = 1\n")
    (project / "setup.py").write_text(
        "from setuptools import setup\nsetup(name='held', version='1', packages=['held'])\n"
    )
    git = ["git", "-C", str(project), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *words], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    lock = lock_environment(definition_of(f"held @ git+file://{project}"), progress=Lines())
    assert [package.source for package in lock.packages if package.name == "held"] == [f"git+file://{project}@{commit}"]


def test_no_credential_gets_into_a_lock(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with index_of(shelf) as url:
        secret = url.replace("://", "://user:s3cret@")
        lock = lock_environment(definition_of(f"--index-url {secret}", "alpha"), progress=Lines())
        assert lock.indexes == (url.split("/")[2],)
    assert "s3cret" not in json.dumps(lock.to_json())


def test_as_of_a_day_includes_that_day_in_utc() -> None:
    assert end_of_day(date(2020, 2, 29)) == "2020-03-01T00:00:00Z"


def test_credentials_do_not_travel_with_a_lock(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    options = ("--index-url http://ada:hush@127.0.0.1:9/simple", "--no-index", f"--find-links {shelf}")
    lock = lock_environment(definition_of(*options, "alpha"), progress=Lines())
    assert "hush" not in lock.pylock


def test_before_setuptools_could_be_used_for_it_archives_are_still_built() -> None:
    """uv builds a `setup.py` with setuptools 40.8 or newer, which a day in 2018 would leave out."""
    assert not_after(date(2020, 3, 1)) == ["--exclude-newer", "2020-03-02T00:00:00Z"]
    assert not_after(date(2018, 3, 1))[2:] == ["--exclude-newer-package", "setuptools=2019-02-07T00:00:00Z"]
