-- The floors' own tables, beside the office's file (attached as "office"), so that neither helps the other's planner.
-- Each is shaped for the questions asked of it; what the office's schema must also bear (writing, rights, history,
-- twenty processes) doesn't weigh on these.

-- name: matters of one process, exactly the columns its list shows
CREATE TABLE repairs (
  id INTEGER PRIMARY KEY, estate_id INTEGER, number TEXT, state TEXT, version INTEGER, handled_at TEXT, paused_at TEXT, urges INTEGER, escalated_at TEXT, closed_at TEXT, place TEXT,
  about_user_id INTEGER, unit_id INTEGER, customer_id INTEGER, assigned_to INTEGER, building_id INTEGER, facility_id INTEGER, words TEXT, opened_at TEXT, due_at TEXT, category TEXT, urgency TEXT,
  public INTEGER, appointed_from TEXT, charge_kind TEXT, charge INTEGER, rating TEXT);
INSERT INTO repairs SELECT c.id, estate_id, number, state, version, handled_at, paused_at, urges, escalated_at, closed_at, place,
  about_user_id, unit_id, customer_id, assigned_to, building_id, facility_id, words, opened_at, due_at, category, urgency,
  public, appointed_from, charge_kind, charge, rating
FROM office.cases c JOIN office.repairs r ON r.id = c.id ORDER BY c.id;
CREATE INDEX repairs_opened ON repairs (opened_at, id, estate_id);
CREATE INDEX repairs_state ON repairs (state, opened_at, id, estate_id);
CREATE INDEX repairs_customer ON repairs (customer_id, estate_id, opened_at, id);
CREATE INDEX repairs_unit ON repairs (unit_id, estate_id, opened_at, id);
CREATE INDEX repairs_open ON repairs (opened_at, id) WHERE closed_at IS NULL;

