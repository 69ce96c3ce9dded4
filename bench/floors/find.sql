-- The picker: who or what is meant, with unit, relation and phone beside it.

-- name: name
SELECT c.id, c.name, u.id, o.relation, u.short, p.number FROM customers c
LEFT JOIN occupancies o ON o.customer_id = c.id LEFT JOIN units u ON u.id = o.unit_id LEFT JOIN phones p ON p.customer_id = c.id
WHERE c.estate_id IN (1, 2) AND c.name >= :typed AND c.name < :next ORDER BY c.name, c.id LIMIT 20;

-- name: sound
SELECT c.id, c.name, u.id, o.relation, u.short, p.number FROM sounds s JOIN customers c ON c.id = s.customer_id
LEFT JOIN occupancies o ON o.customer_id = c.id LEFT JOIN units u ON u.id = o.unit_id LEFT JOIN phones p ON p.customer_id = c.id
WHERE c.estate_id IN (1, 2) AND s.sound >= :typed AND s.sound < :next ORDER BY s.sound, c.id LIMIT 20;

-- name: phone
SELECT c.id, c.name, u.id, o.relation, u.short, t.number FROM phones t JOIN customers c ON c.id = t.customer_id
LEFT JOIN occupancies o ON o.customer_id = c.id LEFT JOIN units u ON u.id = o.unit_id
WHERE c.estate_id IN (1, 2) AND t.tail >= :tail AND t.tail < :tail_next ORDER BY t.tail, c.id LIMIT 20;

-- name: unit
SELECT u.id, u.short, b.name, o.relation, c.name, p.number FROM units u JOIN buildings b ON b.id = u.building_id
LEFT JOIN occupancies o ON o.unit_id = u.id LEFT JOIN customers c ON c.id = o.customer_id LEFT JOIN phones p ON p.customer_id = c.id
WHERE u.estate_id IN (1, 2) AND u.short = :typed ORDER BY o.id;
