import gc

from core.memory import keep_loaded


def test_what_is_loaded_is_left_out_of_later_collections() -> None:
    before = gc.get_freeze_count()
    try:
        keep_loaded()
        assert gc.get_freeze_count() > before + 10_000
    finally:
        gc.unfreeze()
