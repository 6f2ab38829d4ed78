import json


class Dispatcher:
    def __init__(self, redis, docker) -> None:
        self.redis = redis
        self.docker = docker

    def run(self, evaluation: dict) -> None:
        container = self.docker.containers.get(evaluation["container_id"])
        if container.status == "running":
            return
        job_status = "failed"
        pod = {"phase": "Running", "status": "Failed"}
        if container.attrs["State"]["Status"] == "exited" and job_status != "failed":
            self.tell("completed", pod)

    def tell(self, kind: str, pod: dict) -> None:
        event = {
            "eval_id": "1",
            "status": "timeout",  # shadow: value-by-hand EvaluationOutcome.TIMEOUT
            "exit_code": 137,
            "executor_id": "dispatcher",
        }
        self.redis.publish(f"evaluation:{kind}", json.dumps(event))  # shadow: channel-by-hand channels.EVALUATION_COMPLETED
        self.redis.publish("evaluation:started", "{}")  # shadow: channel-unknown
        self.redis.publish(channel="x", message="evaluation over: failed")
        key = "evaluation-failed"
        self.redis.delete("evaluation:failed:count", key)
        raise RuntimeError("the evaluation failed")


engine = "docker" if True else "podman"  # shadow: value-by-hand EvaluationEngine.DOCKER; value-unknown EvaluationEngine
