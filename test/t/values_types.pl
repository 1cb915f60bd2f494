# Values of every type arrive as they are, and a condition on them means here what it means at the source.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use DataTemplate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

my $node = PostgreSQL::Test::Cluster->new('both');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\nfsync = off");
$node->start;
my $port = $node->port;
my @extensions = grep { $node->safe_psql('postgres', "SELECT 1 FROM pg_available_extensions WHERE name = '$_'") } qw(hstore ltree citext);
$node->safe_psql('postgres', 'CREATE DATABASE source TEMPLATE template0');
for my $database ('source', 'postgres')
{
	$node->safe_psql($database, join('', map { "CREATE EXTENSION $_;" } @extensions));
}
$node->safe_psql('postgres', "CREATE EXTENSION postgres_fdw; CREATE EXTENSION pg_sluice;
	CREATE SERVER source FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'source');
	CREATE USER MAPPING FOR CURRENT_USER SERVER source");

sub at_source { return $node->safe_psql('source', $_[0]) }
sub here { return $node->safe_psql('postgres', "SET client_min_messages = warning;\n$_[0]") }

# What a run of a new pipeline says: '' or its error.
my $pipelines = 0;

sub load_with
{
	my ($arguments) = @_;
	$arguments = "source => 'source', $arguments" if $arguments !~ /\bsource =>/;
	my $name = 'p' . ++$pipelines;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSET client_min_messages = error;
		SELECT create_pipeline('$name', $arguments);\nCALL run_pipeline('$name', '{}', NULL);", on_error_stop => 1);
	return $code == 0 ? '' : $err;
}

