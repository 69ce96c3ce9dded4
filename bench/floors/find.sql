-- The picker: who or what is meant by what was typed, in one prepared statement each for people and for units, with the
-- unit, relation and phone beside it.

-- name: people
SELECT c.id, c.name, u.id, o.relation, u.short, (SELECT number FROM phones p WHERE p.customer_id = c.id LIMIT 1) FROM (
  SELECT id FROM customers WHERE name >= :typed AND name < :next
  UNION SELECT id FROM customers WHERE contact_name >= :typed AND contact_name < :next
  UNION SELECT customer_id FROM sounds WHERE sound >= :typed AND sound < :next
  UNION SELECT customer_id FROM phones WHERE tail >= :tail AND tail < :tail_next LIMIT 20) AS meant
JOIN customers c ON c.id = meant.id LEFT JOIN occupancies o ON o.customer_id = c.id LEFT JOIN units u ON u.id = o.unit_id
WHERE c.estate_id IN (1, 2);

-- name: units
SELECT u.id, u.short, b.name, o.relation, c.name, (SELECT number FROM phones p WHERE p.customer_id = c.id LIMIT 1)
FROM units u JOIN buildings b ON b.id = u.building_id
LEFT JOIN occupancies o ON o.unit_id = u.id LEFT JOIN customers c ON c.id = o.customer_id
WHERE u.estate_id IN (1, 2) AND u.short >= :typed AND u.short < :next ORDER BY u.short, o.id LIMIT 40;
