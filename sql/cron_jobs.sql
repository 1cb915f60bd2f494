-- import_cron_jobs: the jobs of a table as pg_cron has it. A TAP test reads that of pg_cron itself.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA cron_jobs;
SET search_path = cron_jobs, public;
CREATE TABLE t (a int PRIMARY KEY);
-- There is none; one that somebody made; and one that a superuser owns.
SELECT * FROM import_cron_jobs();
CREATE ROLE cron_owner LOGIN;
CREATE ROLE cron_mallory LOGIN;
SELECT allow_pipelines('cron_mallory');
CREATE SCHEMA cron;
CREATE TABLE cron.job (jobid bigint, schedule text, command text, nodename text DEFAULT 'localhost', nodeport int DEFAULT 5432,
	database text DEFAULT current_database(), username text DEFAULT current_user, active bool DEFAULT true, jobname name);
ALTER TABLE cron.job OWNER TO cron_mallory;
GRANT USAGE ON SCHEMA cron TO PUBLIC;
SELECT * FROM import_cron_jobs();
ALTER TABLE cron.job OWNER TO CURRENT_USER;
ALTER ROLE cron_owner SET search_path = "$user", cron_jobs;
INSERT INTO cron.job (jobid, schedule, command, jobname, username) VALUES
	(1, '0 3 * * *', 'VACUUM t', 'nightly', 'cron_owner'), (2, '30 seconds', 'SELECT 1', NULL, 'cron_owner'),
	(3, '0 0 $ * *', 'SELECT 2', 'a/b', 'cron_owner'), (4, '@reboot', 'SELECT 3', 'boot', 'cron_owner'),
	(5, '*/60 * * * *', 'BEGIN; SELECT 4; COMMIT', 'odd', 'cron_owner'), (6, '* * * * *', 'SELECT 5', 'nobody', 'no_such_role');
INSERT INTO cron.job (jobid, schedule, command, jobname, username, nodename, active, database) VALUES
	(7, '* * * * *', 'SELECT 6', 'remote', 'cron_owner', 'db2.example', false, current_database()),
	(8, '* * * * *', 'SELECT 7', 'elsewhere', 'cron_owner', 'localhost', true, 'other');
SELECT * FROM import_cron_jobs();
SELECT name, schedule, timezone, status, command, options, search_path FROM pipelines WHERE owner = 'cron_owner' ORDER BY name;
-- Again: nothing new. One by one they are given to the scheduler.
SELECT jobid, action, note FROM import_cron_jobs();
SELECT alter_pipeline('cron_owner/nightly', status => 'active');
-- Who may not become the owner makes nothing.
GRANT SELECT ON cron.job TO cron_mallory;
SET ROLE cron_mallory;
SELECT jobid, action, note FROM public.import_cron_jobs() WHERE jobid <= 2;
RESET ROLE;
SELECT drop_pipeline(id) FROM pipelines WHERE owner = 'cron_owner';
DROP SCHEMA cron CASCADE;
SELECT disallow_pipelines('cron_mallory');
REVOKE USAGE ON SCHEMA public FROM cron_mallory;
DROP OWNED BY cron_mallory, cron_owner;
DROP ROLE cron_owner, cron_mallory;
