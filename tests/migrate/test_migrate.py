"""`crucible migrate` on a repository of the platform's kind, against a real index."""

import json
import re
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from crucible_pipeline.cli import main
from crucible_pipeline.index.server import Running
from examples.surroundings import environment
from migrate.copied_platform import PLATFORM, SHARED
from upgrade.upgrade_services import ServiceRepository


@pytest.fixture
def platform(tmp_path: Path) -> ServiceRepository:
    return ServiceRepository.create(tmp_path / "platform", PLATFORM)


def migrate(
    index: Running, capsys: pytest.CaptureFixture[str], target: Path, *options: str
) -> dict[str, Any]:
    """Run the command with --format json."""
    capsys.readouterr()
    code = main(["migrate", str(target), "--index-url", index.simple_url, "--format", "json", *options])
    assert code == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def refused(
    index: Running, capsys: pytest.CaptureFixture[str], target: Path, *options: str
) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["migrate", str(target), "--index-url", index.simple_url, *options])
    return code, capsys.readouterr().err


def text_of(repository: ServiceRepository, path: str) -> str:
    return (repository.root / path).read_bytes().decode()


def told(document: dict[str, Any], path: str) -> str:
    lines = (one for one in document["left"] if one["file"] == path)
    return "\n".join(f"{one['line']}: {one['what']}; {one['todo']}" for one in lines)


def test_imports_come_from_the_package_and_everything_around_them_stays(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository
) -> None:
    found = migrate(index, capsys, platform.root)
    assert (found["package"], found["version"]) == ("crucible-shared", "0.3.0")
    assert text_of(platform, "api/gateway.py") == (
        '"""The gateway."""\n\nfrom crucible_shared import (  # noqa: E402\n'
        "    EvaluationResponse,  # what is answered\n    EvaluationStatus,\n)\n"
        "from crucible_shared import EvaluationQueuedEvent as Queued  # noqa: E402\n\n\n"
        "def answer():\n    return EvaluationStatus.QUEUED, EvaluationResponse, Queued\n"
    )
    assert "return crucible_shared.EvaluationStatus.RUNNING" in text_of(platform, "celery_worker/tasks.py")
    assert "import crucible_shared as contracts\n" in text_of(platform, "storage_worker/app.py")


def test_the_line_about_the_search_path_goes_where_nothing_else_needs_it(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository
) -> None:
    found = migrate(index, capsys, platform.root)
    assert "sys" not in text_of(platform, "api/gateway.py")
    assert "ROOT" not in text_of(platform, "storage_worker/app.py")
    # the test finds the service through it
    assert "sys.path.append" in text_of(platform, "storage_worker/tests/test_app.py")
    assert told(found, "storage_worker/tests/test_app.py").startswith(
        "4: sys.path is changed, and storage_worker may be found through it"
    )


def test_a_fallback_that_is_the_same_import_goes_and_another_is_told(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository
) -> None:
    found = migrate(index, capsys, platform.root)
    assert text_of(platform, "storage_service/app.py").startswith(
        "from crucible_shared import EvaluationStatus\n\n\ndef first()"
    )
    assert "except ImportError:\n    EvaluationResponse = None\n" in text_of(
        platform, "storage_service/models.py"
    )
    assert told(found, "storage_service/models.py").startswith("3: an except branch hides")


def test_a_module_without_a_contract_stays_and_keeps_its_copy_in_the_image(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository
) -> None:
    before = text_of(platform, "dispatcher_service/Dockerfile")
    found = migrate(index, capsys, platform.root)
    text = text_of(platform, "dispatcher_service/dispatch.py")
    assert "from crucible_shared import PriorityClass, DEFAULT_MEMORY_MB\n" in text
    assert "from shared.utils.retry import retried\n" in text
    assert text_of(platform, "dispatcher_service/Dockerfile") == before
    assert "dispatch.py:2 still imports shared.utils.retry" in told(found, "dispatcher_service/Dockerfile")
    assert all(text_of(platform, path) == held for path, held in SHARED.items())


