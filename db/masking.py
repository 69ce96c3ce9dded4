"""Personal data as others may see them: enough to recognise, not enough to use (HB:34, PIPL 51)."""

from __future__ import annotations

from typing import Any

from db.fields import Field

_SHORT = 7


def mask_phone(number: str) -> str:
    """Hide the middle of a telephone number: `13800138000` → `138****8000`; short ones keep two digits."""
    if len(number) <= _SHORT:
        return "*" * max(len(number) - 2, 0) + number[-2:]
    return f"{number[:3]}****{number[-4:]}"


def mask_id(number: str) -> str:
    """Hide all of an identity number but the first and last four."""
    if len(number) <= 2 * 4:
        return "*" * len(number)
    return number[:4] + "*" * (len(number) - 8) + number[-4:]


def mask(field: Field, value: Any) -> Any:
    """Mask a field's value if the field is about a person; others pass."""
    if not field.personal or not isinstance(value, str) or not value:
        return value
    if field.kind == "phone":
        return mask_phone(value)
    return mask_id(value) if field.name == "id_number" else value


def mask_name(name: str) -> str:
    """Hide all of a name but its first character: 吴学文 → 吴**."""
    return name[:1] + "*" * (len(name) - 1)
