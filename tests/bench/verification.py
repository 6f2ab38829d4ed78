"""What verifying a hundred files without an index costs a consumer, and the signatures alone."""

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import measure
from bench.table import Row
from crucible_pipeline.cli.app import main
from crucible_pipeline.release import dsse
from release.attested_wheels import KEY, attested, trusted

FILES = 100
PROMISED_SECONDS = 0.3


def rows() -> Iterator[Row]:
    """The command within one process beside its signatures alone, and as a program."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "dist"
        place.mkdir()
        made = [attested(f"0.3.{number}") for number in range(FILES)]
        for one in made:
            one.put(place)
        key = trusted(Path(folder) / "release.pub")
        pins = [f"crucible-shared==0.3.{number}" for number in range(FILES)]
        options = ["verify", *pins, "--offline", str(place), "--trusted-key", str(key)]
        envelopes = [dsse.envelope(one.stated, KEY) for one in made]
        calls = measure.calls(
            {"ours": lambda: _verify(options), "signatures": lambda: _signatures(envelopes)}, 5, 5
        )
        spent, least = calls["ours"].wall, calls["signatures"].wall
        busy = f"ours of processor time {calls['ours'].cpu * 1000:.0f} ms"
        yield Row(
            f"offline verification of {FILES} files: hash, attestation, SBOM, source",
            f"{spent * 1000:.0f} ms",
            f"their signatures alone {least * 1000:.0f} ms; {busy}",
            f"{spent * 1000:.0f}",
            f"≤ {PROMISED_SECONDS * 1000:.0f} ms",
            spent <= PROMISED_SECONDS,
        )
        program = str(Path(sys.executable).with_name("crucible"))
        costs = measure.processes({"ours": [program, *options], "nothing": [program, "verify", "--help"]}, 5)
        ours, nothing = costs["ours"].wall, costs["nothing"].wall
        yield Row(
            "the same as a program",
            f"{ours:.2f} s",
            f"its help alone {nothing:.2f} s",
            f"{ours / nothing:.2f}",
            "-",
            kept=True,
        )


def _verify(options: list[str]) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        if main(options):
            raise AssertionError(said.getvalue())


def _signatures(envelopes: list[bytes]) -> None:
    for one in envelopes:
        dsse.opened(one, KEY.public_key())
