"""A patient whose index date moves, and who notes what an answer was read from.

Nothing but the dates of the statements that a criterion looked at, its look-back windows and birthdays can change its verdict when the index date moves.
So it is enough to judge on one day, to see what was looked at, and to judge again on the next day on which one of those passes an end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from critex.features.facts import Fact, Statement
from critex.features.patient import Patient
from critex.features.spec import as_list, load_features

BIRTH = "the patient's birth date"
"""Label under which a look at the birth date of the patients file is noted."""


@dataclass
class Trace:
    """What was looked at: labels of statements, derivations, and whether the index date mattered at all."""

    labels: set[str] = field(default_factory=set)
    derivations: set[str] = field(default_factory=set)
    reads_index: bool = False

    def add(self, other: Trace) -> None:
        """Join what another trace saw."""
        self.labels |= other.labels
        self.derivations |= other.derivations
        self.reads_index |= other.reads_index


class MovingPatient(Patient):
    """A :class:`~critex.features.patient.Patient` on any index date, without reading or sorting the statements again.

    Parameters
    ----------
    patient_id : str
    statements : iterable of Statement
    index_date : date, optional
        Where the movement begins.
    sex : {"M", "F"}, optional
    birth_date : date, optional
    """

    def __init__(
        self,
        patient_id: str,
        statements: Iterable[Statement],
        index_date: date | None,
        sex: str | None = None,
        birth_date: date | None = None,
    ) -> None:
        self._stack = [Trace()]
        self._seen: dict[str, Trace] = {}
        self._seen_all: dict[str, Trace] = {}
        self._selected: dict[str, list[Fact]] = {}
        # without an index date a feature may be silent that speaks once the patient has moved to one
        features = load_features() if index_date is None else None
        super().__init__(patient_id, statements, index_date, sex, birth_date, features)

    @property
    def index_date(self) -> date | None:  # type: ignore[override]
        """The day that windows count back from."""
        self._stack[-1].reads_index = True
        return self._index

    @index_date.setter
    def index_date(self, day: date | None) -> None:
        self._index = day

    @property
    def birth_date(self) -> date | None:  # type: ignore[override]
        """Birth date of the patients file."""
        self._stack[-1].labels.add(BIRTH)
        return self._birth

    @birth_date.setter
    def birth_date(self, day: date | None) -> None:
        self._birth = day

    def move_to(self, day: date) -> None:
        """Move the index date; facts that did not look at it are kept."""
        if day == self._index:
            return
        self._index = day
        for traces, kept in ((self._seen, self._facts), (self._seen_all, self._found)):
            for name in [n for n, seen in traces.items() if seen.reads_index]:
                del traces[name]
                kept.pop(name, None)

    @contextmanager
    def watched(self) -> Iterator[Trace]:
        """Note what is looked at inside a ``with`` block."""
        trace = Trace()
        self._stack.append(trace)
        try:
            yield trace
        finally:
            self._stack.pop()
            self._stack[-1].add(trace)

    def labelled(self, label: str) -> list[Statement]:
        """See :meth:`Patient.labelled`."""
        self._stack[-1].labels.add(label)
        return super().labelled(label)

    def of_kind(self, label: str, value: str) -> list[Statement]:
        """See :meth:`Patient.of_kind`."""
        self._stack[-1].labels.add(label)
        return super().of_kind(label, value)

    def selected(self, name: str) -> list[Fact]:
        """See :meth:`Patient.selected`; it does not depend on the index date."""
        for selection in self.features[name].sources:
            self._stack[-1].labels.update(as_list(selection.label) or ())
        if name not in self._selected:
            self._selected[name] = super().selected(name)
        return list(self._selected[name])

    def facts(self, name: str) -> list[Fact]:
        """See :meth:`Patient.facts`."""
        if name in self._seen:
            self._stack[-1].add(self._seen[name])
            return self._facts.get(name, [])
        with self.watched() as trace:
            found = super().facts(name)
        self._seen[name] = trace
        return found

    def _all(self, name: str) -> list[Fact]:
        if name in self._seen_all:
            self._stack[-1].add(self._seen_all[name])
            return self._found[name]
        if name in self._found:  # a derivation that asks for itself
            return self._found[name]
        with self.watched() as trace:
            if derive := self.features[name].derive:
                trace.derivations.add(derive)
            found = super()._all(name)
        self._seen_all[name] = trace
        return found
