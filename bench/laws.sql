-- What must hold of the estate before anything is measured on it. Each statement selects what breaks the law.

-- law: a case stands where its last event left it
SELECT c.number FROM cases c LEFT JOIN events e ON e.id = (SELECT max(id) FROM events WHERE case_id = c.id)
WHERE e.id IS NULL OR e.to_state <> c.state OR e.version <> c.version;

-- law: a case begins with its opening, and each event where the one before it ended
SELECT case_id, id FROM (
  SELECT case_id, id, action, version, from_state, occurred_at,
         lag(to_state) OVER (PARTITION BY case_id ORDER BY id) AS before,
         lag(occurred_at) OVER (PARTITION BY case_id ORDER BY id) AS earlier,
         row_number() OVER (PARTITION BY case_id ORDER BY id) AS nth FROM events) AS told
WHERE version <> nth OR (nth = 1) <> (action = 'open') OR before IS DISTINCT FROM from_state OR earlier > occurred_at;

-- law: what is closed stands in an end state, and the other way round
SELECT number FROM cases WHERE (closed_at IS NOT NULL) <> (state IN (:ends)) OR (closed_at IS NULL) <> (closed_on IS NULL);

-- law: what is handled was handled by somebody, on that day
SELECT number FROM cases WHERE (handled_at IS NULL) <> (handled_on IS NULL) OR (handled_at IS NULL) <> (handled_by IS NULL)
OR handled_at < opened_at OR closed_at < handled_at OR visited_at < handled_at;

-- law: a case has a row in its process's own table
SELECT number FROM cases WHERE process = 'complaints' AND id NOT IN (SELECT id FROM complaints)
UNION ALL SELECT number FROM cases WHERE process = 'repairs' AND id NOT IN (SELECT id FROM repairs)
UNION ALL SELECT number FROM cases WHERE process = 'return_visits' AND id NOT IN (SELECT id FROM return_visits)
UNION ALL SELECT number FROM cases WHERE process = 'inquiries' AND id NOT IN (SELECT id FROM inquiries);

-- law: a return visit follows one case, of the same unit
SELECT v.number FROM cases v LEFT JOIN case_links l ON l.case_id = v.id AND l.kind = 'return_visit'
LEFT JOIN cases o ON o.id = l.other_id
WHERE v.process = 'return_visits' AND (o.id IS NULL OR o.process = 'return_visits' OR o.unit_id IS DISTINCT FROM v.unit_id OR o.visited_at > v.handled_at);

-- law: a case lies where its unit lies
SELECT c.number FROM cases c JOIN units u ON u.id = c.unit_id
WHERE u.estate_id <> c.estate_id OR u.building_id IS DISTINCT FROM c.building_id;

-- law: the words of every case can be searched
SELECT number FROM cases WHERE words <> '' AND id NOT IN (SELECT case_id FROM case_words);

-- law: running numbers go on where they ended
WITH given AS (
  SELECT estate_id, substr(number, 1, 2) AS kind, opened_on AS day, count(*) AS n FROM cases GROUP BY 1, 2, 3)
SELECT g.kind, g.day, g.n, s.last FROM given g
LEFT JOIN series s ON s.estate_id = g.estate_id AND s.kind = g.kind AND s.day = g.day WHERE s.last IS DISTINCT FROM g.n;

-- law: counters equal a recount
WITH told AS (
  SELECT c.process, c.estate_id, coalesce(c.building_id, 0) AS building_id, c.counts, c.opened_on, c.handled_on, c.closed_on,
         c.state, c.topic, c.visited_at, c.handled_on IS NOT NULL AND (c.due_at IS NULL OR c.handled_at <= c.due_at) AS in_time,
         r.rating, r.charge_kind = 'paid' AND r.charge > 0 AS charged, v.satisfaction
  FROM cases c LEFT JOIN repairs r ON r.id = c.id LEFT JOIN return_visits v ON v.id = c.id
), headed AS (
  SELECT 'void' AS measure, process, opened_on AS day, estate_id, building_id, '' AS detail FROM told WHERE NOT counts
  UNION ALL SELECT 'opened', process, opened_on, estate_id, building_id, '' FROM told WHERE counts
  UNION ALL SELECT 'topic', process, opened_on, estate_id, building_id, topic FROM told WHERE counts
  UNION ALL SELECT 'closed', process, closed_on, estate_id, building_id, '' FROM told WHERE counts AND closed_on IS NOT NULL
  UNION ALL SELECT 'handled', process, handled_on, estate_id, building_id, '' FROM told WHERE counts AND handled_on IS NOT NULL
  UNION ALL SELECT 'on_time', process, handled_on, estate_id, building_id, '' FROM told WHERE counts AND in_time
  UNION ALL SELECT 'visited', process, handled_on, estate_id, building_id, '' FROM told
    WHERE counts AND handled_on IS NOT NULL AND visited_at IS NOT NULL
  UNION ALL SELECT 'paid_done', process, handled_on, estate_id, building_id, '' FROM told
    WHERE counts AND handled_on IS NOT NULL AND charged
  UNION ALL SELECT 'paid_rated', process, handled_on, estate_id, building_id, '' FROM told
    WHERE counts AND handled_on IS NOT NULL AND charged AND rating IS NOT NULL
  UNION ALL SELECT 'paid_satisfied', process, handled_on, estate_id, building_id, '' FROM told
    WHERE counts AND handled_on IS NOT NULL AND charged AND rating IN ('very', 'satisfied')
  UNION ALL SELECT 'satisfied', process, handled_on, estate_id, building_id, '' FROM told
    WHERE counts AND handled_on IS NOT NULL AND satisfaction IN ('very', 'satisfied')
), grained AS (
  SELECT measure, process, day, estate_id, -1 AS building_id, detail FROM headed WHERE measure <> 'topic'
  UNION ALL SELECT measure, process, :month_of(day), estate_id, -2, detail FROM headed
    WHERE measure NOT IN ('topic', 'opened', 'closed', 'void')
  UNION ALL SELECT measure, process, :month_of(day), estate_id, building_id, detail FROM headed
    WHERE measure NOT IN ('opened', 'closed', 'void')
), recounted AS (
  SELECT measure, process, day, estate_id, building_id, detail, count(*) AS n FROM grained GROUP BY 1, 2, 3, 4, 5, 6
), kept AS (
  SELECT measure, process, day, estate_id, building_id, detail, n FROM counters WHERE n <> 0
)
SELECT * FROM (SELECT * FROM recounted EXCEPT SELECT * FROM kept) AS missing
UNION ALL SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM recounted) AS surplus;
