"""What the documents show runs as it stands."""

import re
from pathlib import Path

import pytest

from ketum.engine.outputs import output_catalogue
from ketum.engine.workers import run_experiment
from ketum.scenario import load_scenario
from ketum.scenario.build import build_experiment

ROOT = Path(__file__).parents[1]
BLOCKS = [
    (name, number, text)
    for name in ("README.md", "docs/scenario.md")
    for number, text in enumerate(re.findall(r"```toml\n(.*?)```", (ROOT / name).read_text(), re.DOTALL))
]


@pytest.mark.parametrize(("name", "number", "text"), BLOCKS, ids=[f"{name}-{k}" for name, k, _ in BLOCKS])
def test_scenarios_in_documents_run(name: str, number: int, text: str, tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(text)
    experiment = build_experiment(load_scenario(path, people=8))
    collected = run_experiment(experiment, tmp_path, workers=1)
    assert collected.persons == 8, (name, number)


def test_both_documents_show_a_scenario() -> None:
    assert {name for name, _, _ in BLOCKS} == {"README.md", "docs/scenario.md"}


@pytest.mark.parametrize(
    "document", [p.relative_to(ROOT).as_posix() for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))]
)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text())
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


def test_scenario_document_names_every_phase_key_and_product() -> None:
    from ketum.products import products
    from ketum.scenario.schema import UseTable

    text = (ROOT / "docs/scenario.md").read_text()
    for field, info in UseTable.model_fields.items():
        key = info.alias or field
        assert f"`{key}" in text, key
    for name in products():
        assert f"`{name}`" in text
    assert len(output_catalogue()) > 20