# Odd values of all of PostgreSQL's types, into a table of the same shape.
my $odd = q{
CREATE SCHEMA odd;
SET search_path = odd, public;
create type mood as enum ('sad','ok','h"a,p''p\y');
create type addr as (street text, zip int, tags text[], at timestamptz, raw bytea);
create domain posint as int check (value > 0);
create domain intlist as int[];
create domain moodd as mood;
create type floatrange as range (subtype=float8);
create table t (
 id int primary key,
 n numeric, n2 numeric(10,2), nneg numeric(3,-2), nfrac numeric(3,5), f8 float8, f4 float4, m money,
 d date, ts timestamp, ts0 timestamp(0), tz timestamptz, tm time, tm2 time(2), ttz timetz, iv interval, ivym interval year to month, iv2 interval(2),
 c1 char(5), c2 "char", vc varchar(7), nm name, bt bytea, b1 bit(3), vb bit varying(9),
 ia int[], ta text[], na numeric(6,2)[], tsa timestamptz[], bca char(3)[], enuma mood[], e mood, a addr, aa addr[], pi posint, il intlist, md moodd,
 h hstore, lt ltree, ci citext, x xml, js json, jb jsonb, jp jsonpath, tv tsvector, tq tsquery, u uuid,
 r4 int4range, rn numrange, rts tsrange, rtz tstzrange, rd daterange, mr int4multirange, mrn nummultirange, fr floatrange,
 pt point, ln line, ls lseg, bx box, ph path, pl polygon, cr circle, ip inet, cd cidr, mc macaddr, mc8 macaddr8,
 o oid, rc regclass, rp regprocedure, rt regtype, xi xid, x8 xid8, ls2 pg_lsn, ov oidvector, iv3 int2vector, txs txid_snapshot, snp pg_snapshot, acl aclitem, tid tid, rf refcursor
);
};
my $odd_rows = <<'ROWS';
SET search_path = odd, public;
insert into t values
(1,'NaN','NaN',12345,0.00123,'NaN','NaN','-12345.67','infinity','infinity','infinity','infinity','24:00:00','23:59:59.996','24:00:00+15:59','178000000 years','-3 years -2 mons','1 day 00:00:01.456',
 'a',E'\\377','ä€😀x','name_with_63_bytes_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','\x00ff5c0a','101','1','[0:2]={1,NULL,3}','{NULL,"NULL","","a\"b","c\\d","{x}"," sp "}','{{1.10,NULL},{NaN,-0.00}}','{infinity,-infinity,"4713-01-01 00:00:00+00 BC"}','{a,NULL,"abc"}','{sad,NULL,"h\"a,p''p\\y"}','h"a,p''p\y','("a ""q"" (x),\\",,"{a,NULL,""b,c""}","2024-10-27 01:30:00+00","\\x00ff")','{"(a,1,,,)",NULL}',1,'[5:6]={7,8}','ok',
 'a=>NULL,"b c"=>"d\"e",""=>""','Top.a_1.b','CaseIT','<a b="1">x &amp; y<!--c--><![CDATA[z]]></a>','{"a":1,"a":2,  "z":1.10}','{"b":1.10,"a":[1e3,null,{"":""}],"aa":"\u0001\"\\/"}','$.a[*] ? (@ > 1)','''a'':1A,2B ''b c'':3','a & !(b | c:*)','00000000-0000-0000-0000-000000000000',
 'empty','(,)','["2024-01-01 00:00",infinity]','(-infinity,"2024-01-01 00:00+00")','[2024-01-01,2024-01-01]','{[1,3),[5,)}','{(,NaN]}','[-Infinity,NaN]',
 '(1e300,-1e-300)','{1,2,3}','[(0,0),(1,1)]','(1,1),(0,0)','[(0,0),(1,1),(2,0)]','((0,0),(1,1),(2,0))','<(0,0),0>','::1/64','10.0.0.0/8','08:00:2b:01:02:03','08:00:2b:01:02:03:04:05',
 4294967295,'pg_class','pg_catalog.lower(text)','numeric(10,2)','4294967295','18446744073709551615','FFFFFFFF/FFFFFFFF','1 2 3','1 2','10:20:10,14,15','10:20:10,14,15','<user>=r/<user>','(4294967295,65535)','rf'),
(2,'Infinity',-99999999.99,-99900,0.00999,'-Infinity','-Infinity','92233720368547758.07','-infinity','-infinity','-infinity','-infinity','00:00:00','00:00:00.005','00:00:00-15:59','-178000000 years','0','-1 day +00:00:01.455',
 '','','','','','000','','{}','{}','{}','{}','{}','{}','sad','(,,,,)','{}',2147483647,'{}','sad','','','','','[]','{}','$','','','ffffffff-ffff-ffff-ffff-ffffffffffff','[1,1)','empty','empty','empty','empty','{}','{}','empty',
 '(NaN,Infinity)','{0,1,0}','[(NaN,0),(1,1)]','(NaN,1),(0,0)','((0,0))','((0,0))','<(0,0),Infinity>','255.255.255.255','::/0','ff:ff:ff:ff:ff:ff','ff:ff:ff:ff:ff:ff:ff:ff',0,'-','-','-','0','0','0/0','','','10:10:','10:10:','=r*/<user>','(0,1)',''),
(3,'-Infinity',0.00,0,0,'-0','-0','-92233720368547758.08','4713-01-01 BC','4713-01-01 00:00:00 BC','1999-12-31 23:59:59.5','4714-11-24 00:00:00+00 BC','12:34:56.789012','12:34:56.784','12:34:56.789012+05:45','1 mon -1 day +00:00:00.000001','178956970 years','00:00:00.004',
 '     ','x','abcdefg','a b','\x5c78','111','111111111','[-2:-1]={2147483647,-2147483648}',E'{"\\n\\t","😀"}','{9999.99}','{"2024-10-27 00:30:00+00","2024-10-27 01:30:00+00"}','{"  ",ab}','{ok}','ok','(" lead","-1","{}","0044-03-15 12:00:00+00 BC","")',array[row('(',2,array['"\',null,''],null,'\\x00')::addr],1,'{NULL}','ok','k=>v','a.b.c.d','ß','<?xml version="1.0" encoding="UTF-8"?><r/>','"\ud83d\ude00\u00e9"','{"😀":"\ud83d\ude00", "big": 1e400, "neg": -0, "d":[[[[[[1]]]]]]}','strict $.a.b','''😀'':1','''x y'' <-> ''z''','a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
 '[2147483646,2147483647)','[1.50,2.500)','[,2024-06-01]','["2024-10-27 02:30:00+02","2024-10-27 02:30:00+01")','(,infinity)','{(,)}','{[1.0,1.00]}','(1,2)',
 '(-0,0)','{-1,0,5}','[(1,2),(3,4)]','(3,4),(1,2)','((1,2),(3,4))','((1,2),(3,4))','<(1,2),3>','2001:db8::1','192.168.1.0/24','00:00:00:00:00:00','00:00:00:ff:fe:00:00:00',1,'odd.t','pg_catalog.upper(text)','odd.mood','3','3','0/3','0','0','1:1:','1:1:','<user>=arwdDxt/<user>','(1,1)','x')
;
ROWS
my $user = $node->safe_psql('postgres', 'SELECT current_user');
$odd_rows =~ s/<user>/$user/g;
at_source($odd . $odd_rows);
here($odd);
is(load_with("source_table => 'odd.t', destination_table => 'odd.t', load => 'append'"), '', 'odd values of all types are loaded');
my $all = "SET search_path = odd, public; SET timezone = 'UTC'; SELECT * FROM odd.t ORDER BY id";
is(here($all), at_source($all), 'and arrive as they are');

# Empty vectors have no binary form that their own receive functions take, and "-" is the name of no relation.
is(load_with("source_table => 'pg_catalog.pg_proc', destination_table => 'procs', load => 'replace'"), '', 'pg_proc with its empty vectors is loaded');
my $vectors = 'count(*), count(*) FILTER (WHERE pronargs = 0), md5(string_agg(proargtypes::text, $$,$$ ORDER BY oid))';
is(here("SELECT $vectors FROM procs"), at_source("SELECT $vectors FROM pg_proc"), 'with all of its rows');
at_source('CREATE TABLE reg (id int, r regclass); INSERT INTO reg VALUES (1, 0), (2, $$pg_class$$), (3, NULL)');
here('CREATE TABLE reg (id int, r regclass); CREATE VIEW reg_view AS SELECT * FROM reg');
is(load_with("source_table => 'reg', destination_table => '$_', load => 'append'"), '', "a regclass of no relation into $_") for ('reg', 'reg_view');
is(here('SELECT r, count(*) FROM reg GROUP BY r ORDER BY r'), "-|2\npg_class|2\n|2", 'arrives');


# What a pipeline computes, against the same asked at the source; undef: refused with a way out.
sub computed
{
	my ($arguments, $select) = @_;
	my $to = 'c' . ($pipelines + 1);
	my $error = load_with("$arguments, destination_table => '$to', load => 'replace'");
	return here("SELECT * FROM $to ORDER BY 1") if $error eq '';
	like($error, qr/42804: .* here\b/, "$arguments: is refused");
	like($error, qr/HINT: .*source_query/, 'with a way out');
	return;
}

# Types that both have: conditions and aggregates are theirs, not those of their texts.
for my $database ('source', 'postgres')
{
	$node->safe_psql($database, "CREATE TYPE size AS ENUM ('small', 'medium', 'large'); CREATE TYPE pair AS (a int, s size); CREATE TYPE span AS RANGE (subtype = int8); CREATE DOMAIN big AS size");
}
at_source(q{CREATE TABLE ord (id int, s size, price money, mail citext, place pg_lsn, p pair, r span, ss size[], x xid8, d big);
	INSERT INTO ord VALUES (1, 'small', '9.50', 'Ann@X.org', '0/9', '(9,large)', '[9,10)', '{small}', '9', 'small'),
	(2, 'medium', '100.00', 'bob@x.org', '0/10', '(10,small)', '[10,11)', '{medium}', '10', 'medium'), (3, 'large', '20.00', 'ANN@x.org', '0/8', '(9,small)', '[8,20)', '{large}', '8', 'large')});
for (["s > 'small'", '2,3'], ["price > '15'", '2,3'], ["mail = 'ann\@x.org'", '1,3'], ["place > '0/9'", '2'], ["p < '(10,large)'::pair", '1,2,3'], ["p > '(9,small)'::pair", '1,2'], ["r \@> 9::int8", '1,3'],
	["ss > '{small}'", '2,3'], ["x >= '9'", '1,2'], ["d BETWEEN 'medium' AND 'large'", '2,3'], ["s IN ('small', 'large') AND mail LIKE 'ann%'", '1,3'], ["greatest(s, 'medium') = 'large'", '3'])
{
	my ($filter, $expected) = @$_;
	my $rows = computed("source_table => 'ord', columns => 'id', filter => \$f\$$filter\$f\$");
	is(defined $rows ? join(',', split /\n/, $rows) : 'refused', $expected, $filter);
}
is(computed("source_table => 'ord', columns => 'max(s) AS s, max(price) AS price, max(mail) AS mail, max(place) AS place, max(ss) AS ss, max(d) AS d'"),
	'large|$100.00|bob@x.org|0/10|{large}|large', 'aggregates are of the types');
is(computed("source_table => 'ord', columns => 'id, s > ''small'' AS c, s, upper(s::text) AS t'"), "1|f|small|SMALL\n2|t|medium|MEDIUM\n3|t|large|LARGE", 'columns are, too');

# Created tables have them.
is(load_with("source_table => 'odd.t', destination_table => 'odd_created', load => 'replace'"), '', 'a table with all types is created');
my $columns = "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM pg_attribute WHERE attnum > 0 AND attname <> 'acl' AND attrelid = ";
is(here("$columns 'odd_created'::regclass"), at_source("$columns 'odd.t'::regclass"), 'with the types that the source has');
is(here("SET search_path = odd, public; SET timezone = 'UTC'; SELECT * FROM odd_created ORDER BY id"), at_source($all), 'and all values');

at_source('CREATE DOMAIN odd.there AS int; CREATE DOMAIN odd.other AS int; CREATE TABLE odd.domains (a odd.there, b odd.other, c odd.posint)');
here('CREATE DOMAIN odd.other AS bigint');
is(load_with("source_table => 'odd.domains', destination_table => 'odd_domains', load => 'replace'"), '', 'a table with domains is created');
is(here("SELECT string_agg(atttypid::regtype::text, ',' ORDER BY attnum) FROM pg_attribute WHERE attnum > 0 AND attrelid = 'odd_domains'::regclass"), 'integer,integer,odd.posint', 'with those that are the same here');
is(here(q{SELECT string_agg(message, ',' ORDER BY at, message) FROM pipeline_log WHERE message ~ 'has no domain'}),
	'column "a" is created as integer: this database has no domain odd.there of that type,column "b" is created as integer: this database has no domain odd.other of that type', 'and the log tells of the others');

# Types that are not the same: the source applies a filter of comparisons, all else is refused. What is only loaded is text.
at_source(q{CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad'); CREATE TYPE far AS ENUM ('b', 'a');
	CREATE TABLE felt (id int, m mood, f far, n text); INSERT INTO felt VALUES (1, 'sad', 'b', 'x'), (2, 'ok', 'a', 'y'), (3, 'glad', 'b', 'z')});
here(q{CREATE TYPE mood AS ENUM ('glad', 'ok', 'sad')});
for (["m > 'sad'", "2\n3"], ["f < 'a'", "1\n3"], ["m BETWEEN 'ok' AND 'glad' AND f = 'b'", '3'], ["m::text > 'ok'", '1'], ['f IS NULL', ''])
{
	is(computed("source_table => 'felt', columns => 'id', filter => \$f\$$_->[0]\$f\$"), $_->[1], "at the source: $_->[0]");
}
is(computed("source_table => 'felt', columns => 'count(*) AS c', filter => \$f\$m > 'sad'\$f\$"), '2', 'the source filters what is then staged');
at_source("ALTER TABLE felt ADD place pg_lsn; UPDATE felt SET place = ('0/' || id)::pg_lsn");
is(computed("source_table => 'felt', columns => 'id, place', filter => \$f\$m > 'sad' AND place IS NOT NULL\$f\$"), "2|0/2\n3|0/3", 'and one that is loaded beside it');
is(computed("source_table => 'felt', columns => '$_'"), undef, $_)
	for ('max(m) AS m', q{id, m > ''ok'' AS c}, 'id, upper(concat(f)) AS c', 'id, to_json(source) AS c', 'id, rank() OVER (ORDER BY m) AS c', 'array_agg(DISTINCT f) AS a');
is(computed("source_table => 'felt', columns => 'id', filter => \$f\$upper(concat(m)) = 'OK'\$f\$"), undef, 'a function of it in the filter');
is(computed("source_table => 'felt', columns => 'count(m) AS c, min(m::text) AS m'"), '3|glad', 'its number and its text are no secret');
is(computed("source_table => 'felt', columns => 'id, m, f'"), "1|sad|b\n2|ok|a\n3|glad|b", 'it is loaded');
is(here("SELECT count(*) FROM pg_attribute WHERE attrelid = 'c$pipelines'::regclass AND atttypid = 'text'::regtype"), '2', 'as text');
my $told = here("SELECT string_agg(message, E'\n' ORDER BY line) FROM pipeline_log WHERE pipeline = 'p$pipelines' AND level = 'warning'");
like($told, qr/column "m" is created as text: the type (public\.)?mood is another one in this database\ncolumn "f" is created as text: this database has no type (public\.)?far/, 'of which the run warns');
like(here("SELECT create_pipeline('e', source => 'source', source_table => 'felt', destination_table => 'never', load => 'replace'); SELECT string_agg(line, E'\n') FROM explain_pipeline('e') line"),
	qr/warning: column "m" is created as text/, 'and explain_pipeline');

# Texts of another collation: order and patterns are the source's, equality is everybody's.
at_source(q{CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE COLLATION english (provider = icu, locale = 'en-US');
	CREATE TABLE words (id int, w text COLLATE english, b text COLLATE blind, c text, j jsonb);
	INSERT INTO words VALUES (1, 'a', 'Ann', 'a', '"a"'), (2, 'B', 'ann', 'B', '"B"'), (3, 'c', 'bob', 'c', '"c"')});
for (["w > 'a'", "2\n3"], ["w BETWEEN 'a' AND 'b'", '1'], ["upper(w) < 'B'", '1'], ["b = 'ANN'", "1\n2"], ["b IN ('ann')", "1\n2"], ["w ~ 'a' AND id = 1", '1'], ["w = 'B'", '2'], ["c < 'a'", '2'],
	["w COLLATE \"C\" < 'a'", '2'], ["length(w) < 2 AND w LIKE 'B%'", '2'], ["j < '\"a\"'", '2'])
{
	is(computed("source_table => 'words', columns => 'id', filter => \$f\$$_->[0]\$f\$"), $_->[1], "of another collation: $_->[0]");
}
is(computed("source_table => 'words', columns => '$_'"), undef, $_)
	for ('max(w) AS w', q{id, w > ''a'' AS c}, 'id, greatest(w, c) AS c', 'string_agg(id::text, w ORDER BY w) AS c', 'id, rank() OVER (ORDER BY w) AS c', q{id, b = ''ann'' AS c}, 'count(DISTINCT b) AS c');
is(computed(q{source_table => 'words', columns => 'max(w COLLATE "C") AS w, min(c) AS c, string_agg(w, '''' ORDER BY id) AS s, count(DISTINCT upper(w)) AS d'}), 'c|B|aBc|3', 'what names its order is computed');

