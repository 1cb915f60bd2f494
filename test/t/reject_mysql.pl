# Rows of a real MariaDB that do not fit: zero dates, zero bytes, times that are none of a day. The run fails and names row and
# column, or they are put aside and all others are loaded.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceMariaDB;
use SluiceNode;
use Test::More;

my $sharedir = `pg_config --sharedir`;
chomp $sharedir;
my $has_fdw = -e "$sharedir/extension/mysql_fdw.control";

my $maria = SluiceMariaDB->new;
$maria->sql(q{SET sql_mode = ''; CREATE DATABASE shop CHARACTER SET utf8mb4;
	CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT SELECT ON shop.* TO reader@'127.0.0.1'; USE shop;
	CREATE TABLE odd (id int PRIMARY KEY, born date, at datetime, word varchar(20), span time, amount decimal(10, 2));
	INSERT INTO odd SELECT seq, '2026-01-01', '2026-01-01 10:00:00', CONCAT('w', seq), '10:00:00', seq FROM seq_1_to_3000;
	UPDATE odd SET born = '0000-00-00' WHERE id = 7; UPDATE odd SET at = '2026-00-10 11:12:13' WHERE id = 1008;
	UPDATE odd SET word = CONCAT('a', CHAR(0), 'b\\\\c') WHERE id = 9; UPDATE odd SET span = '99:00:00' WHERE id = 3000;
	UPDATE odd SET amount = 99999.5 WHERE id = 2000});

my $node = SluiceNode->create('target');
my $port = $maria->port;
$node->sql(($has_fdw ? 'CREATE EXTENSION mysql_fdw' : 'CREATE FOREIGN DATA WRAPPER mysql_fdw')
	. qq{; CREATE SERVER m FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port');
	CREATE USER MAPPING FOR CURRENT_USER SERVER m OPTIONS (username 'reader', password 'secret')});
$node->sql('CREATE TABLE odd (id int PRIMARY KEY, born date, at timestamp, word text, span time, amount numeric(6,2))');

$node->sql(q{SELECT create_pipeline('odd', source => 'm', source_table => 'shop.odd', destination_table => 'odd', load => 'append')});
$node->sql(q{CALL trigger_and_wait('odd', NULL, NULL, NULL, NULL, raise_error => false)});
is($node->sql(q{SELECT status, records_failed, error_sqlstate, error_context LIKE 'row 7, column "born"%' FROM pipeline_runs}), 'failed|1|22008|t',
	'a run that fails names the row and the column');

$node->sql(q{SELECT alter_pipeline('odd', options => '{"on_reject": "quarantine"}')});
$node->sql(q{CALL trigger_and_wait('odd', NULL, NULL)});
is($node->sql(q{SELECT status, records_read, records_inserted, records_failed FROM pipeline_runs ORDER BY id DESC LIMIT 1}), 'success|3000|2995|5', 'or the others are loaded');
is($node->sql(q{SELECT string_agg(concat_ws(':', position, column_name, sqlstate, original ->> column_name, escaped), ' ' ORDER BY position) FROM rejected_rows WHERE NOT is_lost}),
	'7:born:22008:0000-00-00 9:word:22021:a\x00b\\\\c:{word} 1008:at:22008:2026-00-10 11:12:13.000000 2000:amount:22003:99999.50 3000:span:22008:99:00:00.000000',
	'and each of these is there as it came');
is($node->sql(q{SELECT original FROM rejected_rows WHERE position = 7}),
	'{"at": "2026-01-01 10:00:00", "id": "7", "born": "0000-00-00", "span": "10:00:00", "word": "w7", "amount": "7.00"}', 'with all of its values');

$node->sql(q{SELECT alter_pipeline('odd', options => '{"zero_dates": "null", "on_nul": "strip"}'); ALTER TABLE odd ALTER amount TYPE numeric(10,2)});
my $run = $node->sql(q{SELECT replay_rejects('odd')});
is($node->sql("SELECT wait_for_run('$run')"), 'success', 'what was mended');
is($node->sql(q{SELECT records_read, records_inserted, records_failed FROM pipeline_runs ORDER BY id DESC LIMIT 1}), '5|3|2', 'is replayed');
is($node->sql(q{SELECT string_agg(concat_ws(':', id, born, at, amount), ' ' ORDER BY id) FROM odd WHERE id IN (7, 1008, 2000)}),
	'7:2026-01-01 10:00:00:7.00 1008:2026-01-01:1008.00 2000:2026-01-01:2026-01-01 10:00:00:99999.50', 'with NULL for a zero date');
$node->sql(q{TRUNCATE odd; CALL trigger_and_wait('odd', NULL, NULL)});
is($node->sql(q{SELECT records_inserted, records_failed FROM pipeline_runs ORDER BY id DESC LIMIT 1}), '2999|1', 'zero bytes are stripped');
is($node->sql(q{SELECT word FROM odd WHERE id = 9}), 'ab\\c', 'and nothing else of the text');

# A column that comes later, of which the destination knows nothing.
$maria->sql(q{USE shop; UPDATE odd SET span = '10:00:00'});
$node->sql(q{CREATE TABLE later (id int PRIMARY KEY, word text);
	SELECT create_pipeline('later', source => 'm', source_table => 'shop.odd', destination_table => 'later', load => 'replace',
		options => '{"on_new_column": "discard_row", "on_reject": "quarantine", "on_nul": "strip", "zero_dates": "null", "exclude_columns": ["born", "at", "span", "amount"]}')});
$node->sql(q{CALL trigger_and_wait('later', NULL, NULL)});
is($node->sql(q{SELECT records_inserted, records_failed FROM pipeline_runs ORDER BY id DESC LIMIT 1}), '3000|0', 'columns that are left out on purpose are not new');
$maria->sql(q{USE shop; SET sql_mode = ''; ALTER TABLE odd ADD seen date, ADD note varchar(10); UPDATE odd SET note = 'x' WHERE id IN (5, 2500); UPDATE odd SET seen = '0000-00-00' WHERE id = 6;
	UPDATE odd SET seen = '2026-02-03', note = 'y' WHERE id = 1999});
$node->sql(q{CALL trigger_and_wait('later', NULL, NULL)});
is($node->sql(q{SELECT status, records_read, records_inserted, records_failed FROM pipeline_runs ORDER BY id DESC LIMIT 1}), 'success|3000|2997|3',
	'rows with a value in a new one are put aside; a zero date that is read as NULL is none');
is($node->sql(q{SELECT string_agg(concat_ws(':', position, column_name, sqlstate, original ->> 'note', original ->> 'seen'), ' ' ORDER BY position) FROM rejected_rows WHERE pipeline = 'later'}),
	'5:note:42703:x 1999:seen:42703:y:2026-02-03 2500:note:42703:x', 'with the column that is to blame');
$node->sql(q{ALTER TABLE later ADD seen date, ADD note text});
$run = $node->sql(q{SELECT replay_rejects('later')});
is($node->sql("SELECT wait_for_run('$run')"), 'success', 'once it is there');
is($node->sql(q{SELECT string_agg(concat_ws(':', id, word, seen, note), ' ' ORDER BY id) FROM later WHERE note IS NOT NULL}), '5:w5:x 1999:w1999:2026-02-03:y 2500:w2500:x', 'they are loaded');

done_testing();
