-- What is said of an assignment by its types, beside what the server does to values at their edges: for all pairs of types, generated.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA engine_loss_matrix;
SET search_path = engine_loss_matrix, public;
SET timezone = 'Europe/Berlin';
CREATE DOMAIN tenth AS numeric(4,1);
CREATE DOMAIN four AS varchar(4);
CREATE DOMAIN tenths AS tenth[];
CREATE TABLE kinds (kind text, types text[], given text[]);
INSERT INTO kinds VALUES
	('number', '{int2,int4,int8,oid,numeric,"numeric(5,2)","numeric(6,2)","numeric(12,4)","numeric(3,-2)","numeric(20,0)","numeric(30,20)",money,tenth}',
		'{0,1,-1,1.5,0.1,1.25,1.255,-0,99.99,100,149,32768,-32769,16777217,2147483648,3000000000,12345678901234.56,9007199254740993,9223372036854775807,0.12345678901234567,1e25,1e-25,NaN,Infinity}'),
	('float', '{float4,float8}', '{0,-0,1.5,0.1,1.25,1.255,1e-7,100,32768,16777216,2147483648,12345678901234.56,9007199254740992,9223372036854775807,0.30000000000000004,3.4028235e38,1e300,1e-45,NaN,-Infinity}'),
	('text', '{text,varchar,varchar(3),varchar(15),name,char(3),char(5),bpchar,"\"char\"",four}', format('{"",a,"a ",ab,"ab ","   ",abc,"abc  ",äöü,abcd,abcde,"ab%s",%s}', repeat(' ', 20), repeat('ä', 40))::text[]),
	('json', '{json}', format('{"{}","{} ","\"a\"","{}%s"}', repeat(' ', 20))::text[]),
	('bits', '{bit(3),bit(5),varbit,varbit(4)}', '{101,10101,1,1010}'),
	('bool', '{bool}', '{t}'),
	('inet', '{inet,cidr}', '{10.0.0.1/8,10.0.0.0/8,10.0.0.1,::1}'),
	('macaddr', '{macaddr,macaddr8}', '{08:00:2b:01:02:03,08:00:2b:01:02:03:04:05}'),
	('moment', '{timestamp,timestamp(3),timestamp(0),timestamptz,timestamptz(1),date}', '{2026-01-01,2026-03-29 02:30,2026-10-25 00:30+00,2026-10-25 01:30+00,2026-06-15 12:34:56.789123,2026-06-15 12:34:56.7,infinity,300000-01-01}'),
	('time', '{time,time(2)}', '{00:00,12:30,12:30:00.5,12:30:00.55,23:59:59.9999,24:00}'),
	('timetz', '{timetz,timetz(0)}', '{12:30:00+02,12:30+05,12:30:00.5+01}'),
	('interval', '{interval,interval(2),interval year,interval year to month,interval day,interval day to minute,interval hour to second(1)}',
		'{0,02:00,1 year,14 mons,1 day,1 day 02:00,25:30:15.678,1 mon -30 days 02:00,-00:00:00.4,-1 year -1 mon}'),
	('numbers', '{numeric[],"numeric(5,2)[]",float8[],int4[],tenths}', '{"{1.25,NULL}","{{1},{2}}","{}","{1.5,0.12345678901234567}"}'),
	('texts', '{text[],varchar(3)[]}', '{"{ab,NULL}","{\"abc  \"}"}'),
	('moments', '{timestamp[],timestamp(0)[]}', '{"{2026-01-01 00:00:00.4}","{2026-01-01}"}');
CREATE TABLE types AS SELECT row_number() OVER () AS n, kind, type, given FROM kinds, unnest(types) AS type;
CREATE TABLE pairs (source int, destination int, verdict text);
CREATE TABLE outcomes (source int, destination int, given text, stored text, truth text, load text);

