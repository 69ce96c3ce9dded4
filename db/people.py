"""Who works here and what each may do: roles, users, the actor of a session, and the one table of rights."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ForeignKey, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from db.base import Base, Choice, Code, Line, Name, Phone
from db.fields import ui
from db.refused import Refused
from db.session import reading
from db.words import CHINESE, Words, _

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

S = TypeVar("S", bound="Select[*tuple[Any, ...]]")

SYSTEM_ID = 1
"""The clock's own user row, made by the first migration; nobody signs in as it."""


class Role(Choice):
    """What somebody is in the office; roles add up."""

    DESK = "desk", _("客服管理员")
    STEWARD = "steward", _("物业管家")
    SUPERVISOR = "supervisor", _("客服主管")
    WORKS_SUPERVISOR = "works_supervisor", _("工程主管")
    DIRECTOR = "director", _("管理处主任")
    TECHNICIAN = "technician", _("维修人员")
    CASHIER = "cashier", _("收费员")
    FINANCE = "finance", _("财务")
    GUARD = "guard", _("秩序维护员")
    QUALITY = "quality", _("总部品质")
    ADMINISTRATOR = "administrator", _("系统管理员")


class Department(Choice):
    """The management office's departments (handbook lines 28, 96, 154)."""

    SERVICE = "service", _("客户服务中心")
    WORKS = "works", _("工程部")
    SECURITY = "security", _("秩序维护部")
    CLEANING = "cleaning", _("环境部")
    FINANCE = "finance", _("计划财务部")
    OFFICE = "office", _("管理处")


class Right(Choice):
    """What may be done outside the processes; who may, stands in `RIGHTS`."""

    EDIT_REGISTRY = "edit_registry", _("维护客户与房产档案")
    EDIT_CONTRACTS = "edit_contracts", _("维护合同与专营公司")
    IMPORT = "import", _("导入工作簿")
    EXPORT = "export", _("导出列表")
    EXPORT_PERSONAL = "export_personal", _("导出含个人信息的列表")
    SEE_PHONE = "see_phone", _("在客户卡和本人事项上直接看电话")
    REVEAL_PHONE = "reveal_phone", _("说明理由后看电话")
    REVEAL_ID = "reveal_id", _("说明理由后看证件号码")
    SEE_FIGURES = "see_figures", _("看首页统计")
    SEE_MONEY = "see_money", _("查看账单与收款")
    EDIT_TARIFFS = "edit_tariffs", _("维护收费标准与收款单位")
    BILL = "bill", _("出账、作废账单与发缴费通知")
    READ_METERS = "read_meters", _("抄表")
    TAKE_PAYMENT = "take_payment", _("收款、开收据与日结")
    DUN = "dun", _("催缴")
    HAND_OVER = "hand_over", _("发放、挂失、收回门禁卡与钥匙，办理客户名牌")
    CLOSE_MONTH = "close_month", _("月结")
    KEEP_ACCOUNTS = "keep_accounts", _("编制收支公示")
    CHECK_BOOKS = "check_books", _("账务核对")
    CONFIRM_LATE_ENTRY = "confirm_late_entry", _("审核补录")
    SUPERVISE = "supervise", _("看超时预警与上报")
    DESTROY_DOCUMENTS = "destroy_documents", _("提请销毁保存期满的档案")
    MANAGE_USERS = "manage_users", _("管理用户")
    MANAGE_SETTINGS = "manage_settings", _("修改系统设置")
    SEE_AUDIT = "see_audit", _("查看操作日志")


OFFICE = frozenset({Role.DESK, Role.STEWARD, Role.SUPERVISOR, Role.DIRECTOR})
"""Those who receive customers and carry their matters."""
LEADERS = frozenset({Role.SUPERVISOR, Role.DIRECTOR})
WORKS = frozenset({Role.WORKS_SUPERVISOR, Role.TECHNICIAN})
EVERYONE = frozenset(Role)
_READERS = EVERYONE - {Role.TECHNICIAN, Role.GUARD}

