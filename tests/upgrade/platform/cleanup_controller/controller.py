# naïve names and a column after an umlaut
def sweep(evaluations: list) -> list:
    """Remove what is "completed"."""
    gone = [one for one in evaluations if one.get("ä") and one["status"] == "cancelled"]  # shadow: value-by-hand EvaluationStatus.CANCELLED
    kept = [one for one in evaluations if getattr(one, "status", None) != "canceled"]  # shadow: value-unknown EvaluationStatus.CANCELLED
    query = "DELETE FROM evaluations WHERE status = 'completed'"
    reason = "completed"
    return [*gone, *kept, query, reason]
