-- Schedules: what they say, when they are due, how they are made, and the window of a pipeline.
\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS sluice_schedules CASCADE;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA sluice_schedules;
SET search_path = sluice_schedules, public;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET client_min_messages = notice;

-- In words.
SELECT schedule, describe_schedule(schedule) FROM (VALUES
	('0 2 * * *'), ('*/15 9-17 * * MON-FRI'), ('@monthly'), ('*/10 * * * * *'), ('30 0 2 * * *'),
	('0 2 L * *'), ('0 2 L-3 * *'), ('0 2 LW * *'), ('0 2 15W * *'), ('0 2 * * FRIL'), ('0 2 * * 5#2'),
	('every 30 seconds'), ('every 2 hours'), ('every day'), ('every 2 weeks'), (NULL)) AS s(schedule);
SELECT describe_schedule('@reboot');
SELECT describe_schedule('every month');
SELECT describe_schedule('0 0 * * L');

-- The next due instants: around both changes of daylight saving time.
SELECT * FROM preview_schedule('30 2 * * *', 'Europe/Berlin', 3, '2026-03-28 00:00+00');
SELECT * FROM preview_schedule('30 2 * * *', 'Europe/Berlin', 3, '2026-10-24 00:00+00');
SELECT * FROM preview_schedule('30 * * * *', 'Europe/Berlin', 4, '2026-10-24 23:00+00');
SELECT * FROM preview_schedule('every 15 minutes', 'Europe/Berlin', 3, '2026-10-25 00:50+00');
SELECT * FROM preview_schedule('every day', 'America/St_Johns', 2, '2026-03-07 12:00+00');
SELECT * FROM preview_schedule('*/20 * * * * *', n => 3, after => '2026-11-21 00:00:05.5+00');
SELECT * FROM preview_schedule('0 0 29 2 *', 'UTC', 2, '2096-03-01 00:00+00');
SELECT count(*), min(due_at) > now() AS later FROM preview_schedule('0 12 * * *');
SELECT count(*) FROM preview_schedule('* * * * * *', n => 10000);
SELECT count(*) FROM preview_schedule('* * * * * *', n => 0);
-- The session's zone changes how an instant is shown, not the instant.
SET timezone = 'Asia/Tokyo';
SELECT * FROM preview_schedule('0 2 * * *', 'Europe/Berlin', 1, '2026-11-21 00:00+00');
SET timezone = 'UTC';
SELECT * FROM preview_schedule('0 0 30 2 *');
SELECT describe_schedule('0 0 30 2 *');
SELECT describe_schedule('0 */24 * * *');
SELECT * FROM preview_schedule('0 */24 * * *');
SELECT describe_schedule('0 0 L-0 * *');
SELECT * FROM preview_schedule('0 2 * * *', 'CET-1');
SELECT * FROM preview_schedule('0 2 * * *', n => -1);
SELECT * FROM preview_schedule('0 2 * * *', n => 10001);
SELECT * FROM preview_schedule('0 2 * * *', n => NULL);
SELECT * FROM preview_schedule('0 2 * * *', after => 'infinity');
SELECT * FROM preview_schedule('0 2 * * *', after => '4000-01-01 BC');
SELECT * FROM preview_schedule(NULL);

-- The wizard.
SELECT s, describe_schedule(s) FROM (VALUES
	(make_schedule()), (make_schedule('minute')), (make_schedule('15 minutes', '00:05')), (make_schedule('hour', '00:20')),
	(make_schedule('day', '02:30')), (make_schedule('weekday', '06:00:30')), (make_schedule('week')),
	(make_schedule('week', '06:00', '{friday,mon}')), (make_schedule('month', '06:00')),
	(make_schedule('month', '06:00', day_of_month => -1)), (make_schedule('quarter', day_of_month => -1)),
	(make_schedule('year', day_of_month => 24))) AS made(s);
SELECT make_schedule('month', day_of_month => 31);
SELECT make_schedule('20 minutes');
SELECT make_schedule('dya');
SELECT make_schedule('hour', '02:00');
SELECT make_schedule('day', '02:00:00.5');
SELECT make_schedule('day', '24:00');
SELECT make_schedule('week', on_days => '{mondey}');
SELECT make_schedule('day', on_days => '{monday}');
SELECT make_schedule('week', on_days => '{monday,NULL}');
SELECT make_schedule('week', day_of_month => 1);
SELECT make_schedule(NULL);

-- The window of a pipeline, both ends of which count. Far away, so that the clock of this machine does not matter.
CREATE TABLE source (id int);
CREATE FUNCTION due(pipeline text) RETURNS TABLE (next_due timestamptz) LANGUAGE sql
	AS $$ SELECT s.next_due FROM pipeline_status s WHERE s.name = due.pipeline $$;
SELECT create_pipeline('window', source_table => 'source', destination_table => 'sluice_schedules.destination',
	schedule => '0 2 * * *', timezone => 'Europe/Berlin',
	options => '{"start_at": "2091-03-24 02:00", "end_at": "2091-03-25T01:00:00+01:00"}') IS NOT NULL AS created;
SELECT * FROM due('window');
-- A time without an offset is one of the pipeline's zone.
SELECT alter_pipeline('window', timezone => 'Asia/Tokyo');
SELECT * FROM due('window');
SELECT alter_pipeline('window', options => '{"start_at": "2091-03-24 02:00:00.000001"}');
SELECT * FROM due('window');
-- What does not touch the schedule says nothing.
SELECT alter_pipeline('window', options => '{"fetch_size": 5}');
SELECT alter_pipeline('window', options => '{"start_at": null, "end_at": "2001-01-01"}');
SELECT * FROM due('window');
SELECT pause_pipeline('window');
SELECT resume_pipeline('window');
SELECT alter_pipeline('window', options => '{"start_at": "2091-01-01", "end_at": "2091-01-01 01:59"}');
SELECT alter_pipeline('window', options => '{"end_at": "2090-12-31T23:59:59.999999Z"}');
SELECT alter_pipeline('window', options => '{"end_at": "2090-12-31"}');
SELECT alter_pipeline('window', options => '{"end_at": "tomorrow"}');
SELECT alter_pipeline('window', options => '{"end_at": 20261201}');
SELECT alter_pipeline('window', schedule => 'every 30 seconds', options => '{"start_at": "2091-01-01 00:00:15", "end_at": null}');
SELECT * FROM due('window');
SELECT key, type, allowed, default_value FROM pipeline_options WHERE type = 'timestamp' ORDER BY key;

SELECT drop_pipeline('window');
DROP SCHEMA sluice_schedules CASCADE;
