
-- The end of an update.
SELECT @extschema@.allow_pipelines(CASE grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(grantee) END)
FROM pg_temp.sluice_allowed;
DROP TABLE pg_temp.sluice_allowed;
