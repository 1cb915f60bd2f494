# What a history of a load is made of: sources, keys, cursors, columns, destinations and modes. Another one is another line.
package HistoryKinds;

use strict;
use warnings;
use utf8;
use POSIX qw(strftime);

# pg: the type at a PostgreSQL source, maria: at MariaDB, where it arrives as maria_pg; values as text, undef is NULL.
# Many of them are equal to another one by their type's = and are another row all the same.
our @COLUMNS = (
	{ pg => 'numeric', values => [ '1', '1.0', '1.00', '0', '-0.5', '1e30', 'NaN', undef ] },
	{ pg => 'numeric(10,2)', maria => 'decimal(10,2)', maria_pg => 'numeric(10,2)', values => [ '1.00', '-3.25', '0', undef ] },
	{ pg => 'text', maria => 'text', maria_pg => 'text', values => [ '', 'a', 'A', 'a ', 'NULL', '\\N', "tab\tline\nquote'", 'grüße', '{"}', 'x' x 3000, undef ] },
	{ pg => 'varchar(20)', maria => 'varchar(20)', maria_pg => 'varchar(20)', values => [ 'a', 'b', 'ß', "\\", undef ] },
	{ pg => 'char(5)', maria => 'char(5)', maria_pg => 'char(5)', values => [ 'ab', 'AB', '', undef ] },
	{ pg => 'citext', values => [ 'a', 'A', 'ä', 'Ä', undef ] },
	{ pg => 'json', maria => 'json', maria_pg => 'text', values => [ '{"a":1}', '{"a": 1}', '{"a":1,"b":[1.0,null]}', '[]', undef ] },
	{ pg => 'jsonb', values => [ '{"a":1}', '{"a":1.0}', '{"b":"x\\ny"}', 'null', undef ] },
	{ pg => 'int[]', values => [ '{}', '{1,2}', '{1,NULL}', '{{1},{2}}', '[0:1]={1,2}', undef ] },
	{ pg => 'text[]', values => [ '{}', '{a,"b c"}', '{NULL,"NULL"}', undef ] },
	{ pg => 'bytea', maria => 'blob', maria_pg => 'bytea', binary => 1, values => [ '', '00ff', '5c78', undef ] },
	{ pg => 'float8', maria => 'double', maria_pg => 'float8', values => [ '0.5', '0', '-1.25', undef ] },
	{ pg => 'float8', values => [ '0', '-0', 'NaN', '1e-300', undef ] },
	{ pg => 'bool', maria => 'tinyint', maria_pg => 'smallint', values => [ '0', '1', undef ] },
	{ pg => 'bigint', maria => 'bigint unsigned', maria_pg => 'numeric', values => [ '0', '9223372036854775807', undef ] },
	{ pg => 'timestamp', maria => 'datetime(6)', maria_pg => 'timestamp', values => [ '2026-03-29 02:30:00', '1999-12-31 23:59:59.999999', undef ] },
	{ pg => 'date', maria => 'date', maria_pg => 'date', values => [ '2026-02-28', '1000-01-01', undef ] },
	{ pg => 'interval', values => [ '1 day', '24:00:00', '1 mon', '30 days', undef ] },
	{ pg => 'uuid', values => [ '00000000-0000-0000-0000-000000000001', undef ] },
	{ pg => 'inet', values => [ '127.0.0.1', '127.0.0.0/8', undef ] },
	{ pg => 'point', values => [ '(1,2)', '(1.0000000001,2)', undef ] },
	{ pg => 'mood', values => [ 'sad', 'glad', undef ] },
	{ pg => 'int4range', values => [ 'empty', '[1,3)', undef ] },
	{ pg => 'timestamptz', values => [ '2026-10-25 00:30:00+00', '2026-10-25 01:30:00+00', 'infinity', undef ] });

# What a type may become at a source, and values that it holds only then.
our %WIDER = (
	'numeric(10,2)' => [ 'numeric(12,4)', '1.0001', '12345678.5' ],
	'decimal(10,2)' => [ 'decimal(12,4)', '1.0001', '12345678.5' ],
	'varchar(20)' => [ 'varchar(40)', 'a' x 40 ],
	'char(5)' => [ 'char(9)', 'a' x 9 ],
	'bigint' => [ 'numeric', '9223372036854775808.5' ]);

# columns: names and types; value: the texts of the key with that number; foreign: which rows of the destination no source has.
our %KEYS = (
	int => { columns => [ k => 'int' ], maria => 1, value => sub { $_[0] }, foreign => 'k >= 1000000' },
	bigint => { columns => [ k => 'bigint' ], maria => 1, value => sub { $_[0] }, foreign => 'k >= 1000000' },
	pair => { columns => [ k => 'int', k2 => 'varchar(20)' ], maria => 1, value => sub { ($_[0] >= 1000000 ? $_[0] : $_[0] % 5, "p$_[0]") }, foreign => 'k >= 1000000' },
	citext => { columns => [ k => 'citext' ], value => sub { $_[0] >= 1000000 ? "w$_[0]" : (rand() < 0.5 ? 'k' : 'K') . $_[0] }, foreign => "k LIKE 'w%'" },
	numeric => { columns => [ k => 'numeric' ], value => sub { $_[0] . ('', '.0', '.00')[ rand 3 ] }, foreign => 'k >= 1000000' },
	uuid => { columns => [ k => 'uuid' ], value => sub { sprintf '00000000-0000-0000-0000-%012x', $_[0] }, foreign => "k >= '00000000-0000-0000-0000-0000000f4240'" });

