"""Dockerfiles, form by form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crucible_pipeline.migrate.change import applied
from crucible_pipeline.migrate.images import Image, Needs, migrate_image
from crucible_pipeline.migrate.tree import Tree

FILES = frozenset(
    {"service/app.py", "service/inner/work.py", "shared/types.py", "Dockerfile", "other/tool.py"}
)
NEEDS = Needs("", frozenset({"fastapi", "inner"}), {}, "crucible-shared==0.3.*")


def migrated(text: str, needs: Needs = NEEDS) -> str:
    image = Image("Dockerfile", text, Tree("repository", FILES, "."), "shared")
    return applied(text, migrate_image(image, needs).edits)


def image(*lines: str) -> str:
    return "\n".join(("FROM python", "WORKDIR /app", *lines, ""))


START = 'CMD ["python", "app.py"]'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("COPY shared/ /app/shared/", START), (START,)),
        (("COPY --chown=app:app ./shared /app/shared", START), (START,)),
        (("ADD shared shared", START), (START,)),
        (('COPY ["shared/", "/app/shared/"]', START), (START,)),
        (("COPY shared/ service/ /app/", START), ("COPY service/ /app/", START)),
        (("COPY service/ shared/ \\", "  /app/", START), ("COPY service/ /app/", START)),
        (("# the shared types", "COPY shared/ /app/shared/", START), (START,)),
        (("# one", "# two about shared", "COPY shared/ shared/"), ("# one", "# two about shared")),
        (("ENV PYTHONPATH=/app", "COPY service/ /app/", START), ("COPY service/ /app/", START)),
        (("ENV PYTHONPATH /app", START), (START,)),
        (("ENV A=1 \\", '    PYTHONPATH="/app" \\', "    B=2", START), ("ENV A=1 \\", "    B=2", START)),
        (("ENV A=1 \\", "    PYTHONPATH=/app", START), ("ENV A=1", START)),
        (("ENV PYTHONPATH=/app:/app/shared \\", "    A=1", START), ("ENV A=1", START)),
        (("env PYTHONPATH=/app:$PYTHONPATH", "CMD uvicorn app:app"), ("CMD uvicorn app:app",)),
        (
            ("ENV PYTHONPATH=/app", 'ENTRYPOINT ["python", "-m"]', 'CMD ["app"]'),
            ('ENTRYPOINT ["python", "-m"]', 'CMD ["app"]'),
        ),
    ],
)
def test_what_goes(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    assert migrated(image(*before)) == image(*after)
    assert migrated(image(*after)) == image(*after)


@pytest.mark.parametrize(
    "lines",
    [
        ("ENV PYTHONPATH=/app", "CMD ./start.sh"),
        ("ENV PYTHONPATH=/app",),
        # the script's own folder holds no `inner`
        (
            "ENV PYTHONPATH=/app/service",
            "COPY service/ /app/service/",
            "COPY other/ /srv/",
            "CMD python /srv/tool.py",
        ),
        ("ENV A=1 \\", "# why", "    PYTHONPATH=/app", START),
        ("COPY --from=build shared/ shared/", START),
        ("COPY service/shared.txt /app/", START),
    ],
)
def test_what_is_not_sure_stays(lines: tuple[str, ...]) -> None:
    assert migrated(image(*lines)) == image(*lines)


def test_nothing_goes_while_a_file_needs_the_copy() -> None:
    text = image("ENV PYTHONPATH=/app", "COPY shared/ shared/", START)
    needs = Needs("app.py:1 still imports shared.utils", NEEDS.imports, {}, "")
    assert migrated(text, needs) == text


def test_requirements_of_the_copy_stay_in_the_image() -> None:
    needs = Needs("", NEEDS.imports, {"service/requirements.txt": "-r ../shared/requirements/base.txt\n"}, "")
    before = image("COPY --chown=a:a shared/ /app/shared/", START)
    after = image("COPY --chown=a:a shared/requirements/ /app/shared/requirements/", START)
    assert migrated(before, needs) == after
    assert migrated(after, needs) == after


@pytest.mark.parametrize("user", ["", "USER 1000"])
def test_an_installation_mounts_the_index(user: str) -> None:
    after = migrated(image(user, "RUN pip install -r requirements.txt && pip check", START))
    mount = "RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf,required=true"
    assert (
        f"{mount}{',mode=0444' if user else ''} \\\n    pip install -r requirements.txt && pip check\n"
        in after
    )
    assert migrated(after) == after


LINES = st.sampled_from(
    [
        "COPY shared/ shared/",
        "COPY service/ /app/",
        "COPY shared/ other/ /srv/",
        "ENV A=1 PYTHONPATH=/app",
        "ENV PYTHONPATH=/app \\\n    B='x y'",
        'ENV C="d e" \\\n  # said\n  F=1',
        "RUN echo shared",
        "RUN pip install x",
        "# shared",
        "",
        "USER app",
        "CMD python app.py",
        'CMD ["uvicorn", "app:app"]',
        "RUN <<END\ncat shared/x\nEND",
    ]
)


@given(st.lists(LINES, max_size=10), st.sampled_from(["\n", "\r\n"]))
def test_any_file_is_done_at_once_and_keeps_what_is_not_about_the_copy(
    lines: list[str], newline: str
) -> None:
    text = "\n".join(["FROM python", "WORKDIR /app", *lines, ""]).replace("\n", newline)
    once = migrated(text)
    assert migrated(once) == once
    kept = [line for line in lines if line.startswith(("RUN echo", "CMD", "USER", "COPY service"))]
    assert [line for line in once.split(newline) if line in kept] == kept
