"""Previews of every commit, and two packages whose tags and versions have nothing to do with each other."""

import os
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from packaging.version import Version

from crucible_pipeline.cli.app import main
from crucible_pipeline.contracts.project import find_project
from crucible_pipeline.git import Repository
from crucible_pipeline.release.cut import carry_out, plan
from crucible_pipeline.release.npm import npm_version, tag_for
from crucible_pipeline.release.packages import chosen, packages_of
from crucible_pipeline.release.plan import NotReady
from crucible_pipeline.release.tagged import Tagged, Wanted, meant, previewed, tagged
from release.contracts_repository import LIMITS, ROOT, STATUS, Workshop

TODAY = date(2026, 11, 25)
PYPROJECT = """\
[build-system]
requires = ["setuptools>=80", "setuptools-scm>=9.2"]
build-backend = "setuptools.build_meta"

[project]
name = "demo-tool"
description = "A tool."
readme = "README.md"
requires-python = ">=3.11"
dynamic = ["version"]
classifiers = ["Programming Language :: Python :: 3.11"]

[project.scripts]
demo-tool = "demo_tool:main"

[tool.setuptools]
package-dir = { "demo_tool" = "demo_tool" }
packages = ["demo_tool"]
include-package-data = false

[tool.setuptools.package-data]
demo_tool = ["py.typed"]

[tool.setuptools_scm]
root = ".."
tag_regex = '^tool-v(?P<version>[0-9][0-9a-z.]*)$'
scm.git.describe_command = ["git", "describe", "--dirty", "--tags", "--long", "--match", "tool-v[0-9]*"]
local_scheme = "no-local-version"
"""


