"""Dossiers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "document_removals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("decided_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_document_removals_asked_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_document_removals_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_removals")),
    )
    with op.batch_alter_table("document_removals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_removals_estate_id"), ["estate_id"], unique=False)

    op.create_table(
        "paper_wordings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("opening", db.base.ProseText(length=4000), nullable=False),
        sa.Column("clauses", sa.Text(), nullable=False),
        sa.Column("closing", db.base.ProseText(length=4000), nullable=False),
        sa.Column("house", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        sa.Column("changed_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name=op.f("fk_paper_wordings_changed_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_paper_wordings_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_wordings")),
        sa.UniqueConstraint("estate_id", "kind", "version", name=op.f("uq_paper_wordings_estate_id_kind_version")),
    )
    op.create_table(
        "template_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column(
            "kind", sa.Enum("paper", "signed", "known", name="itemkind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("ask", sa.String(length=200), nullable=False),
        sa.Column("before", sa.String(length=40), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("paper", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_template_lines_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_lines")),
    )
    with op.batch_alter_table("template_lines", schema=None) as batch_op:
        batch_op.create_index("ix_template_lines_estate_id_template", ["estate_id", "template"], unique=False)

    op.create_table(
        "issued_papers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("data_sha256", sa.String(length=64), nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=False),
        sa.Column("issued_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.String(length=60), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("signed_document_id", sa.String(length=32), nullable=True),
        sa.Column("void_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("void_by", sa.Integer(), nullable=True),
        sa.Column("void_reason", sa.String(length=200), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_issued_papers_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_issued_papers_estate_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["users.id"], name=op.f("fk_issued_papers_issued_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_issued_papers_unit_id")),
        sa.ForeignKeyConstraint(["void_by"], ["users.id"], name=op.f("fk_issued_papers_void_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_papers")),
        sa.UniqueConstraint("number", name=op.f("uq_issued_papers_number")),
        sa.UniqueConstraint("token", name=op.f("uq_issued_papers_token")),
    )
    with op.batch_alter_table("issued_papers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issued_papers_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_issued_papers_estate_id_kind", ["estate_id", "kind", "issued_at"], unique=False)
        batch_op.create_index("ix_issued_papers_subject", ["subject", "subject_id", "kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_issued_papers_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "parking_permits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("owner", "tenant", "temporary", name="permitkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("consent", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("ended_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(length=200), nullable=False),
        sa.Column("term_before", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_parking_permits_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_parking_permits_estate_id")),
        sa.ForeignKeyConstraint(["space_id"], ["parking_spaces.id"], name=op.f("fk_parking_permits_space_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_parking_permits_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parking_permits")),
        sa.UniqueConstraint("number", name=op.f("uq_parking_permits_number")),
    )
    with op.batch_alter_table("parking_permits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parking_permits_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_parking_permits_estate_id_ends_on", ["estate_id", "ends_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_parking_permits_space_id"), ["space_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_parking_permits_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "fire_exemptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("reason", db.base.ProseText(length=4000), nullable=False),
        sa.Column("asked_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_fire_exemptions_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fire_exemptions")),
    )
    with op.batch_alter_table("fire_exemptions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fire_exemptions_case_id"), ["case_id"], unique=False)

    op.create_table(
        "goods_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("out", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_goods_lines_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_lines")),
    )
    with op.batch_alter_table("goods_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_goods_lines_case_id"), ["case_id"], unique=False)

    op.create_table(
        "goods_passes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Enum("items", "removal", name="purpose", native_enum=False, length=40), nullable=False),
        sa.Column("taker", sa.Enum("self", "authorised", name="taker", native_enum=False, length=40), nullable=False),
        sa.Column("taker_name", sa.String(length=60), nullable=False),
        sa.Column("authority", sa.String(length=200), nullable=False),
        sa.Column("vehicle", sa.String(length=40), nullable=False),
        sa.Column("valid_from", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("valid_to", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("several", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column(
            "owner_answer",
            sa.Enum("agrees", "refuses", "unreached", name="answer", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column(
            "owner_channel",
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
        sa.Column("owner_told_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("owner_tries", sa.Integer(), nullable=False),
        sa.Column("uncleared", db.base.ProseText(length=4000), nullable=False),
        sa.Column("allowed_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("issued_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("difference", db.base.ProseText(length=4000), nullable=False),
        sa.Column("counted", sa.JSON(), nullable=False),
        sa.Column("exits", sa.Integer(), nullable=False),
        sa.Column("checked_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("checked_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["checked_by"], ["users.id"], name=op.f("fk_goods_passes_checked_by")),
        sa.ForeignKeyConstraint(["id"], ["cases.id"], name=op.f("fk_goods_passes_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["customers.id"], name=op.f("fk_goods_passes_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_passes")),
    )
    with op.batch_alter_table("goods_passes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_goods_passes_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_goods_passes_valid_to"), ["valid_to"], unique=False)

    op.create_table(
        "handover_readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("meter_id", sa.Integer(), nullable=False),
        sa.Column("direction", sa.Enum("in", "out", name="direction", native_enum=False, length=40), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("value", db.base.Hundredths(), nullable=False),
        sa.Column("previous", db.base.Hundredths(), nullable=False),
        sa.Column("quantity", db.base.Hundredths(), nullable=False),
        sa.Column("month", sa.Date(), nullable=True),
        sa.Column("read_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_handover_readings_case_id")),
        sa.ForeignKeyConstraint(["meter_id"], ["meters.id"], name=op.f("fk_handover_readings_meter_id")),
        sa.ForeignKeyConstraint(["read_by"], ["users.id"], name=op.f("fk_handover_readings_read_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_readings")),
        sa.UniqueConstraint("case_id", "meter_id", name=op.f("uq_handover_readings_case_id_meter_id")),
    )
    with op.batch_alter_table("handover_readings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handover_readings_meter_id"), ["meter_id"], unique=False)

    op.create_table(
        "hot_works",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("valid_on", sa.Date(), nullable=False),
        sa.Column("from_time", sa.String(length=40), nullable=False),
        sa.Column("to_time", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("worker", sa.String(length=60), nullable=False),
        sa.Column("certificate", sa.String(length=200), nullable=False),
        sa.Column("watcher", sa.String(length=60), nullable=False),
        sa.Column("extinguishers", sa.String(length=200), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=False),
        sa.Column("issued_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_hot_works_case_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_hot_works_estate_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["users.id"], name=op.f("fk_hot_works_issued_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_hot_works_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hot_works")),
        sa.UniqueConstraint("number", name=op.f("uq_hot_works_number")),
    )
    with op.batch_alter_table("hot_works", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hot_works_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hot_works_valid_on"), ["valid_on"], unique=False)

    op.create_table(
        "inspections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Enum("in", "out", name="inspectionkind", native_enum=False, length=40), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("signed_by", sa.String(length=60), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_inspections_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_inspections_case_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_inspections_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_inspections_estate_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_inspections_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspections")),
        sa.UniqueConstraint("case_id", "kind", name=op.f("uq_inspections_case_id_kind")),
    )
    with op.batch_alter_table("inspections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inspections_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_inspections_unit_id_kind", ["unit_id", "kind", "signed_on"], unique=False)

    op.create_table(
        "move_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "template",
            sa.Enum("owner", "tenant", "park", name="formality", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("contract_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("parking_space_id", sa.Integer(), nullable=True),
        sa.Column("agent_name", sa.String(length=60), nullable=False),
        sa.Column("agent_phone", db.base.PhoneNumber(length=24), nullable=True),
        sa.Column("appointed_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("handed_over_on", sa.Date(), nullable=True),
        sa.Column(
            "fire_kind",
            sa.Enum("acceptance", "filing", "opening", "not_needed", name="firekind", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("fire_number", sa.String(length=200), nullable=False),
        sa.Column("fire_on", sa.Date(), nullable=True),
        sa.Column("fire_agreed", sa.Boolean(), nullable=False),
        sa.Column("move_from", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("move_to", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contract_id"], ["contracts.id"], name=op.f("fk_move_ins_contract_id")),
        sa.ForeignKeyConstraint(["id"], ["cases.id"], name=op.f("fk_move_ins_id")),
        sa.ForeignKeyConstraint(["parking_space_id"], ["parking_spaces.id"], name=op.f("fk_move_ins_parking_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_move_ins")),
    )
    with op.batch_alter_table("move_ins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_move_ins_contract_id"), ["contract_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_move_ins_parking_space_id"), ["parking_space_id"], unique=False)

    op.create_table(
        "move_outs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "template",
            sa.Enum("park", "tenant", "owner", name="formality", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum("expired", "early", "sold", "other", name="reason", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("wished_on", sa.Date(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=True),
        sa.Column("agent_name", sa.String(length=60), nullable=False),
        sa.Column("agent_phone", db.base.PhoneNumber(length=24), nullable=True),
        sa.Column("forwarding_address", sa.String(length=200), nullable=False),
        sa.Column("goods", db.base.ProseText(length=4000), nullable=False),
        sa.Column("move_from", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("move_to", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("cut_off", sa.Date(), nullable=True),
        sa.Column("successor_id", sa.Integer(), nullable=True),
        sa.Column("ended", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("refund_account", sa.String(length=200), nullable=False),
        sa.Column("final", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["contract_id"], ["contracts.id"], name=op.f("fk_move_outs_contract_id")),
        sa.ForeignKeyConstraint(["id"], ["cases.id"], name=op.f("fk_move_outs_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["customers.id"], name=op.f("fk_move_outs_successor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_move_outs")),
    )
    with op.batch_alter_table("move_outs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_move_outs_contract_id"), ["contract_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_move_outs_successor_id"), ["successor_id"], unique=False)

    op.create_table(
        "moving_times",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], name=op.f("fk_moving_times_building_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_moving_times_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_moving_times")),
    )
    with op.batch_alter_table("moving_times", schema=None) as batch_op:
        batch_op.create_index("ix_moving_times_building_id_starts_at", ["building_id", "starts_at"], unique=False)

    op.create_table(
        "paper_handovers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.String(length=60), nullable=False),
        sa.Column("taken_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("handed_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["handed_by"], ["users.id"], name=op.f("fk_paper_handovers_handed_by")),
        sa.ForeignKeyConstraint(["paper_id"], ["issued_papers.id"], name=op.f("fk_paper_handovers_paper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_handovers")),
        sa.UniqueConstraint("paper_id", name=op.f("uq_paper_handovers_paper_id")),
    )
    op.create_table(
        "permit_plates",
        sa.Column("permit_id", sa.Integer(), nullable=False),
        sa.Column("plate", sa.String(length=12), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["permit_id"], ["parking_permits.id"], name=op.f("fk_permit_plates_permit_id")),
        sa.PrimaryKeyConstraint("permit_id", "plate", name=op.f("pk_permit_plates")),
    )
    with op.batch_alter_table("permit_plates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_permit_plates_plate"), ["plate"], unique=False)

    op.create_table(
        "renovation_reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", sa.Enum("works", "extension", name="reviewkind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason", db.base.ProseText(length=4000), nullable=False),
        sa.Column("asked_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_renovation_reviews_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renovation_reviews")),
    )
    with op.batch_alter_table("renovation_reviews", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_renovation_reviews_case_id"), ["case_id"], unique=False)

    op.create_table(
        "renovations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "template",
            sa.Enum("owner", "tenant", "park", name="formality", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("planned_from", sa.Date(), nullable=False),
        sa.Column("planned_to", sa.Date(), nullable=False),
        sa.Column("contractor", sa.String(length=60), nullable=False),
        sa.Column("licence", sa.String(length=200), nullable=False),
        sa.Column("responsible", sa.String(length=60), nullable=False),
        sa.Column("responsible_phone", db.base.PhoneNumber(length=24), nullable=True),
        sa.Column("cost", db.base.Money(), nullable=True),
        sa.Column("touches_structure", sa.Boolean(), nullable=False),
        sa.Column("touches_wet_floor", sa.Boolean(), nullable=False),
        sa.Column("touches_water", sa.Boolean(), nullable=False),
        sa.Column("touches_electric", sa.Boolean(), nullable=False),
        sa.Column("touches_gas", sa.Boolean(), nullable=False),
        sa.Column("touches_fire", sa.Boolean(), nullable=False),
        sa.Column("touches_facade", sa.Boolean(), nullable=False),
        sa.Column("authority", sa.String(length=60), nullable=False),
        sa.Column("authority_document", sa.String(length=200), nullable=False),
        sa.Column("neighbours_told_on", sa.Date(), nullable=True),
        sa.Column("neighbours_told_how", sa.String(length=200), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("finished_on", sa.Date(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("reinspect_on", sa.Date(), nullable=True),
        sa.Column(
            "refusal_ground",
            sa.Enum(
                "structure",
                "gas",
                "fire",
                "owner_against",
                "papers",
                name="refusalground",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("unit_state_before", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["cases.id"], name=op.f("fk_renovations_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renovations")),
    )
    with op.batch_alter_table("renovations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_renovations_planned_to"), ["planned_to"], unique=False)

    op.create_table(
        "service_ends",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "service",
            sa.Enum(
                "fees",
                "power",
                "water",
                "network",
                "air",
                "parking",
                "cards",
                "plates",
                name="service",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_service_ends_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_ends")),
        sa.UniqueConstraint("case_id", "service", name=op.f("uq_service_ends_case_id_service")),
    )
    op.create_table(
        "site_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", sa.Enum("daily", "acceptance", name="checkkind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("findings", db.base.ProseText(length=4000), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_site_checks_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_site_checks_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_checks")),
    )
    with op.batch_alter_table("site_checks", schema=None) as batch_op:
        batch_op.create_index("ix_site_checks_case_id_day", ["case_id", "day"], unique=False)

    op.create_table(
        "site_passes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("id_number", sa.String(length=18), nullable=False),
        sa.Column("trade", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=False),
        sa.Column("issued_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("lost", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_site_passes_case_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_site_passes_estate_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["users.id"], name=op.f("fk_site_passes_issued_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_site_passes_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_passes")),
        sa.UniqueConstraint("number", name=op.f("uq_site_passes_number")),
    )
    with op.batch_alter_table("site_passes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_site_passes_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_site_passes_estate_id"), ["estate_id"], unique=False)

    op.create_table(
        "violations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "undeclared",
                "structure",
                "hours",
                "hot_work",
                "waterproof",
                "gas",
                "common",
                "waste",
                "facade",
                "other",
                name="kind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("correct_by", sa.Date(), nullable=True),
        sa.Column("measures", db.base.ProseText(length=4000), nullable=False),
        sa.Column("stops_works", sa.Boolean(), nullable=False),
        sa.Column(
            "given",
            sa.Enum("in_person", "refused_to_sign", "sent", name="given", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("given_to", sa.String(length=60), nullable=False),
        sa.Column("correction", db.base.ProseText(length=4000), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("authority", sa.String(length=60), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("report_document", sa.String(length=200), nullable=False),
        sa.Column("authority_answer", db.base.ProseText(length=4000), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["cases.id"], name=op.f("fk_violations_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_violations")),
    )
    with op.batch_alter_table("violations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_violations_kind"), ["kind"], unique=False)

    op.create_table(
        "water_tests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("started_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Enum("tight", "leaks", name="waterresult", native_enum=False, length=40), nullable=True),
        sa.Column("neighbour", sa.String(length=200), nullable=False),
        sa.Column("remark", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_water_tests_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_water_tests")),
    )
    with op.batch_alter_table("water_tests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_water_tests_case_id"), ["case_id"], unique=False)

    op.create_table(
        "document_removal_lines",
        sa.Column("removal_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_document_removal_lines_document_id")),
        sa.ForeignKeyConstraint(
            ["removal_id"], ["document_removals.id"], name=op.f("fk_document_removal_lines_removal_id")
        ),
        sa.PrimaryKeyConstraint("removal_id", "document_id", name=op.f("pk_document_removal_lines")),
    )
    with op.batch_alter_table("document_removal_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_removal_lines_document_id"), ["document_id"], unique=False)

    op.create_table(
        "inspection_points",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inspection_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column(
            "result", sa.Enum("ok", "defect", "absent", name="pointresult", native_enum=False, length=40), nullable=True
        ),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("repair_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspections.id"], name=op.f("fk_inspection_points_inspection_id")),
        sa.ForeignKeyConstraint(["repair_id"], ["cases.id"], name=op.f("fk_inspection_points_repair_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_points")),
    )
    with op.batch_alter_table("inspection_points", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inspection_points_inspection_id"), ["inspection_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inspection_points_repair_id"), ["repair_id"], unique=False)

    op.create_table(
        "site_points",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("seen", sa.Enum("good", "bad", "none", name="seen", native_enum=False, length=40), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["site_checks.id"], name=op.f("fk_site_points_check_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_points")),
    )
    with op.batch_alter_table("site_points", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_site_points_check_id"), ["check_id"], unique=False)

    op.create_table(
        "holdings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "access_card",
                "key",
                "lift_card",
                "garage_remote",
                "mailbox_key",
                "other",
                name="holdingkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("holder", sa.String(length=60), nullable=False),
        sa.Column(
            "relation",
            sa.Enum(
                "self", "family", "staff", "tenant", "help", "other", name="holderis", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("issued_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=False),
        sa.Column("signed_by", sa.String(length=60), nullable=False),
        sa.Column("bill_id", sa.Integer(), nullable=True),
        sa.Column("lost_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lost_by", sa.Integer(), nullable=True),
        sa.Column("lost_why", sa.String(length=200), nullable=False),
        sa.Column("disabled_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("disabled_by", sa.Integer(), nullable=True),
        sa.Column("replaced_by", sa.Integer(), nullable=True),
        sa.Column("returned_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("returned_by", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_holdings_bill_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_holdings_case_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_holdings_customer_id")),
        sa.ForeignKeyConstraint(["disabled_by"], ["users.id"], name=op.f("fk_holdings_disabled_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_holdings_estate_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["users.id"], name=op.f("fk_holdings_issued_by")),
        sa.ForeignKeyConstraint(["lost_by"], ["users.id"], name=op.f("fk_holdings_lost_by")),
        sa.ForeignKeyConstraint(["replaced_by"], ["holdings.id"], name=op.f("fk_holdings_replaced_by")),
        sa.ForeignKeyConstraint(["returned_by"], ["users.id"], name=op.f("fk_holdings_returned_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_holdings_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holdings")),
    )
    with op.batch_alter_table("holdings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holdings_bill_id"), ["bill_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_holdings_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_holdings_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_holdings_estate_id_lost_at", ["estate_id", "lost_at"], unique=False)
        batch_op.create_index("ix_holdings_unit_id_returned_at", ["unit_id", "returned_at"], unique=False)
        batch_op.create_index(
            "uq_holdings_number",
            ["estate_id", "kind", "number"],
            unique=True,
            sqlite_where=sa.text("returned_at IS NULL AND number <> ''"),
            postgresql_where=sa.text("returned_at IS NULL AND number <> ''"),
        )

    op.create_table(
        "plates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Enum("lobby", "floor", name="platekind", native_enum=False, length=40), nullable=False),
        sa.Column("text", sa.String(length=60), nullable=False),
        sa.Column("text_en", sa.String(length=60), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=True),
        sa.Column("price", db.base.Money(), nullable=True),
        sa.Column("bill_id", sa.Integer(), nullable=True),
        sa.Column("put_up_on", sa.Date(), nullable=True),
        sa.Column("taken_down_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_plates_bill_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_plates_case_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_plates_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_plates_estate_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_plates_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plates")),
    )
    with op.batch_alter_table("plates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plates_bill_id"), ["bill_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plates_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plates_estate_id"), ["estate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plates_unit_id"), ["unit_id"], unique=False)
        batch_op.create_index(
            "uq_plates_customer_id_kind",
            ["customer_id", "kind"],
            unique=True,
            sqlite_where=sa.text("taken_down_on IS NULL"),
            postgresql_where=sa.text("taken_down_on IS NULL"),
        )

    with op.batch_alter_table("checklist_items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column(
                "kind",
                sa.Enum("paper", "signed", "known", name="itemkind", native_enum=False, length=40),
                server_default="paper",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("ask", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("before", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("paper", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("remark", sa.String(length=200), server_default="", nullable=False))

    with op.batch_alter_table("contracts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("holds_goods", sa.Boolean(), server_default=sa.text("(false)"), nullable=False))

    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "category",
                sa.Enum(
                    "contract",
                    "drawing",
                    "licence",
                    "identity",
                    "authority",
                    "signed",
                    "acceptance",
                    "photo",
                    "voucher",
                    "other",
                    name="category",
                    native_enum=False,
                    length=40,
                ),
                server_default="other",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("held_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("destroyed_at", db.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_documents_estate_id_at", ["estate_id", "at", "id"], unique=False)

    with op.batch_alter_table("parking_spaces", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ends_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("parking_spaces", schema=None) as batch_op:
        batch_op.drop_column("ends_on")

    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_index("ix_documents_estate_id_at")
        batch_op.drop_column("destroyed_at")
        batch_op.drop_column("held_until")
        batch_op.drop_column("category")

    with op.batch_alter_table("contracts", schema=None) as batch_op:
        batch_op.drop_column("holds_goods")

    with op.batch_alter_table("checklist_items", schema=None) as batch_op:
        batch_op.drop_column("remark")
        batch_op.drop_column("paper")
        batch_op.drop_column("before")
        batch_op.drop_column("ask")
        batch_op.drop_column("kind")
        batch_op.drop_column("key")

    with op.batch_alter_table("plates", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_plates_customer_id_kind",
            sqlite_where=sa.text("taken_down_on IS NULL"),
            postgresql_where=sa.text("taken_down_on IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_plates_unit_id"))
        batch_op.drop_index(batch_op.f("ix_plates_estate_id"))
        batch_op.drop_index(batch_op.f("ix_plates_case_id"))
        batch_op.drop_index(batch_op.f("ix_plates_bill_id"))

    op.drop_table("plates")
    with op.batch_alter_table("holdings", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_holdings_number",
            sqlite_where=sa.text("returned_at IS NULL AND number <> ''"),
            postgresql_where=sa.text("returned_at IS NULL AND number <> ''"),
        )
        batch_op.drop_index("ix_holdings_unit_id_returned_at")
        batch_op.drop_index("ix_holdings_estate_id_lost_at")
        batch_op.drop_index(batch_op.f("ix_holdings_customer_id"))
        batch_op.drop_index(batch_op.f("ix_holdings_case_id"))
        batch_op.drop_index(batch_op.f("ix_holdings_bill_id"))

    op.drop_table("holdings")
    with op.batch_alter_table("site_points", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_site_points_check_id"))

    op.drop_table("site_points")
    with op.batch_alter_table("inspection_points", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inspection_points_repair_id"))
        batch_op.drop_index(batch_op.f("ix_inspection_points_inspection_id"))

    op.drop_table("inspection_points")
    with op.batch_alter_table("document_removal_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_removal_lines_document_id"))

    op.drop_table("document_removal_lines")
    with op.batch_alter_table("water_tests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_water_tests_case_id"))

    op.drop_table("water_tests")
    with op.batch_alter_table("violations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_violations_kind"))

    op.drop_table("violations")
    with op.batch_alter_table("site_passes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_site_passes_estate_id"))
        batch_op.drop_index(batch_op.f("ix_site_passes_case_id"))

    op.drop_table("site_passes")
    with op.batch_alter_table("site_checks", schema=None) as batch_op:
        batch_op.drop_index("ix_site_checks_case_id_day")

    op.drop_table("site_checks")
    op.drop_table("service_ends")
    with op.batch_alter_table("renovations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_renovations_planned_to"))

    op.drop_table("renovations")
    with op.batch_alter_table("renovation_reviews", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_renovation_reviews_case_id"))

    op.drop_table("renovation_reviews")
    with op.batch_alter_table("permit_plates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_permit_plates_plate"))

    op.drop_table("permit_plates")
    op.drop_table("paper_handovers")
    with op.batch_alter_table("moving_times", schema=None) as batch_op:
        batch_op.drop_index("ix_moving_times_building_id_starts_at")

    op.drop_table("moving_times")
    with op.batch_alter_table("move_outs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_move_outs_successor_id"))
        batch_op.drop_index(batch_op.f("ix_move_outs_contract_id"))

    op.drop_table("move_outs")
    with op.batch_alter_table("move_ins", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_move_ins_parking_space_id"))
        batch_op.drop_index(batch_op.f("ix_move_ins_contract_id"))

    op.drop_table("move_ins")
    with op.batch_alter_table("inspections", schema=None) as batch_op:
        batch_op.drop_index("ix_inspections_unit_id_kind")
        batch_op.drop_index(batch_op.f("ix_inspections_customer_id"))

    op.drop_table("inspections")
    with op.batch_alter_table("hot_works", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hot_works_valid_on"))
        batch_op.drop_index(batch_op.f("ix_hot_works_case_id"))

    op.drop_table("hot_works")
    with op.batch_alter_table("handover_readings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_handover_readings_meter_id"))

    op.drop_table("handover_readings")
    with op.batch_alter_table("goods_passes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_goods_passes_valid_to"))
        batch_op.drop_index(batch_op.f("ix_goods_passes_owner_id"))

    op.drop_table("goods_passes")
    with op.batch_alter_table("goods_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_goods_lines_case_id"))

    op.drop_table("goods_lines")
    with op.batch_alter_table("fire_exemptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fire_exemptions_case_id"))

    op.drop_table("fire_exemptions")
    with op.batch_alter_table("parking_permits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_parking_permits_unit_id"))
        batch_op.drop_index(batch_op.f("ix_parking_permits_space_id"))
        batch_op.drop_index("ix_parking_permits_estate_id_ends_on")
        batch_op.drop_index(batch_op.f("ix_parking_permits_customer_id"))

    op.drop_table("parking_permits")
    with op.batch_alter_table("issued_papers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issued_papers_unit_id"))
        batch_op.drop_index("ix_issued_papers_subject")
        batch_op.drop_index("ix_issued_papers_estate_id_kind")
        batch_op.drop_index(batch_op.f("ix_issued_papers_customer_id"))

    op.drop_table("issued_papers")
    with op.batch_alter_table("template_lines", schema=None) as batch_op:
        batch_op.drop_index("ix_template_lines_estate_id_template")

    op.drop_table("template_lines")
    op.drop_table("paper_wordings")
    with op.batch_alter_table("document_removals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_removals_estate_id"))

    op.drop_table("document_removals")
