"""What several test files share."""

from __future__ import annotations

import pytest


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the report, which is tested elsewhere and takes longer than a small run."""
    monkeypatch.setattr("ketum.reports.page.write_report", lambda folder: (folder / "report.html").write_text("-"))
