"""Pages of evidence: facts of a name, then tables of the rows behind it."""

from __future__ import annotations

from collections.abc import Callable

from ketum.evidence.words import SEEN_IN_COLUMN
from ketum.reports.evidence_rows import (
    Page,
    Record,
    accepted,
    listed,
    observation_rows,
    parameter_rows,
    quantity,
    seen_where,
    source_rows,
    target_rows,
)


def page_of(page: Page, record: Record) -> None:
    """Write the page of one thing, as `ketum.results.dossier.look_up` returns it."""
    _PAGES[record["kind"]](page, record)


def _parameter(page: Page, record: Record) -> None:
    page.title(record["symbol"], record["name"])
    memory = record["all_from_memory"]
    group = f"{record['group']} (group:{record['group']})" if record["group"] else ""
    page.facts(
        [
            ("value", quantity(record)),
            ("rests on", record["basis"]),
            ("verified", "every number of its sources is from memory, to be checked" if memory else ""),
            ("between persons", record["between_person"]["words"]),
            ("uncertainty", record["uncertainty"]["words"]),
            ("allowed", record["physical_range"]["words"]),
            ("note", record["note"]),
            ("table", f"{record['table']}: {record['table_words']}"),
            ("group", group),
        ]
    )
    target_rows(page, "Calibration targets named with it", record["targets_named"])
    target_rows(page, "Calibration targets from the sources it cites", record["targets_of_its_sources"])
    rows = record["observations"]
    seen = f": {len(rows)} ({seen_where(record['observations_seen'])})" if rows else ": none"
    page.line()
    page.line(f"Observations behind it{seen}", style="bold")
    if rows:
        page.line("Every row of the sources, likest first; no table says which row set the number.", style="dim")
    for tie, source in dict.fromkeys((row["tie_words"], "; ".join(row["source"])) for row in rows):
        tied = [row for row in rows if row["tie_words"] == tie and "; ".join(row["source"]) == source]
        observation_rows(page, f"{source}, {tie}: {len(tied)}", tied, whole=True)
    source_rows(page, record["sources"])
    page.line()
    page.line("What it stands behind", style="bold")
    page.facts(
        [
            ("outputs", listed(record["outputs"], page.every)),
            ("end points", listed(record["end_points"], page.every)),
            ("acts on", record["acts_when"] or ""),
        ]
    )


def _result(page: Page, record: Record) -> None:
    page.title(record["name"], record["label"])
    read = ", ".join(record["outputs"])
    page.facts(
        [
            ("is", record["kind"]),
            ("unit", record["unit"]),
            ("read from", read if read != record["name"] or record["kind"] != "output" else ""),
            ("groups", ", ".join(record["groups"])),
        ]
    )
    page.rows(
        f"Parameters behind it: {record['parameters']}, by what they rest on",
        ("rests on", "number", "symbols"),
        [
            (row["words"], f"{row['count']} ({100 * row['share']:.0f}%)", ", ".join(row["symbols"]))
            for row in record["classes"]
        ],
        whole=True,
    )
    page.line("  Counting does not weigh them. An arm can bring in more:", style="dim")
    page.facts((group, when) for group, when in record["brought_in"].items())
    target_rows(page, "Calibration targets compared with it", record["targets"])
    observation_rows(page, "Observations of these targets", record["observations_compared"], whole=True)
    words = " or ".join(repr(text) for text in record["words"])
    about = record["observations_about"]
    observation_rows(page, f"Other observations about {words}: {len(about)}", about)


def _target(page: Page, record: Record) -> None:
    page.title(record["id"], record["quantity"])
    page.facts(
        [
            ("is", "calibration target: the model is fitted to it"),
            ("value", quantity(record)),
            ("accepted", accepted(record)),
            ("output", record["output"]),
            ("note", record["note"]),
        ]
    )
    observation_rows(page, "Its observation", [record["observed"]] if record["observed"] else [])
    parameter_rows(page, "Parameters named with it", record["parameters"])
    parameter_rows(page, "Parameters that cite its source", record["parameters_of_its_source"])
    source_rows(page, record["sources"])


