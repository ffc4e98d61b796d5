"""Given: a network and a batch from elsewhere and where they come from, of which a trace can be made."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.network.batch import Batch
from core.network.network import Network
from core.numerics.progress import Progress
from core.settings.experiment import Experiment
from core.sources.driving import Asked
from core.trace import FromOrigin, Origin, Trace, origin_of, run


@dataclass(frozen=True, eq=False)
class Given(FromOrigin):
    """What `core.run` is given: everything that a trace tells of, before it is computed."""

    network: Network
    whole_batch: Batch
    origin: Origin
    """Where the two come from, as the trace will have it"""
    k1: int = 0
    """For truncated backpropagation, as `core.run` takes it; 0 for T"""
    k2: int = 0
    asked: Asked | None = None
    """What was said of a network in a file, where it comes from one; None where nothing could be"""

    @classmethod
    def of(
        cls,
        network: Network,
        batch: Batch,
        *,
        experiment: Experiment | None = None,
        origin: Origin | None = None,
        k1: int = 0,
        k2: int = 0,
        asked: Asked | None = None,
    ) -> Given:
        """A network and a batch with what is told of them, and whether an experiment makes either.

        Args:
            network: The network.
            batch: What it runs over.
            experiment: The settings that came with them, if any did.
            origin: What is told of them: a label, a file; the rest is worked out here.
            k1: As the field.
            k2: As the field.
            asked: As the field.

        Runnable example:

            >>> import core
            >>> experiment = core.Experiment(hidden_size=2, timesteps=5)
            >>> network, batch = core.make_network(experiment), core.make_batch(experiment)
            >>> given = core.Given.of(network, batch, origin=core.Origin("by hand"))
            >>> given.trace().tape.loss == core.run(network=network, batch=batch).tape.loss
            True
        """
        told = origin or Origin()
        return cls(network, batch, origin_of(experiment, network, batch, told.training_step, told), k1, k2, asked)

    @property
    def settings(self) -> Experiment | None:
        """The settings that make all of this, so that each of them can be changed; None where none do."""
        own = self.origin.settings
        return own if own is not None and not self.training_step and (self.k1, self.k2) == (own.k1, own.k2) else None

    def trace(self, progress: Progress | None = None) -> Trace:
        """The trace.

        Args:
            progress: Called with (done, total) as work goes on; raising from it ends the work.

        Raises:
            ValueError: network and batch do not fit, or the first step already leaves float64.
        """
        found = run(
            self.experiment,
            network=self.network,
            batch=self.whole_batch,
            origin=self.origin,
            training_step=self.training_step,
            k1=self.k1,
            k2=self.k2,
            progress=progress,
        )
        return replace(found, origin=self.origin)
