"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db.base

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "estates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.Enum("homes", "park", name="estatekind", native_enum=False, length=40), nullable=False),
        sa.Column("mark", sa.String(length=4), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estates")),
        sa.UniqueConstraint("mark", name=op.f("uq_estates_mark")),
        sa.UniqueConstraint("name", name=op.f("uq_estates_name")),
    )
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("last_run_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("running_until", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_jobs")),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("locked_until", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_sign_in_failures_kind_subject")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("phone", db.base.PhoneNumber(length=24), nullable=True),
        sa.Column(
            "department",
            sa.Enum(
                "service",
                "works",
                "security",
                "cleaning",
                "finance",
                "office",
                name="department",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "desk",
                "steward",
                "supervisor",
                "works_supervisor",
                "director",
                "technician",
                "cashier",
                "finance",
                "guard",
                "quality",
                "administrator",
                name="role",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum("waiting", "granted", "denied", name="verdict", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("note", db.base.ProseText(length=4000), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_approvals_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_approvals_decided_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_approvals_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.create_index("ix_approvals_subject", ["subject", "subject_id"], unique=False)
        batch_op.create_index("ix_approvals_verdict", ["verdict"], unique=False)

    op.create_table(
        "buildings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("floors", sa.Integer(), nullable=True),
        sa.Column("has_lift", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_buildings_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buildings")),
        sa.UniqueConstraint("estate_id", "code", name=op.f("uq_buildings_estate_id_code")),
    )
    op.create_table(
        "counters",
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("process", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("detail", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_counters_estate_id")),
        sa.PrimaryKeyConstraint(
            "estate_id", "building_id", "measure", "process", "day", "detail", name=op.f("pk_counters")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", sa.Enum("person", "company", name="customerkind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("sex", sa.Enum("male", "female", name="sex", native_enum=False, length=40), nullable=True),
        sa.Column("id_number", sa.String(length=40), nullable=True),
        sa.Column("contact_name", sa.String(length=60), nullable=False),
        sa.Column("occupants", sa.Integer(), nullable=True),
        sa.Column("reach", sa.String(length=200), nullable=False),
        sa.Column("needs", db.base.ProseText(length=4000), nullable=False),
        sa.Column("no_greetings", sa.Boolean(), nullable=False),
        sa.Column("external_ref", sa.String(length=40), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_customers_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customers_estate_id"), ["estate_id"], unique=False)
        batch_op.create_index("ix_customers_estate_id_external_ref", ["estate_id", "external_ref"], unique=False)
        batch_op.create_index(batch_op.f("ix_customers_name"), ["name"], unique=False)

    op.create_table(
        "firms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "lift",
                "fire",
                "cleaning",
                "greening",
                "security",
                "pest_control",
                "repair",
                "developer",
                "other",
                name="firmkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("licence", sa.String(length=200), nullable=False),
        sa.Column("licence_ends_on", sa.Date(), nullable=True),
        sa.Column("contact_name", sa.String(length=60), nullable=False),
        sa.Column("phone", db.base.PhoneNumber(length=24), nullable=True),
        sa.Column("emergency_phone", db.base.PhoneNumber(length=24), nullable=True),
        sa.Column("evaluation", db.base.ProseText(length=4000), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_firms_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firms")),
    )
    with op.batch_alter_table("firms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_firms_estate_id"), ["estate_id"], unique=False)

    op.create_table(
        "import_mappings",
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("saved_by", sa.Integer(), nullable=False),
        sa.Column("saved_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["saved_by"], ["users.id"], name=op.f("fk_import_mappings_saved_by")),
        sa.PrimaryKeyConstraint("signature", name=op.f("pk_import_mappings")),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("imported_by", sa.Integer(), nullable=False),
        sa.Column("imported_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.Column("undone_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_imports_estate_id")),
        sa.ForeignKeyConstraint(["imported_by"], ["users.id"], name=op.f("fk_imports_imported_by")),
        sa.ForeignKeyConstraint(["undone_by"], ["users.id"], name=op.f("fk_imports_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("token", name=op.f("uq_imports_token")),
    )
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_imports_estate_id"), ["estate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_imports_imported_by"), ["imported_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_imports_sha256"), ["sha256"], unique=False)

    op.create_table(
        "search_keys",
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column(
            "key", sa.String(length=65).with_variant(sa.String(length=65, collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_search_keys_estate_id")),
        sa.PrimaryKeyConstraint("estate_id", "key", "record_id", name=op.f("pk_search_keys")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("search_keys", schema=None) as batch_op:
        batch_op.create_index("ix_search_keys_record", ["kind", "record_id"], unique=False)

    op.create_table(
        "series",
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_series_estate_id")),
        sa.PrimaryKeyConstraint("estate_id", "kind", "day", name=op.f("pk_series")),
    )
    op.create_table(
        "service_points",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("phone", db.base.PhoneNumber(length=24), nullable=True),
        sa.Column("hours", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_service_points_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_points")),
    )
    with op.batch_alter_table("service_points", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_service_points_estate_id"), ["estate_id"], unique=False)

    op.create_table(
        "settings",
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_settings_estate_id")),
        sa.PrimaryKeyConstraint("estate_id", "key", name=op.f("pk_settings")),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("started_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("idle_minutes", sa.Integer(), nullable=False),
        sa.Column("revoked_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("ticket_hash", sa.String(length=64), nullable=True),
        sa.Column("ticket_until", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_staff_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("ticket_hash", name=op.f("uq_staff_sessions_ticket_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_sessions_token_hash")),
    )
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_estates",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_user_estates_estate_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_estates_user_id")),
        sa.PrimaryKeyConstraint("user_id", "estate_id", name=op.f("pk_user_estates")),
    )
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "desk",
                "steward",
                "supervisor",
                "works_supervisor",
                "director",
                "technician",
                "cashier",
                "finance",
                "guard",
                "quality",
                "administrator",
                name="role",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_roles_user_id")),
        sa.PrimaryKeyConstraint("user_id", "role", name=op.f("pk_user_roles")),
    )
    op.create_table(
        "customer_phones",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("number", db.base.PhoneNumber(length=24), nullable=False),
        sa.Column(
            "tail", sa.String(length=24).with_variant(sa.String(length=24, collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_phones_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_phones")),
        sa.UniqueConstraint("customer_id", "number", name=op.f("uq_customer_phones_customer_id_number")),
    )
    with op.batch_alter_table("customer_phones", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_phones_number"), ["number"], unique=False)
        batch_op.create_index(batch_op.f("ix_customer_phones_tail"), ["tail"], unique=False)

    op.create_table(
        "facilities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "lift",
                "fire",
                "power",
                "water",
                "sewage",
                "heating",
                "lighting",
                "roads",
                "garden",
                "parking",
                "club",
                "access",
                "cctv",
                "roof",
                "other",
                name="facilitykind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("firm_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], name=op.f("fk_facilities_building_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_facilities_estate_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_facilities_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facilities")),
    )
    with op.batch_alter_table("facilities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_facilities_building_id"), ["building_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_facilities_estate_id"), ["estate_id"], unique=False)

    op.create_table(
        "import_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(length=200), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_rows_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_rows")),
    )
    with op.batch_alter_table("import_rows", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_rows_import_id"), ["import_id"], unique=False)

    op.create_table(
        "parking_spaces",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column(
            "kind", sa.Enum("ground", "garage", name="parkingkind", native_enum=False, length=40), nullable=False
        ),
        sa.Column(
            "tenure", sa.Enum("free", "sold", "let", name="parkingtenure", native_enum=False, length=40), nullable=False
        ),
        sa.Column("area", db.base.SquareMetres(), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_parking_spaces_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_parking_spaces_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parking_spaces")),
        sa.UniqueConstraint("estate_id", "code", name=op.f("uq_parking_spaces_estate_id_code")),
    )
    with op.batch_alter_table("parking_spaces", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parking_spaces_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "steward_areas",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], name=op.f("fk_steward_areas_building_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_steward_areas_estate_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_steward_areas_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steward_areas")),
    )
    with op.batch_alter_table("steward_areas", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_steward_areas_building_id"), ["building_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_steward_areas_estate_id"), ["estate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_steward_areas_user_id"), ["user_id"], unique=False)

    op.create_table(
        "units",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("entrance", sa.String(length=40), nullable=False),
        sa.Column("room", sa.String(length=40), nullable=False),
        sa.Column("short", sa.String(length=200), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("area", db.base.SquareMetres(), nullable=True),
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
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "owner_occupied",
                "let",
                "vacant",
                "unsold",
                "fitting_out",
                name="unitstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("layout", sa.String(length=40), nullable=False),
        sa.Column("handed_over_on", sa.Date(), nullable=True),
        sa.Column("external_ref", sa.String(length=40), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], name=op.f("fk_units_building_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_units_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("building_id", "entrance", "room", name=op.f("uq_units_building_id_entrance_room")),
    )
    with op.batch_alter_table("units", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_units_building_id"), ["building_id"], unique=False)
        batch_op.create_index("ix_units_estate_id_short", ["estate_id", "short"], unique=False)

    op.create_table(
        "vehicles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("plate", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("brand", sa.String(length=40), nullable=False),
        sa.Column("colour", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_vehicles_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_vehicles_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicles")),
        sa.UniqueConstraint("estate_id", "plate", name=op.f("uq_vehicles_estate_id_plate")),
    )
    with op.batch_alter_table("vehicles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vehicles_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("process", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("contact_name", sa.String(length=60), nullable=False),
        sa.Column("contact_phone", db.base.PhoneNumber(length=24), nullable=True),
        sa.Column("words", db.base.ProseText(length=4000), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("grave", sa.Boolean(), nullable=False),
        sa.Column(
            "department",
            sa.Enum(
                "service",
                "works",
                "security",
                "cleaning",
                "finance",
                "office",
                name="department",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("about_user_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("answer_due_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("answered_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("due_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("paused_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("pause_reason", sa.String(length=200), nullable=False),
        sa.Column("handled_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("handled_on", sa.Date(), nullable=True),
        sa.Column("handled_by", sa.Integer(), nullable=True),
        sa.Column("visited_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("urges", sa.Integer(), nullable=False),
        sa.Column("closed_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["about_user_id"], ["users.id"], name=op.f("fk_cases_about_user_id")),
        sa.ForeignKeyConstraint(["assigned_to"], ["users.id"], name=op.f("fk_cases_assigned_to")),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], name=op.f("fk_cases_building_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_cases_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_cases_estate_id")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("fk_cases_facility_id")),
        sa.ForeignKeyConstraint(["handled_by"], ["users.id"], name=op.f("fk_cases_handled_by")),
        sa.ForeignKeyConstraint(["opened_by"], ["users.id"], name=op.f("fk_cases_opened_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_cases_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_about_user_id"), ["about_user_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_building_id"), ["building_id"], unique=False)
        batch_op.create_index("ix_cases_customer", ["customer_id", "process", "estate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_facility_id"), ["facility_id"], unique=False)
        batch_op.create_index(
            "ix_cases_open_assigned",
            ["assigned_to"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_cases_open_due",
            ["estate_id", "due_at", "process", "opened_on"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_cases_opened_by"), ["opened_by"], unique=False)
        batch_op.create_index("ix_cases_process_closed", ["process", "closed_on"], unique=False)
        batch_op.create_index("ix_cases_process_handled", ["process", "handled_on"], unique=False)
        batch_op.create_index("ix_cases_process_opened", ["process", "opened_at", "id", "estate_id"], unique=False)
        batch_op.create_index(
            "ix_cases_process_state", ["process", "state", "opened_at", "id", "estate_id"], unique=False
        )
        batch_op.create_index("ix_cases_unit", ["unit_id", "process", "estate_id"], unique=False)

    op.create_table(
        "contracts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("property_service", "lease", "firm", name="contractkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("firm_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("price", db.base.Money(), nullable=True),
        sa.Column("price_basis", sa.String(length=200), nullable=False),
        sa.Column("promises", db.base.ProseText(length=4000), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_contracts_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_contracts_estate_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_contracts_firm_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_contracts_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracts")),
        sa.UniqueConstraint("estate_id", "number", name=op.f("uq_contracts_estate_id_number")),
    )
    with op.batch_alter_table("contracts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contracts_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contracts_ends_on"), ["ends_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_contracts_firm_id"), ["firm_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contracts_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "occupancies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column(
            "relation",
            sa.Enum("owner", "family", "tenant", "occupant", name="relation", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("co_owner", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_occupancies_customer_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_occupancies_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occupancies")),
    )
    with op.batch_alter_table("occupancies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_occupancies_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_occupancies_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("table_name", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("estate_id", sa.Integer(), nullable=True),
        sa.Column("ground", sa.String(length=200), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_audit_actor_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_audit_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("token", name=op.f("uq_audit_token")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)
        batch_op.create_index("ix_audit_subject", ["table_name", "record_id"], unique=False)

    op.create_table(
        "case_hands",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_hands_case_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_case_hands_user_id")),
        sa.PrimaryKeyConstraint("case_id", "user_id", name=op.f("pk_case_hands")),
    )
    with op.batch_alter_table("case_hands", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_hands_user_id"), ["user_id"], unique=False)

    op.create_table(
        "case_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_links_case_id")),
        sa.ForeignKeyConstraint(["other_id"], ["cases.id"], name=op.f("fk_case_links_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_links")),
        sa.UniqueConstraint("case_id", "other_id", "kind", name=op.f("uq_case_links_case_id_other_id_kind")),
    )
    with op.batch_alter_table("case_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_links_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_links_other_id"), ["other_id"], unique=False)

    op.create_table(
        "case_words",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_words_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_words")),
    )
    op.create_table(
        "checklist_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("done_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("document_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_checklist_items_case_id")),
        sa.ForeignKeyConstraint(["done_by"], ["users.id"], name=op.f("fk_checklist_items_done_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_items")),
    )
    with op.batch_alter_table("checklist_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_checklist_items_case_id"), ["case_id"], unique=False)

    op.create_table(
        "complaints",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "noise",
                "parking",
                "cleaning",
                "repair",
                "lift",
                "security",
                "heating",
                "fees",
                "renovation",
                "manner",
                "greening",
                "power",
                "access",
                "other",
                name="category",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "gravity",
            sa.Enum("normal", "important", "grave", name="gravity", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "phone",
                "desk",
                "wechat",
                "steward",
                "email",
                "hotline",
                "street",
                "headquarters",
                "committee",
                name="source",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("outside_number", sa.String(length=40), nullable=False),
        sa.Column("outside_due_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("passed_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("taken_over_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("department_answer", db.base.ProseText(length=4000), nullable=False),
        sa.Column("facts", db.base.ProseText(length=4000), nullable=False),
        sa.Column(
            "finding",
            sa.Enum("justified", "partly", "unjustified", "not_ours", name="finding", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("solution", db.base.ProseText(length=4000), nullable=False),
        sa.Column(
            "told_by",
            sa.Enum("phone", "in_person", "wechat", "letter", name="tellingway", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column(
            "unvisited_reason",
            sa.Enum("not_reached", "refused", "anonymous", name="unvisitedreason", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("improvement", db.base.ProseText(length=4000), nullable=False),
        sa.Column("improvement_owner", sa.String(length=60), nullable=False),
        sa.Column("improvement_due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["cases.id"], name=op.f("fk_complaints_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
    )
    with op.batch_alter_table("complaints", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complaints_category"), ["category"], unique=False)

    op.create_table(
        "documents",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("mime", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("photo", "pdf", "word", "excel", name="documentkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("contract_id", sa.Integer(), nullable=True),
        sa.Column("firm_id", sa.Integer(), nullable=True),
        sa.Column("personal", sa.Boolean(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("uploaded_by", sa.Integer(), nullable=False),
        sa.Column("at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("removed_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_documents_case_id")),
        sa.ForeignKeyConstraint(["contract_id"], ["contracts.id"], name=op.f("fk_documents_contract_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_documents_customer_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_documents_estate_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_documents_firm_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_documents_unit_id")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.id"], name=op.f("fk_documents_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_documents_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_documents_contract_id"), ["contract_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_documents_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_documents_estate_id"), ["estate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_documents_firm_id"), ["firm_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_documents_sha256"), ["sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_documents_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("from_state", sa.String(length=40), nullable=True),
        sa.Column("to_state", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("occurred_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", db.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("late_entry", sa.Boolean(), nullable=False),
        sa.Column("note", db.base.ProseText(length=4000), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("because_of", sa.Integer(), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_events_actor_id")),
        sa.ForeignKeyConstraint(["because_of"], ["events.id"], name=op.f("fk_events_because_of")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_events_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("token", name=op.f("uq_events_token")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index("ix_events_case_id_id", ["case_id", "id"], unique=False)
        batch_op.create_index(
            "ix_events_late_entry",
            ["late_entry"],
            unique=False,
            sqlite_where=sa.text("late_entry"),
            postgresql_where=sa.text("late_entry"),
        )

    op.create_table(
        "inquiries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "fees",
                "parking",
                "supply",
                "renovation",
                "loans",
                "access",
                "neighbourhood",
                "moving",
                "invoice",
                "other",
                name="topic",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum("phone", "desk", "wechat", "online", "email", name="channel", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("answer", db.base.ProseText(length=4000), nullable=False),
        sa.Column("satisfied", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["cases.id"], name=op.f("fk_inquiries_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiries")),
    )
    op.create_table(
        "repairs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "plumbing",
                "leak",
                "electric",
                "doors",
                "intercom",
                "heating",
                "sanitary",
                "public_light",
                "access",
                "lift",
                "sewage",
                "barrier",
                "fire",
                "roads",
                "cctv",
                "roof",
                "other",
                name="category",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "urgency",
            sa.Enum("normal", "urgent", "appointed", name="urgency", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum("phone", "wechat", "desk", "staff", "night", name="channel", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("appointed_from", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("appointed_to", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "charge_kind",
            sa.Enum("free", "paid", "warranty", "outside", name="chargekind", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("quoted", db.base.Money(), nullable=True),
        sa.Column("price_agreed", sa.Boolean(), nullable=False),
        sa.Column("firm_id", sa.Integer(), nullable=True),
        sa.Column("dispatched_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "pause_kind",
            sa.Enum("parts", "firm", "customer", name="pausekind", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("no_entries", sa.Integer(), nullable=False),
        sa.Column("work", db.base.ProseText(length=4000), nullable=False),
        sa.Column("materials", sa.String(length=200), nullable=False),
        sa.Column("charge", db.base.Money(), nullable=True),
        sa.Column("signed_by", sa.String(length=60), nullable=False),
        sa.Column("signed_at", db.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "rating",
            sa.Enum(
                "very",
                "satisfied",
                "neutral",
                "dissatisfied",
                "very_dissatisfied",
                name="satisfaction",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column(
            "unvisited_reason",
            sa.Enum("not_due", "not_reached", "refused", name="unvisitedreason", native_enum=False, length=40),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_repairs_firm_id")),
        sa.ForeignKeyConstraint(["id"], ["cases.id"], name=op.f("fk_repairs_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repairs")),
    )
    with op.batch_alter_table("repairs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_repairs_category"), ["category"], unique=False)
        batch_op.create_index(batch_op.f("ix_repairs_firm_id"), ["firm_id"], unique=False)

    op.create_table(
        "return_visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("origin_process", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_attempt_on", sa.Date(), nullable=True),
        sa.Column("last_attempt_on", sa.Date(), nullable=True),
        sa.Column(
            "manner", sa.Enum("phone", "on_site", "wechat", name="manner", native_enum=False, length=40), nullable=True
        ),
        sa.Column("solved", sa.Enum("yes", "partly", "no", name="solved", native_enum=False, length=40), nullable=True),
        sa.Column(
            "satisfaction",
            sa.Enum(
                "very",
                "satisfied",
                "neutral",
                "dissatisfied",
                "very_dissatisfied",
                name="satisfaction",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("opinion", db.base.ProseText(length=4000), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["cases.id"], name=op.f("fk_return_visits_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_visits")),
    )
    with op.batch_alter_table("return_visits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_return_visits_origin_process"), ["origin_process"], unique=False)
    # The clock's own user: acts by rules of the house; nobody signs in as it.
    op.execute(
        "INSERT INTO users (id, username, name, department, active, locale, password_hash, must_change_password, is_demonstration, version) VALUES (1, 'system', '系统', 'office', false, 'zh_CN', '', false, false, 1)"
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT setval(pg_get_serial_sequence('users', 'id'), 1)")


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("return_visits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_return_visits_origin_process"))

    op.drop_table("return_visits")
    with op.batch_alter_table("repairs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_repairs_firm_id"))
        batch_op.drop_index(batch_op.f("ix_repairs_category"))

    op.drop_table("repairs")
    op.drop_table("inquiries")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_events_late_entry", sqlite_where=sa.text("late_entry"), postgresql_where=sa.text("late_entry")
        )
        batch_op.drop_index("ix_events_case_id_id")
        batch_op.drop_index(batch_op.f("ix_events_actor_id"))

    op.drop_table("events")
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_documents_unit_id"))
        batch_op.drop_index(batch_op.f("ix_documents_sha256"))
        batch_op.drop_index(batch_op.f("ix_documents_firm_id"))
        batch_op.drop_index(batch_op.f("ix_documents_estate_id"))
        batch_op.drop_index(batch_op.f("ix_documents_customer_id"))
        batch_op.drop_index(batch_op.f("ix_documents_contract_id"))
        batch_op.drop_index(batch_op.f("ix_documents_case_id"))

    op.drop_table("documents")
    with op.batch_alter_table("complaints", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_complaints_category"))

    op.drop_table("complaints")
    with op.batch_alter_table("checklist_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_checklist_items_case_id"))

    op.drop_table("checklist_items")
    op.drop_table("case_words")
    with op.batch_alter_table("case_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_links_other_id"))
        batch_op.drop_index(batch_op.f("ix_case_links_case_id"))

    op.drop_table("case_links")
    with op.batch_alter_table("case_hands", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_hands_user_id"))

    op.drop_table("case_hands")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_subject")
        batch_op.drop_index(batch_op.f("ix_audit_at"))
        batch_op.drop_index(batch_op.f("ix_audit_actor_id"))

    op.drop_table("audit")
    with op.batch_alter_table("occupancies", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_occupancies_unit_id"))
        batch_op.drop_index(batch_op.f("ix_occupancies_customer_id"))

    op.drop_table("occupancies")
    with op.batch_alter_table("contracts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contracts_unit_id"))
        batch_op.drop_index(batch_op.f("ix_contracts_firm_id"))
        batch_op.drop_index(batch_op.f("ix_contracts_ends_on"))
        batch_op.drop_index(batch_op.f("ix_contracts_customer_id"))

    op.drop_table("contracts")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_unit")
        batch_op.drop_index("ix_cases_process_state")
        batch_op.drop_index("ix_cases_process_opened")
        batch_op.drop_index("ix_cases_process_handled")
        batch_op.drop_index("ix_cases_process_closed")
        batch_op.drop_index(batch_op.f("ix_cases_opened_by"))
        batch_op.drop_index(
            "ix_cases_open_due",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_cases_open_assigned",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_cases_facility_id"))
        batch_op.drop_index("ix_cases_customer")
        batch_op.drop_index(batch_op.f("ix_cases_building_id"))
        batch_op.drop_index(batch_op.f("ix_cases_about_user_id"))

    op.drop_table("cases")
    with op.batch_alter_table("vehicles", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vehicles_customer_id"))

    op.drop_table("vehicles")
    with op.batch_alter_table("units", schema=None) as batch_op:
        batch_op.drop_index("ix_units_estate_id_short")
        batch_op.drop_index(batch_op.f("ix_units_building_id"))

    op.drop_table("units")
    with op.batch_alter_table("steward_areas", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_steward_areas_user_id"))
        batch_op.drop_index(batch_op.f("ix_steward_areas_estate_id"))
        batch_op.drop_index(batch_op.f("ix_steward_areas_building_id"))

    op.drop_table("steward_areas")
    with op.batch_alter_table("parking_spaces", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_parking_spaces_customer_id"))

    op.drop_table("parking_spaces")
    with op.batch_alter_table("import_rows", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_rows_import_id"))

    op.drop_table("import_rows")
    with op.batch_alter_table("facilities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_facilities_estate_id"))
        batch_op.drop_index(batch_op.f("ix_facilities_building_id"))

    op.drop_table("facilities")
    with op.batch_alter_table("customer_phones", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_phones_tail"))
        batch_op.drop_index(batch_op.f("ix_customer_phones_number"))

    op.drop_table("customer_phones")
    op.drop_table("user_roles")
    op.drop_table("user_estates")
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_sessions_user_id"))

    op.drop_table("staff_sessions")
    op.drop_table("settings")
    with op.batch_alter_table("service_points", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_points_estate_id"))

    op.drop_table("service_points")
    op.drop_table("series")
    with op.batch_alter_table("search_keys", schema=None) as batch_op:
        batch_op.drop_index("ix_search_keys_record")

    op.drop_table("search_keys")
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_imports_sha256"))
        batch_op.drop_index(batch_op.f("ix_imports_imported_by"))
        batch_op.drop_index(batch_op.f("ix_imports_estate_id"))

    op.drop_table("imports")
    op.drop_table("import_mappings")
    with op.batch_alter_table("firms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_firms_estate_id"))

    op.drop_table("firms")
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customers_name"))
        batch_op.drop_index("ix_customers_estate_id_external_ref")
        batch_op.drop_index(batch_op.f("ix_customers_estate_id"))

    op.drop_table("customers")
    op.drop_table("counters")
    op.drop_table("buildings")
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.drop_index("ix_approvals_verdict")
        batch_op.drop_index("ix_approvals_subject")

    op.drop_table("approvals")
    op.drop_table("users")
    op.drop_table("sign_in_failures")
    op.drop_table("jobs")
    op.drop_table("estates")
