"""Log the events of a training to its MLflow run."""

import torch

from genlab.images.prepared_set import PreparedSet
from genlab.pictures.training import sample_sheet
from genlab.training.events import Event, Finished, Found, Logged, PicturesDue, Restarted, Resumed, Saving, ScoreTaken
from genlab.training.initial import Started
from pipelines.tracking import Journal
from pipelines.tracking.description import ANCESTOR, ANCESTOR_HASH, HEALTH_AT_END, LIFE, LOADED, SOUND, STOPPED_EARLY

SHEET = "_samples/training"  # MLflow sorts its sections by name: the pictures come first
RUN = "run"  # key of a note in saved states: the id of the MLflow run to continue


class Reporter:
    """Callback of genlab.training.fit that logs events to a journal."""

    def __init__(self, journal: Journal, images: PreparedSet, budget: int):  # images to see in total
        self.journal, self.images, self.budget = journal, images, budget

    def __call__(self, event: Event) -> None:
        journal = self.journal
        match event:
            case Started():
                journal.tag({ANCESTOR: event.name, ANCESTOR_HASH: event.sha256, LOADED: "\n".join(event.lines)})
            case PicturesDue():
                journal.picture(SHEET, sample_sheet(event.recipe, self.images, event.device), event.images)
                kernels = {"threads": str(torch.get_num_threads()), "instruction_set": torch.backends.cpu.get_cpu_capability()}
                journal.tag({"device": str(event.device), "torch": torch.__version__} | kernels)
                journal.note(event.images, self.budget)
            case Logged():
                journal.metrics(event.row, event.images)
                journal.note(event.images, self.budget)
            case Found():
                journal.tag({f"health.{event.finding.name}": f"since {event.images:,} images: {event.finding.message}"})
            case ScoreTaken():
                journal.score(event.name, event.value, event.images)
            case Saving():
                event.notes[RUN] = journal.run.id
            case Resumed():
                journal.resumed(event.notes[RUN], event.images, [dict(row) for row in event.rows], event.finished, event.extended)
            case Restarted():
                journal.restarted(event.restart.images, event.number, event.restart.reason)
            case Finished():
                journal.finished(event.summary, event.images)
                journal.tag({HEALTH_AT_END: " ".join(finding.name for finding in event.findings) or SOUND})
                if event.selected is not None:
                    journal.selected(event.selected)
                if life := event.life.sentences():
                    journal.tag({LIFE: " ".join(life)})
                if event.stopped_early:
                    journal.tag({STOPPED_EARLY: f"after {event.images:,} of {self.budget:,} images, without improvement of the score"})
