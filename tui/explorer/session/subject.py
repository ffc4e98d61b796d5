"""What the explorer analyzes and trains: what the settings make, or a network and data from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core import Baseline, Batch, Experiment, Given, Network, Trace, TrainingHistory, begin, readout_name, run
from core.numerics.progress import Progress
from core.sources.recordings import Watched
from tui.report.words.training import to_beat


@dataclass(frozen=True)
class Subject:
    """The settings in force, and what stands in the place of the network and data that they would make."""

    experiment: Experiment
    """The settings; where something is given, only how to train, k1 and k2 among it, is taken from them"""
    given: Trace | Given | None = None
    """A trace, or what one is made of, whose network and batch are analyzed, and trained further, instead"""

    @classmethod
    def of(cls, given: Given, experiment: Experiment) -> Subject:
        """What was opened, as what is in force.

        Args:
            given: A network and a batch; where settings make the two, these are in force, and can be changed.
            experiment: The settings before, of which those of training are kept where none came with the network.
        """
        if given.settings is not None:
            return cls(given.settings)
        return cls((given.experiment or experiment).replace(k1=given.k1, k2=given.k2), given)

    @property
    def watched(self) -> Watched | None:
        """The folder of recordings that is followed; None where the training is not somebody else's."""
        return self.given if isinstance(self.given, Watched) else None

    @property
    def has_other_parts(self) -> bool:
        """Whether somebody can choose another network in its file."""
        if self.watched is not None:
            return len(self.watched.parts) > 1
        return getattr(self.given, "asked", None) is not None

    @property
    def first_step(self) -> int:
        """The training step that is shown first."""
        return 0 if self.watched is None else self.watched.first

    def trace(self, network: Network | None, training_step: int, progress: Progress) -> Trace:
        """The trace of its network, or of what training has made of it.

        Args:
            network: The network after some steps of training; None for the one it starts from, and where a recording
                has it.
            training_step: After how many.
            progress: Called with (done, total); raising from it ends the work.

        Raises:
            ValueError: if the settings cannot be run.
        """
        if self.given is None:
            return run(self.experiment, network=network, training_step=training_step, progress=progress)
        if self.watched is not None:
            given = self.watched.at(training_step)
            return replace(given, k1=self.experiment.k1, k2=self.experiment.k2).trace(progress)
        origin = self.given.origin
        trace = run(
            origin.experiment,
            network=self.given.network if network is None else network,
            batch=self.given.whole_batch,
            origin=origin,
            training_step=origin.training_step + training_step,
            k1=self.experiment.k1,
            k2=self.experiment.k2,
            progress=progress,
        )
        return trace if network is not None else replace(trace, origin=origin)

    def history(self) -> TrainingHistory:
        """A training of which no step is done.

        Raises:
            ValueError: if the task's text is not there.
        """
        if self.given is None:
            return TrainingHistory(self.experiment)
        return TrainingHistory(self.experiment, begin(self.experiment, self.given.network), self.given.batches)

    @property
    def probe(self) -> Batch | None:
        """The batch that every network of its training is looked at on; None for that of the settings."""
        return None if self.given is None else self.given.whole_batch

    @property
    def readout_name(self) -> str:
        """The network's read-out g, by name."""
        return readout_name(self.experiment) if self.given is None else self.given.network.readout_name

    @property
    def baselines(self) -> tuple[Baseline, ...]:
        """What to beat without a memory; nothing is known of data from elsewhere."""
        if self.given is None:
            return to_beat(self.experiment)
        own = self.given.experiment
        return to_beat(own) if own is not None and self.given.origin.makes_batch else ()

    @property
    def batches_said(self) -> str:
        """The batches that it is trained on, in words."""
        if self.given is None:
            return f"batches of {self.experiment.batch_size}"
        examples = self.given.whole_batch.inputs.shape[1]
        return f"batches of {examples}" if self.given.origin.makes_batch else f"the same batch of {examples} every step"
