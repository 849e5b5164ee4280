"""The collector of a process that answers requests: kept from walking what never becomes garbage."""

import gc

# Counting alone frees almost everything that a request makes. What is kept for a while (captured
# records, lines of logs) makes the collector look often, in vain, at over 100 000 objects of imported
# libraries: about a tenth of a busy gateway's time before this was written (docs/performance.md).
_YOUNG = 50_000
_MIDDLE = 20
_OLD = 50


def settle_heap() -> None:
    """Call once, when all is imported and wired: what is there now is never looked at again.

    Nothing else runs meanwhile, some ten milliseconds long: call it before anybody is let in.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