# Quarters of a second from a time on.
sub at { return strftime('%Y-%m-%d %H:%M:%S', gmtime($_[0] + int($_[1] / 4))) . sprintf '.%02d', 25 * ($_[1] % 4); }

# value: the text of the moment with that number; less: SQL of a lag; lag: the option.
our %CURSORS = (
	int => { type => 'int', maria => 'int', value => sub { $_[0] }, lag => sub { $_[0] }, less => sub { "$_[0]" } },
	bigint => { type => 'bigint', maria => 'bigint', value => sub { $_[0] * 3000000000 }, lag => sub { $_[0] * 3000000 }, less => sub { $_[0] * 3000000 } },
	numeric => { type => 'numeric', maria => 'decimal(20,6)', value => sub { $_[0] / 4 }, lag => sub { $_[0] }, less => sub { "$_[0]" } },
	date => { type => 'date', maria => 'date', value => sub { strftime('%Y-%m-%d', gmtime(86400 * $_[0])) }, lag => sub { "\"$_[0] days\"" }, less => sub { "$_[0]" } },
	timestamp => { type => 'timestamp', maria => 'datetime(6)', value => sub { at(1767225600, $_[0]) }, lag => sub { "\"$_[0] seconds\"" }, less => sub { "interval '$_[0] seconds'" } },
	timestamptz => { type => 'timestamptz', maria => 'timestamp(6) NULL', value => sub { at(1774745998, $_[0]) }, lag => sub { "\"$_[0] seconds\"" }, less => sub { "interval '$_[0] seconds'" } },
	uuid => { type => 'uuid', value => sub { sprintf '%08x-0000-0000-0000-000000000000', $_[0] }, less => sub { 0 } });

# The clauses of CREATE TABLE and what follows it; keyed: by a unique index; more: statements.
our %DESTINATIONS = (
	plain => { },
	keyed => { keyed => 1, key => 'PRIMARY KEY' },
	indexed => { keyed => 1, more => sub { "CREATE UNIQUE INDEX ON $_[0] ($_[1]); CREATE INDEX ON $_[0] (n, at) WHERE n > 2" } },
	hash => { keyed => 1, key => 'PRIMARY KEY', partition => 'HASH (k)',
		more => sub { join ';', map { "CREATE TABLE $_[0]_$_ PARTITION OF $_[0] FOR VALUES WITH (MODULUS 3, REMAINDER $_)" } 0 .. 2 } },
	# Rows move from one partition to the other when n changes.
	range => { partition => 'RANGE (n)', more => sub { "CREATE TABLE $_[0]_1 PARTITION OF $_[0] FOR VALUES FROM (MINVALUE) TO (3); CREATE TABLE $_[0]_2 PARTITION OF $_[0] DEFAULT; CREATE INDEX ON $_[0] (n)" } },
	triggers => { keyed => 1, key => 'PRIMARY KEY',
		more => sub { "CREATE TRIGGER pass BEFORE INSERT OR UPDATE ON $_[0] FOR EACH ROW EXECUTE FUNCTION pass(); CREATE TRIGGER look AFTER INSERT OR UPDATE OR DELETE ON $_[0] FOR EACH ROW EXECUTE FUNCTION pass()" } },
	watched => { more => sub { "CREATE TRIGGER pass BEFORE INSERT ON $_[0] FOR EACH ROW EXECUTE FUNCTION pass()" } },
	# Its commit takes a while, in which much can happen.
	slow => { more => sub { "CREATE CONSTRAINT TRIGGER pause AFTER INSERT OR UPDATE OR DELETE ON $_[0] DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pause()" } },
	created => { created => 1, keyed => 1 });