-- Whether what is stored tells what was given, in SQL: s and d are the two.
CREATE FUNCTION is_same(s_type text, s_kind text, d_type text, d_kind text) RETURNS text IMMUTABLE LANGUAGE sql AS $$
	SELECT CASE
		WHEN d_type IN ('char(3)', 'char(5)', 'bpchar') THEN 's::text = concat(d) OR s::text = d::text'
		WHEN d_type = 'name' AND s_kind <> 'text' THEN 'concat(s) = d::text'
		WHEN d_kind = 'text' THEN 's::text = d::text'
		WHEN d_kind = 'float' AND s_kind = 'number' THEN CASE s_type WHEN 'oid' THEN 's::text::numeric' ELSE 's::numeric' END || ' IN (d::text::numeric, d::float8::numeric)'
		WHEN s_kind = 'float' AND d_type = 'oid' THEN 'false'
		WHEN s_kind = 'float' AND d_kind IN ('float', 'number') THEN format('d::text::%s = s', CASE WHEN d_type = 'float4' THEN 'float4::' || s_type ELSE s_type END)
		WHEN s_kind = 'number' AND d_kind = 'number' THEN
			CASE s_type WHEN 'oid' THEN 's::text::numeric' ELSE 's::numeric' END || ' = ' || CASE d_type WHEN 'oid' THEN 'd::text::numeric' ELSE 'd::numeric' END
		WHEN s_kind = 'numbers' THEN 's::text::numeric[] = d::text::numeric[]'
		WHEN s_kind = 'moments' THEN 's::timestamp[] = d::timestamp[]'
		WHEN s_kind = 'moment' AND d_kind IN ('time', 'timetz') THEN 'false'
		WHEN s_kind IN ('moment', 'bits') THEN format('d::%s = s', CASE WHEN s_kind = 'bits' THEN 'varbit' ELSE s_type END)
		WHEN s_kind = 'time' AND d_kind = 'interval' THEN 'd::text = s::interval::text'
		WHEN s_kind = 'timetz' OR s_kind = 'interval' THEN format('d::%s::text = s::text', s_kind)
		WHEN s_kind = 'time' THEN 'd::time = s'
		WHEN s_kind IN ('texts', 'json', 'bool') THEN 's::text = d::text'
		ELSE format('d::%s = s', s_type)
	END
$$;

