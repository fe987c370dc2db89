"""The Markdown page of a report."""

from collections.abc import Mapping, Sequence
from typing import Any

PICTURE = "picture"  # key of a row's picture, a file next to the page


def page(content: Mapping[str, Any]) -> str:
    """Content of a report -> Markdown."""
    facts = content["facts"]
    lines = [
        f"# {facts.get('device', 'Device')}: {facts.get('name', 'unknown')}",
        "",
        *[line for sentence in facts.get("sentences", ()) for line in (sentence, "")],
    ]
    shown = {key: f"`{value}`" if key == "command" else value for key, value in facts.items() if key != "sentences"}
    lines += table([{"": key.replace("_", " "), "value": value} for key, value in shown.items()])
    for part in content["parts"].values():
        lines += [f"## {part['title']}", "", part["text"], "", *table(part["rows"])]
        lines += [f"- Left out: {each['what']}: {each['reason']}." for each in part["skipped"]]
        lines += [f"- **Failed**: {each['what']}: {escaped(each['message'])} ({each['where']})" for each in part["failed"]]
        lines += [""] if part["skipped"] or part["failed"] else []
        for row in part["rows"]:
            if PICTURE in row:
                lines += [f"![{row['recipe']}]({row[PICTURE]})", "", f"*{row['recipe']}*", ""]
    return "\n".join(lines).rstrip() + "\n"


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows -> lines of a table with a column for every key; numbers are aligned to the right."""
    columns = [column for column in dict.fromkeys(key for row in rows for key in row) if column != PICTURE]
    if not columns:
        return []
    numbers = {
        column for column in columns if all(isinstance(row.get(column, 0), int | float) and row.get(column) is not True for row in rows)
    }
    lines = [
        "| " + " | ".join(column.replace("_", " ") for column in columns) + " |",
        "| " + " | ".join("---:" if column in numbers else "---" for column in columns) + " |",
    ]
    lines += ["| " + " | ".join(cell(row.get(column)) for column in columns) + " |" for row in rows]
    return [*lines, ""]


def cell(value: Any) -> str:
    """Text of a value in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "**no**"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if value == 0:
            return "0"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) >= 1e-3 else f"{value:.1e}"
    return escaped(str(value))


def escaped(text: str) -> str:
    """Text without what Markdown would read as a table or a tag."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
