"""What a process has loaded for good need not be looked through again by every full garbage collection."""

import gc


def keep_loaded() -> None:
    """Leave all that lives now out of later collections: a full one over the loaded program stops a request for some 80 ms.

    Called once, when everything is imported and before the first piece of work.
    """
    gc.collect()
    gc.freeze()
