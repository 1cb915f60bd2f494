
-- Last part.
SELECT allow_pipelines(CASE grantee WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(grantee) END)
FROM pg_temp.sluice_allowed;
DROP TABLE pg_temp.sluice_allowed;
