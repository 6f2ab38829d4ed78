"""A place for the fleet's figures, in a process of its own: an index, bare repositories, and lists of them.

What a process once needed counts as the memory of every child too (getrusage(2)), so the measuring one does
none of this itself.
"""

import subprocess
import sys
from pathlib import Path

import httpx

from crucible_pipeline.contracts.snapshot import dump
from crucible_pipeline.index.server import running
from index.distributions import Members, post, sdist, wheel
from upgrade.upgrade_services import contract

APP = "from crucible_shared import EvaluationStatus\n\nWAITS = EvaluationStatus.QUEUED\n"
REQUIREMENTS = "fastapi==0.115.*\ncrucible-shared==0.3.*\nredis\n"


def repository(folder: Path, name: str) -> Path:
    """A bare repository with one commit of a service of twenty files."""
    bare = folder / f"{name}.git"
    quiet = ["git", "init", "--quiet", "--bare", "--initial-branch=main", "--template=", str(bare)]
    subprocess.run(quiet, check=True)
    files = {"requirements.txt": REQUIREMENTS, "app.py": APP, "README.md": f"# {name}\n"}
    files |= {f"src/module_{number}.py": f'"""{name}."""\n\nNUMBER = {number}\n' for number in range(17)}
    stream = "commit refs/heads/main\ncommitter P <p@packages.example> 1700000000 +0000\ndata 1\nx\n"
    stream += "".join(f"M 100644 inline {path}\ndata {len(text)}\n{text}\n" for path, text in files.items())
    subprocess.run(["git", "fast-import", "--quiet"], cwd=bare, input=stream.encode(), check=True)
    return bare


def main(place: Path, counts: list[int]) -> None:
    """Make it all, say where the index is, and serve until standard input ends."""
    remotes = place / "remotes"
    remotes.mkdir()
    made = [repository(remotes, f"service-{number}") for number in range(max(counts))]
    for count in counts:
        tables = (f'[[service]]\nurl = "file://{bare}"\n' for bare in made[:count])
        (place / f"services-{count}.toml").write_text("\n".join(tables))
    with running() as server:
        for version, name in (("0.3.0", "old"), ("0.3.1", "old"), ("0.4.0", "new")):
            snapshot = dump(contract(name)).encode()

            def add(members: Members, snapshot: bytes = snapshot) -> None:
                members.append(("crucible_shared/contract.json", snapshot))

            post(server, wheel("crucible-shared", version, before=add)).raise_for_status()
        post(server, sdist("crucible-shared", "0.4.0")).raise_for_status()
        httpx.get(f"{server.simple_url}crucible-shared/").raise_for_status()
        sys.stdout.write(f"{server.simple_url} {server.token}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(count) for count in sys.argv[2:]])
