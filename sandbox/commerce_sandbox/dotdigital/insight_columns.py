"""The schema of an Insight collection: fixed by the first value seen for each property, extended by later ones.

The vendor's rules: columns are STRING, FLOAT, TIMESTAMP, BOOLEAN or RECORD, arrays are columns of mode REPEATED; later
records may add properties but not change a type.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

ColumnType = Literal["STRING", "FLOAT", "TIMESTAMP", "BOOLEAN", "RECORD"]


@dataclass(slots=True)
class Column:
    """One column.

    Attributes:
        type: Type of its values.
        repeated: Whether it holds a list of them.
        fields: Columns of a RECORD, by name.
        has_dash: Whether a name among the fields has a dash, so that records need the check for clashes.
    """

    type: ColumnType
    repeated: bool = False
    fields: dict[str, Column] = field(default_factory=dict)
    has_dash: bool = False

    def add(self, name: str, column: Column) -> None:
        """Add a column to this RECORD."""
        self.fields[name] = column
        self.has_dash = self.has_dash or "-" in name

    def wanted(self) -> str:
        """Return what the column takes, in words."""
        noun = {
            "STRING": "text",
            "FLOAT": "number",
            "TIMESTAMP": "ISO date",
            "BOOLEAN": "boolean",
            "RECORD": "object",
        }[self.type]
        return f"a list of {noun} values" if self.repeated else f"{'an' if noun[0] in 'Io' else 'a'} {noun}"

    def documents(self) -> list[dict[str, Any]]:
        """Return the fields as the service shows them."""
        return [
            {
                "name": name,
                "mode": "REPEATED" if column.repeated else "NULLABLE",
                "type": column.type,
                "fields": column.documents(),
            }
            for name, column in self.fields.items()
        ]


def new_schema() -> Column:
    """Return the schema of a collection that has no record yet."""
    return Column("RECORD")
