"""`crucible demo`: the whole road on this checkout, in a temporary place, by the commands a person types."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from packaging.version import Version

from crucible_pipeline.cli.app import console
from crucible_pipeline.cli.demo_story import NAME, Story, story_of
from crucible_pipeline.contracts.project import Project, find_project
from crucible_pipeline.errors import CannotDo
from crucible_pipeline.git import Repository, clone
from crucible_pipeline.index.configured import pip_index_url
from crucible_pipeline.index.server import running
from crucible_pipeline.release.gate import gate

CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### {kind}\n\n- {words}\n"
HELP = """Walk the whole road on this checkout, in a temporary place.

Tag, build, upload to an embedded index, install into a clean environment, break a contract, be refused a
version that is too small, release the right one, and propose the upgrade to a service.
Your checkout stays as it is.

Example: [bold]crucible demo[/bold], or [bold]crucible demo --keep[/bold] to look at what it made.
"""
TO_TYPE = """
Now for real, in your own repository of contracts:
  crucible generate                       contracts to code
  crucible check                          what a change breaks, with the payload that proves it
  crucible release auto                   the version that the verdict requires: changelog, commit, tag
  crucible index token create --project {package}
  crucible serve                          the index, on http://127.0.0.1:8470
  crucible publish --repository http://127.0.0.1:8470/legacy/
and in a service:
  crucible upgrade . --index-url http://127.0.0.1:8470/simple/
"""


@dataclass(frozen=True, slots=True)
class Road:
    """Runs commands as a person would and shows them.

    Args:
        environment: of every command.
        started: clock reading, seconds.
    """

    environment: Mapping[str, str]
    started: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Name the next part of the road."""
        console(stderr=False).print(
            f"\n[bold]── {text}[/bold]  [dim]{time.monotonic() - self.started:.0f} s[/dim]"
        )

    def run(self, argv: Sequence[str | Path], at: Path, *, expect: int = 0) -> None:
        """Show a command, run it, and stop the demo if it ends otherwise than expected.

        Raises:
            CannotDo: another exit code than `expect`.
        """
        words = [os.fspath(word) for word in argv]
        shown = shlex.join([Path(words[0]).name, *words[1:]])
        console(stderr=False).print(f"[cyan]$ {shown}[/cyan]", markup=True)
        command = (
            [sys.executable, "-m", "crucible_pipeline.cli", *words[1:]] if words[0] == "crucible" else words
        )
        sys.stdout.flush()
        done = subprocess.run(
            command,
            cwd=at,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode != expect:
            raise CannotDo(
                f"`{shown}` ended with {done.returncode} and not with {expect}", "read what it printed above"
            )


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=HELP)
    def demo(
        keep: Annotated[
            bool, typer.Option("--keep", help="Keep the temporary place and say where it is.")
        ] = False,
    ) -> None:
        project = find_project(None)
        story = story_of(project.root)
        with _place(keep) as place:
            _walk(Repository.containing(project.root), project, story, place)
        console(stderr=False).print(TO_TYPE.format(package=project.package.distribution), markup=False)


@contextmanager
def _place(keep: bool) -> Generator[Path]:
    place = Path(tempfile.mkdtemp(prefix="crucible-demo-")).resolve()
    try:
        yield place
    finally:
        if keep:
            console().print(f"kept: {place}", markup=False)
        else:
            shutil.rmtree(place, ignore_errors=True)


def _walk(checkout: Repository, project: Project, story: Story, place: Path) -> None:
    with running(place / "index", gate=gate, upstream=pip_index_url) as index:
        road = Road(_environment(place, index.token))
        contracts = _contracts(road, checkout, place / "contracts")
        _release(road, contracts, story.first, index.upload_url)
        service = _service(road, checkout.root / "examples" / story.service, place)
        _installed(road, project, story, place, index.simple_url)
        _second_day(road, contracts, _below(project.contracts, checkout, contracts), story)
        _release(road, contracts, story.second, index.upload_url)
        road.say("The service gets a proposal: the pin moves, and the lines that break are named")
        package = project.package.distribution
        options = ["--package", package, "--index-url", index.simple_url]
        road.run(["crucible", "upgrade", service.root, *options], place)
        branch = service.run("for-each-ref", "--format=%(refname:short)", "refs/heads/crucible")
        road.run(["git", "show", "--stat", "--patch", "--format=%h %s", branch], service.root)


