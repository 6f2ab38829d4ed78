"""Every kind of pin that is known to be written, one row each: in «old→new» stand the bytes that move.

The package moves from the line 0.3 to 0.4.0. A row without an arrow is a kind that stays where it is.
"""

import re
from dataclasses import dataclass

OLD = "sha256:" + "ab" * 32
NEW = "sha256:" + "12" * 32
_MOVE = re.compile("«(?P<old>[^»]*)→(?P<new>[^»]*)»")


@dataclass(frozen=True, slots=True)
class Kind:
    """A file of a service with a pin."""

    name: str
    path: str
    marked: str

    @property
    def before(self) -> str:
        return _MOVE.sub(lambda match: match["old"], self.marked)

    @property
    def after(self) -> str:
        return _MOVE.sub(lambda match: match["new"], self.marked)


def _toml(name: str, marked: str, path: str = "pyproject.toml") -> Kind:
    return Kind(name, path, marked)


def _requirement(name: str, marked: str, path: str = "requirements.txt") -> Kind:
    return Kind(name, path, f"fastapi==0.115.*  # web\n{marked}\nredis>=5\n")


def _steps(name: str, run: str, path: str = ".github/workflows/ci.yml") -> Kind:
    return Kind(name, path, f"on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n{run}\n")


REQUIREMENTS = (
    _requirement("wildcard", "crucible-shared==«0.3→0.4».*"),
    _requirement("exact", "crucible-shared==«0.3.1→0.4.0»"),
    _requirement("arbitrary equality", "crucible-shared===«0.3.1→0.4.0»"),
    _requirement("compatible release", "crucible-shared~=«0.3.1→0.4.0»"),
    _requirement("range", "crucible-shared>=«0.3→0.4»,<«0.4→0.5»"),
    _requirement("range with exclusion", "crucible-shared >= «0.3.1→0.4.0», < «0.4→0.5», != 0.3.3"),
    _requirement("upper bound first", "crucible-shared<«0.4→0.5»,>=«0.3→0.4»"),
    _requirement("upper bound alone", "crucible-shared<«0.4→0.5»"),
    _requirement("inclusive upper bound", "crucible-shared>=«0.3→0.4»,<=«0.3.9→0.4.0»"),
    _requirement("blanks", "crucible-shared == «0.3→0.4».*"),
    _requirement("brackets", "crucible-shared (~=«0.3.1→0.4.0»)"),
    _requirement("another spelling of the name", "Crucible_Shared==«0.3→0.4».*"),
    _requirement("extras", "crucible-shared[events,http]==«0.3→0.4».*"),
    _requirement("marker", "crucible-shared==«0.3→0.4».* ; python_version < '3.14'"),
    _requirement("comment behind", "crucible-shared==«0.3→0.4».*  # not 0.3.*"),
    _requirement("continuation", "crucible-shared \\\n    ==«0.3.1→0.4.0»"),
    _requirement("hash", f"crucible-shared==«0.3.1→0.4.0» --hash=«{OLD}→{NEW}»"),
    _requirement("hash on its own line", f"crucible-shared==«0.3.1→0.4.0» \\\n    --hash=«{OLD}→{NEW}»"),
    _requirement("constraints file", "crucible-shared==«0.3.1→0.4.0»", "constraints.txt"),
    _requirement("input of pip-compile", "crucible-shared==«0.3→0.4».*", "requirements.in"),
    _requirement("output of pip-compile", "crucible-shared==«0.3.1→0.4.0»\n    # via -r requirements.in"),
    _requirement("file in a folder", "crucible-shared==«0.3→0.4».*", "requirements/dev.txt"),
    _requirement("included file of any name", "crucible-shared==«0.3→0.4».*", "deps/base.list"),
    _requirement(
        "twice with markers", "crucible-shared==«0.3→0.4».*; os_name=='nt'\ncrucible-shared~=«0.3.1→0.4.0»"
    ),
)
TOML = (
    _toml(
        "PEP 621", '[project]\ndependencies = [\n  "redis",\n  "crucible-shared==«0.3→0.4».*",  # types\n]\n'
    ),
    _toml("PEP 621 optional", "[project.optional-dependencies]\nx = ['crucible-shared[a]~=«0.3.1→0.4.0»']\n"),
    _toml("PEP 735", '[dependency-groups]\ndev = [{include-group = "a"}, "crucible-shared==«0.3→0.4».*"]\n'),
    _toml(
        "build requirement", '[build-system]\nrequires = ["setuptools", "crucible-shared==«0.3.1→0.4.0»"]\n'
    ),
    _toml(
        "poetry caret", '[tool.poetry.dependencies]\npython = "^3.11"\ncrucible-shared = "^«0.3.1→0.4.0»"\n'
    ),
    _toml("poetry tilde", '[tool.poetry.dependencies]\ncrucible_shared = "~«0.3→0.4»"\n'),
    _toml("poetry wildcard", '[tool.poetry.dependencies]\ncrucible-shared = "«0.3→0.4».*"\n'),
    _toml("poetry exact", '[tool.poetry.dev-dependencies]\ncrucible-shared = "«0.3.1→0.4.0»"\n'),
    _toml(
        "poetry inline table",
        '[tool.poetry.dependencies]\ncrucible-shared = {version = "^«0.3→0.4»", source = "p"}\n',
    ),
    _toml(
        "poetry table",
        '[tool.poetry.dependencies.crucible-shared]\nversion = ">=«0.3→0.4»,<«0.4→0.5»"\nextras = ["a"]\n',
    ),
    _toml(
        "poetry several",
        "[tool.poetry.dependencies]\ncrucible-shared = [\n"
        '  {version = "«0.3→0.4».*", python = "<3.13"},\n'
        '  {version = "^«0.3.1→0.4.0»", python = ">=3.13"},\n]\n',
    ),
    _toml("poetry group", '[tool.poetry.group.dev.dependencies]\ncrucible-shared = "^«0.3.1→0.4.0»"\n'),
    _toml("pdm group", '[tool.pdm.dev-dependencies]\ntest = ["crucible-shared==«0.3→0.4».*"]\n'),
    _toml(
        "pdm override",
        '[tool.pdm.resolution.overrides]\ncrucible-shared = "«0.3.1→0.4.0»"\n',
    ),
    _toml(
        "hatch environment", '[tool.hatch.envs.test]\nextra-dependencies = ["crucible-shared==«0.3→0.4».*"]\n'
    ),
    _toml("hatch.toml", '[envs.default]\ndependencies = ["crucible-shared==«0.3→0.4».*"]\n', "hatch.toml"),
    _toml("uv constraint", '[tool.uv]\nconstraint-dependencies = ["crucible-shared<«0.4→0.5»"]\n'),
    _toml("uv override", '[tool.uv]\noverride-dependencies = ["crucible-shared==«0.3.1→0.4.0»"]\n'),
    _toml("uv development", '[tool.uv]\ndev-dependencies = ["crucible-shared==«0.3→0.4».*"]\n'),
    _toml(
        "uv source with an index",
        '[project]\ndependencies = ["crucible-shared==«0.3→0.4».*"]\n'
        '[tool.uv.sources]\ncrucible-shared = {index = "private"}\n',
    ),
    _toml("flit", '[tool.flit.metadata]\nrequires = ["crucible-shared==«0.3→0.4».*"]\n'),
    _toml("pixi", '[pypi-dependencies]\ncrucible-shared = "==«0.3→0.4».*"\n', "pixi.toml"),
    _toml("Pipfile", '[packages]\ncrucible-shared = "==«0.3→0.4».*"\n', "Pipfile"),
    _toml(
        "Pipfile table",
        '[dev-packages]\ncrucible-shared = {version = "~=«0.3.1→0.4.0»", index = "p"}\n',
        "Pipfile",
    ),
    _toml("tox in pyproject.toml", '[tool.tox.env_run_base]\ndeps = ["crucible-shared==«0.3→0.4».*"]\n'),
)
OTHERS = (
    Kind(
        "setup.cfg",
        "setup.cfg",
        "[options]\ninstall_requires =\n    redis\n    crucible-shared==«0.3→0.4».*\n",
    ),
    Kind(
        "setup.cfg extra",
        "setup.cfg",
        "[options.extras_require]\nx =\n  crucible-shared~=«0.3.1→0.4.0»\n",
    ),
    Kind("tox.ini", "tox.ini", "[testenv]\ndeps =\n    pytest\n    crucible-shared==«0.3→0.4».*\n"),
    Kind("tox factor", "tox.ini", "[testenv:a]\ndeps =\n    py311: crucible-shared==«0.3.1→0.4.0»\n"),
    Kind(
        "setup.py",
        "setup.py",
        "from setuptools import setup\n\nsetup(install_requires=['crucible-shared==«0.3→0.4».*'])\n",
    ),
    Kind(
        "setup.py with a name",
        "setup.py",
        'import setuptools\n\nREQUIRES = ["redis", "crucible-shared~=«0.3.1→0.4.0»"]\n'
        "setuptools.setup(install_requires=REQUIRES)\n",
    ),
    Kind("setup.py extra", "setup.py", 'setup(extras_require={"ä": ["crucible-shared==«0.3→0.4».*"]})\n'),
    Kind("nox", "noxfile.py", 'def t(session):\n    session.install("-q", "crucible-shared==«0.3→0.4».*")\n'),
    Kind(
        "inline script metadata",
        "tools/job.py",
        '# /// script\n# dependencies = [\n#   "crucible-shared==«0.3→0.4».*",\n# ]\n# ///\nimport sys\n',
    ),
    Kind(
        "environment.yml",
        "environment.yml",
        "dependencies:\n  - python=3.11\n  - pip:\n      - crucible-shared==«0.3→0.4».*\n",
    ),
    Kind("conda exact", "environment.yml", "dependencies:\n  - private::crucible-shared==«0.3.1→0.4.0»\n"),
    Kind("conda fuzzy", "environment.yml", "dependencies: [python, crucible-shared=«0.3→0.4»]\n"),
    Kind("conda range", "environment.yaml", 'dependencies:\n  - "crucible-shared >=«0.3→0.4»,<«0.4→0.5»"\n'),
    Kind(
        "pre-commit",
        ".pre-commit-config.yaml",
        "repos:\n- repo: local\n  hooks:\n  - id: mypy\n"
        "    additional_dependencies: [crucible-shared==«0.3→0.4».*]\n",
    ),
    Kind("npm caret", "package.json", '{\n\t"dependencies": {"@crucible/shared": "^«0.3.1→0.4.0»"}\n}'),
    Kind("npm tilde", "package.json", '{"devDependencies": {"@crucible/shared": "~«0.3.0→0.4.0»"}}\n'),
    Kind(
        "npm exact",
        "package.json",
        '{"version": "0.3.1", "dependencies": {"@crucible/shared": "«0.3.1→0.4.0»"}}',
    ),
    Kind("npm x-range", "package.json", '{"peerDependencies": {"@crucible/shared": "«0.3→0.4».x"}}\n'),
    Kind(
        "npm hyphen",
        "package.json",
        '{"dependencies": {"@crucible/shared": "«0.3.0→0.4.0» - «0.3.9→0.4.0»"}}\n',
    ),
    Kind(
        "npm short hyphen",
        "package.json",
        '{"dependencies": {"@crucible/shared": "«0.3→0.4» - «0.3→0.4»"}}\n',
    ),
    Kind(
        "npm alternatives",
        "package.json",
        '{"dependencies": {"@crucible/shared": "^0.2.0 || >=«0.3.0→0.4.0» <«0.4.0→0.5.0»"}}\n',
    ),
    Kind(
        "npm range", "package.json", '{"overrides": {"@crucible/shared": ">=«0.3.0→0.4.0» <«0.4.0→0.5.0»"}}\n'
    ),
)
COMMANDS = (
    Kind(
        "Dockerfile pip",
        "Dockerfile",
        "FROM python:3.11\nRUN pip install --no-cache-dir crucible-shared==«0.3→0.4».*\n",
    ),
    Kind(
        "Dockerfile uv",
        "api.Dockerfile",
        'RUN uv pip install --system "crucible-shared>=«0.3→0.4»,<«0.4→0.5»"\n',
    ),
    Kind(
        "Dockerfile over several lines",
        "docker/Dockerfile.api",
        "RUN --mount=type=secret,id=netrc \\\n  # the types\n  python3 -m pip install \\\n"
        "    redis \\\n    'crucible-shared==«0.3.1→0.4.0»' && \\\n  true\n",
    ),
    Kind("Dockerfile in exec form", "Dockerfile", 'RUN ["pip", "install", "crucible-shared==«0.3→0.4».*"]\n'),
    Kind(
        "Dockerfile heredoc",
        "Containerfile",
        "RUN <<EOF\nset -e\npip install crucible-shared==«0.3→0.4».*\nEOF\nUSER app\n",
    ),
    Kind(
        "Dockerfile ARG",
        "Dockerfile",
        'ARG VERSION=«0.3.1→0.4.0»\nRUN pip install "crucible-shared==${VERSION}"\nLABEL version="0.3.1"\n',
    ),
    Kind(
        "Dockerfile ENV with a wildcard behind",
        "Dockerfile",
        "ENV A=1 \\\n    SHARED=«0.3→0.4»\nRUN pip install crucible-shared==$SHARED.*\n",
    ),
    Kind(
        "compose command",
        "docker-compose.yml",
        'services:\n  api:\n    command: sh -c "pip install crucible-shared==«0.3→0.4».* && run"\n',
    ),
    Kind(
        "compose build argument",
        "compose.yaml",
        'services:\n  api:\n    build:\n      args:\n        CRUCIBLE_SHARED_VERSION: "«0.3.1→0.4.0»"\n',
    ),
    Kind(
        "Kubernetes command",
        "k8s/job.yaml",
        'kind: Job\nspec:\n  command: ["sh", "-c"]\n---\n'
        'args: ["pip", "install", "crucible-shared==«0.3→0.4».*"]\n',
    ),
    _steps("workflow", "      - run: pip install crucible-shared==«0.3→0.4».*"),
    _steps(
        "workflow script",
        "      - run: |\n          set -x\n          uv pip install 'crucible-shared~=«0.3.1→0.4.0»'",
    ),
    _steps(
        "workflow variable",
        "      - env:\n          SHARED: «0.3.1→0.4.0»\n"
        "        run: pip install crucible-shared==${{ env.SHARED }}",
    ),
    Kind(
        "GitLab",
        ".gitlab-ci.yml",
        "test:\n  script:\n    - pip install crucible-shared==«0.3→0.4».*\n    - pytest\n",
    ),
    Kind(
        "shell script",
        "scripts/setup.sh",
        "#!/bin/sh\n# pip install crucible-shared==0.3.*\n"
        "sudo pip3 install -q crucible-shared==«0.3→0.4».*\n",
    ),
)
# These name a place, compute their version or say none: nothing is written, and the reason is told.
STAYING = (
    Kind(
        "direct reference",
        "requirements.txt",
        "crucible-shared @ https://packages.example/crucible_shared-0.3.1.whl\n",
    ),
    Kind("repository", "requirements.txt", "git+https://git.example/c.git@v0.3.1#egg=crucible-shared\n"),
)
KINDS = (*REQUIREMENTS, *TOML, *OTHERS, *COMMANDS, *STAYING)