def test_a_name_that_the_package_has_not_stays_beside_those_that_it_has(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository
) -> None:
    found = migrate(index, capsys, platform.root)
    text = text_of(platform, "cleanup_controller/cleanup.py")
    assert (
        "from crucible_shared import EvaluationStatus\nfrom shared.generated.python import OldThing\n" in text
    )
    assert "has no OldThing" in told(found, "cleanup_controller/cleanup.py")
    assert "7: a text names shared.generated.python.EvaluationStatus; write crucible_shared" in told(
        found, "cleanup_controller/cleanup.py"
    )
    assert "every name of" in told(found, "celery_worker/legacy.py")


def test_an_image_holds_no_copy_sets_no_path_and_installs_with_a_secret(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository
) -> None:
    found = migrate(index, capsys, platform.root)
    assert text_of(platform, "storage_service/Dockerfile") == (
        "FROM python:3.11\nWORKDIR /app\nCOPY storage_service/ .\nCMD python app.py\n"
    )
    assert "PYTHONPATH" not in text_of(platform, "storage_worker/Dockerfile")
    api = text_of(platform, "api/Dockerfile")
    assert "ENV LOG_LEVEL=info \\\n    PORT=8000\n" in api
    assert "shared/ /app/shared/" not in api
    assert "COPY shared/requirements/ /shared/requirements/\n" in api
    assert (
        "RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf,required=true \\\n"
        "    pip install --no-cache-dir -r requirements.txt\n"
    ) in api
    assert "api/requirements.txt:2 includes ../constraints.txt, which the image has not" in told(
        found, "api/Dockerfile"
    )


def test_each_service_requires_the_package_by_one_added_line(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository
) -> None:
    migrate(index, capsys, platform.root)
    # whoever finds no new line at the end writes one
    assert text_of(platform, "api/requirements.txt") == (
        PLATFORM["api/requirements.txt"] + "\ncrucible-shared==0.3.*\n"
    )
    assert text_of(platform, "storage_service/requirements.txt") == "redis\r\ncrucible-shared==0.3.*\r\n"
    assert 'dependencies = [\n    "celery",\n    "crucible-shared==0.3.*",\n]' in text_of(
        platform, "celery_worker/pyproject.toml"
    )


def test_a_program_inside_a_manifest_moves_and_what_is_set_around_it_is_told(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository
) -> None:
    found = migrate(index, capsys, platform.root)
    before = PLATFORM["k8s/cleanup-cronjob.yaml"]
    assert text_of(platform, "k8s/cleanup-cronjob.yaml") == before.replace(
        "shared.generated.python", "crucible_shared"
    )
    assert told(found, "k8s/cleanup-cronjob.yaml").startswith("6: PYTHONPATH is set here")
    assert "6: ./shared:/app/shared hands out the copy" in told(found, "docker-compose.yml")
    assert "5: the workflow runs when shared/** changes" in told(found, ".github/workflows/api.yml")


def test_a_second_run_changes_nothing(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository
) -> None:
    assert migrate(index, capsys, platform.root)["changed"]
    platform.git("commit", "--quiet", "--all", "--message", "Migrated")
    assert migrate(index, capsys, platform.root)["changed"] == []
    assert platform.git("status", "--porcelain") == ""


def test_one_service_alone_leaves_the_others(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository
) -> None:
    found = migrate(index, capsys, platform.root / "storage_worker")
    assert found["service"] == "storage_worker"
    assert {one["file"].split("/")[0] for one in found["changed"]} == {"storage_worker"}
    changed = platform.git("status", "--porcelain").split()[1::2]
    assert sorted(changed) == [
        f"storage_worker/{name}" for name in ("Dockerfile", "app.py", "requirements.txt")
    ]


def test_a_dry_run_prints_a_difference_that_git_applies_to_the_same_end(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository, tmp_path: Path
) -> None:
    capsys.readouterr()
    assert main(["migrate", str(platform.root), "--index-url", index.simple_url, "--dry-run"]) == 0
    printed = capsys.readouterr().out.partition("\nLeft for a person:")[0]
    assert platform.git("status", "--porcelain") == ""
    patch = tmp_path / "migration.patch"
    patch.write_bytes(printed.encode())
    platform.git("apply", str(patch))
    applied = platform.git("diff")
    platform.git("checkout", "--quiet", ".")
    migrate(index, capsys, platform.root)
    assert platform.git("diff") == applied


