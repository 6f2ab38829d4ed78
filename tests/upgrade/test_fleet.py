"""`crucible upgrade --services`: many repositories, good ones and all kinds of bad ones, in one run."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from crucible_pipeline.cli import main
from crucible_pipeline.cli.service_index import RETRIES
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.negotiate import JSON
from crucible_pipeline.index.server import Running
from crucible_pipeline.upgrade.clones import Clones
from crucible_pipeline.upgrade.fleet import each
from crucible_pipeline.upgrade.once import Once
from crucible_pipeline.upgrade.services_file import Listed
from index.loopback import answering
from upgrade.upgrade_services import ServiceRepository

BRANCH = "crucible/crucible-shared-0.4"
PINNED: Mapping[str, str | bytes] = {"requirements.txt": "crucible-shared==0.3.*\n"}


pytestmark = pytest.mark.usefixtures("no_settings_of_the_machine")


@pytest.fixture(autouse=True)
def a_cache_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CRUCIBLE_CACHE", str(tmp_path / "cache"))


class Fleet:
    """Repositories at a remote, and the list of them."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.list = folder / "services.toml"
        self.list.write_text("")

    def remote(self, name: str, files: Mapping[str, str | bytes] | None = None, more: str = "") -> Path:
        """A bare repository with one commit, listed."""
        bare = self.folder / f"{name}.git"
        git(self.folder, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
        push(bare, files or PINNED)
        self.add(f'url = "file://{bare}"\n{more}')
        return bare

    def add(self, table: str) -> None:
        with self.list.open("a") as file:
            file.write(f"[[service]]\n{table}\n")

    def run(self, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[dict[str, Any]]]:
        capsys.readouterr()
        where = ["--services", str(self.list), "--index-url", self.url, "--format", "json"]
        code = main(["upgrade", *where, *options])
        return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def fleet(index: Running, tmp_path: Path) -> Fleet:
    (tmp_path / "fleet").mkdir()
    return Fleet(tmp_path / "fleet", index.simple_url)


@pytest.fixture
def lying(index: Running) -> Iterator[str]:
    """An index that gives other wheels than its page says."""
    page = httpx.get(f"{index.simple_url}crucible-shared/", headers={"Accept": JSON}).json()
    for file in page["files"]:
        file["url"] = f"/{file['filename']}"

    class Lying(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_page = self.path.endswith("/crucible-shared/")
            body = json.dumps(page).encode() if is_page else b"another content"
            self.send_response(200)
            self.send_header("Content-Type", JSON if is_page else "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the signature is the server's
            pass

    with answering(Lying) as url:
        yield f"{url}/simple/"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, check=True, text=True, errors="replace"
    )
    return done.stdout.strip()


def push(bare: Path, files: Mapping[str, str | bytes], branch: str = "main") -> None:
    """Commit files on top of what a branch of a bare repository has; one process for all."""
    ref, is_new = f"refs/heads/{branch}", git(bare, "for-each-ref", f"refs/heads/{branch}") == ""
    stream = [f"commit {ref}\ncommitter P <p@packages.example> 1700000000 +0000\ndata 1\nx\n".encode()]
    stream += [] if is_new else [f"from {ref}^0\n".encode()]
    for path, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        stream.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    subprocess.run(["git", "fast-import", "--quiet"], cwd=bare, input=b"".join(stream), check=True)


def refs(bare: Path) -> str:
    return git(bare, "for-each-ref")


def test_every_service_of_the_list_is_upgraded_and_told_in_its_order(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    bares = [fleet.remote(f"service-{number}") for number in range(5)]
    code, rows = fleet.run(capsys, "--push", "--jobs", "4")
    assert code == 0
    assert [row["service"] for row in rows] == [f"service-{number}" for number in range(5)]
    assert [row["commit"] for row in rows] == [git(bare, "rev-parse", BRANCH) for bare in bares]


def test_a_second_run_pushes_nothing_and_says_the_same(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    bares = [fleet.remote(f"service-{number}") for number in range(3)]
    first = fleet.run(capsys, "--push")
    before = [refs(bare) for bare in bares]
    for bare in bares:
        hook = bare / "hooks" / "pre-receive"
        hook.write_text("#!/bin/sh\necho pushed >> log\n")
        hook.chmod(0o755)
    assert fleet.run(capsys, "--push") == first
    assert [refs(bare) for bare in bares] == before
    assert not [bare for bare in bares if (bare / "log").exists()]


def test_a_lost_cache_changes_nothing_at_the_remote(
    fleet: Fleet, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bare = fleet.remote("api")
    fleet.run(capsys, "--push")
    # the service moves on meanwhile, so that a clone one commit deep knows nothing of the branch's base
    push(bare, {"more.txt": "1\n"})
    before = refs(bare)
    shutil.rmtree(tmp_path / "cache")
    code, rows = fleet.run(capsys, "--push")
    assert (code, rows[0]["commit"], refs(bare)) == (0, git(bare, "rev-parse", BRANCH), before)


def test_a_clone_is_bare_one_commit_deep_and_its_owners_alone(
    fleet: Fleet, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bare = fleet.remote("api")
    push(bare, {"more.txt": "1\n"})
    assert fleet.run(capsys, "--dry-run")[0] == 0
    (clone,) = (tmp_path / "cache" / "clones").glob("*.git")
    assert git(clone, "rev-parse", "--is-bare-repository") == "true"
    assert git(clone, "rev-list", "--count", "--all") == "1"
    assert clone.parent.stat().st_mode & 0o077 == 0
    push(bare, {"more.txt": "2\n"})
    fleet.run(capsys, "--dry-run")
    assert git(clone, "rev-parse", "HEAD") == git(bare, "rev-parse", "main")


def test_a_clone_that_is_broken_or_left_locked_is_made_anew(
    fleet: Fleet, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bare = fleet.remote("api")
    fleet.run(capsys, "--dry-run")
    (clone,) = (tmp_path / "cache" / "clones").glob("*.git")
    (clone / "HEAD").write_text("nonsense")
    assert fleet.run(capsys, "--push")[0] == 0
    push(bare, {"more.txt": "1\n"})
    (clone / "shallow.lock").write_text("")
    assert fleet.run(capsys, "--push")[0] == 0
    assert git(clone, "rev-parse", "HEAD") == git(bare, "rev-parse", "main")


def test_services_of_one_repository_share_its_clone_and_have_a_branch_each(
    fleet: Fleet, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    files = {f"services/{name}/{path}": text for name in ("a", "b", "c") for path, text in PINNED.items()}
    bare = fleet.remote("mono", files, 'folder = "services/a"\n')
    fleet.add(f'url = "file://{bare}"\nfolder = "services/b"')
    fleet.add(f'url = "file://{bare}"\nfolder = "services/gone"')
    code, rows = fleet.run(capsys, "--push")
    assert code == 1
    assert [row["branch"] for row in rows] == [f"{BRANCH}-services-a", f"{BRANCH}-services-b", None]
    assert "no folder services/gone" in rows[2]["skipped"]
    assert len(list((tmp_path / "cache" / "clones").glob("*.git"))) == 1


def test_a_branch_other_than_the_default_one_is_upgraded_where_the_list_says_so(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = fleet.remote("api", None, 'branch = "release/2"\n')
    git(bare, "branch", "release/2", "main")
    fleet.add(f'name = "lost"\nurl = "file://{bare}"\nbranch = "release/3"')
    code, rows = fleet.run(capsys, "--push")
    assert code == 1
    assert git(bare, "rev-parse", f"{BRANCH}^") == git(bare, "rev-parse", "release/2")
    assert "has no branch release/3" in rows[1]["skipped"]


def test_shards_and_labels_choose_from_the_list(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(6):
        fleet.remote(f"service-{number}", None, f'labels = ["l{number % 2}"]\n')
    shards = [fleet.run(capsys, "--dry-run", "--shard", f"{number}/3")[1] for number in (1, 2, 3)]
    found = sorted(row["service"] for rows in shards for row in rows)
    assert found == [f"service-{number}" for number in range(6)]
    labelled = fleet.run(capsys, "--dry-run", "--label", "l1")[1]
    assert [row["service"] for row in labelled] == ["service-1", "service-3", "service-5"]
    where = ["upgrade", "--services", str(fleet.list), "--dry-run"]
    assert main([*where, "--label", "l2"]) == 1
    assert main([*where, "--shard", "4/3"]) == 1
    assert main(["upgrade"]) == 2


def test_a_list_that_is_wrong_is_refused_with_its_lines(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.add("pth = 'a'")
    assert main(["upgrade", "--services", str(fleet.list)]) == 1
    assert (
        f"{fleet.list}:2:1: there is no setting 'pth' in service; did you mean path?"
        in capsys.readouterr().err
    )
    fleet.list.write_bytes(b"[[service]]\npath = '\xff'\n")
    assert main(["upgrade", "--services", str(fleet.list)]) == 1
    assert f"{fleet.list}:2: it is no UTF-8" in capsys.readouterr().err
    assert main(["upgrade", "--services", str(fleet.folder)]) == 2


def _dirty(fleet: Fleet, name: str) -> None:
    service = ServiceRepository.create(fleet.folder / name, PINNED)
    service.write({"requirements.txt": "crucible-shared==0.3.1\n"})
    fleet.add(f'path = "{name}"')


def _detached(fleet: Fleet, name: str) -> None:
    service = ServiceRepository.create(fleet.folder / name, PINNED)
    service.git("checkout", "--quiet", "--detach")
    fleet.add(f'path = "{name}"\nbranch = "main"')


def _empty(fleet: Fleet, name: str) -> None:
    git(fleet.folder, "init", "--quiet", name)
    fleet.add(f'path = "{name}"')


def _unborn(fleet: Fleet, name: str) -> None:
    git(fleet.folder, "init", "--quiet", "--bare", f"{name}.git")
    fleet.add(f'url = "file://{fleet.folder}/{name}.git"')


def _no_repository(fleet: Fleet, name: str) -> None:
    (fleet.folder / f"{name}.git").mkdir()
    fleet.add(f'url = "file://{fleet.folder}/{name}.git"')


def _without_rights(fleet: Fleet, name: str) -> None:
    hook = fleet.remote(name) / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho you may not push here; exit 1\n")
    hook.chmod(0o755)


def _links(fleet: Fleet, name: str) -> None:
    service = ServiceRepository.create(fleet.folder / "made" / f"{name}-linked", {"README": "\n"})
    outside = fleet.folder / "outside.txt"
    outside.write_text("crucible-shared==0.3.*\n")
    (service.root / "requirements.txt").symlink_to(outside)
    (service.root / "requirements").symlink_to(fleet.folder)
    service.commit({"constraints.txt": "-r requirements/outside.txt\n"})
    git(fleet.folder, "clone", "--quiet", "--bare", str(service.root), f"{name}.git")
    fleet.add(f'url = "file://{fleet.folder}/{name}.git"')


def _address(url: str) -> Callable[[Fleet, str], None]:
    return lambda fleet, name: fleet.add(f'name = "{name}"\nurl = "{url}"')


def _files(files: Mapping[str, str | bytes]) -> Callable[[Fleet, str], None]:
    def make(fleet: Fleet, name: str) -> None:
        fleet.remote(name, files)

    return make


REFERENCE = "crucible-shared @ https://packages.example/x.whl\n"
# what is wrong → how such a service is made, and what its outcome says
FAILS: dict[str, tuple[Callable[[Fleet, str], None], str]] = {
    "gone-folder": (lambda fleet, name: fleet.add(f'path = "{name}"'), "is in no git repository"),
    "gone-remote": (_address("file:///no/such/place.git"), "cannot be reached"),
    "no-repository": (_no_repository, "cannot be reached"),
    "gone-host": (_address("http://127.0.0.1:9/x.git"), "cannot be reached"),
    "program-as-address": (_address("odd://x/y"), "cannot be reached"),
    "no-commit": (_empty, "has no commit yet"),
    "no-commit-at-the-remote": (_unborn, "has no commit"),
    "dirty": (_dirty, "has changes that are not committed"),
    "detached": (_detached, "no branch is checked out, not main"),
    "without-rights": (_without_rights, "you may not push here"),
    "settings": (_files({**PINNED, ".crucible.toml": "[upgrade]\ncooldown = 'x'\n"}), "cooldown is no num"),
}  # fmt: skip
# the same for those where nothing is to be done, which is no failure
STAYS: dict[str, tuple[Callable[[Fleet, str], None], str]] = {
    "without-a-pin": (_files({"requirements.txt": "fastapi\n"}), "no file of the last commit requires"),
    "links": (_links, "no file of the last commit requires"),
    "newest-already": (_files({"requirements.txt": "crucible-shared==0.4.*\n"}), "it is up to date"),
    "pin-that-stays": (_files({**PINNED, "constraints.txt": REFERENCE}), "constraints.txt:1 cannot move"),
}


def test_every_bad_service_has_an_outcome_of_its_own_and_the_others_go_on(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    first = fleet.remote("first")
    for name, (make, _) in {**FAILS, **STAYS}.items():
        make(fleet, name)
    last = fleet.remote("last")
    code, rows = fleet.run(capsys, "--push")
    assert code == 1
    said = {row["service"]: row["skipped"] for row in rows if row["skipped"]}
    assert {
        name: text in said.get(name, "") for name, (_, text) in {**FAILS, **STAYS}.items()
    } == dict.fromkeys((*FAILS, *STAYS), True)
    assert [name for name in said if name not in FAILS and name not in STAYS] == []
    assert all(git(bare, "rev-parse", "--verify", BRANCH) for bare in (first, last))


def test_a_list_of_services_with_nothing_to_do_is_fine(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, (make, _) in STAYS.items():
        make(fleet, name)
    assert fleet.run(capsys, "--push")[0] == 0


def test_files_that_are_no_python_and_pins_that_differ_are_told_and_the_service_moves(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    files: dict[str, str | bytes] = {
        "pyproject.toml": '[project]\nname = "x"\ndependencies = ["crucible-shared==0.3.0"]\n',
        "constraints.txt": "crucible-shared<0.4\n",
        "uv.lock": '[[package]]\nname = "crucible-shared"\nversion = "0.3.0"\n',
        "poetry.lock": '[[package]]\nname = "crucible-shared"\nversion = "0.3.1"\n',
        "app.py": "import crucible_shared\nthis is no Python (\n",
        "deep.py": f"import crucible_shared\nx = {'(' * 3000}{')' * 3000}\n",
        "binary.py": b"\x00\xff crucible_shared",
    }
    fleet.remote("mixed", files)
    code = main(["upgrade", "--services", str(fleet.list), "--index-url", fleet.url, "--push"])
    captured = capsys.readouterr()
    assert code == 0
    assert "mixed: pyproject.toml:3 ==0.3.0 -> ==0.4.0" in captured.out
    assert "mixed: constraints.txt:1 <0.4 -> <0.5" in captured.out
    for said in ("app.py:2 is no Python", "deep.py", "binary.py", "uv.lock", "poetry.lock"):
        assert said in captured.err


@pytest.mark.slow
def test_the_tests_that_the_list_names_run_and_those_that_the_service_names_do_not(
    fleet: Fleet, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    proof = tmp_path / "proof"
    own = {"pyproject.toml": f'[tool.crucible.upgrade]\ntest_command = "touch {proof}"\n'}
    fleet.remote("passes", {**PINNED, **own}, 'test_command = ["python", "-c", "import crucible_shared"]\n')
    fleet.remote("fails", {**PINNED, **own}, 'test_command = "python -c 1/0"\n')
    fleet.remote("without", {**PINNED, **own})
    code = main(["upgrade", "--services", str(fleet.list), "--index-url", fleet.url, "--push"])
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("tests ")]
    assert code == 0
    assert [line.split()[1].rstrip(":") for line in said][:2] == ["passed", "failed"]
    assert not proof.exists()


@pytest.mark.slow
def test_a_repository_of_a_hundred_thousand_files_is_upgraded(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = fleet.remote("large")
    push(bare, {f"d{number % 317}/f{number}.py": f"# {number}\n" for number in range(100_000)})
    assert git(bare, "ls-tree", "-r", "--name-only", "main").count("\n") == 100_000
    code, rows = fleet.run(capsys, "--push")
    assert (code, rows[0]["commit"]) == (0, git(bare, "rev-parse", BRANCH))


def test_an_index_that_is_down_is_asked_once_for_all_services(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        fleet.remote(f"service-{number}")
    asked: list[str] = []

    class Down(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(503)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the signature is the server's
            pass

    with answering(Down) as url:
        fleet.url = f"{url}/simple/"
        code, rows = fleet.run(capsys, "--push")
    assert code == 1
    assert [row["skipped"].endswith("answers with status 503") for row in rows] == [True] * 4
    assert len(asked) == 1 + RETRIES


def test_an_index_that_lies_about_a_wheel_changes_no_repository(
    fleet: Fleet, capsys: pytest.CaptureFixture[str], lying: str
) -> None:
    fleet.url = lying
    bares = [fleet.remote(f"service-{number}") for number in range(2)]
    before = [refs(bare) for bare in bares]
    code, rows = fleet.run(capsys, "--push")
    assert code == 1
    assert all("another sha256 than the index says" in row["skipped"] for row in rows)
    assert [refs(bare) for bare in bares] == before


def test_nothing_of_a_hostile_repository_runs(
    fleet: Fleet, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    proof = tmp_path / "proof"
    script = f"#!/bin/sh\ntouch {proof}\n"
    files: dict[str, str | bytes] = {
        **PINNED,
        ".gitattributes": "* filter=evil diff=evil merge=evil export-subst\n",
        ".gitconfig": f"[core]\n\tfsmonitor = {proof}\n",
        ".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = ext::touch% {proof}\n\tupdate = !{proof}\n',
        ".githooks/post-checkout": script,
        "hooks/post-checkout": script,
        "config": f"[core]\n\tfsmonitor = {proof}\n\tsshCommand = touch {proof}\n",
        "HEAD": "ref: refs/heads/main\n",
        "setup.py": f"open({str(proof)!r}, 'w')\nimport crucible_shared\n",
        "conftest.py": f"open({str(proof)!r}, 'w')\nimport crucible_shared\n",
        "pyproject.toml": f'[tool.crucible.upgrade]\ntest_command = "touch {proof}"\n',
    }
    bare = fleet.remote("hostile", files)
    code, rows = fleet.run(capsys, "--push")
    assert (code, rows[0]["commit"]) == (0, git(bare, "rev-parse", BRANCH))
    assert not proof.exists()


def test_a_clone_that_another_run_keeps_is_waited_for_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = ServiceRepository.create(tmp_path / "made", PINNED)
    url = f"file://{service.root}"
    monkeypatch.setattr("crucible_pipeline.upgrade.clones.LOCK_SECONDS", 0.05)
    with (
        Clones(tmp_path / "cache").at(url, ""),
        pytest.raises(CannotDo, match="another run keeps"),
        Clones(tmp_path / "cache").at(url, ""),
    ):
        pass


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotDo, match="--cache"), Clones(tmp_path / "file").at("file:///x", ""):
        pass


def test_an_address_with_a_password_is_refused(tmp_path: Path) -> None:
    url = "https://u:hunter2@packages.example/x.git"
    with pytest.raises(Refused) as caught, Clones(tmp_path).at(url, ""):
        pass
    assert "hunter2" not in str(caught.value)


def listed(number: int) -> list[Listed]:
    return [Listed(name=f"s{one}", path=Path()) for one in range(number)]


def test_results_come_in_order_and_few_are_held_however_slow_the_first_is() -> None:
    began: list[str] = []
    held: list[int] = []

    def act(one: Listed) -> str:
        began.append(one.name)
        if one.name == "s0":
            deadline = time.monotonic() + 60
            while len(began) < 8 and time.monotonic() < deadline:
                time.sleep(0.001)
            held.append(len(began))
        return one.name

    assert list(each(listed(100), act, 2)) == [f"s{one}" for one in range(100)]
    assert held == [8]


def test_an_error_that_nobody_thought_of_ends_no_thread_silently() -> None:
    def act(_: Listed) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(each(listed(9), act, 2))


def test_what_is_made_once_is_made_once_in_many_threads_and_so_is_a_failure() -> None:
    calls: list[int] = []

    def make(key: int) -> int:
        calls.append(key)
        if key:
            raise CannotDo("it is down")
        return 7

    once = Once(make)

    def act(one: Listed) -> str:
        try:
            return str(once(len(one.name) % 2))
        except CannotDo as error:
            return str(error)

    assert set(each(listed(40), act, 8)) == {"7", "it is down"}
    assert sorted(calls) == [0, 1]
