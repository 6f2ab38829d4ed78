"""Looks alike and has nothing to do with the package's names, though the package is imported."""

import subprocess
from http import HTTPStatus

import httpx

import crucible_shared
from crucible_shared import EvaluationRequest, EvaluationStatus, limits
from other_package import CreateResponse, EvaluationStatus as Foreign

VERSION = crucible_shared.__name__


class Status:
    QUEUED = "waiting in line"
    EXECUTION = {"MAX_MEMORY_MB": 3}


class Timer:
    timeout = 3
    exit_code = 0

    def priority(self) -> int:
        return self.timeout + self.exit_code


def fetch(url: str, timeout: int) -> str:
    """Waits until it is queued; the timeout is in seconds."""
    done = subprocess.run(["true"], timeout=timeout, check=False)
    answer = httpx.get(url, timeout=timeout)
    settings = {"timeout": timeout, "exit_code": done.returncode, "priority": 1}
    print("the job was queued", url)
    return answer.text + str(settings["timeout"]) + Status.QUEUED + str(Timer().timeout)


def foreign() -> object:
    return Foreign.QUEUED, CreateResponse(id="1"), Status().QUEUED, Status.EXECUTION["MAX_MEMORY_MB"]


def local(limits: dict[str, int], EvaluationStatus: type[Status]) -> object:
    return limits["MAX_MEMORY_MB"], EvaluationStatus.QUEUED


def fine(request: EvaluationRequest) -> object:
    timeout = 3
    if HTTPStatus.OK and request.code:
        return EvaluationStatus.RUNNING, limits.EXECUTION.MAX_TIMEOUT_SECONDS, timeout
    return EvaluationRequest(code="timeout", language="queueds")


def numbers(options: dict[str, int]) -> int:
    return options.get("timeout", 3) + getattr(options, "timeout", 3) + options["exit_code"]