def _observation(page: Page, record: Record) -> None:
    page.title(record["id"], record["quantity"])
    page.facts(
        [
            ("measured", record["measured"]),
            ("statistic", record["statistic"]),
            *((name.replace("_", " "), text) for name, text in record["details"].items()),
            ("where", record["where"]),
            ("verified", record["seen"]),
            ("note", record["note"]),
        ]
    )
    target_rows(page, "Calibration targets that come from it", record["targets"])
    parameter_rows(page, "Parameters that cite its source", record["parameters"])
    source_rows(page, record["sources"])


def _source(page: Page, record: Record) -> None:
    page.title(record["key"], record["reference"])
    if record["own"]:
        page.line("  This is no publication: what rests on it is our own.")
    parameter_rows(page, "Parameters that cite it", record["parameters"])
    target_rows(page, "Calibration targets from it", record["targets"])
    seen = seen_where(record["observations_seen"])
    rows = record["observations"]
    observation_rows(page, f"Observations from it: {len(rows)} ({seen})", rows)
    page.rows("Safety rules that cite it", ("id", "finding"), [(r["id"], r["finding"]) for r in record["safety_rules"]])


def _claim(page: Page, record: Record) -> None:
    page.title(record["id"], record["claim"])
    page.facts(
        [
            ("is", f"claim of article {record['article']} ({record['claim_kind']}); a statement, not a finding"),
            ("checked by", record["how_to_check"]),
            ("check shows", record["what_a_passing_check_shows"]),
            ("verdict", f"ketum claims {record['id']}"),
        ]
    )


def _rule(page: Page, record: Record) -> None:
    page.title(record["id"], record["finding"])
    page.facts(
        [
            ("is", f"safety rule ({record['severity']})"),
            ("applies to", record["applies_when"]),
            ("rests on", record["basis_words"]),
            ("mechanism", record["mechanism"]),
            ("verified", f"{record['seen']} (table of {record['checked']})"),
            ("note", record["note"]),
        ]
    )
    page.rows("Applies if one of these is met", ("kind", "of"), [(c["kind"], c["of"]) for c in record["conditions"]])
    source_rows(page, record["sources"])


def _group(page: Page, record: Record) -> None:
    page.title(f"group:{record['name']}", f"{len(record['parameters'])} parameters")
    parameter_rows(page, "Parameters", record["parameters"], whole=True)


def search_page(page: Page, found: Record) -> None:
    """Write what a search found."""
    for word, near in found["replaced"].items():
        page.line(f"{word!r} stands nowhere; taken for it: {', '.join(near)}")
    for kind, hits in found["groups"].items():
        page.rows(
            f"{kind}: {len(hits)}",
            ("name", "what", "shown"),
            [(hit["name"], hit["title"], hit["shown"]) for hit in hits],
        )


def overview_page(page: Page, found: Record) -> None:
    """Write how much of everything there is."""
    classes = found["provenance_classes"]
    counts = found["parameters"]
    page.rows(
        "Parameters by table and by what they rest on",
        ("table", *(words for words in classes.values()), "all"),
        [
            *((table, *(str(row[name]) for name in classes), str(sum(row.values()))) for table, row in counts.items()),
            (
                "all",
                *(str(sum(row[name] for row in counts.values())) for name in classes),
                str(sum(sum(row.values()) for row in counts.values())),
            ),
        ],
        whole=True,
        counts=True,
    )
    seen = found["observations"]
    page.rows(
        "Observations by table and by where the number was seen",
        ("table", *SEEN_IN_COLUMN.values(), "all"),
        [
            *(
                (table, *(str(row[name]) for name in SEEN_IN_COLUMN), str(sum(row.values())))
                for table, row in seen.items()
            ),
            (
                "all",
                *(str(sum(row[name] for row in seen.values())) for name in SEEN_IN_COLUMN),
                str(sum(sum(row.values()) for row in seen.values())),
            ),
        ],
        whole=True,
        counts=True,
    )
    page.line(
        f"{found['calibration_targets']} calibration targets, {found['sources']} sources, {found['claims']} claims, "
        f"{found['safety_rules']} safety rules, {found['legal_rows']} legal rows; {found['outputs']} outputs and "
        f"{found['end_points']} end points rest on them."
    )


_PAGES: dict[str, Callable[[Page, Record], None]] = {
    "parameter": _parameter,
    "output": _result,
    "end point": _result,
    "target": _target,
    "observation": _observation,
    "source": _source,
    "claim": _claim,
    "safety rule": _rule,
    "group": _group,
}
