"""Where notes come from: one reader a format, one interface.

A reader is a generator of :class:`~critex.notes.record.Note` and :class:`~critex.notes.record.Rejected`; it streams, and a record that cannot be
read is a ``Rejected``, never an exception and never skipped in silence.
"""