# load: the argument; cursor: whether there is one, or at random; keys: whether there are; oracle: what says what comes out;
# into: destinations; options: of the pipeline, as pairs; reader: a session that holds the destination while it loads;
# late: transactions at the source stay open across runs, and how their rows are found, an option; remote: the destination is at another server.
our %MODES = (
	append => { load => 'append', cursor => 0, oracle => 'append', into => [qw(plain range watched)] },
	append_cursor => { load => 'append', cursor => 1, oracle => 'append', into => [qw(plain range watched created)] },
	merge => { load => 'merge', keys => 1, cursor => 0, oracle => 'merge', into => [qw(plain keyed indexed hash range triggers created)], options => \&merge_options },
	merge_cursor => { load => 'merge', keys => 1, cursor => 1, oracle => 'merge', into => [qw(plain keyed indexed hash range triggers created)], options => \&merge_options },
	replace_swap => { load => 'replace', cursor => 0, oracle => 'replace', into => [qw(plain keyed indexed created)],
		options => sub { rand() < 0.25 ? (streams => 2) : rand() < 0.3 ? (direct => '"off"') : () } },
	replace_in_place => { load => 'replace', cursor => 0, oracle => 'replace', into => [qw(plain keyed indexed hash)], reader => 1,
		options => sub { (swap_lock_timeout => '"10 ms"', swap_lock_attempts => 1) } },
	replace_routed => { load => 'replace', cursor => 0, oracle => 'replace', into => [qw(hash range)] },
	replace_sql => { load => 'replace', cursor => 0, oracle => 'replace', into => [qw(triggers watched)] },
	mirror => { load => 'mirror', keys => 1, cursor => 0, oracle => 'mirror', into => [qw(plain keyed indexed hash range triggers created)], options => \&mirror_options },
	history => { load => 'history', keys => 1, cursor => 0, oracle => 'history', into => [qw(plain keyed indexed hash range triggers created)], options => \&history_options },
	history_cursor => { load => 'history', keys => 1, cursor => 1, oracle => 'history', into => [qw(plain keyed indexed hash range triggers created)], options => \&history_options },
	merge_xmin => { load => 'merge', keys => 1, cursor => 1, late => 'xmin', oracle => 'merge', into => [qw(plain keyed indexed hash created)], options => \&merge_options },
	history_xmin => { load => 'history', keys => 1, cursor => 1, late => 'xmin', oracle => 'history', into => [qw(plain keyed indexed hash created)], options => \&history_options },
	append_auto => { load => 'append', cursor => 1, late => 'auto', oracle => 'append', into => [qw(plain range watched created)] },
	merge_auto => { load => 'merge', keys => 1, cursor => 1, late => 'auto', oracle => 'merge', into => [qw(plain keyed indexed hash created)], options => \&merge_options },
	history_auto => { load => 'history', keys => 1, cursor => 1, late => 'auto', oracle => 'history', into => [qw(plain keyed indexed hash created)], options => \&history_options },
	remote_append => { load => 'append', cursor => 0, remote => 1, oracle => 'append', into => [qw(plain range slow)] },
	remote_append_cursor => { load => 'append', cursor => 1, remote => 1, oracle => 'append', into => [qw(plain watched slow created)] },
	remote_replace => { load => 'replace', cursor => 0, remote => 1, oracle => 'replace', into => [qw(plain keyed hash slow created)] },
	remote_merge => { load => 'merge', keys => 1, cursor => 0, remote => 1, oracle => 'merge', into => [qw(plain keyed indexed hash triggers slow created)], options => \&merge_options },
	remote_merge_cursor => { load => 'merge', keys => 1, cursor => 1, remote => 1, oracle => 'merge', into => [qw(plain keyed range slow created)], options => \&merge_options },
	remote_merge_xmin => { load => 'merge', keys => 1, cursor => 1, late => 'xmin', remote => 1, oracle => 'merge', into => [qw(plain keyed slow created)], options => \&merge_options },
	remote_append_auto => { load => 'append', cursor => 1, late => 'auto', remote => 1, oracle => 'append', into => [qw(plain watched slow created)] },
	remote_merge_auto => { load => 'merge', keys => 1, cursor => 1, late => 'auto', remote => 1, oracle => 'merge', into => [qw(plain keyed slow created)], options => \&merge_options },
	remote_mirror => { load => 'mirror', keys => 1, cursor => 0, remote => 1, oracle => 'mirror', into => [qw(plain keyed indexed hash triggers slow created)], options => \&mirror_options },
	remote_history => { load => 'history', keys => 1, cursor => 0, remote => 1, oracle => 'history', into => [qw(plain keyed hash triggers slow created)], options => \&history_options },
	remote_history_cursor => { load => 'history', keys => 1, cursor => 1, remote => 1, oracle => 'history', into => [qw(plain keyed slow created)], options => \&history_options });

# What a load that compares counts of the destination.
our $SCOPE = 'coalesce(n, 0) < 5';

sub merge_options
{
	return (merge_strategy => (qw("upsert" "upsert" "insert_only" "delete_insert"))[ rand 4 ], on_tie => (qw("error" "last"))[ rand 2 ]);
}

# The guards are off, or so near that they are met.
sub compare_options
{
	return (on_tie => (qw("error" "last"))[ rand 2 ], (rand() < 0.7 ? (on_empty => '"load"', max_deletes => 1_000_000) : rand() < 0.5 ? (max_deletes => int(rand 4)) : ()),
		rand() < 0.3 ? (scope => "\"$SCOPE\"") : ());
}

sub mirror_options { return (compare_options(), rand() < 0.5 ? (soft_delete_column => '"gone"') : ()); }

sub history_options
{
	return (compare_options(), rand() < 0.3 ? (valid_from_column => '"Since"', valid_to_column => '"bis"', current_column => '"gilt"') : ());
}

1;