RIGHTS: dict[Right, frozenset[Role]] = {
    Right.EDIT_REGISTRY: OFFICE | {Role.ADMINISTRATOR},
    Right.EDIT_CONTRACTS: LEADERS | {Role.WORKS_SUPERVISOR, Role.ADMINISTRATOR},
    Right.IMPORT: LEADERS | {Role.ADMINISTRATOR},
    Right.EXPORT: _READERS - {Role.ADMINISTRATOR},
    Right.EXPORT_PERSONAL: LEADERS,
    Right.SEE_PHONE: frozenset({Role.DESK, Role.STEWARD, Role.SUPERVISOR}),
    Right.REVEAL_PHONE: OFFICE | {Role.CASHIER, Role.WORKS_SUPERVISOR, Role.GUARD},
    Right.REVEAL_ID: LEADERS | {Role.DESK, Role.STEWARD, Role.CASHIER},
    Right.SEE_FIGURES: _READERS,
    Right.SEE_MONEY: _READERS - {Role.ADMINISTRATOR},
    Right.EDIT_TARIFFS: frozenset({Role.FINANCE, Role.DIRECTOR}),
    Right.BILL: frozenset({Role.CASHIER, Role.FINANCE}),
    Right.READ_METERS: WORKS | {Role.CASHIER, Role.FINANCE, Role.STEWARD, Role.SUPERVISOR},
    Right.TAKE_PAYMENT: frozenset({Role.CASHIER}),
    Right.DUN: OFFICE | {Role.CASHIER, Role.FINANCE},
    Right.HAND_OVER: OFFICE,
    Right.CLOSE_MONTH: frozenset({Role.FINANCE}),
    Right.KEEP_ACCOUNTS: LEADERS | {Role.FINANCE},
    Right.CHECK_BOOKS: LEADERS | {Role.FINANCE, Role.QUALITY, Role.ADMINISTRATOR},
    Right.CONFIRM_LATE_ENTRY: LEADERS | {Role.WORKS_SUPERVISOR},
    Right.SUPERVISE: LEADERS | {Role.WORKS_SUPERVISOR},
    Right.DESTROY_DOCUMENTS: LEADERS | {Role.ADMINISTRATOR},
    Right.MANAGE_USERS: frozenset({Role.ADMINISTRATOR}),
    Right.MANAGE_SETTINGS: frozenset({Role.ADMINISTRATOR, Role.DIRECTOR}),
    Right.SEE_AUDIT: frozenset({Role.ADMINISTRATOR, Role.DIRECTOR, Role.QUALITY}),
}


class User(Base):
    """A member of staff who signs in, or once did."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[Code] = mapped_column(unique=True, info=ui(_("用户名"), in_list=True))
    name: Mapped[Name] = mapped_column(info=ui(_("姓名"), in_list=True))
    phone: Mapped[Phone | None] = mapped_column(info=ui(_("电话"), personal=True))
    department: Mapped[Department] = mapped_column(
        default=Department.SERVICE, info=ui(_("部门"), in_list=True, in_filter=True)
    )
    active: Mapped[bool] = mapped_column(default=True, info=ui(_("在用"), in_list=True))
    locale: Mapped[Code] = mapped_column(default=CHINESE)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    must_change_password: Mapped[bool] = mapped_column(default=True)
    is_demonstration: Mapped[bool] = mapped_column(default=False)
    """Still on the password that the demonstration printed."""
    version: Mapped[int] = mapped_column(default=1)

    roles: Mapped[list[UserRole]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    estates: Mapped[list[UserEstate]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class UserRole(Base):
    """One role of one user."""

    __tablename__ = "user_roles"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(primary_key=True)


class UserEstate(Base):
    """One estate that a user works for; without any, none is seen."""

    __tablename__ = "user_estates"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), primary_key=True)


class StaffSession(Base):
    """A sign-in that still holds: the cookie's secret is kept only as its SHA-256."""

    __tablename__ = "staff_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Empty until the browser has fetched its cookie; the tab that signed in knows its session by number."""
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    idle_minutes: Mapped[int] = mapped_column(default=120)
    """How long it may rest; decided by the office's setting when it began."""
    revoked_at: Mapped[datetime | None]
    address: Mapped[Line] = mapped_column(default="")
    ticket_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """One-time ticket by which the sign-in page hands over to the cookie route."""
    ticket_until: Mapped[datetime | None]


