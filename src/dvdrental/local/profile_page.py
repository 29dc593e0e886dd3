"""Profiles as one page that needs nothing else."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from dvdrental.local.profile import HEADER, Profile, cells


def to_html(profiles: Iterable[Profile], lake: Path) -> str:
    shown = list(profiles)
    links = "".join(
        f'<tr><td><a href="#{escape(p.table)}">{escape(p.table)}</a></td><td class="n">{p.rows:,}</td>'
        f'<td class="n">{len(p.columns)}</td><td>{escape(p.grain)}</td></tr>'
        for p in shown
    )
    return _PAGE.substitute(lake=escape(str(lake)), links=links, tables="".join(map(_section, shown)))


def _section(profile: Profile) -> str:
    name = escape(profile.table)
    head = "".join(f"<th>{title}</th>" for title in HEADER)
    rows = "".join(
        "<tr>" + "".join(f"<td{_class(n)}>{escape(cell)}</td>" for n, cell in enumerate(cells(column))) + "</tr>"
        for column in profile.columns
    )
    return (
        f'<h2 id="{name}">{name}</h2><p>{profile.rows:,} rows: {escape(profile.grain)}</p>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _class(position: int) -> str:
    return ' class="n"' if HEADER[position] in ("nulls", "distinct") else ""


_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Profile of $lake</title>
<style>
body {font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 76em; padding: 0 1em; color: #222}
table {border-collapse: collapse; margin: .5em 0 2em}
th, td {border-bottom: 1px solid #ddd; padding: .25em 1.5em .25em 0; text-align: left; vertical-align: top}
td {overflow-wrap: anywhere}
.n {text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap}
h2 {margin: 1.5em 0 0; font-size: 1.15em}
p {margin: 0 0 .5em}
</style></head><body>
<h1>Profile of $lake</h1>
<p>Personal columns show no values.</p>
<table><thead><tr><th>table</th><th>rows</th><th>columns</th><th>grain</th></tr></thead><tbody>$links</tbody></table>
$tables
</body></html>
""")
