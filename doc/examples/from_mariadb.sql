-- A table of MariaDB or MySQL through mysql_fdw.
CREATE EXTENSION mysql_fdw;
CREATE EXTENSION pg_sluice;
CREATE SERVER mysql_prod FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port :'mariadb_port');
CREATE USER MAPPING FOR CURRENT_USER SERVER mysql_prod OPTIONS (username 'reader', password 'secret');
\pset tuples_only on
\pset format unaligned

SELECT create_pipeline('products', source => 'mysql_prod', source_table => 'shop.products', destination_table => 'products') IS NOT NULL;
CALL trigger_and_wait('products') \gset
\echo :status
SELECT * FROM products ORDER BY id;