CREATE TABLE totals (state TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;
INSERT INTO totals SELECT state, count(*) FROM repairs GROUP BY state;

-- name: their words, one character a word
CREATE VIRTUAL TABLE repairs_words USING fts5 (words, content='', detail=full);
INSERT INTO repairs_words (rowid, words) SELECT case_id, w.words FROM office.case_words w JOIN repairs ON id = case_id;

-- name: names beside them
CREATE TABLE units (id INTEGER PRIMARY KEY, estate_id INTEGER, building_id INTEGER, short TEXT, use TEXT, state TEXT);
INSERT INTO units SELECT id, estate_id, building_id, short, use, state FROM office.units;
CREATE INDEX units_short ON units (short);
CREATE TABLE customers (id INTEGER PRIMARY KEY, estate_id INTEGER, name TEXT, contact_name TEXT);
INSERT INTO customers SELECT id, estate_id, name, contact_name FROM office.customers;
CREATE INDEX customers_name ON customers (name);
CREATE INDEX customers_contact ON customers (contact_name);
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users SELECT id, name FROM office.users;
CREATE TABLE buildings (id INTEGER PRIMARY KEY, estate_id INTEGER, name TEXT);
INSERT INTO buildings SELECT id, estate_id, name FROM office.buildings;
CREATE TABLE facilities (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO facilities SELECT id, name FROM office.facilities;
CREATE TABLE phones (tail TEXT, customer_id INTEGER, number TEXT, PRIMARY KEY (tail, customer_id)) WITHOUT ROWID;
INSERT INTO phones SELECT tail, customer_id, number FROM office.customer_phones;
CREATE INDEX phones_customer ON phones (customer_id);
CREATE TABLE occupancies (unit_id INTEGER, customer_id INTEGER, relation TEXT, id INTEGER);
INSERT INTO occupancies SELECT unit_id, customer_id, relation, id FROM office.occupancies;
CREATE INDEX occupancies_unit ON occupancies (unit_id);
CREATE INDEX occupancies_customer ON occupancies (customer_id);
CREATE TABLE sounds (sound TEXT, customer_id INTEGER, PRIMARY KEY (sound, customer_id)) WITHOUT ROWID;
INSERT OR IGNORE INTO sounds SELECT substr(key, 2), record_id FROM office.search_keys
WHERE kind = 'customer' AND substr(key, 1, 1) IN ('p', 'i');

-- name: sums kept for home, each for one question
CREATE TABLE by_day (measure TEXT, day TEXT, process TEXT, n INTEGER, PRIMARY KEY (measure, day, process)) WITHOUT ROWID;
INSERT INTO by_day SELECT * FROM (
  SELECT 'opened', opened_on, process, count(*) FROM office.cases WHERE counts GROUP BY 2, 3
  UNION ALL SELECT 'closed', closed_on, process, count(*) FROM office.cases WHERE counts AND closed_on IS NOT NULL GROUP BY 2, 3);
CREATE TABLE by_month (process TEXT, measure TEXT, month TEXT, n INTEGER, PRIMARY KEY (process, measure, month)) WITHOUT ROWID;
INSERT INTO by_month SELECT * FROM (
  SELECT process, 'void', substr(opened_on, 1, 7), count(*) FROM office.cases WHERE NOT counts GROUP BY 1, 3
  UNION ALL SELECT process, 'handled', substr(handled_on, 1, 7), count(*) FROM office.cases
    WHERE counts AND handled_on IS NOT NULL GROUP BY 1, 3
  UNION ALL SELECT process, 'on_time', substr(handled_on, 1, 7), count(*) FROM office.cases
    WHERE counts AND handled_at <= coalesce(due_at, handled_at) GROUP BY 1, 3
  UNION ALL SELECT process, 'visited', substr(handled_on, 1, 7), count(*) FROM office.cases
    WHERE counts AND handled_on IS NOT NULL AND visited_at IS NOT NULL GROUP BY 1, 3
  UNION ALL SELECT process, 'paid_done', substr(handled_on, 1, 7), count(*) FROM office.cases c JOIN office.repairs r ON r.id = c.id
    WHERE counts AND handled_on IS NOT NULL AND charge_kind = 'paid' AND charge > 0 GROUP BY 1, 3
  UNION ALL SELECT process, 'paid_rated', substr(handled_on, 1, 7), count(*) FROM office.cases c JOIN office.repairs r ON r.id = c.id
    WHERE counts AND handled_on IS NOT NULL AND charge_kind = 'paid' AND charge > 0 AND rating IS NOT NULL GROUP BY 1, 3
  UNION ALL SELECT process, 'paid_satisfied', substr(handled_on, 1, 7), count(*) FROM office.cases c JOIN office.repairs r ON r.id = c.id
    WHERE counts AND handled_on IS NOT NULL AND charge_kind = 'paid' AND charge > 0 AND rating IN ('very', 'satisfied') GROUP BY 1, 3);
CREATE TABLE topics (process TEXT, month TEXT, topic TEXT, estate_id INTEGER, building_id INTEGER, n INTEGER, PRIMARY KEY (process, month, topic, estate_id, building_id)) WITHOUT ROWID;
INSERT INTO topics SELECT process, substr(opened_on, 1, 7), topic, estate_id, coalesce(building_id, 0), count(*)
FROM office.cases WHERE counts GROUP BY 1, 2, 3, 4, 5;

-- name: what is open, in one short table
CREATE TABLE open_matters (id INTEGER PRIMARY KEY, process TEXT, state TEXT, number TEXT, place TEXT, words TEXT, building_id INTEGER, due_at TEXT, opened_on TEXT, handled_at TEXT,
  paused_at TEXT, assigned_to INTEGER, escalated_at TEXT, about_user_id INTEGER, appointed_from TEXT, followed_handled_by INTEGER);
INSERT INTO open_matters SELECT c.id, c.process, c.state, c.number, c.place, c.words, c.building_id, c.due_at, c.opened_on, c.handled_at,
  c.paused_at, c.assigned_to, c.escalated_at, c.about_user_id, r.appointed_from, o.handled_by
FROM office.cases c LEFT JOIN office.repairs r ON r.id = c.id
LEFT JOIN office.case_links l ON l.case_id = c.id AND l.kind = 'return_visit' LEFT JOIN office.cases o ON o.id = l.other_id
WHERE c.closed_at IS NULL;
CREATE INDEX open_due ON open_matters (due_at) WHERE handled_at IS NULL AND paused_at IS NULL;
CREATE TABLE approvals (id INTEGER PRIMARY KEY, verdict TEXT);
INSERT INTO approvals SELECT id, verdict FROM office.approvals WHERE verdict = 'waiting';
