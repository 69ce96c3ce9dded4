-- Lists: how many are found, and the first page. ":page" stands for the page's columns and joins, the same for all.

-- name: page
SELECT r.id, r.number, r.state, r.version, r.handled_at, r.paused_at, r.urges, r.escalated_at, r.closed_at, r.place, r.about_user_id,
  r.words, r.opened_at, r.due_at, r.category, r.urgency, r.public, r.appointed_from, r.charge_kind, r.charge, r.rating,
  u.short AS unit_name, c.name AS customer_name, a.name AS assigned_name, b.name AS building_name, f.name AS facility_name
FROM repairs r LEFT JOIN units u ON u.id = r.unit_id LEFT JOIN customers c ON c.id = r.customer_id
LEFT JOIN users a ON a.id = r.assigned_to LEFT JOIN buildings b ON b.id = r.building_id LEFT JOIN facilities f ON f.id = r.facility_id;

-- name: open, count
SELECT count(*) FROM repairs WHERE closed_at IS NULL AND estate_id IN (1, 2);
-- name: open, rows
:page WHERE r.closed_at IS NULL AND r.estate_id IN (1, 2) ORDER BY r.opened_at DESC, r.id DESC LIMIT 50;

-- name: all, count
SELECT sum(n) FROM totals;
-- name: all, rows
:page WHERE r.estate_id IN (1, 2) ORDER BY r.opened_at DESC, r.id DESC LIMIT 50;

-- name: state, count
SELECT n FROM totals WHERE state = :typed;
-- name: state, rows
:page WHERE r.state = :typed AND r.estate_id IN (1, 2) ORDER BY r.opened_at DESC, r.id DESC LIMIT 50;

-- What was typed may be a name, a contact's, the end of a phone, a unit, or words: asked in one prepared statement each.

-- name: typed, count
SELECT count(*) FROM (
  SELECT id FROM repairs WHERE estate_id IN (1, 2) AND customer_id IN (
    SELECT id FROM customers WHERE name >= :typed AND name < :next
    UNION ALL SELECT id FROM customers WHERE contact_name >= :typed AND contact_name < :next
    UNION ALL SELECT customer_id FROM phones WHERE tail >= :tail AND tail < :tail_next)
  UNION SELECT id FROM repairs WHERE estate_id IN (1, 2) AND unit_id IN (SELECT id FROM units WHERE short = :typed)
  UNION SELECT rowid FROM repairs_words WHERE repairs_words MATCH :phrase);

-- name: typed, rows
:page WHERE r.id IN (SELECT id FROM repairs INDEXED BY repairs_opened WHERE estate_id IN (1, 2) AND id + 0 IN (
  SELECT id FROM repairs WHERE customer_id IN (
    SELECT id FROM customers WHERE name >= :typed AND name < :next
    UNION ALL SELECT id FROM customers WHERE contact_name >= :typed AND contact_name < :next
    UNION ALL SELECT customer_id FROM phones WHERE tail >= :tail AND tail < :tail_next)
  UNION SELECT id FROM repairs WHERE unit_id IN (SELECT id FROM units WHERE short = :typed)
  UNION SELECT rowid FROM repairs_words WHERE repairs_words MATCH :phrase)
  ORDER BY opened_at DESC, id DESC LIMIT 50) ORDER BY r.opened_at DESC, r.id DESC;

-- name: typed, few rows
:page WHERE r.id IN (
  SELECT id FROM repairs WHERE customer_id IN (
    SELECT id FROM customers WHERE name >= :typed AND name < :next
    UNION ALL SELECT id FROM customers WHERE contact_name >= :typed AND contact_name < :next
    UNION ALL SELECT customer_id FROM phones WHERE tail >= :tail AND tail < :tail_next)
  UNION SELECT id FROM repairs WHERE unit_id IN (SELECT id FROM units WHERE short = :typed)
  UNION SELECT rowid FROM repairs_words WHERE repairs_words MATCH :phrase) AND r.estate_id IN (1, 2)
ORDER BY r.opened_at DESC, r.id DESC LIMIT 50;

-- name: words among the open, count
SELECT count(*) FROM repairs r WHERE closed_at IS NULL AND estate_id IN (1, 2)
AND id + 0 IN (SELECT rowid FROM repairs_words WHERE repairs_words MATCH :phrase);
-- name: words among the open, rows
:page WHERE r.closed_at IS NULL AND r.estate_id IN (1, 2)
AND r.id + 0 IN (SELECT rowid FROM repairs_words WHERE repairs_words MATCH :phrase) ORDER BY r.opened_at DESC, r.id DESC LIMIT 50;
