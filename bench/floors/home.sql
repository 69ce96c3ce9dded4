-- What home shows, each from the table kept for it.

-- name: objectives
SELECT process, measure, n FROM by_month WHERE month = :month
AND ((process = 'complaints' AND measure IN ('visited', 'handled', 'void'))
  OR (process = 'repairs' AND measure IN ('paid_satisfied', 'paid_done', 'paid_rated', 'void')));

-- name: pressing
SELECT coalesce(sum(due_at < :now), 0), coalesce(sum(due_at BETWEEN :now AND :soon), 0), coalesce(sum(process = 'return_visits'), 0)
FROM open_matters WHERE handled_at IS NULL AND paused_at IS NULL AND due_at < :tomorrow;

-- name: appointments
SELECT count(*) FROM open_matters WHERE handled_at IS NULL AND appointed_from >= :today AND appointed_from < :tomorrow;

-- name: latest
SELECT number, process, coalesce(b.name, place), words, due_at FROM open_matters m LEFT JOIN buildings b ON b.id = building_id
WHERE handled_at IS NULL AND paused_at IS NULL AND due_at < :now ORDER BY due_at, m.id LIMIT 6;

-- name: ages
SELECT process, CASE WHEN opened_on <= :week THEN 3 WHEN opened_on <= :three THEN 2 WHEN opened_on <= :yesterday THEN 1 ELSE 0 END,
count(*) FROM open_matters GROUP BY 1, 2;

-- name: days
SELECT day, process, measure, n FROM by_day WHERE measure IN ('opened', 'closed') AND day BETWEEN :first AND :day;

-- name: months
SELECT process, measure, month, n FROM by_month WHERE month BETWEEN :month_first AND :month
AND ((process = 'complaints' AND measure IN ('visited', 'handled', 'on_time'))
  OR (process = 'repairs' AND measure IN ('paid_satisfied', 'paid_done', 'handled', 'on_time'))
  OR (process = 'inquiries' AND measure IN ('handled', 'on_time')));

-- name: topics
SELECT topic, estate_id, building_id, n FROM topics WHERE process = 'complaints' AND month = :month;

-- name: work
SELECT sum((assigned_to = :me AND (handled_at IS NULL OR step)) OR (step AND (assigned_to IS NULL OR handled_at IS NOT NULL)
    AND assigned_to IS NOT :me AND followed_handled_by IS NOT :me)),
  sum(handled_at IS NULL AND (escalated_at IS NOT NULL OR (paused_at IS NULL AND due_at < :soon)))
FROM (SELECT *, instr(:steps, '|' || process || '/' || state || '|') > 0 AS step FROM open_matters WHERE about_user_id IS NOT :me);

-- name: approvals
SELECT count(*) FROM approvals WHERE verdict = 'waiting';
