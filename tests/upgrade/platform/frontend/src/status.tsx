import { api } from "./queued";
import type { Evaluation } from './evaluation:queued';

// status === "queued" in a comment is nothing
const CHANNEL_QUEUED = "evaluation:queued"; // shadow: channel-by-hand channels.EVALUATION_QUEUED.address
const ACTIVE_STATUSES = new Set(["queued", 'running', "starting"]); // shadow: value-by-hand EvaluationStatus.QUEUED; value-by-hand EvaluationStatus.RUNNING; value-unknown EvaluationStatus
type Status = "queued" | "done"; // shadow: value-by-hand EvaluationStatus.QUEUED; value-unknown EvaluationStatus

interface Row {
  status: "queued" | "finished"; // shadow: value-by-hand EvaluationStatus.QUEUED; value-unknown EvaluationStatus
  engine?: 'docker'; // shadow: value-by-hand EvaluationEngine.DOCKER
  label: "running";
}

export function badge(evaluation: Evaluation, response: Response): string {
  console.log("evaluation:queued", "queued");
  if (evaluation.status === "queued" || "completed" == evaluation.status) { // shadow: value-by-hand EvaluationStatus.QUEUED; value-by-hand EvaluationStatus.COMPLETED
    return "queued";
  }
  if (["failed", "cancelled"].includes(evaluation.status)) { // shadow: value-by-hand EvaluationStatus.FAILED; value-by-hand EvaluationStatus.CANCELLED
    return `is ${evaluation.status === 'failed' ? "failed" : "gone"}`; // shadow: value-by-hand EvaluationStatus.FAILED
  }
  switch (evaluation.status) {
    case "provisioning": // shadow: value-by-hand EvaluationStatus.PROVISIONING
      return "soon";
    case "waiting": // shadow: value-unknown EvaluationStatus
      return "later";
  }
  if (response.status === "success" || /status === "queued"/.test(evaluation.code)) {
    return 'ok';
  }
  const status = evaluation.status ?? "unknown"; // shadow: value-unknown EvaluationStatus
  const next: EvaluationStatus = status ? status : "running";
  setStatus("running"); // shadow: value-by-hand EvaluationStatus.RUNNING
  const engine = next ? "kubernetes" : "wasm"; // shadow: value-by-hand EvaluationEngine.KUBERNETES; value-unknown EvaluationEngine
  return api.post("/evaluations", { status: "submitted", engine: evaluation.engine || "docker" }); // shadow: value-by-hand EvaluationStatus.SUBMITTED; value-by-hand EvaluationEngine.DOCKER
}

export async function follow(redis: Redis, id: string) {
  await redis.subscribe("evaluation:running", "evaluation:started", (message) => badge(message)); // shadow: channel-by-hand channels.EVALUATION_RUNNING.address; channel-unknown
  await redis.get("evaluation:failed:count");
  socket.on("message", () => ({ channel: "evaluation:failed" })); // shadow: channel-by-hand channels.EVALUATION_FAILED.address
  return <div className="running" data-status="x">it's queued</div>;
}
