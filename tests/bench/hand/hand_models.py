"""The same models as a careful author writes them by hand with pydantic, as strict as their contract."""

from typing import Annotated, Any

from hand_status import EvaluationStatus
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt

Moment = Annotated[AwareDatetime, Field(strict=False)]


class EvaluationResponse(BaseModel):
    """Everything known about one evaluation."""

    model_config = ConfigDict(extra="allow", validate_assignment=True)

    eval_id: str = Field(description="Identifier of the evaluation.")
    status: EvaluationStatus = Field(description="Where the evaluation stands now.")
    code: str | None = Field(default=None, description="Source text that was or will be run.")
    language: str = Field(default="python", description="Programming language of the source text.")
    created_at: Moment | None = Field(default=None, description="When the request was accepted.")
    started_at: Moment | None = Field(default=None, description="When the code began to run.")
    completed_at: Moment | None = Field(default=None, description="When a final status was reached.")
    output: str | None = Field(default="", description="What the code wrote to its standard output.")
    error: str | None = Field(default="", description="What the code wrote to its standard error.")
    exit_code: StrictInt | None = Field(default=None, description="Exit code of the process.")
    runtime_ms: StrictInt | None = Field(default=None, description="Time the code ran, in milliseconds.")
    memory_used_mb: StrictInt | None = Field(default=None, description="Largest amount of memory in use.")
    output_truncated: StrictBool = Field(default=False, description="Whether the output lost its end.")
    error_truncated: StrictBool = Field(default=False, description="Whether the error text lost its end.")
    metadata: dict[str, Any] = Field(default_factory=dict, description="Free notes.")