class SignInFailure(Base):
    """Sign-ins that have not succeeded, counted by name and by address whether or not the name exists.

    Both are kept as SHA-256: a password typed into the name's box must not become readable here.
    """

    __tablename__ = "sign_in_failures"
    __table_args__ = (UniqueConstraint("kind", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Code]
    subject: Mapped[str] = mapped_column(String(64))
    count: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


@dataclass(frozen=True)
class Actor:
    """Somebody at work: who, with which roles, in which estates. Small enough to make anew on every run."""

    user_id: int
    name: str
    roles: frozenset[Role] = frozenset()
    estates: frozenset[int] = field(default_factory=frozenset)
    username: str = ""
    must_change_password: bool = False

    def may(self, right: Right) -> bool:
        """Say whether one of the roles holds `right`."""
        return bool(self.roles & RIGHTS[right])

    @property
    def sees_all(self) -> bool:
        """Say whether every matter of the estates is in sight, not only those handed to or taken in by oneself.

        Technicians and guards see their own; a second role adds up.
        """
        return bool(self.roles & _READERS) or self.user_id == SYSTEM_ID


SYSTEM = Actor(SYSTEM_ID, "system", frozenset(Role))
"""The clock: acts by rules of the house, in every estate."""


def require(actor: Actor, right: Right) -> None:
    """Refuse unless `actor` holds `right`."""
    if not actor.may(right):
        raise Refused(_("您没有“{right}”的权限，如有需要请联系管理处主任。", right=right.label))


def in_scope(statement: S, actor: Actor, model: Any) -> S:
    """Add to a select what the actor may see: his estates, and of cases only his own where he does not see all.

    Every list, search, link, count, export and picker goes through here.
    """
    if actor.user_id == SYSTEM_ID:
        return statement
    statement = statement.where(model.estate_id.in_(sorted(actor.estates)))
    if not actor.sees_all and (own := _own(model, actor)) is not None:
        statement = statement.where(own)
    return statement


def _own(model: Any, actor: Actor) -> ColumnElement[bool] | None:
    if not hasattr(model, "assigned_to"):
        return None
    from db.cases import CaseHand  # noqa: PLC0415 - cases build on people

    helping = select(CaseHand.case_id).where(CaseHand.user_id == actor.user_id)
    return or_(model.assigned_to == actor.user_id, model.opened_by == actor.user_id, model.id.in_(helping))


def actor_for(session: Session, user: User) -> Actor:
    """Make the actor of a user row. The administrator works in every estate, to set it up."""
    roles = frozenset(row.role for row in user.roles)
    estates = frozenset(row.estate_id for row in user.estates)
    if Role.ADMINISTRATOR in roles:
        from db.registry import Estate  # noqa: PLC0415 - the registry builds on people

        estates = frozenset(session.scalars(select(Estate.id)))
    return Actor(user.id, user.name, roles, estates, user.username, user.must_change_password)


def people_in(session: Session, roles: frozenset[Role], estates: frozenset[int]) -> list[User]:
    """List active users holding one of `roles` in one of `estates`, by name."""
    return list(
        session.scalars(
            select(User)
            .where(
                User.active,
                User.id != SYSTEM_ID,
                User.id.in_(select(UserRole.user_id).where(UserRole.role.in_(roles))),
                User.id.in_(select(UserEstate.user_id).where(UserEstate.estate_id.in_(estates))),
            )
            .order_by(User.name, User.id)
        )
    )


def demo_password_stands() -> bool:
    """Say whether somebody can still sign in with a password that the demonstration printed.

    While it is so, the office's network stays shut: `manage.py run --lan` refuses.
    """
    with reading(SYSTEM) as session:
        return bool(session.scalar(select(User.id).where(User.active, User.is_demonstration).limit(1)))


def roles_label(roles: frozenset[Role]) -> str:
    """Name the roles as the office would say them."""
    return str(_("、")).join(str(role.label) for role in Role if role in roles)


__all__ = [
    "EVERYONE", "LEADERS", "OFFICE", "RIGHTS", "SYSTEM", "SYSTEM_ID", "WORKS", "Actor", "Department", "Right", "Role",
    "SignInFailure", "StaffSession", "User", "UserEstate", "UserRole", "Words", "actor_for", "demo_password_stands",
    "in_scope", "people_in", "require", "roles_label",
]  # fmt: skip