def _below(folder: Path, checkout: Repository, copy: Repository) -> Path:
    """The same folder in the copy."""
    return copy.root / folder.resolve().relative_to(checkout.root.resolve())


def _environment(place: Path, token: str) -> dict[str, str]:
    """The user's environment without what would point commands elsewhere, and with an identity for git."""
    misleading = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
    kept = {name: value for name, value in os.environ.items() if name not in misleading}
    person = {"NAME": "Crucible demo", "EMAIL": "demo@packages.example"}
    identity = {
        f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()
    }
    quiet = {"GIT_PAGER": "cat", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "TMPDIR": os.fspath(place)}
    own = {"CRUCIBLE_TOKEN": token, "CRUCIBLE_CACHE": os.fspath(place / "cache")}
    return kept | identity | quiet | own


def _contracts(road: Road, checkout: Repository, folder: Path) -> Repository:
    road.say("A clone of this checkout, with no releases yet")
    if checkout.changes():
        console().print("uncommitted changes are not part of it", style="yellow")
    copy = clone(checkout.root, folder)
    for tag in copy.release_tags():
        copy.run("tag", "--delete", tag)
    copy.run("switch", "--quiet", "-C", "main")
    copy.run("remote", "remove", "origin")
    road.run(["crucible", "generate", "--check"], folder)
    road.run(["crucible", "check"], folder)
    _log(road, copy, "Added", "The contracts, for the first time.")
    return copy


def _log(road: Road, repository: Repository, kind: str, words: str) -> None:
    """Write an Unreleased entry of the demo's own, whatever the checkout's changelog says today."""
    path = repository.root / "CHANGELOG.md"
    old = path.read_text(encoding="utf-8") if kind == "Changed" else ""
    entry = CHANGELOG.format(kind=kind, words=words)
    released = old[old.index("\n## [0") :] if "\n## [0" in old else ""
    path.write_text(entry + released, encoding="utf-8")
    road.run(["git", "commit", "--quiet", "--all", "--message", words], repository.root)


def _release(road: Road, contracts: Repository, version: Version, upload_url: str) -> None:
    road.say(f"Release {version}: a real tag, a real build, a real upload")
    road.run(["crucible", "release", str(version)], contracts.root)
    # One Python is enough to see it; without the option every Python of the machine tries the wheel.
    this = f"{sys.version_info.major}.{sys.version_info.minor}"
    road.run(["crucible", "publish", "--python", this, "--repository", upload_url], contracts.root)


def _installed(road: Road, project: Project, story: Story, place: Path, simple_url: str) -> None:
    """Install the line into a clean environment, and use it."""
    road.say("A service installs it, in a clean environment outside the repository")
    venv.create(place / "env", symlinks=True)
    python = place / "env" / "bin" / "python"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    line = f"{project.package.distribution}=={story.first.major}.{story.first.minor}.*"
    # One address is enough: what is not the index's own, here pydantic, it takes from pip's configured index.
    road.run([*pip, "--index-url", simple_url, line], place)
    road.run([python, "-c", story.uses], Path(place.anchor))


def _service(road: Road, example: Path, place: Path) -> Repository:
    """A repository of the example service, pinned to the first line."""
    folder = place / example.name
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns(".*cache", "__pycache__", ".venv"))
    service = Repository(folder)
    service.run("init", "--quiet", "--initial-branch", "main")
    service.run("add", ".")
    road.run(["git", "commit", "--quiet", "--message", f"{example.name}, pinned to the first line"], folder)
    return service


def _second_day(road: Road, contracts: Repository, folder: Path, story: Story) -> None:
    road.say("The second day: the contracts change, and something breaks")
    for edit in story.edits:
        path = folder / edit.file
        text = path.read_text(encoding="utf-8")
        if text.count(edit.old) != 1:
            raise CannotDo(f"{NAME} no longer knows {edit.file}", f"look there for {edit.old!r}")
        path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
    road.run(["git", "diff", "--unified=0", folder], contracts.root)
    road.run(["crucible", "generate"], contracts.root)
    road.run(["crucible", "check"], contracts.root)
    _log(road, contracts, "Changed", story.changed)
    road.say(f"{story.too_small} would lie to every service pinned to the line, and is refused")
    road.run(["crucible", "release", str(story.too_small)], contracts.root, expect=1)
