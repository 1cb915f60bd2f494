# Settings of a session of MySQL or MariaDB that were looked at: no value that is read depends on them.
package MysqlVariables;

use strict;
use warnings;

# Of whole families: plans and their costs, memory, logs, replication, what is written.
my $families = qr/^(?:alter_algorithm|analyze_|aria_|auto_increment_|binlog_|bulk_insert|check_constraint_checks|column_compression|deadlock_|default_master|default_storage_engine|default_table|default_tmp
	|enforce_storage|external_|foreign_key|generated_random|global_connection_memory|group_replication|gtid_|histogram_|immediate_server|innodb_|insert_id|internal_tmp|join_|keep_files|log_|low_priority|max_heap|max_insert
	|max_relay|max_rowid|max_tmp|mhnsw_|mrr_|myisam_|net_|old_alter|old_passwords|optimizer_|original_|parser_max|preload_|profiling|pseudo_|query_|range_|rbr_|read_|require_row|restrict_fk|rowid_|secondary_engine|select_into|server_id
	|session_track|set_operations|show_create|skip_|slow_query|sort_buffer|sql_log|sql_quote|sql_require|sql_slave|storage_engine|tmp_|transaction_|tx_|unique_checks|wsrep_|xa_)/x;

my %single = map { $_ => 1 } (
	# Set in every session by other statements than those of the list: SET NAMES, SET TRANSACTION.
	qw(character_set_client character_set_connection character_set_results collation_connection),
	# Of objects that are created.
	qw(character_set_database character_set_server collation_database collation_server explicit_defaults_for_timestamp sql_generate_invisible_primary_key system_versioning_alter_history system_versioning_insert_history sql_if_exists),
	# How its owner encrypts, and which collation literals have: the server's own statements mean the same.
	qw(block_encryption_mode character_set_collations),
	# Plans, memory, places.
	qw(big_tables connection_memory_chunk_size connection_memory_limit enable_secondary_engine_statistics eq_range_index_dive_limit expensive_subquery_limit in_predicate_conversion_threshold information_schema_stats_expiry
	  max_delayed_threads max_length_for_sort_data max_seeks_for_key max_session_mem_used redirect_url use_secondary_engine use_stat_tables tcp_nodelay thread_pool_priority),
	# Errors rather than other values.
	qw(max_allowed_packet max_join_size max_points_in_geometry max_sp_recursion_depth max_user_connections sql_safe_updates standard_compliant_cte lock_wait_timeout),
	# What is told beside the rows.
	qw(end_markers_in_json error_count explain_format explain_json_format_version lc_messages max_error_count min_examined_row_limit note_verbosity print_identified_with_as_hex progress_report_time resultset_metadata sql_notes
	  sql_warnings statement_id terminology_use_previous warning_count long_query_time),
	# Of one session, not to be set for all; or of interactive ones; or of files and triggers.
	qw(external_user identity in_transaction interactive_timeout last_gtid last_insert_id proxy_user rand_seed1 rand_seed2 timestamp character_set_filesystem enable_cascade_triggers idle_write_transaction_timeout
	  updatable_views_with_limit old));

sub is_harmless
{
	my ($name) = @_;
	return $single{$name} || $name =~ $families;
}

1;
