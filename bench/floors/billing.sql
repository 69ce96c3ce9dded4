-- A month's management fee in one statement, into the office's own table with all its indexes, keys and checks; the
-- most exact tariff of each unit, its owner, the sum rounded half up, and the calculation as it stands on the bill.
-- Understood by SQLite and PostgreSQL alike.

-- name: publish
INSERT INTO bills (estate_id, building_id, unit_id, customer_id, fee_item_id, payee_id, tariff_id, run_id, month, source,
    period_from, period_to, amount, calculation, due_on, late_day, late_ppm, late_base, waived, paid, late_paid,
    late_waived, made_by, made_at, void_reason)
SELECT u.estate_id, u.building_id, u.id,
    (SELECT o.customer_id FROM occupancies o WHERE o.unit_id = u.id AND o.relation = 'owner'
        AND (o.starts_on IS NULL OR o.starts_on <= :last) AND (o.ends_on IS NULL OR o.ends_on >= :last)
        ORDER BY o.co_owner, o.id LIMIT 1),
    t.fee_item_id, f.payee_id, t.id, :run, :month, '', :month, :last,
    (2 * u.area * t.price + 10000) / 20000,
    (u.area / 100) || '.' || substr(CAST(100 + u.area % 100 AS TEXT), 2) || ' m² × '
        || (t.price / 10000) || '.' || substr(CAST(100 + t.price / 100 % 100 AS TEXT), 2) || ' 元 × 1 月 = '
        || ((2 * u.area * t.price + 10000) / 20000 / 100) || '.'
        || substr(CAST(100 + (2 * u.area * t.price + 10000) / 20000 % 100 AS TEXT), 2) || ' 元',
    :due, :late_day, t.late_ppm, 0, 0, 0, 0, 0, :by, :at, ''
FROM units u
JOIN fee_items f ON f.id = :item
JOIN tariffs t ON t.id = (
    SELECT c.id FROM tariffs c
    WHERE c.fee_item_id = :item AND c.valid_from <= :month AND (c.valid_to IS NULL OR c.valid_to >= :last)
        AND (c.unit_id IS NULL OR c.unit_id = u.id) AND (c.building_id IS NULL OR c.building_id = u.building_id)
        AND (c."use" IS NULL OR c."use" = u."use")
    ORDER BY c.unit_id IS NULL, c."use" IS NULL, c.building_id IS NULL LIMIT 1)
WHERE u.estate_id = :estate AND u.area > 0;

-- name: run
INSERT INTO billing_runs (estate_id, month, fee_item_ids, bills, amount, run_by, run_at)
VALUES (:estate, :month, '[]', 0, 0, :by, :at);

-- name: newest_run
SELECT max(id) FROM billing_runs;

-- name: rows
SELECT building_id, unit_id, customer_id, fee_item_id, payee_id, tariff_id, period_from, period_to, amount, calculation,
    due_on, late_day, late_ppm, late_base, paid, void_reason
FROM bills WHERE estate_id = :estate AND month = :month AND fee_item_id = :item ORDER BY unit_id;
