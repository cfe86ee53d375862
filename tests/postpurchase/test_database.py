"""What brings the database up."""

import os
from pathlib import Path

import pytest

from postpurchase.database import stop_orphan, with_role


def test_a_server_of_a_living_environment_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, signal: ended.append(pid))
    stop_orphan(tmp_path)  # none ever ran
    for pid in (os.getpid(), 2**22 + 1):  # somebody else's process, and nobody's
        (tmp_path / "postmaster.pid").write_text(f"{pid}\n{tmp_path}\n")
        stop_orphan(tmp_path)
    assert ended == []


def test_the_address_changes_role_and_database_only() -> None:
    assert with_role("postgresql://postgres:@/postgres?host=/run/pg", "app", "shop") == "postgresql://app@/shop?host=/run/pg"
    assert with_role("postgresql://postgres@127.0.0.1:5432/postgres", "owner", "shop") == "postgresql://owner@127.0.0.1:5432/shop"
