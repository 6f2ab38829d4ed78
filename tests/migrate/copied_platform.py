"""A repository as the platform's is today: six services, a copied `shared/`, and every known trap."""

SHARED = {
    "shared/__init__.py": "",
    "shared/generated/__init__.py": "",
    "shared/generated/python/__init__.py": (
        "from enum import Enum\n\n\n"
        "class EvaluationStatus(str, Enum):\n    QUEUED = 'queued'\n    RUNNING = 'running'\n"
        "    COMPLETED = 'completed'\n\n\n"
        "class EvaluationResponse:\n    pass\n\n\nclass OldThing:\n    pass\n"
    ),
    "shared/generated/python/events.py": "class EvaluationQueuedEvent:\n    pass\n",
    "shared/constants/__init__.py": "",
    "shared/constants/evaluation_defaults.py": (
        "from enum import IntEnum\n\n\nclass PriorityClass(IntEnum):\n    CRITICAL = 2000\n\n\n"
        "DEFAULT_MEMORY_MB = 128\n"
    ),
    "shared/state_machine.py": "def validate_and_update_status(current, new):\n    return new\n",
    "shared/utils/__init__.py": "",
    "shared/utils/retry.py": "def retried(work):\n    return work()\n",
    "shared/requirements/base.txt": "pydantic>=2\n",
    "constraints.txt": "pydantic>=2\n",
}
API = {
    "api/__init__.py": "",
    "api/gateway.py": (
        '"""The gateway."""\n\nimport sys\nfrom pathlib import Path\n\n'
        "sys.path.insert(0, str(Path(__file__).parent.parent))\n\n"
        "from shared.generated.python import (  # noqa: E402\n"
        "    EvaluationResponse,  # what is answered\n    EvaluationStatus,\n)\n"
        "from shared.generated.python.events import EvaluationQueuedEvent as Queued  # noqa: E402\n\n\n"
        "def answer():\n    return EvaluationStatus.QUEUED, EvaluationResponse, Queued\n"
    ),
    "api/Dockerfile": (
        "FROM python:3.11-slim\nWORKDIR /app\n"
        "COPY api/requirements.txt /app/requirements.txt\nCOPY shared/requirements/ /shared/requirements/\n"
        "RUN pip install --no-cache-dir -r requirements.txt\n"
        "# The shared contracts\nCOPY --chown=appuser:appuser shared/ /app/shared/\nCOPY api/ /app/api/\n"
        'ENV LOG_LEVEL=info \\\n    PYTHONPATH="/app" \\\n    PORT=8000\n'
        'CMD ["uvicorn", "api.gateway:app"]\n'
    ),
    # no newline at the end, comments at line ends, an include and a constraint
    "api/requirements.txt": "-r ../shared/requirements/base.txt\n-c ../constraints.txt\nfastapi  # the web",
}
STORAGE_SERVICE = {
    "storage_service/app.py": (
        "try:\n    from shared.generated.python import EvaluationStatus\n"
        "except ImportError:\n    import sys, os\n"
        "    sys.path.append(os.path.join(os.path.dirname(__file__), '..'))\n"
        "    from shared.generated.python import EvaluationStatus\n\n\n"
        "def first():\n    return EvaluationStatus.QUEUED\n"
    ),
    "storage_service/models.py": (
        "try:\n    from shared.generated.python import EvaluationResponse\n"
        "except ImportError:\n    EvaluationResponse = None\n"
    ),
    "storage_service/requirements.txt": "redis\r\n",
    "storage_service/Dockerfile": (
        "FROM python:3.11\nWORKDIR /app\nENV PYTHONPATH=/app\nCOPY shared/ ./shared/\n"
        "COPY storage_service/ .\nCMD python app.py\n"
    ),
}
STORAGE_WORKER = {
    "storage_worker/app.py": (
        "import os\nimport sys\n\nROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\n"
        "if ROOT not in sys.path:\n    sys.path.insert(0, ROOT)\n\n"
        "from shared.state_machine import validate_and_update_status\n"
        "import shared.generated.python as contracts\n\n\n"
        "def moved(now):\n    return validate_and_update_status(now, contracts.EvaluationStatus.RUNNING)\n"
    ),
    "storage_worker/tests/test_app.py": (
        "import sys\nfrom pathlib import Path\n\n"
        "sys.path.append(str(Path(__file__).resolve().parents[2]))\n\n"
        "from storage_worker.app import moved\n\n\n"
        "def test_it_moves():\n    assert moved('queued') == 'running'\n"
    ),
    "storage_worker/requirements.txt": "redis\n",
    "storage_worker/Dockerfile": (
        "FROM python:3.11\nWORKDIR /srv\nENV PYTHONPATH=/srv\nCOPY shared/ /srv/shared/\n"
        'COPY storage_worker/ /srv/storage_worker/\nCMD ["python", "storage_worker/app.py"]\n'
    ),
}
DISPATCHER = {
    "dispatcher_service/dispatch.py": (
        "from shared.constants.evaluation_defaults import PriorityClass, DEFAULT_MEMORY_MB\n"
        "from shared.utils.retry import retried\n\n\n"
        "def plan():\n    return retried(lambda: (PriorityClass.CRITICAL, DEFAULT_MEMORY_MB))\n"
    ),
    "dispatcher_service/requirements.txt": "httpx\n",
    "dispatcher_service/Dockerfile": (
        "FROM python:3.11\nWORKDIR /app\nENV PYTHONPATH=/app\nCOPY shared/ /app/shared/\n"
        'COPY dispatcher_service/ /app/\nCMD ["python", "dispatch.py"]\n'
    ),
}
CELERY_WORKER = {
    "celery_worker/tasks.py": (
        "import shared.generated.python\n\n\n"
        "def status():\n    return shared.generated.python.EvaluationStatus.RUNNING\n"
    ),
    "celery_worker/legacy.py": "from shared.generated.python import *\n",
    "celery_worker/pyproject.toml": (
        '[project]\nname = "celery-worker"\nversion = "1"\ndependencies = [\n    "celery",\n]\n'
    ),
    "celery_worker/Dockerfile": (
        "FROM python:3.11\nWORKDIR /app\nENV PYTHONPATH /app\nCOPY shared/ celery_worker/ /app/\n"
        "CMD celery -A tasks worker\n"
    ),
}
CLEANUP = {
    "cleanup_controller/cleanup.py": (
        "from unittest.mock import patch\n\n"
        "from shared.generated.python import EvaluationStatus, OldThing\n\n\n"
        "def check():\n    with patch('shared.generated.python.EvaluationStatus'):\n"
        "        return EvaluationStatus.COMPLETED, OldThing\n"
    ),
    "cleanup_controller/requirements.txt": "kubernetes\n",
}
AROUND = {
    "k8s/cleanup-cronjob.yaml": (
        "kind: CronJob\nspec:\n  containers:\n    - name: cleanup\n      env:\n        - name: PYTHONPATH\n"
        "          value: /app\n      command: [python, -c]\n      args:\n        - |\n"
        "          import os\n          from shared.generated.python import EvaluationStatus\n"
        "          print(EvaluationStatus.COMPLETED)\n"
    ),
    "docker-compose.yml": (
        "services:\n  api:\n    environment:\n      - PYTHONPATH=/app\n"
        "    volumes:\n      - ./shared:/app/shared\n"
    ),
    ".github/workflows/api.yml": (
        "on:\n  push:\n    paths:\n      - 'api/**'\n      - 'shared/**'\njobs: {}\n"
    ),
}
PLATFORM = SHARED | API | STORAGE_SERVICE | STORAGE_WORKER | DISPATCHER | CELERY_WORKER | CLEANUP | AROUND