# A database of another collation, jsonb and citext among what depends on it.
$node->safe_psql('postgres', q{CREATE DATABASE english TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'});
$node->safe_psql('english', q{CREATE EXTENSION citext; CREATE TABLE words (id int, c text, j jsonb, i citext, n name, t text[]);
	INSERT INTO words VALUES (1, 'a', '"a"', 'a', 'a', '{a}'), (2, 'B', '"B"', 'B', 'B', '{B}')});
here(q{CREATE SERVER english FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '} . $port . q{', dbname 'english'); CREATE USER MAPPING FOR CURRENT_USER SERVER english});
for (["c > 'a'", '2'], ["j > '\"a\"'", '2'], ["i = 'b'", '2'], ["i > 'A'", '2'], ["n > 'a'", ''], ["c = 'B'", '2'], ["t > '{a}'", '2'], ["i < 'b' AND c > 'A'", ''])
{
	is(computed("source => 'english', source_table => 'words', columns => 'id', filter => \$f\$$_->[0]\$f\$"), $_->[1], "of another database: $_->[0]");
}
is(computed("source => 'english', source_table => 'words', columns => '$_'"), undef, $_) for ('max(c) AS c', 'max(t) AS t', q{id, j > ''1'' AS c}, 'max(i) AS i', q{id, i = ''A'' AS c});

$node->stop;
done_testing();
