-- What every unit owes: principal, and late fee up to a day, by unit. Straight from the office's own table by its two
-- covering indexes: what is still open, and what owes only a late fee. `larger` is max on SQLite, greatest on PostgreSQL.

-- name: open
SELECT unit_id, sum(amount - waived - paid),
    sum(larger((2 * (late_base + (amount - waived - paid) * larger(:after - coalesce(late_day, :after), 0)) * late_ppm
        + 1000000) / 2000000 - late_paid - late_waived, 0))
FROM bills WHERE estate_id = :estate AND voided_at IS NULL AND amount > paid + waived GROUP BY unit_id;

-- name: late fee only
SELECT unit_id, 0, sum(larger((2 * late_base * late_ppm + 1000000) / 2000000 - late_paid - late_waived, 0))
FROM bills WHERE estate_id = :estate AND voided_at IS NULL AND amount <= paid + waived
    AND (2 * late_base * late_ppm + 1000000) / 2000000 > late_paid + late_waived GROUP BY unit_id;

-- name: make
INSERT INTO bills (estate_id, building_id, unit_id, fee_item_id, payee_id, month, source, period_from, period_to, amount,
    calculation, due_on, late_day, late_ppm, late_base, waived, paid, late_paid, late_waived, made_by, made_at, void_reason)
SELECT u.estate_id, u.building_id, u.id, f.id, f.payee_id, :month, '', :month, :due, 20000 + u.id % 977, '-', :due,
    :late_day, 500,
    CASE u.id % 10 WHEN 0 THEN 20000 * (1 + u.id % 90) WHEN 1 THEN (20000 + u.id % 977) * (1 + u.id % 400) ELSE 0 END,
    CASE u.id % 10 WHEN 2 THEN 977 ELSE 0 END,
    CASE u.id % 10 WHEN 0 THEN 10000 WHEN 1 THEN 20000 + u.id % 977 WHEN 3 THEN 20000 + u.id % 977 ELSE 0 END,
    CASE u.id % 20 WHEN 1 THEN 100 ELSE 0 END, 0, 1, :at, ''
FROM units u JOIN fee_items f ON f.id = :item WHERE u.estate_id = :estate;
