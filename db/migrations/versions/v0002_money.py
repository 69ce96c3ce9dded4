"""Money."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db.base
import db.ledger.pricing

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "account_sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", sa.Enum("voucher", "workbook", name="sourcekind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["entered_by"], ["users.id"], name=op.f("fk_account_sources_entered_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_account_sources_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_sources")),
        sa.UniqueConstraint("estate_id", "sha256", name=op.f("uq_account_sources_estate_id_sha256")),
        sa.UniqueConstraint("token", name=op.f("uq_account_sources_token")),
    )
    op.create_table(
        "billing_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("fee_item_ids", sa.JSON(), nullable=False),
        sa.Column("bills", sa.Integer(), nullable=False),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column("run_by", sa.Integer(), nullable=False),
        sa.Column("run_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_billing_runs_estate_id")),
        sa.ForeignKeyConstraint(["run_by"], ["users.id"], name=op.f("fk_billing_runs_run_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_runs")),
        sa.UniqueConstraint("token", name=op.f("uq_billing_runs_token")),
    )
    with op.batch_alter_table("billing_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_billing_runs_estate_id"), ["estate_id"], unique=False)

    op.create_table(
        "disclosure_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("citation", sa.String(length=200), nullable=False),
        sa.Column("clause", db.base.ProseText(length=4000), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_disclosure_rules_asked_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_disclosure_rules_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure_rules")),
    )
    with op.batch_alter_table("disclosure_rules", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_disclosure_rules_estate_id"), ["estate_id"], unique=False)

    op.create_table(
        "fee_totals",
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "management",
                "rent",
                "parking",
                "water",
                "power",
                "heat",
                "gas",
                "air_conditioning",
                "service",
                "other",
                name="feekind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("building_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fee_item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bills", sa.BigInteger(), nullable=False),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column("waived", db.base.Money(), nullable=False),
        sa.Column("paid", db.base.Money(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_fee_totals_estate_id")),
        sa.PrimaryKeyConstraint("estate_id", "kind", "month", "building_id", "fee_item_id", name=op.f("pk_fee_totals")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "owners_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("book", sa.Enum("common", "fund", name="book", native_enum=False, length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "item",
            sa.Enum(
                "opening",
                "advertising",
                "parking",
                "letting",
                "entrance",
                "interest",
                "other_income",
                "contribution",
                "from_common",
                "cost",
                "to_fund",
                "by_decision",
                "works",
                name="item",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("decision", sa.String(length=200), nullable=False),
        sa.Column("voucher", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("paired_id", sa.Integer(), nullable=True),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["corrects_id"], ["owners_entries.id"], name=op.f("fk_owners_entries_corrects_id")),
        sa.ForeignKeyConstraint(["entered_by"], ["users.id"], name=op.f("fk_owners_entries_entered_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_owners_entries_estate_id")),
        sa.ForeignKeyConstraint(["paired_id"], ["owners_entries.id"], name=op.f("fk_owners_entries_paired_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owners_entries")),
        sa.UniqueConstraint("token", name=op.f("uq_owners_entries_token")),
    )
    with op.batch_alter_table("owners_entries", schema=None) as batch_op:
        batch_op.create_index("ix_owners_entries_estate_id_book", ["estate_id", "book", "day", "id"], unique=False)

    op.create_table(
        "payees",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("mark", sa.String(length=4), nullable=False),
        sa.Column("tax_number", sa.String(length=40), nullable=False),
        sa.Column("bank", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_payees_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payees")),
        sa.UniqueConstraint("estate_id", "name", name=op.f("uq_payees_estate_id_name")),
        sa.UniqueConstraint("mark", name=op.f("uq_payees_mark")),
    )
    op.create_table(
        "publications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column(
            "span", sa.Enum("month", "quarter", "year", name="span", native_enum=False, length=40), nullable=False
        ),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "preparing", "asked", "approved", "posted", "taken_down", name="state", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("remark", db.base.ProseText(length=4000), nullable=False),
        sa.Column("prepared_by", sa.Integer(), nullable=False),
        sa.Column("prepared_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_publications_estate_id")),
        sa.ForeignKeyConstraint(["prepared_by"], ["users.id"], name=op.f("fk_publications_prepared_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
        sa.UniqueConstraint(
            "estate_id", "span", "first_on", "edition", name=op.f("uq_publications_estate_id_span_first_on_edition")
        ),
    )
    op.create_table(
        "account_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Enum("actual", "budget", name="basis", native_enum=False, length=40), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column(
            "head",
            sa.Enum(
                "upkeep",
                "staff",
                "firms",
                "insurance",
                "security",
                "culture",
                "taxes",
                "remuneration",
                "other",
                "management_fees",
                "parking_fees",
                "paid_services",
                "late_fees",
                "from_common",
                "other_income",
                name="head",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_account_entries_estate_id")),
        sa.ForeignKeyConstraint(["source_id"], ["account_sources.id"], name=op.f("fk_account_entries_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_entries")),
    )
    with op.batch_alter_table("account_entries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_account_entries_estate_id_month", ["estate_id", "month", "basis", "head"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_account_entries_source_id"), ["source_id"], unique=False)

    op.create_table(
        "bank_batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_bank_batches_estate_id")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_bank_batches_made_by")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_bank_batches_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_batches")),
        sa.UniqueConstraint("number", name=op.f("uq_bank_batches_number")),
        sa.UniqueConstraint("token", name=op.f("uq_bank_batches_token")),
    )
    with op.batch_alter_table("bank_batches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_batches_estate_id"), ["estate_id"], unique=False)

    op.create_table(
        "bank_layouts",
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Enum("csv", "fixed", name="filekind", native_enum=False, length=40), nullable=False),
        sa.Column("encoding", sa.Enum("gbk", "utf-8", name="encoding", native_enum=False, length=40), nullable=False),
        sa.Column("columns", sa.String(length=400), nullable=False),
        sa.Column("result_columns", sa.String(length=400), nullable=False),
        sa.Column("success", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_bank_layouts_payee_id")),
        sa.PrimaryKeyConstraint("payee_id", name=op.f("pk_bank_layouts")),
    )
    op.create_table(
        "day_closings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("cashier_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("expected", sa.JSON(), nullable=False),
        sa.Column("counted", sa.JSON(), nullable=False),
        sa.Column("over_short", db.base.Money(), nullable=False),
        sa.Column("slip", sa.String(length=200), nullable=False),
        sa.Column("note", db.base.ProseText(length=4000), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=False),
        sa.Column("closed_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cashier_id"], ["users.id"], name=op.f("fk_day_closings_cashier_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["users.id"], name=op.f("fk_day_closings_closed_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_day_closings_estate_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_day_closings_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_closings")),
        sa.UniqueConstraint("payee_id", "cashier_id", "day", name=op.f("uq_day_closings_payee_id_cashier_id_day")),
    )
    with op.batch_alter_table("day_closings", schema=None) as batch_op:
        batch_op.create_index("ix_day_closings_estate_id", ["estate_id", "day"], unique=False)

    op.create_table(
        "fee_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "management",
                "rent",
                "parking",
                "water",
                "power",
                "heat",
                "gas",
                "air_conditioning",
                "service",
                "other",
                name="feekind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_fee_items_estate_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_fee_items_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_items")),
        sa.UniqueConstraint("estate_id", "name", name=op.f("uq_fee_items_estate_id_name")),
    )
    op.create_table(
        "month_closings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=False),
        sa.Column("closed_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["closed_by"], ["users.id"], name=op.f("fk_month_closings_closed_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_month_closings_estate_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_month_closings_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_closings")),
        sa.UniqueConstraint("payee_id", "month", name=op.f("uq_month_closings_payee_id_month")),
    )
    with op.batch_alter_table("month_closings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_month_closings_estate_id"), ["estate_id"], unique=False)

    op.create_table(
        "publication_postings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("posted_by", sa.Integer(), nullable=False),
        sa.Column("posted_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("taken_down_on", sa.Date(), nullable=True),
        sa.Column("taken_down_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["posted_by"], ["users.id"], name=op.f("fk_publication_postings_posted_by")),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publications.id"], name=op.f("fk_publication_postings_publication_id")
        ),
        sa.ForeignKeyConstraint(["taken_down_by"], ["users.id"], name=op.f("fk_publication_postings_taken_down_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_postings")),
        sa.UniqueConstraint("publication_id", "place", name=op.f("uq_publication_postings_publication_id_place")),
    )
    op.create_table(
        "publication_snapshots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_publication_snapshots_made_by")),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publications.id"], name=op.f("fk_publication_snapshots_publication_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_snapshots")),
    )
    with op.batch_alter_table("publication_snapshots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_publication_snapshots_publication_id"), ["publication_id"], unique=False)

    op.create_table(
        "receipt_books",
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("book", sa.Enum("fees", "deposits", name="book", native_enum=False, length=40), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_receipt_books_payee_id")),
        sa.PrimaryKeyConstraint("payee_id", "book", "year", name=op.f("pk_receipt_books")),
    )
    op.create_table(
        "service_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=200), nullable=False),
        sa.Column("standard", sa.String(length=200), nullable=False),
        sa.Column("responsible", sa.String(length=60), nullable=False),
        sa.Column("service_point_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_service_lines_estate_id")),
        sa.ForeignKeyConstraint(
            ["service_point_id"], ["service_points.id"], name=op.f("fk_service_lines_service_point_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_lines")),
    )
    with op.batch_alter_table("service_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_service_lines_estate_id"), ["estate_id"], unique=False)

    op.create_table(
        "balances",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.CheckConstraint("amount >= 0", name="balances_amount"),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_balances_estate_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_balances_payee_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_balances_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "payee_id", name=op.f("pk_balances")),
    )
    with op.batch_alter_table("balances", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_balances_estate_id"), ["estate_id"], unique=False)

    op.create_table(
        "bank_mandates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=60), nullable=False),
        sa.Column("bank", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_bank_mandates_estate_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_bank_mandates_payee_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_bank_mandates_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_mandates")),
    )
    with op.batch_alter_table("bank_mandates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_mandates_estate_id"), ["estate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_mandates_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "meters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("fee_item_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("multiplier", sa.Integer(), nullable=False),
        sa.Column("installed_on", sa.Date(), nullable=True),
        sa.Column("base", db.base.Hundredths(), nullable=False),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.Column("replaced_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_meters_estate_id")),
        sa.ForeignKeyConstraint(["fee_item_id"], ["fee_items.id"], name=op.f("fk_meters_fee_item_id")),
        sa.ForeignKeyConstraint(["replaced_by"], ["meters.id"], name=op.f("fk_meters_replaced_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_meters_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meters")),
    )
    with op.batch_alter_table("meters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meters_fee_item_id"), ["fee_item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meters_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "payments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "payment",
                "void",
                "reversal",
                "refund",
                "offset",
                "deduction",
                name="paymentkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("cashier_id", sa.Integer(), nullable=False),
        sa.Column("payer_name", sa.String(length=60), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("note", db.base.ProseText(length=4000), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["cashier_id"], ["users.id"], name=op.f("fk_payments_cashier_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_payments_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_payments_estate_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_payments_payee_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["payments.id"], name=op.f("fk_payments_reverses_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_payments_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_payments_reverses_id")),
        sa.UniqueConstraint("token", name=op.f("uq_payments_token")),
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_estate_id"), ["estate_id"], unique=False)
        batch_op.create_index("ix_payments_payee_id_paid_on", ["payee_id", "paid_on", "cashier_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "bank_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("mandate_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=60), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column("bill_ids", sa.JSON(), nullable=False),
        sa.Column(
            "state", sa.Enum("sent", "paid", "failed", name="linestate", native_enum=False, length=40), nullable=False
        ),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column("returned_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["bank_batches.id"], name=op.f("fk_bank_lines_batch_id")),
        sa.ForeignKeyConstraint(["mandate_id"], ["bank_mandates.id"], name=op.f("fk_bank_lines_mandate_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_bank_lines_payment_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_bank_lines_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_lines")),
        sa.UniqueConstraint("batch_id", "sequence", name=op.f("uq_bank_lines_batch_id_sequence")),
    )
    with op.batch_alter_table("bank_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_lines_mandate_id"), ["mandate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_lines_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "deposits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum("rent", "fee", "renovation", "pass", "other", name="depositkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("held", db.base.Money(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("calculation", sa.String(length=200), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("held >= 0", name="deposits_held"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_deposits_case_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_deposits_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_deposits_estate_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_deposits_payee_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_deposits_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposits")),
    )
    with op.batch_alter_table("deposits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deposits_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deposits_estate_id"), ["estate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deposits_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=False),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_notices_case_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_notices_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_notices_estate_id")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_notices_made_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_notices_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("number", name=op.f("uq_notices_number")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_batch"), ["batch"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_estate_id"), ["estate_id"], unique=False)
        batch_op.create_index("ix_notices_unit_id_month", ["unit_id", "month"], unique=False)

    op.create_table(
        "payment_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "cash",
                "transfer",
                "wechat",
                "alipay",
                "card",
                "bank_collection",
                name="method",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("tendered", db.base.Money(), nullable=True),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_payment_lines_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_lines")),
    )
    with op.batch_alter_table("payment_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_lines_payment_id"), ["payment_id"], unique=False)

    op.create_table(
        "publication_cases",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_publication_cases_case_id")),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publications.id"], name=op.f("fk_publication_cases_publication_id")
        ),
        sa.PrimaryKeyConstraint("publication_id", "case_id", name=op.f("pk_publication_cases")),
    )
    with op.batch_alter_table("publication_cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_publication_cases_case_id"), ["case_id"], unique=False)

    op.create_table(
        "readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meter_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("value", db.base.Hundredths(), nullable=False),
        sa.Column("previous", db.base.Hundredths(), nullable=False),
        sa.Column("rolled_over", sa.Boolean(), nullable=False),
        sa.Column("quantity", db.base.Hundredths(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("read", "estimated", "final", name="readingkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("read_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["meter_id"], ["meters.id"], name=op.f("fk_readings_meter_id")),
        sa.ForeignKeyConstraint(["read_by"], ["users.id"], name=op.f("fk_readings_read_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
    )
    with op.batch_alter_table("readings", schema=None) as batch_op:
        batch_op.create_index("ix_readings_month", ["month", "meter_id"], unique=False)
        batch_op.create_index(
            "uq_readings_meter_id_month",
            ["meter_id", "month"],
            unique=True,
            sqlite_where=sa.text("NOT superseded"),
            postgresql_where=sa.text("NOT superseded"),
        )

    op.create_table(
        "receipts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("book", sa.Enum("fees", "deposits", name="book", native_enum=False, length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("good", "void", "reversed", name="receiptstate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_receipts_estate_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_receipts_payee_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_receipts_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("number", name=op.f("uq_receipts_number")),
        sa.UniqueConstraint(
            "payee_id", "book", "year", "sequence", name=op.f("uq_receipts_payee_id_book_year_sequence")
        ),
        sa.UniqueConstraint("payment_id", name=op.f("uq_receipts_payment_id")),
    )
    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.create_index("ix_receipts_estate_id_issued_on", ["estate_id", "issued_on"], unique=False)

    op.create_table(
        "tariffs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("fee_item_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column(
            "use",
            sa.Enum(
                "residential",
                "office",
                "shop",
                "parking",
                "storage",
                "club",
                name="unituse",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "parking_kind", sa.Enum("ground", "garage", name="parkingkind", native_enum=False, length=40), nullable=True
        ),
        sa.Column(
            "parking_tenure",
            sa.Enum("free", "sold", "let", name="parkingtenure", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("building_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("contract_id", sa.Integer(), nullable=True),
        sa.Column(
            "basis",
            sa.Enum("by_area", "fixed", "metered", "rent", "once", name="basis", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("price", db.ledger.pricing.UnitPrice(), nullable=False),
        sa.Column("steps", sa.JSON(none_as_null=True), nullable=True),
        sa.Column(
            "payer",
            sa.Enum("owner", "family", "tenant", "occupant", name="relation", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "cycle",
            sa.Enum("month", "quarter", "half_year", "year", name="cycle", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "anchor", sa.Enum("natural", "hand_over", name="anchor", native_enum=False, length=40), nullable=False
        ),
        sa.Column(
            "part_month",
            sa.Enum("by_days", "thirtieths", "whole", "halves", name="partmonth", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "rounding", sa.Enum("cent", "dime", "yuan", name="rounding", native_enum=False, length=40), nullable=False
        ),
        sa.Column("vacant_percent", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("filing_number", sa.String(length=200), nullable=False),
        sa.Column("late_clause", sa.String(length=200), nullable=False),
        sa.Column("late_ppm", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], name=op.f("fk_tariffs_building_id")),
        sa.ForeignKeyConstraint(["contract_id"], ["contracts.id"], name=op.f("fk_tariffs_contract_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_tariffs_estate_id")),
        sa.ForeignKeyConstraint(["fee_item_id"], ["fee_items.id"], name=op.f("fk_tariffs_fee_item_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_tariffs_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariffs")),
    )
    with op.batch_alter_table("tariffs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tariffs_contract_id"), ["contract_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariffs_estate_id"), ["estate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariffs_fee_item_id"), ["fee_item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariffs_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "bills",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("fee_item_id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("tariff_id", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column("calculation", sa.String(length=400), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("late_day", sa.Integer(), nullable=True),
        sa.Column("late_ppm", sa.Integer(), nullable=False),
        sa.Column("late_base", sa.BigInteger(), nullable=False),
        sa.Column("waived", db.base.Money(), nullable=False),
        sa.Column("paid", db.base.Money(), nullable=False),
        sa.Column("late_paid", db.base.Money(), nullable=False),
        sa.Column("late_waived", db.base.Money(), nullable=False),
        sa.Column("demanded_on", sa.Date(), nullable=True),
        sa.Column("part_paid_on", sa.Date(), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("voided_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("voided_on", sa.Date(), nullable=True),
        sa.Column("voided_by", sa.Integer(), nullable=True),
        sa.Column("void_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("amount > 0", name="bills_amount"),
        sa.CheckConstraint("late_paid >= 0 AND late_waived >= 0 AND late_base >= 0", name="bills_late"),
        sa.CheckConstraint("paid >= 0 AND waived >= 0 AND paid + waived <= amount", name="bills_settled"),
        sa.CheckConstraint("voided_at IS NULL OR (paid = 0 AND late_paid = 0)", name="bills_voided"),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], name=op.f("fk_bills_building_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_bills_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_bills_estate_id")),
        sa.ForeignKeyConstraint(["fee_item_id"], ["fee_items.id"], name=op.f("fk_bills_fee_item_id")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_bills_made_by")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_bills_payee_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["bills.id"], name=op.f("fk_bills_replaces_id")),
        sa.ForeignKeyConstraint(["run_id"], ["billing_runs.id"], name=op.f("fk_bills_run_id")),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"], name=op.f("fk_bills_tariff_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_bills_unit_id")),
        sa.ForeignKeyConstraint(["voided_by"], ["users.id"], name=op.f("fk_bills_voided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bills")),
    )
    with op.batch_alter_table("bills", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bills_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_bills_estate_id_month", ["estate_id", "month", "fee_item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bills_fee_item_id"), ["fee_item_id"], unique=False)
        batch_op.create_index(
            "ix_bills_late_left",
            [
                "estate_id",
                "unit_id",
                "payee_id",
                "customer_id",
                "due_on",
                "late_day",
                "late_ppm",
                "late_base",
                "amount",
                "waived",
                "paid",
                "late_paid",
                "late_waived",
                "demanded_on",
                "part_paid_on",
                "voided_at",
            ],
            unique=False,
            sqlite_where=sa.text(
                "voided_at IS NULL AND amount <= paid + waived AND (2 * late_base * late_ppm + 1000000) / 2000000 > late_paid + late_waived"
            ),
            postgresql_where=sa.text(
                "voided_at IS NULL AND amount <= paid + waived AND (2 * late_base * late_ppm + 1000000) / 2000000 > late_paid + late_waived"
            ),
        )
        batch_op.create_index(
            "ix_bills_open",
            [
                "estate_id",
                "unit_id",
                "payee_id",
                "customer_id",
                "due_on",
                "late_day",
                "late_ppm",
                "late_base",
                "amount",
                "waived",
                "paid",
                "late_paid",
                "late_waived",
                "demanded_on",
                "part_paid_on",
                "voided_at",
            ],
            unique=False,
            sqlite_where=sa.text("voided_at IS NULL AND amount > paid + waived"),
            postgresql_where=sa.text("voided_at IS NULL AND amount > paid + waived"),
        )
        batch_op.create_index(batch_op.f("ix_bills_run_id"), ["run_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bills_tariff_id"), ["tariff_id"], unique=False)
        batch_op.create_index(
            "uq_bills_unit_id_fee_item_id_month_source",
            ["unit_id", "fee_item_id", "month", "source"],
            unique=True,
            sqlite_where=sa.text("voided_at IS NULL"),
            postgresql_where=sa.text("voided_at IS NULL"),
        )

    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "phone",
                "in_person",
                "express",
                "wechat",
                "sms",
                "email",
                "letter_box",
                name="channel",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=False),
        sa.Column("proof", db.base.ProseText(length=4000), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_deliveries_notice_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["users.id"], name=op.f("fk_deliveries_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deliveries_notice_id"), ["notice_id"], unique=False)

    op.create_table(
        "dunnings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("debt_key", sa.String(length=60), nullable=True),
        sa.Column("amount", db.base.Money(), nullable=True),
        sa.Column("wait_until", sa.Date(), nullable=True),
        sa.Column(
            "answer",
            sa.Enum(
                "promised",
                "heard",
                "says_paid",
                "disputes",
                "refused",
                "not_reached",
                name="answer",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "forgot",
                "defects",
                "service",
                "vacant",
                "disputed",
                "hardship",
                "other",
                name="reason",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("contacted_on", sa.Date(), nullable=True),
        sa.Column(
            "channel",
            sa.Enum(
                "phone",
                "in_person",
                "express",
                "wechat",
                "sms",
                "email",
                "letter_box",
                name="channel",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("notice_id", sa.Integer(), nullable=True),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("dispute", db.base.ProseText(length=4000), nullable=False),
        sa.Column("decision", db.base.ProseText(length=4000), nullable=False),
        sa.Column(
            "legal_kind",
            sa.Enum(
                "lawyers_letter",
                "payment_order",
                "suit",
                "arbitration",
                "mediation",
                name="legalkind",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("forum", sa.String(length=200), nullable=False),
        sa.Column("file_number", sa.String(length=40), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "paid",
                "settled",
                "upheld",
                "partly",
                "dismissed",
                "withdrawn",
                "no_answer",
                name="outcome",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("outcome_on", sa.Date(), nullable=True),
        sa.Column("recovered", db.base.Money(), nullable=True),
        sa.Column("owner_told_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["cases.id"], name=op.f("fk_dunnings_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_dunnings_notice_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_dunnings_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunnings")),
        sa.UniqueConstraint("debt_key", name=op.f("uq_dunnings_debt_key")),
    )
    with op.batch_alter_table("dunnings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dunnings_payee_id"), ["payee_id"], unique=False)

    op.create_table(
        "receipt_prints",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt_id", sa.Integer(), nullable=False),
        sa.Column("printed_by", sa.Integer(), nullable=False),
        sa.Column("printed_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["printed_by"], ["users.id"], name=op.f("fk_receipt_prints_printed_by")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_receipt_prints_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_prints")),
    )
    with op.batch_alter_table("receipt_prints", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_prints_receipt_id"), ["receipt_id"], unique=False)

    op.create_table(
        "tax_invoices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("receipt_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", sa.Enum("plain", "special", name="invoicekind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("tax_number", sa.String(length=40), nullable=False),
        sa.Column("send_to", sa.String(length=200), nullable=False),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("asked", "issued", "handed", "red", "dropped", name="invoicestate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("handed_to", sa.String(length=200), nullable=False),
        sa.Column("handed_on", sa.Date(), nullable=True),
        sa.Column("red_number", sa.String(length=40), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_tax_invoices_asked_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_tax_invoices_estate_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_tax_invoices_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_invoices")),
        sa.UniqueConstraint("token", name=op.f("uq_tax_invoices_token")),
    )
    with op.batch_alter_table("tax_invoices", schema=None) as batch_op:
        batch_op.create_index("ix_tax_invoices_estate_id", ["estate_id", "state"], unique=False)
        batch_op.create_index("ix_tax_invoices_receipt_id", ["receipt_id"], unique=False)

    op.create_table(
        "allocations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column(
            "target",
            sa.Enum(
                "principal", "late_fee", "balance", "deposit", "deducted", name="target", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("bill_id", sa.Integer(), nullable=True),
        sa.Column("deposit_id", sa.Integer(), nullable=True),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column("late_days", sa.Integer(), nullable=False),
        sa.Column("allocated_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_allocations_bill_id")),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposits.id"], name=op.f("fk_allocations_deposit_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_allocations_payee_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_allocations_payment_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_allocations_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
    )
    with op.batch_alter_table("allocations", schema=None) as batch_op:
        batch_op.create_index("ix_allocations_bill_id", ["bill_id", "target", "allocated_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_allocations_deposit_id"), ["deposit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_allocations_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index("ix_allocations_unit_id", ["unit_id", "payee_id", "target"], unique=False)

    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "reversal",
                "refund",
                "deposit_refund",
                "waiver",
                "late_waiver",
                name="correctionkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column("bill_id", sa.Integer(), nullable=True),
        sa.Column("deposit_id", sa.Integer(), nullable=True),
        sa.Column("amount", db.base.Money(), nullable=False),
        sa.Column("reason", db.base.ProseText(length=4000), nullable=False),
        sa.Column("evidence", sa.String(length=200), nullable=False),
        sa.Column("by_rule", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "granted",
                "denied",
                "done",
                "withdrawn",
                name="correctionstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("done_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("done_payment_id", sa.Integer(), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_corrections_asked_by")),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_corrections_bill_id")),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposits.id"], name=op.f("fk_corrections_deposit_id")),
        sa.ForeignKeyConstraint(["done_by"], ["users.id"], name=op.f("fk_corrections_done_by")),
        sa.ForeignKeyConstraint(["done_payment_id"], ["payments.id"], name=op.f("fk_corrections_done_payment_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_corrections_estate_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_corrections_payee_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_corrections_payment_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_corrections_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sa.UniqueConstraint("token", name=op.f("uq_corrections_token")),
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_corrections_bill_id"), ["bill_id"], unique=False)
        batch_op.create_index("ix_corrections_state", ["state", "estate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_corrections_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "legal_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "lawyers_letter",
                "payment_order",
                "suit",
                "arbitration",
                "mediation",
                name="legalkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("forum", sa.String(length=200), nullable=False),
        sa.Column("file_number", sa.String(length=40), nullable=False),
        sa.Column("claimed", db.base.Money(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "paid",
                "settled",
                "upheld",
                "partly",
                "dismissed",
                "withdrawn",
                "no_answer",
                name="outcome",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("outcome_on", sa.Date(), nullable=True),
        sa.Column("recovered", db.base.Money(), nullable=True),
        sa.Column("note", db.base.ProseText(length=4000), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["dunnings.id"], name=op.f("fk_legal_steps_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_steps")),
    )
    with op.batch_alter_table("legal_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_legal_steps_case_id"), ["case_id"], unique=False)

    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("publication_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("account_source_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("meter_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_documents_account_source_id"), ["account_source_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_documents_meter_id"), ["meter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_documents_publication_id"), ["publication_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_documents_publication_id"), "publications", ["publication_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_documents_account_source_id"), "account_sources", ["account_source_id"], ["id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_documents_meter_id"), "meters", ["meter_id"], ["id"])


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_documents_meter_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_documents_account_source_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_documents_publication_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_documents_publication_id"))
        batch_op.drop_index(batch_op.f("ix_documents_meter_id"))
        batch_op.drop_index(batch_op.f("ix_documents_account_source_id"))
        batch_op.drop_column("meter_id")
        batch_op.drop_column("account_source_id")
        batch_op.drop_column("publication_id")

    with op.batch_alter_table("legal_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_legal_steps_case_id"))

    op.drop_table("legal_steps")
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_corrections_unit_id"))
        batch_op.drop_index("ix_corrections_state")
        batch_op.drop_index(batch_op.f("ix_corrections_bill_id"))

    op.drop_table("corrections")
    with op.batch_alter_table("allocations", schema=None) as batch_op:
        batch_op.drop_index("ix_allocations_unit_id")
        batch_op.drop_index(batch_op.f("ix_allocations_payment_id"))
        batch_op.drop_index(batch_op.f("ix_allocations_deposit_id"))
        batch_op.drop_index("ix_allocations_bill_id")

    op.drop_table("allocations")
    with op.batch_alter_table("tax_invoices", schema=None) as batch_op:
        batch_op.drop_index("ix_tax_invoices_receipt_id")
        batch_op.drop_index("ix_tax_invoices_estate_id")

    op.drop_table("tax_invoices")
    with op.batch_alter_table("receipt_prints", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receipt_prints_receipt_id"))

    op.drop_table("receipt_prints")
    with op.batch_alter_table("dunnings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dunnings_payee_id"))

    op.drop_table("dunnings")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deliveries_notice_id"))

    op.drop_table("deliveries")
    with op.batch_alter_table("bills", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_bills_unit_id_fee_item_id_month_source",
            sqlite_where=sa.text("voided_at IS NULL"),
            postgresql_where=sa.text("voided_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_bills_tariff_id"))
        batch_op.drop_index(batch_op.f("ix_bills_run_id"))
        batch_op.drop_index(
            "ix_bills_open",
            sqlite_where=sa.text("voided_at IS NULL AND amount > paid + waived"),
            postgresql_where=sa.text("voided_at IS NULL AND amount > paid + waived"),
        )
        batch_op.drop_index(
            "ix_bills_late_left",
            sqlite_where=sa.text(
                "voided_at IS NULL AND amount <= paid + waived AND (2 * late_base * late_ppm + 1000000) / 2000000 > late_paid + late_waived"
            ),
            postgresql_where=sa.text(
                "voided_at IS NULL AND amount <= paid + waived AND (2 * late_base * late_ppm + 1000000) / 2000000 > late_paid + late_waived"
            ),
        )
        batch_op.drop_index(batch_op.f("ix_bills_fee_item_id"))
        batch_op.drop_index("ix_bills_estate_id_month")
        batch_op.drop_index(batch_op.f("ix_bills_customer_id"))

    op.drop_table("bills")
    with op.batch_alter_table("tariffs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tariffs_unit_id"))
        batch_op.drop_index(batch_op.f("ix_tariffs_fee_item_id"))
        batch_op.drop_index(batch_op.f("ix_tariffs_estate_id"))
        batch_op.drop_index(batch_op.f("ix_tariffs_contract_id"))

    op.drop_table("tariffs")
    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.drop_index("ix_receipts_estate_id_issued_on")

    op.drop_table("receipts")
    with op.batch_alter_table("readings", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_readings_meter_id_month",
            sqlite_where=sa.text("NOT superseded"),
            postgresql_where=sa.text("NOT superseded"),
        )
        batch_op.drop_index("ix_readings_month")

    op.drop_table("readings")
    with op.batch_alter_table("publication_cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_publication_cases_case_id"))

    op.drop_table("publication_cases")
    with op.batch_alter_table("payment_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_lines_payment_id"))

    op.drop_table("payment_lines")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index("ix_notices_unit_id_month")
        batch_op.drop_index(batch_op.f("ix_notices_estate_id"))
        batch_op.drop_index(batch_op.f("ix_notices_case_id"))
        batch_op.drop_index(batch_op.f("ix_notices_batch"))

    op.drop_table("notices")
    with op.batch_alter_table("deposits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deposits_unit_id"))
        batch_op.drop_index(batch_op.f("ix_deposits_estate_id"))
        batch_op.drop_index(batch_op.f("ix_deposits_case_id"))

    op.drop_table("deposits")
    with op.batch_alter_table("bank_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bank_lines_unit_id"))
        batch_op.drop_index(batch_op.f("ix_bank_lines_mandate_id"))

    op.drop_table("bank_lines")
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payments_unit_id"))
        batch_op.drop_index("ix_payments_payee_id_paid_on")
        batch_op.drop_index(batch_op.f("ix_payments_estate_id"))
        batch_op.drop_index(batch_op.f("ix_payments_customer_id"))

    op.drop_table("payments")
    with op.batch_alter_table("meters", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meters_unit_id"))
        batch_op.drop_index(batch_op.f("ix_meters_fee_item_id"))

    op.drop_table("meters")
    with op.batch_alter_table("bank_mandates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bank_mandates_unit_id"))
        batch_op.drop_index(batch_op.f("ix_bank_mandates_estate_id"))

    op.drop_table("bank_mandates")
    with op.batch_alter_table("balances", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_balances_estate_id"))

    op.drop_table("balances")
    with op.batch_alter_table("service_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_lines_estate_id"))

    op.drop_table("service_lines")
    op.drop_table("receipt_books")
    with op.batch_alter_table("publication_snapshots", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_publication_snapshots_publication_id"))

    op.drop_table("publication_snapshots")
    op.drop_table("publication_postings")
    with op.batch_alter_table("month_closings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_month_closings_estate_id"))

    op.drop_table("month_closings")
    op.drop_table("fee_items")
    with op.batch_alter_table("day_closings", schema=None) as batch_op:
        batch_op.drop_index("ix_day_closings_estate_id")

    op.drop_table("day_closings")
    op.drop_table("bank_layouts")
    with op.batch_alter_table("bank_batches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bank_batches_estate_id"))

    op.drop_table("bank_batches")
    with op.batch_alter_table("account_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_entries_source_id"))
        batch_op.drop_index("ix_account_entries_estate_id_month")

    op.drop_table("account_entries")
    op.drop_table("publications")
    op.drop_table("payees")
    with op.batch_alter_table("owners_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_owners_entries_estate_id_book")

    op.drop_table("owners_entries")
    op.drop_table("fee_totals")
    with op.batch_alter_table("disclosure_rules", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_disclosure_rules_estate_id"))

    op.drop_table("disclosure_rules")
    with op.batch_alter_table("billing_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_billing_runs_estate_id"))

    op.drop_table("billing_runs")
    op.drop_table("account_sources")