@pytest.fixture
def two(released: Workshop) -> Workshop:
    """A repository with the contracts, released once, and a tool beside them."""
    tool = released.root / "tool"
    (tool / "demo_tool").mkdir(parents=True)
    (tool / "pyproject.toml").write_text(PYPROJECT)
    (tool / "README.md").write_text("# demo-tool\n\nA tool.\n")
    (tool / "demo_tool" / "__init__.py").write_text(
        '"""A tool."""\n\n\ndef main() -> None:\n    """Run."""\n'
    )
    (tool / "demo_tool" / "py.typed").write_text("")
    (tool / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A tool.\n")
    released.commit("A tool")
    return released


def released_tool(shop: Workshop) -> None:
    packages = packages_of(shop.project, shop.repository)
    carry_out(plan(chosen(packages, "demo-tool", None), None, TODAY, None, {}), shop.repository, push=False)


def preview(shop: Workshop, folder: Path, package: str | None = None) -> Tagged:
    shutil.rmtree(folder, ignore_errors=True)
    return previewed(Wanted(shop.project, {}, package), folder)


def test_a_preview_is_the_version_that_the_verdict_asks_for_and_counts_commits(
    released: Workshop, tmp_path: Path
) -> None:
    assert str(preview(released, tmp_path / "a").version) == "0.1.1.dev0"
    released.change("Longer.", limits=LIMITS.replace("Longest", "The longest"))
    assert str(preview(released, tmp_path / "a").version) == "0.1.1.dev1"
    released.change(
        "Paused.", status=STATUS.replace("[queued, running, done]", "[queued, running, done, paused]")
    )
    made = preview(released, tmp_path / "a")
    assert str(made.version) == "0.2.0.dev2"
    assert made.clone.run("tag", "--list") == made.tag == "v0.2.0.dev2"
    assert released.repository.run("tag", "--list") == "v0.1.0"


def test_a_preview_is_refused_off_the_branch_and_with_stale_code(released: Workshop, tmp_path: Path) -> None:
    released.repository.run("checkout", "--quiet", "-b", "side")
    released.write(status=STATUS.replace("done]", "done, paused]"))
    released.commit("Code forgotten")
    with pytest.raises(NotReady) as caught:
        preview(released, tmp_path / "a")
    assert {one.check for one in caught.value.objections} == {"branch", "generated code"}


def test_a_release_with_only_previews_beside_it_takes_no_number_from_them(released: Workshop) -> None:
    released.repository.tag("v0.9.0.dev3", "a preview that somebody tagged")
    released.change("Longer.", limits=LIMITS.replace("Longest", "The longest"))
    made = plan(released.package_released, None, TODAY, None, {})
    assert str(made.version) == "0.1.1"


@pytest.mark.parametrize(
    ("version", "semver", "tag"),
    [
        ("0.3.0", "0.3.0", "line-0.3"),
        ("0.4.1", "0.4.1", "latest"),
        ("0.5.0.dev7", "0.5.0-dev.7", "preview"),
        ("0.5.0rc1", "0.5.0-rc.1", "next"),
        ("1.0.0a2.dev1", "1.0.0-alpha.2.dev.1", "preview"),
    ],
)
def test_npm_gets_the_same_version_in_its_own_form_and_never_an_old_one_as_latest(
    version: str, semver: str, tag: str
) -> None:
    assert npm_version(Version(version)) == semver
    assert tag_for(Version(version), ["0.3.1", "0.4.0", "0.6.0-dev.1"]) == tag


def test_each_package_takes_its_own_tag_and_a_change_of_one_bumps_no_other(
    two: Workshop, tmp_path: Path
) -> None:
    released_tool(two)
    assert two.repository.tags_at("HEAD") == ["tool-v0.1.0"]
    found = tagged(Wanted(two.project, {}), tmp_path / "a")
    assert (found.released.name, str(found.version), found.released.contracts) == (
        "demo-tool",
        "0.1.0",
        False,
    )
    assert set(found.package) == {"demo_tool/__init__.py", "demo_tool/py.typed"}
    # The contracts have said nothing since their release: there is nothing to release of them.
    with pytest.raises(NotReady, match="says nothing"):
        plan(two.package_released, None, TODAY, None, {})
    two.change("Longer.", limits=LIMITS.replace("Longest", "The longest"))
    made = plan(two.package_released, None, TODAY, None, {})
    assert (made.tag, made.path) == ("v0.1.1", "CHANGELOG.md")
    with pytest.raises(NotReady, match="says nothing"):
        released_tool(two)


def test_two_tags_on_one_commit_are_told_apart(two: Workshop, tmp_path: Path) -> None:
    two.change("Longer.", limits=LIMITS.replace("Longest", "The longest"))
    carry_out(plan(two.package_released, None, TODAY, None, {}), two.repository, push=False)
    two.repository.tag("tool-v0.1.0", "the tool")
    (two.root / "tool" / "CHANGELOG.md").write_text(
        "## [Unreleased]\n\n## [0.1.0] - 2026-11-25\n\n- A tool.\n"
    )
    two.commit("Entry")
    for tag in ("v0.1.2", "tool-v0.1.1", "other-v9.9.9", "deploy-2026-11-24"):
        two.repository.tag(tag, "on one commit")
    assert tagged_name(two, None, None) == ("crucible-shared", "v0.1.2")
    assert tagged_name(two, "demo-tool", None) == ("demo-tool", "tool-v0.1.1")
    assert tagged_name(two, None, "tool-v0.1.1") == ("demo-tool", "tool-v0.1.1")


def tagged_name(shop: Workshop, package: str | None, tag: str | None) -> tuple[str, str]:
    """Which package and tag a publication would take; what stands against them does not matter here."""
    packages = packages_of(shop.project, shop.repository)
    released, name = meant(Wanted(shop.project, {}, package, tag), packages, shop.repository)
    return released.name, name


def test_this_repository_releases_exactly_its_two_packages() -> None:
    packages = packages_of(find_project(ROOT / "contracts"), Repository(ROOT))
    assert [(one.name, one.series.prefix) for one in packages] == [
        ("crucible-shared", "v"),
        ("crucible-pipeline", "pipeline-v"),
    ]


@pytest.mark.slow
def test_the_second_package_is_built_tried_and_judged_by_the_same_command(
    two: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released_tool(two)
    monkeypatch.chdir(two.root)
    assert main(["publish", "--dry-run", "--dist", str(tmp_path / "dist"), "--python", "3.11"]) == 0
    assert {path.name for path in (tmp_path / "dist").iterdir()} == {
        "SHA256SUMS", "demo_tool-0.1.0-py3-none-any.whl", "demo_tool-0.1.0.tar.gz"
    }  # fmt: skip


@pytest.mark.slow
def test_the_pipeline_publishes_itself(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    subprocess.run(["git", "clone", "--quiet", os.fspath(ROOT), os.fspath(root)], check=True)
    shop = Workshop(root)
    packages = packages_of(shop.project, shop.repository)
    branch = shop.repository.branch() or "main"
    shop.repository.run("checkout", "--quiet", "-B", branch)
    made = plan(chosen(packages, "crucible-pipeline", None), None, TODAY, branch, {})
    carry_out(made, shop.repository, push=False)
    before = Path.cwd()
    os.chdir(root)
    try:
        argv = [
            "publish",
            "--dry-run",
            "--tag",
            made.tag,
            "--branch",
            branch,
            "--dist",
            str(tmp_path / "dist"),
        ]
        assert main([*argv, "--python", "3.11"]) == 0
    finally:
        os.chdir(before)
    assert any(path.name.startswith("crucible_pipeline-") for path in (tmp_path / "dist").iterdir())
