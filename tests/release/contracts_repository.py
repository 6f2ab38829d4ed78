"""A small contracts repository with real git: this project's build files around two contracts of its own."""

import shutil
from pathlib import Path

from crucible_pipeline.contracts.project import Project, find_project, load_project
from crucible_pipeline.generate.generate import generate
from crucible_pipeline.generate.write import write
from crucible_pipeline.git import Repository
from crucible_pipeline.release.facts import targets
from crucible_pipeline.release.packages import Released

ROOT = Path(__file__).parents[2]
BUILD_FILES = (
    "pyproject.toml",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    ".gitignore",
    ".gitattributes",
    "Makefile",
)
STATUS = """\
openapi: 3.1.0
info: {title: Job status, version: from-git-tag}
components:
  schemas:
    JobStatus:
      type: string
      enum: [queued, running, done]
"""
REQUEST = """\
openapi: 3.1.0
info: {title: Job request, version: from-git-tag}
components:
  schemas:
    JobRequest:
      type: object
      required: [code]
      properties:
        code: {type: string}
        timeout:
          type: integer
          minimum: 1
          maximum: {$ref: 'constants/limits.yaml#/job/max_timeout_seconds'}
          default: 30
"""
LIMITS = """\
job:
  max_timeout_seconds: {value: 300, description: Longest time that a job may ask for.}
"""
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Jobs.\n"


class Workshop:
    """A contracts repository to work in.

    Args:
        root: its top folder; made if it does not exist.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.repository = Repository(root)

    @property
    def project(self) -> Project:
        """As the work tree has it."""
        return find_project(self.root / "contracts")

    @property
    def package_released(self) -> Released:
        """The package of the contracts, as the work tree has it."""
        return Released(self.project)

    def write(self, **files: str) -> None:
        """Write contracts (`status`, `request`, `limits`) and `changelog`."""
        places = {
            "status": "contracts/job-status.yaml",
            "request": "contracts/job-request.yaml",
            "limits": "contracts/constants/limits.yaml",
            "changelog": "CHANGELOG.md",
        }
        for name, text in files.items():
            path = self.root / places[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def generate(self) -> None:
        """Generate the code of the contracts."""
        write(generate(load_project(self.project)), targets(self.project))

    def package(self) -> list[str]:
        """The tracked files of the Python package, by their names in a wheel."""
        listed = self.repository.run("ls-files", "src/crucible_shared").splitlines()
        return [name.removeprefix("src/") for name in listed]

    def commit(self, subject: str) -> str:
        """Commit everything."""
        return self.repository.commit(subject, ["."])

    def note(self, words: str) -> None:
        """Put words under Unreleased."""
        path = self.root / "CHANGELOG.md"
        path.write_text(path.read_text().replace("## [Unreleased]\n", f"## [Unreleased]\n\n- {words}\n", 1))

    def change(self, words: str, **files: str) -> str:
        """Change contracts as an author does: code generated, a word for the changelog, all committed."""
        self.write(**files)
        self.generate()
        self.note(words)
        return self.commit(words)

    def copy(self, root: Path) -> "Workshop":
        """The same repository in another folder."""
        shutil.copytree(self.root, root, symlinks=True)
        return Workshop(root)


def workshop(root: Path) -> Workshop:
    """A repository ready for its first release: two contracts, their code, nothing tagged.

    It also tracks what must not be shipped: a tool, a test and a secret.
    """
    made = Workshop(root)
    root.mkdir(parents=True)
    for name in BUILD_FILES:
        shutil.copyfile(ROOT / name, root / name)
    made.write(status=STATUS, request=REQUEST, limits=LIMITS, changelog=CHANGELOG)
    for name in ("src/crucible_pipeline/tool.py", "tests/test_it.py", "examples/a/app.py", ".ci/run", ".env"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("TOKEN = 'unshipped'\n")
    made.repository.run("init", "--quiet", "--initial-branch", "main")
    made.generate()
    made.commit("The contracts of jobs")
    return made
