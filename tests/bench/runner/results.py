"""Everything that one run has measured, and its way to and from a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from runner import instructions, record_levels, rows, snapshot
from runner.rows import Measured


@dataclass
class Results:
    """What a run has measured; a part that was not asked for is empty."""

    rounds: int = 0
    machine: dict[str, str] = field(default_factory=dict)
    samples: dict[str, dict[str, list[float]]] = field(default_factory=dict)  # row, contender
    record: list[dict] = field(default_factory=list)
    snapshot: dict = field(default_factory=dict)
    growth: list[dict] = field(default_factory=list)
    instructions: dict[str, float] = field(default_factory=dict)
    baseline: dict = field(default_factory=dict)
    compiler: str = ""

    def keep(self, measured: list[Measured]) -> None:
        self.samples = {entry.row.id: entry.samples for entry in measured}

    @property
    def measured(self) -> list[Measured]:
        return [Measured(row, self.samples[row.id])
                for row in rows.by_id(list(self.samples))]

    def contest_json(self) -> list[dict]:
        """What --json writes."""
        return [entry.to_json() for entry in self.measured]

    def over_bar(self) -> list[str]:
        """One sentence for each bar that is missed."""
        wrong = rows.over_bar(self.contest_json()) + record_levels.over_bar(self.record)
        if self.snapshot:
            wrong += snapshot.over_bar(self.snapshot)
        return wrong + instructions.over_baseline(self.instructions, self.compiler, self.baseline)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @staticmethod
    def load(path: Path) -> Results:
        return Results(**json.loads(path.read_text()))
