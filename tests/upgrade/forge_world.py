"""What a small forge keeps: pull requests, comments, labels and checks over real bare repositories."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

TOKEN = "a-token-of-the-test"
READ_ONLY = "a-token-that-may-only-read"
OURS, PERSON = "crucible-bot", "person"
PROJECT = "platform/storage-service"


@dataclass
class Pull:
    """A pull or merge request."""

    number: int
    branch: str
    base: str
    title: str
    body: str
    labels: list[str] = field(default_factory=list)
    state: str = "open"
    fork: bool = False
    commit: str = ""


@dataclass
class Said:
    """A comment."""

    identity: int
    pull: int
    body: str


@dataclass(frozen=True)
class Fault:
    """An answer instead of the right one, given `times` times."""

    method: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    body: bytes = b'{"message": "no"}'


@dataclass
class World:
    """A forge with one project.

    Args:
        root: folder of the bare repositories.
    """

    root: Path
    pulls: list[Pull] = field(default_factory=list)
    comments: list[Said] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    checks: dict[str, list[str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    page: int = 100

    @property
    def bare(self) -> Path:
        return self.root / f"{PROJECT}.git"

    def create(self, source: Path) -> None:
        """Take a work tree's repository over as the project's."""
        self.bare.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "clone", "--quiet", "--bare", str(source), str(self.bare)], check=True)

    def git(self, *arguments: str) -> str:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        author = {"NAME": PERSON, "EMAIL": f"{PERSON}@packages.example"}
        who = {
            f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in author.items()
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.bare, env=clean | who, capture_output=True, check=False, text=True
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    def tip(self, branch: str) -> str:
        """The commit of a branch; empty if there is none."""
        return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")

    def writes(self) -> list[tuple[str, str]]:
        """The requests that wrote something."""
        return [one for one in self.asked if one[0] != "GET"]

    def fault(self, method: str) -> Fault | None:
        """The fault that this request meets."""
        for fault in self.faults:
            if fault.method in {method, "*"}:
                self.faults.remove(fault)
                if fault.times > 1:
                    left = Fault(fault.method, fault.status, fault.headers, fault.times - 1, fault.body)
                    self.faults.insert(0, left)
                return fault
        return None

    def refresh(self) -> None:
        """Follow the branches, as a forge does after each push."""
        listed = self.git("for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads")
        tips = dict(line.split() for line in listed.splitlines())
        for pull in self.pulls:
            if pull.state == "open" and not pull.fork:
                pull.commit = tips.get(pull.branch, pull.commit)
                pull.state = "open" if pull.branch in tips else "closed"

    def open(self, pull: Pull) -> str:
        """Open a pull request; the reason why not, if it cannot be."""
        if not self.tip(pull.base) or not (pull.fork or self.tip(pull.branch)):
            return "the branch does not exist"
        for one in self.pulls:
            if (one.branch, one.base, one.state, one.fork) == (pull.branch, pull.base, "open", pull.fork):
                return "another open pull request for this branch exists"
        pull.number = len(self.pulls) + 1
        pull.commit = self.tip(pull.branch)
        self.pulls.append(pull)
        self.set_labels(pull, pull.labels)
        return ""

    def set_labels(self, pull: Pull, names: list[str]) -> None:
        self.labels += [name for name in names if name not in self.labels]
        pull.labels = list(names)

    def say(self, pull: int, body: str) -> Said:
        said = Said(len(self.comments) + 100, pull, body)
        self.comments.append(said)
        return said

    def merge(self, pull: Pull, commit: str) -> int:
        """Merge for real; the status of the answer."""
        if pull.state != "open":
            return 405
        if commit and commit != pull.commit:
            return 409
        base = self.tip(pull.base)
        tree = self.git("merge-tree", "--write-tree", base, pull.commit)
        if not tree or "\n" in tree:
            return 405
        words = f"Merge {pull.branch}"
        made = self.git("commit-tree", tree, "-p", base, "-p", pull.commit, "-m", words)
        self.git("update-ref", f"refs/heads/{pull.base}", made)
        pull.state = "merged"
        return 200

    def commit_as_a_person(self, branch: str, path: str, content: str) -> str:
        """One more commit on a branch, by somebody who is not crucible."""
        parent = self.tip(branch)
        blob = subprocess.run(
            ["git", "hash-object", "-w", "--stdin"],
            cwd=self.bare,
            input=content.encode(),
            capture_output=True,
            check=True,
        ).stdout.decode()
        entries = {line.split("\t")[1]: line for line in self.git("ls-tree", parent).splitlines()}
        entries[path] = f"100644 blob {blob.strip()}\t{path}"
        tree = subprocess.run(
            ["git", "mktree"],
            cwd=self.bare,
            input="".join(f"{line}\n" for _, line in sorted(entries.items())).encode(),
            capture_output=True,
            check=True,
        ).stdout.decode()
        made = self.git("commit-tree", tree.strip(), "-p", parent, "-m", "By hand")
        self.git("update-ref", f"refs/heads/{branch}", made)
        return made

    def of(self, state: str) -> Iterator[Pull]:
        """The pull requests in a state."""
        return (one for one in self.pulls if one.state == state)