def test_a_file_that_git_cannot_bring_back_stops_the_migration(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository
) -> None:
    platform.write({"api/gateway.py": PLATFORM["api/gateway.py"] + "# mine\n"})
    platform.write({"api/fresh.py": "from shared.generated.python import EvaluationStatus\n"})
    before = platform.state()
    code, said = refused(index, capsys, platform.root)
    assert code == 1
    assert "api/fresh.py, api/gateway.py: not as committed; commit first" in said
    assert platform.state() == before


def test_a_folder_that_no_repository_holds_is_migrated_and_says_so(
    index: Running, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text("from shared.generated.python import EvaluationStatus\n")
    capsys.readouterr()
    assert main(["migrate", str(tmp_path), "--index-url", index.simple_url]) == 0
    printed = capsys.readouterr()
    assert "in no git repository" in printed.err
    assert "app.py:1: shared.generated.python is crucible_shared now" in printed.out
    assert "requires" in printed.out.partition("Left for a person:")[2]


def test_links_large_files_and_bytes_of_another_encoding_are_left_as_they_are(
    index: Running, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("from shared.generated.python import EvaluationStatus\n")
    latin = "# -*- coding: latin-1 -*-\n# caf\xe9\nfrom shared.generated.python import EvaluationStatus\n"
    service = ServiceRepository.create(
        tmp_path / "service",
        {
            "large.py": "from shared.generated.python import EvaluationStatus\n" + "#" * (2 << 20),
            "latin.py": latin.encode("latin-1"),
            "marked.py": b"\xef\xbb\xbffrom shared.generated.python import EvaluationStatus\r\n",
            "broken.py": "from shared.generated.python import (\n",
            "requirements.txt": "",
        },
    )
    (service.root / "link.py").symlink_to(outside)
    service.commit({})
    found = migrate(index, capsys, service.root)
    assert outside.read_text().startswith("from shared")
    assert (service.root / "latin.py").read_bytes() == latin.replace(
        "shared.generated.python", "crucible_shared"
    ).encode("latin-1")
    assert (service.root / "marked.py").read_bytes() == (
        b"\xef\xbb\xbffrom crucible_shared import EvaluationStatus\r\n"
    )
    assert "1: it is no Python and names shared" in told(found, "broken.py")
    assert text_of(service, "requirements.txt") == "crucible-shared==0.3.*\n"


def test_an_index_without_the_package_is_named(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository
) -> None:
    code, said = refused(index, capsys, platform.root, "--package", "other-shared")
    assert (code, "has no wheel of a release of other-shared" in said) == (2, True)
    code, said = refused(index, capsys, platform.root, "--to", "9.9.9")
    assert (code, "has no wheel of crucible-shared 9.9.9" in said) == (2, True)


@pytest.mark.slow
def test_migrated_services_start_and_pass_their_tests_from_any_directory(
    index: Running, capsys: pytest.CaptureFixture[str], platform: ServiceRepository, tmp_path: Path
) -> None:
    migrate(index, capsys, platform.root)
    # the copy is gone: whoever still needs it fails
    for path in SHARED:
        if not path.startswith("shared/utils") and path != "shared/__init__.py":
            (platform.root / path).unlink()
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    installed = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "crucible-shared==0.3.*"]
    clean = environment() | {"PIP_INDEX_URL": index.simple_url}
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *installed], env=clean, check=True)
    (own,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    needs = [path for path in sys.path if path.endswith("site-packages")]
    (own / "needs.pth").write_text("\n".join(needs) + "\n")
    for file in ("storage_service/app.py", "storage_worker/app.py", "api/gateway.py"):
        for place in (platform.root, tmp_path, Path("/")):
            subprocess.run([python, "-P", platform.root / file], cwd=place, env=clean, check=True)
    tests = platform.root / "storage_worker" / "tests"
    for place in (tests, tmp_path):
        done = subprocess.run(
            [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)],
            cwd=place,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
        )
        assert re.search(r"1 passed", done.stdout), done.stdout
