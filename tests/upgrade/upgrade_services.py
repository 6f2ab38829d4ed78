"""Real git repositories of services, and the two contracts between which they are upgraded."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package
from crucible_pipeline.contracts.read import read_folder

CONTRACTS = Path(__file__).parent / "contracts"


def contract(name: str) -> Contract:
    package = Package("crucible-shared", "crucible_shared", "@crucible/shared")
    return load(read_folder(CONTRACTS / name), package)


@dataclass(frozen=True)
class ServiceRepository:
    """A work tree with one commit."""

    root: Path

    @classmethod
    def create(cls, root: Path, files: Mapping[str, str | bytes]) -> "ServiceRepository":
        root.mkdir(parents=True)
        made = cls(root)
        made.git("init", "--quiet", "--initial-branch=main")
        made.git("config", "user.name", "Service Owner")
        made.git("config", "user.email", "owner@packages.example")
        made.git("config", "core.autocrlf", "false")
        made.commit(files)
        return made

    def git(self, *arguments: str) -> str:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=clean, capture_output=True, check=True, text=True
        )
        return done.stdout.rstrip("\n")

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, files: Mapping[str, str | bytes]) -> None:
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "The service")

    def state(self) -> tuple[str, ...]:
        """Everything of the checkout that an upgrade has to leave alone."""
        return (
            self.git("rev-parse", "HEAD"),
            self.git("symbolic-ref", "HEAD"),
            self.git("status", "--porcelain", "--ignored"),
            self.git("diff", "HEAD"),
            self.git("diff", "--cached"),
            self.git("worktree", "list"),
            self.git("stash", "list"),
        )

    def file_at(self, ref: str, path: str) -> bytes:
        return subprocess.run(
            ["git", "show", f"{ref}:{path}"], cwd=self.root, capture_output=True, check=True
        ).stdout
