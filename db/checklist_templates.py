"""What each kind of dossier asks for 资料清单: the processes' own templates, and what an estate has made of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Code, Line
from db.checklists import ItemKind, Template, Wanted


class TemplateLine(Base):
    """A line of a template that an estate has changed; without any the process's own template holds."""

    __tablename__ = "template_lines"
    __table_args__ = (Index("ix_template_lines_estate_id_template", "estate_id", "template"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    template: Mapped[Code]
    """Key of the template, unique over all processes: `move_ins.park`."""
    position: Mapped[int]
    key: Mapped[Code]
    kind: Mapped[ItemKind]
    label: Mapped[Line]
    ask: Mapped[Line] = mapped_column(default="")
    before: Mapped[Code] = mapped_column(default="")
    required: Mapped[bool] = mapped_column(default=True)
    paper: Mapped[Code] = mapped_column(default="")


def lines_of(session: Session, estate_id: int, template: Template) -> Sequence[Wanted]:
    """List what a template asks in an estate: its own order and papers; what the house itself holds is the house's.

    So a line that a later version of this program adds, or takes away, holds in every estate at once.
    """
    own = own_lines(session, estate_id, template.key)
    if not own:
        return template.lines
    fixed = {each.key: each for each in template.lines if each.kind is not ItemKind.PAPER}
    found = []
    for each in own:
        if each.kind is ItemKind.PAPER:
            found.append(Wanted(each.key, each.kind, each.label, each.before, each.ask, required=each.required))
        elif each.key in fixed:
            found.append(fixed.pop(each.key))
    return [*found, *fixed.values()]


def own_lines(session: Session, estate_id: int, template: str) -> list[TemplateLine]:
    """List the lines that an estate has kept for a template; none where the house's holds."""
    return list(
        session.scalars(
            select(TemplateLine)
            .where(TemplateLine.estate_id == estate_id, TemplateLine.template == template)
            .order_by(TemplateLine.position, TemplateLine.id)
        )
    )
