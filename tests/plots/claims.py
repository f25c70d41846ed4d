"""What the prose of a notebook claims, held against the run of the notebook: each sentence is either a claim with a check
or says nothing that a run could show, and no third kind.

claims_models/ and claims_explore.py list the sentences; run_notebook.py evaluates them where the notebook ran, and
test_notebooks.py sees to it that no sentence is left out.
"""

import importlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

# A claim that compares the speed of models needs CPUs of its own. Where others used more than this share of a CPU in a
# trial and the claim does not show, that is no news about the claim.
DISTURBED = 0.25


@dataclass(frozen=True)
class Claim:
    sentences: tuple[str, ...]
    check: Callable[[SimpleNamespace], None]  # raises AssertionError where the claim does not hold in this run
    undisturbed: tuple[str, ...]  # names of the summaries that the machine must have been quiet for


class Claims:
    """Those of one notebook, or of a section of it, and the sentences that claim nothing."""

    def __init__(self, *without: str) -> None:
        self.without = list(without)
        self.claims: list[Claim] = []

    def __call__(self, *sentences: str, undisturbed: tuple[str, ...] = ()) -> Callable[..., Any]:
        def taken(check: Callable[[SimpleNamespace], None]) -> Callable[[SimpleNamespace], None]:
            self.claims.append(Claim(sentences, check, undisturbed))
            return check

        return taken

    @property
    def sentences(self) -> list[str]:
        return [*self.without, *(sentence for claim in self.claims for sentence in claim.sentences)]


def together(sections: Iterable[Claims]) -> Claims:
    """Those of a whole notebook."""
    whole = Claims()
    for section in sections:
        whole.without += section.without
        whole.claims += section.claims
    return whole


def of(notebook: str) -> Claims:
    """The claims of scripts/NOTEBOOK.ipynb."""
    return importlib.import_module(f"claims_{notebook}").claims


def evaluated(notebook: str, names: dict[str, Any]) -> dict[str, list[str]]:
    """Checks each claim against the names that the notebook's cells made: texts of those that `fail` and of those that
    are left `untold`, because the machine was busy with something else."""
    run = SimpleNamespace(**{name: value for name, value in names.items() if not name.startswith("_")})
    found: dict[str, list[str]] = {"held": [], "fail": [], "untold": []}
    for claim in of(notebook).claims:
        try:
            claim.check(run)
        except AssertionError as error:
            others = max((disturbance(getattr(run, name)) for name in claim.undisturbed), default=0.0)
            text = f"“{claim.sentences[0]}” {claim.check.__name__}: {error}"
            if others > DISTURBED:
                found["untold"].append(f"{text} (others used up to {others:.2f} of a CPU)")
            else:
                found["fail"].append(text)
        else:
            found["held"].append(claim.sentences[0])
    return found


def disturbance(summary: Any) -> float:
    """The largest share of a CPU that others used in a trial; 0 where no trial knows it."""
    shares = [share for cell in summary["cells"] for share in (cell["other_cpu_share"], cell["steal_share"]) if share is not None]
    return max(shares, default=0.0)


# ---- Sentences of a notebook


def sentences(cells: list[Any]) -> list[str]:
    """Those of its text cells, in order, without marks: of paragraphs, items of lists, and rows of tables."""
    found = []
    for cell in cells:
        if cell["cell_type"] != "markdown":
            continue
        for block in re.split(r"\n\s*\n|\n(?=- |\|)", "".join(cell["source"])):
            found += _of_block(block)
    return found


def _of_block(block: str) -> list[str]:
    if block.startswith(("#", "    ", "|---")) or not block.strip():
        return []
    if block.startswith("|"):
        return [" | ".join(part.strip() for part in block.strip().strip("|").split("|"))]
    text = " ".join(block.removeprefix("- ").split())
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(?<![\w*])\*{1,2}([^*]+)\*{1,2}", r"\1", text)
    return re.split(r"(?<=[.?!])\s+(?=[A-Z`])", text)


# ---- What checks are written with


def between(low: float, value: float | None, high: float, what: str = "") -> None:
    assert value is not None, f"{what} is not known"
    assert low <= value <= high, f"{what} is {value:.4g}, and not within {low:.4g} to {high:.4g}"


def cell(summary: Any, label: str, workers: int | None = None) -> dict[str, Any]:
    """The cell of that model: of the most workers, where no number is said."""
    known = [one for one in summary["cells"] if one["label"] == label and workers in (None, one["workers"])]
    assert known, f"{label} was not measured"
    one: dict[str, Any] = max(known, key=lambda one: one["workers"])
    assert one["throughput_per_s"] is not None, f"{label}: no trial is ok"
    return one


def rate(summary: Any, label: str, workers: int | None = None) -> float:
    """Tasks a second."""
    mean: float = cell(summary, label, workers)["throughput_per_s"]["mean"]
    return mean


def best(summary: Any) -> float:
    """The most tasks a second that any model reached."""
    return max(one["throughput_per_s"]["mean"] for one in measured(summary))


def measured(summary: Any) -> list[dict[str, Any]]:
    """Cells of models, without the baseline and without cells in which no trial is ok."""
    return [one for one in summary["cells"] if one["throughput_per_s"] is not None and one["model"] != "sequential"]


def switches(one: dict[str, Any]) -> float:
    """Context switches for a task, of both kinds."""
    return sum(one["context_switches_per_task"].values())


def kept_awake_as_asked(summary: Any) -> None:
    """Whether `idle` of each host says what CBENCH_KEEP_AWAKE asked for."""
    asked = os.environ.get("CBENCH_KEEP_AWAKE") == "1"
    for host in summary["hosts"]:
        idle = host["facts"].get("idle")
        assert (idle == "kept awake") == asked, f"idle is {idle!r}, and CBENCH_KEEP_AWAKE {'is' if asked else 'is not'} set to 1"