DO $$
DECLARE s record; d record; v record; list text; definitions text; said text; is_same bool; stored text; truth text; load text;
BEGIN
	FOR s IN SELECT * FROM types LOOP
		EXECUTE format('CREATE TABLE from_%s (k serial, v %s)', s.n, s.type);
		EXECUTE format('CREATE TABLE to_%s (v %s)', s.n, s.type);
		FOR i IN 1 .. cardinality(s.given) LOOP
			BEGIN
				-- no byte, and a byte of a character, are no texts that could be compared
				CONTINUE WHEN s.type = '"char"' AND s.given[i] !~ '^[ -~]+$';
				EXECUTE format('INSERT INTO from_%s (v) VALUES (CAST(%L AS %s))', s.n, s.given[i], s.type);
			EXCEPTION WHEN others THEN -- it has no such value
			END;
		END LOOP;
	END LOOP;
	FOR s IN SELECT * FROM types LOOP
		list := '';
		definitions := '';
		FOR d IN SELECT * FROM types LOOP
			BEGIN
				EXECUTE format('INSERT INTO to_%s SELECT v FROM from_%s WHERE false', d.n, s.n);
			EXCEPTION WHEN datatype_mismatch THEN CONTINUE;
			END;
			INSERT INTO pairs VALUES (s.n, d.n, 'fits');
			list := list || format(', v AS c%s', d.n);
			definitions := definitions || format(', c%s %s', d.n, d.type);
		END LOOP;
		EXECUTE format('CREATE TABLE all_%s (%s)', s.n, substr(definitions, 3));
		PERFORM create_pipeline('matrix', source_table => format('from_%s', s.n), destination_table => format('all_%s', s.n), columns => substr(list, 3),
			load => 'replace', timezone => 'Europe/Berlin');
		FOR said IN SELECT * FROM explain_pipeline('matrix') AS line WHERE line LIKE 'columns: %' LOOP
			UPDATE pairs SET verdict = CASE WHEN said LIKE '%; a cast in columns says that it is meant' THEN 'loses' ELSE 'may fail' END
				WHERE source = s.n AND destination = substring(said FROM 'column c(\d+)')::int;
		END LOOP;
		PERFORM drop_pipeline('matrix');
	END LOOP;
	FOR s IN SELECT p.source, p.destination, p.verdict, f.type AS s_type, f.kind AS s_kind, t.type AS d_type, t.kind AS d_kind,
			format_type(a.atttypid, -1) AS base, a.atttypmod AS modifier
			FROM pairs p JOIN types f ON f.n = source JOIN types t ON t.n = destination
			JOIN pg_attribute a ON a.attrelid = format('to_%s', destination)::regclass AND attname = 'v' LOOP
		FOR v IN EXECUTE format('SELECT k, v::text FROM from_%s', s.source) LOOP
			stored := NULL;
			BEGIN
				EXECUTE format('INSERT INTO to_%s SELECT v FROM from_%s WHERE k = %s', s.destination, s.source, v.k);
				EXECUTE format('SELECT concat(d), %s FROM (SELECT v AS s FROM from_%s WHERE k = %s) AS s, (SELECT v AS d FROM to_%s) AS d',
					is_same(s.s_type, s.s_kind, s.d_type, s.d_kind), s.source, v.k, s.destination) INTO stored, is_same;
				truth := CASE WHEN is_same THEN 'same' ELSE 'changed' END;
				RAISE SQLSTATE 'XX999';
			EXCEPTION WHEN SQLSTATE 'XX999' THEN -- the table is empty again
				WHEN others THEN truth := 'error';
			END;
			load := truth;
			IF s.verdict = 'loses' THEN
				BEGIN
					EXECUTE format('SELECT sluice.assign_exactly(v, NULL::%s, %s, ''v'') FROM from_%s WHERE k = %s',
						CASE WHEN s.d_type = 'tenth' THEN 'numeric' WHEN s.d_type = 'four' THEN 'varchar' WHEN s.d_type = 'tenths' THEN 'tenth[]' ELSE s.base END,
						CASE WHEN s.d_type = 'tenth' THEN 262149 WHEN s.d_type = 'four' THEN 8 ELSE s.modifier END, s.source, v.k);
					load := 'same';
				EXCEPTION WHEN others THEN load := CASE WHEN SQLERRM LIKE 'value "%" of column "v" would be stored as "%"' THEN 'changed' ELSE 'error' END;
				END;
			END IF;
			INSERT INTO outcomes VALUES (s.source, s.destination, v.v, stored, truth, load);
		END LOOP;
	END LOOP;
END $$;

SELECT verdict, count(*) > 100 AS many FROM pairs GROUP BY verdict ORDER BY verdict;
SELECT truth, count(*) > 300 AS many FROM outcomes GROUP BY truth ORDER BY truth;
-- what is said to fit neither fails nor changes, what may fail does not change, and a load that refuses to change values refuses these alone
SELECT f.type AS source, t.type AS destination, p.verdict, o.given, o.stored, o.truth, o.load
FROM outcomes o JOIN pairs p USING (source, destination) JOIN types f ON f.n = source JOIN types t ON t.n = destination
WHERE (p.verdict = 'fits' AND truth <> 'same') OR (p.verdict = 'may fail' AND truth = 'changed') OR truth <> load
ORDER BY o.source, o.destination, o.given COLLATE "C";
-- what is said to lose does lose something
SELECT f.type AS source, t.type AS destination FROM pairs p JOIN types f ON f.n = source JOIN types t ON t.n = destination
WHERE p.verdict = 'loses' AND t.type <> 'name' AND NOT EXISTS (SELECT FROM outcomes o WHERE o.source = p.source AND o.destination = p.destination AND truth = 'changed')
ORDER BY p.source, p.destination;

SET client_min_messages = warning;
DROP SCHEMA engine_loss_matrix CASCADE;
