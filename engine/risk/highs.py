"""HiGHS without a word on stdout."""

from __future__ import annotations

import highspy


class QuietHighs(highspy.Highs):
    """A HiGHS instance that prints nothing.

    highspy 1.16 prints a banner the first time that callbacks are enabled in a process, before any option can
    silence it; a command whose stdout is JSON cannot have that. No callback is used here.
    """

    def enableCallbacks(self) -> None:
        """Leave the callbacks off."""
