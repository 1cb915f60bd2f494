\echo Use "CREATE EXTENSION pg_sluice" to load this file. \quit
