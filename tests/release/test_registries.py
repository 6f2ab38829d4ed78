"""Real registries of other projects: Verdaccio for npm, pypiserver and devpi for the legacy upload."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bench import index_sides
from bench.index_load import Side
from crucible_pipeline.cli.app import main
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.server import running
from crucible_pipeline.release import npm
from crucible_pipeline.release.gate import gate
from release.one_release import PYTHON, SDIST, TARBALL, WHEEL, Published, environment
from release.verdaccio import verdaccio

pytestmark = pytest.mark.slow
NAME = "@crucible/shared"


def published_to(
    published: Published, capsys: pytest.CaptureFixture[str], *more: str
) -> tuple[int, str, str]:
    """Publish what the fixture has built."""
    argv = ["publish", "--dist", str(published.dist), "--python", PYTHON, "--format", "json", *more]
    code = main(argv)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_wheel_and_npm_package_appear_together_and_a_second_attempt_sends_nothing(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(published.shop.root)
    with running(gate=gate) as index, verdaccio(tmp_path) as registry:
        monkeypatch.setenv("CRUCIBLE_TOKEN", index.token)
        monkeypatch.setenv(npm.TOKEN, registry.token)
        where = ("--repository", index.upload_url, "--npm-registry", registry.url)
        code, out, err = published_to(published, capsys, *where)
        assert code == 0, err
        assert registry.token not in out + err
        assert [step["name"] for step in json.loads(out)["steps"]][-3:] == ["upload", "npm", "confirmation"]
        listed = npm.listed(npm.Registry(registry.url), NAME).integrity
        assert listed == {"0.1.0": npm.integrity((published.dist / TARBALL).read_bytes())}
        code, out, err = published_to(published, capsys, *where)
        assert code == 0, err
        names = [step["name"] for step in json.loads(out)["steps"]]
        assert not {"upload", "npm"} & set(names)
        # A frontend takes it: npm checks the hash, and node loads it.
        (tmp_path / "frontend").mkdir()
        (tmp_path / "frontend" / "package.json").write_text('{"private": true, "type": "module"}')
        argv = ["npm", "install", "--no-audit", "--no-fund", "--registry", registry.url, f"{NAME}@~0.1.0"]
        subprocess.run(argv, cwd=tmp_path / "frontend", check=True, capture_output=True)
        code_ = f"import {{ JobStatus }} from '{NAME}'; if (!JobStatus) process.exit(1)"
        node = ["node", "--input-type=module", "-e", code_]
        subprocess.run(node, cwd=tmp_path / "frontend", check=True, capture_output=True)


def test_npm_that_fails_after_the_wheel_is_repaired_by_the_same_command(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(published.shop.root)
    with running(gate=gate) as index, verdaccio(tmp_path) as registry:
        monkeypatch.setenv("CRUCIBLE_TOKEN", index.token)
        monkeypatch.setenv(npm.TOKEN, "wr0ng-npm-token")
        where = ("--repository", index.upload_url, "--npm-registry", registry.url)
        code, out, err = published_to(published, capsys, *where)
        assert code == 2
        assert "npm publish" in err
        assert "wr0ng-npm-token" not in out + err
        assert {file.name for file in index.catalog.project("crucible-shared").files} == {WHEEL, SDIST}
        monkeypatch.setenv(npm.TOKEN, registry.token)
        code, out, err = published_to(published, capsys, *where)
        assert code == 0, err
        assert json.loads(out)["uploaded"] == []
        assert "npm" in [step["name"] for step in json.loads(out)["steps"]]


def test_other_content_in_the_npm_registry_ends_it_before_the_wheel_is_sent(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(published.shop.root)
    with running(gate=gate) as index, verdaccio(tmp_path) as registry:
        other = tmp_path / "other"
        other.mkdir()
        (other / "package.json").write_text(json.dumps({"name": NAME, "version": "0.1.0"}))
        environ = environment()
        subprocess.run(
            ["npm", "pack", "--pack-destination", str(tmp_path)], cwd=other, check=True, capture_output=True
        )
        npm.publish(npm.Registry(registry.url, registry.token), tmp_path / TARBALL, "latest", environ, other)
        monkeypatch.setenv("CRUCIBLE_TOKEN", index.token)
        monkeypatch.setenv(npm.TOKEN, registry.token)
        code, _, err = published_to(
            published, capsys, "--repository", index.upload_url, "--npm-registry", registry.url
        )
        assert code == 1
        assert "with other content" in err
        assert index.catalog.projects() == ()


Started = Callable[[Path], AbstractContextManager[Side]]


@pytest.mark.parametrize(
    "side", [lambda place: index_sides.pypiserver(place, 506), index_sides.devpi], ids=["pypiserver", "devpi"]
)
def test_any_index_that_speaks_the_legacy_upload_takes_the_release(
    side: Started,
    published: Published,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    index_sides.install()
    monkeypatch.chdir(published.shop.root)
    with side(tmp_path) as index:
        user, password = index.auth if index.auth[0] else ("anybody", "anything")
        monkeypatch.setenv("TWINE_USERNAME", user)
        monkeypatch.setenv("TWINE_PASSWORD", password)
        where = ("--repository", index.upload, "--index-url", index.simple)
        code, out, err = published_to(published, capsys, *where)
        assert code == 0, err
        assert sorted(json.loads(out)["uploaded"]) == [WHEEL, SDIST]
        page = httpx.get(f"{index.simple}crucible-shared/", auth=(user, password), trust_env=False).text
        for name in (WHEEL, SDIST):
            assert hashlib.sha256((published.dist / name).read_bytes()).hexdigest() in page
        code, out, err = published_to(published, capsys, *where)
        assert code == 0, err
        assert json.loads(out)["uploaded"] == []


def test_a_registry_that_does_not_answer_as_one_ends_it_in_words() -> None:
    with pytest.raises(CannotDo, match="does not answer as one"):
        npm.listed(npm.Registry("http://127.0.0.1:9/"), NAME)
    for address in ("ftp://npm.example/", "https://me:secret@npm.example/"):
        with pytest.raises(Refused):
            npm.registry_of(address, {})
    assert replace(npm.registry_of("https://npm.example", {npm.TOKEN: "t"})).token == "t"
