#include "engine/target/destination.hpp"

#include "core/sqlstate.hpp"
#include "engine/load/losses.hpp"
#include "engine/target/foreign_keys.hpp"
#include "engine/target/lock_attempt.hpp"
#include "engine/target/partitions.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// Extensions whose tables only look like plain ones: rows that do not come through SQL are lost there.
std::string
DistributedBy(Oid relation)
{
	if (OidIsValid(pg::Call(get_extension_oid, static_cast<const char *>("citus"), true))) {
		std::string const statement = "SELECT 1 FROM pg_catalog.pg_dist_partition "
									  "WHERE logicalrelid::pg_catalog.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid";
		if (!pg::Sql(statement, {Format("{}", relation)}).Empty()) {
			return "it is a Citus table";
		}
	}
	if (OidIsValid(pg::Call(get_extension_oid, static_cast<const char *>("timescaledb"), true))) {
		std::string const statement =
			"SELECT 1 FROM _timescaledb_catalog.hypertable AS h "
			"JOIN pg_catalog.pg_class AS c ON c.relname OPERATOR(pg_catalog.=) h.table_name "
			"JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
			"AND n.nspname OPERATOR(pg_catalog.=) h.schema_name "
			"WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid";
		if (!pg::Sql(statement, {Format("{}", relation)}).Empty()) {
			return "it is a TimescaleDB hypertable";
		}
	}
	return {};
}

// The rows that a deferred key refers to may come with a later statement of the same transaction. Whether it is
// deferred now the server tells nobody.
std::string
WhyDeferred(const leaf::TableTraits &traits)
{
	for (int i = 0; traits.foreign_keys != nullptr && i < traits.foreign_keys->count; ++i) {
		const leaf::ForeignKey &key = traits.foreign_keys->keys[i];
		if (key.deferrable) {
			return Format("foreign key \"{}\" may be checked at the end of the transaction", key.name);
		}
	}
	return {};
}

// An append whose foreign keys lead back to its table needs a stronger lock than to write: who deletes a row that new
// ones refer to does not see them. It is taken while the run holds nothing that is in anybody's way: two runs that had
// both written could only wait for each other.
void
LockForAppend(const Destination &destination, const LockPatience &patience, RunJournal &journal)
{
	if (pg::Call(leaf::IsCheckedAgainstItself, destination.relation)) {
		LockTree(destination.oid, ShareRowExclusiveLock, patience, "checking its foreign keys to itself", journal);
		journal.Info(
			Format("other writers wait until the end, because {} has foreign keys to itself", destination.name));
	} else {
		pg::Call(leaf::LockUntimed, destination.oid, RowExclusiveLock);
	}
}

// A table that is published is replaced by deleting its rows, which subscribers must find by something: without a key,
// by all columns.
void
IdentifyRows(const Destination &destination, RunJournal &journal)
{
	Relation const relation = pg::Call(table_open, destination.oid, NoLock);
	const char *decoded = destination.replace ? pg::Call(leaf::WhyDecoded, relation) : nullptr;
	pg::Call(table_close, relation, NoLock);
	if (decoded != nullptr) {
		pg::Sql("ALTER TABLE " + destination.name + " REPLICA IDENTITY FULL");
		journal.Info(Format("the replica identity of {} is FULL, because {}", destination.name, decoded));
	}
}

} // namespace

Destination
FindDestination(const catalog::Pipeline &pipeline)
{
	if (!pipeline.destination_table) {
		throw Error(sqlstate::kPipelineIncomplete, "a run needs a destination_table", "Set it with alter_pipeline.");
	}
	Destination destination;
	destination.name = *pipeline.destination_table;
	destination.replace = pipeline.load == "replace";
	if (!destination.replace && pipeline.load != "append") {
		throw Error(sqlstate::kFeatureNotSupported,
					Format("load \"{}\" is not supported yet", pipeline.load.value_or("")),
					"Use load => 'append' or load => 'replace'.");
	}
	destination.oid = pg::Call(pg::leaf::FindRelation, pipeline.destination_table->c_str());
	if (OidIsValid(destination.oid)) {
		pg::Call(leaf::CheckKind, destination.oid);
		destination.name = pg::QualifiedName(destination.oid);
	}
	return destination;
}

void
CreateDestination(const catalog::Pipeline &pipeline, const MappedQuery &query, Destination *destination,
				  RunJournal &journal)
{
	std::string const statement = TableDefinition(query, destination->name);
	pg::Sql(statement);
	destination->oid = pg::Call(pg::leaf::FindRelation, pipeline.destination_table->c_str());
	if (!OidIsValid(destination->oid)) {
		throw Error(sqlstate::kUndefinedTable, Format("{} vanished after it was created", destination->name),
					"An event trigger may have dropped or renamed it.");
	}
	destination->created = true;
	destination->name = pg::QualifiedName(destination->oid);
	IdentifyRows(*destination, journal);
	destination->relation = pg::Call(table_open, destination->oid, NoLock);
	journal.Info("the destination did not exist: " + statement);
	for (const std::string &missing : query.MissingTypes()) {
		journal.Warning(missing);
	}
}

void
LockDestination(const catalog::Pipeline &pipeline, Destination *destination, const LockPatience &patience,
				RunJournal &journal)
{
	// Rights first: without any, nobody may hold up a table.
	pg::Call(leaf::CheckInsertRight, destination->oid, static_cast<const int *>(nullptr), 0);
	if (destination->replace) {
		pg::Call(leaf::CheckReplaceRight, destination->oid);
		LockTree(destination->oid, ShareRowExclusiveLock, patience, "replacing its rows", journal);
	} else {
		pg::Call(leaf::LockUntimed, destination->oid, AccessShareLock);
	}
	if (pg::Call(pg::leaf::FindRelation, pipeline.destination_table->c_str()) != destination->oid) {
		throw Error(sqlstate::kUndefinedTable, Format("{} was dropped or renamed meanwhile", destination->name),
					"Run the pipeline again.");
	}
	if (RefusesReplace(pipeline, *destination)) {
		throw ReplaceNotChosen(*destination);
	}
	destination->relation = pg::Call(table_open, destination->oid, NoLock);
	if (!destination->replace) {
		LockForAppend(*destination, patience, journal);
	}
}

void
ChoosePath(Destination *destination)
{
	pg::Call(leaf::DescribeTable, destination->relation, destination->replace, &destination->traits);
	const leaf::TableTraits &traits = destination->traits;
	std::string needs_sql = traits.needs_sql;
	if (needs_sql.empty()) {
		needs_sql = DistributedBy(destination->oid);
	}
	if (needs_sql.empty() && destination->may_defer) {
		needs_sql = WhyDeferred(traits);
	}
	if (!needs_sql.empty()) {
		destination->path = LoadPath::Sql;
		destination->reason = needs_sql;
	} else if (destination->created) {
		destination->path = LoadPath::AppendCreated;
		destination->reason = "this run created it";
	} else if (traits.no_swap[0] != '\0') {
		destination->path = LoadPath::ReplaceInPlace;
		destination->reason = traits.no_swap;
	} else if (traits.kind == RELKIND_PARTITIONED_TABLE) {
		destination->path = destination->replace ? LoadPath::ReplaceRouted : LoadPath::AppendRouted;
		destination->reason = "all its partitions are plain tables without triggers";
	} else {
		destination->path = destination->replace ? LoadPath::ReplaceSwap : LoadPath::Append;
		destination->reason = "it is a plain table without triggers";
	}
}

std::string
WhyNotFilled(const OptionValues &options, const Destination &destination)
{
	if (options.Text("indexes") == "keep") {
		return "the option indexes is keep";
	}
	if (destination.traits.no_fill[0] != '\0') {
		return destination.traits.no_fill;
	}
	return pg::Call(leaf::WhyNotFilled, destination.relation);
}

std::string
TakeToFill(const OptionValues &options, Destination *destination)
{
	std::string why = WhyNotFilled(options, *destination);
	if (why.empty() && !pg::Call(leaf::TryLock, destination->oid, ShareRowExclusiveLock)) {
		why = "another session is about to write to it";
	}
	if (why.empty() && !pg::Call(leaf::IsEmpty, destination->relation)) {
		why = "another session has just written to it";
	}
	if (why.empty()) {
		destination->path = LoadPath::ReplaceSwap;
		destination->fills_empty = true;
	}
	return why;
}

void
FillIfEmpty(const OptionValues &options, Destination *destination, RunJournal &journal)
{
	auto const may_be_filled = [&] {
		return (destination->path == LoadPath::Append || destination->path == LoadPath::AppendRouted) &&
			   destination->traits.index_count > 0;
	};
	if (!may_be_filled() || !pg::Call(leaf::IsEmpty, destination->relation)) {
		return;
	}
	std::string why = WhyNotFilled(options, *destination);
	if (why.empty() && !TryLockTree(destination->oid, ShareRowExclusiveLock)) {
		why = "another session is about to write to it";
	}
	if (why.empty() && !pg::Call(leaf::IsEmpty, destination->relation)) {
		why = "another session has just written to it";
	}
	if (why.empty() && destination->path == LoadPath::AppendRouted) {
		// Only now its partitions stay as they are.
		ChoosePath(destination);
		if (!may_be_filled()) {
			return;
		}
		why = WhyNotFilled(options, *destination);
	}
	if (!why.empty()) {
		journal.Info(Format("{} is empty, but its indexes are kept up row by row, because {}", destination->name, why));
		return;
	}
	destination->path = destination->path == LoadPath::AppendRouted ? LoadPath::ReplaceRouted : LoadPath::ReplaceSwap;
	destination->fills_empty = true;
	destination->reason = "it is empty and nobody else writes to it: its indexes are built after the load";
}

std::string
PathText(const Destination &destination)
{
	const char *what = "";
	switch (destination.path) {
	case LoadPath::Append:
		what = "rows are appended to {} on the fast path";
		break;
	case LoadPath::AppendRouted:
		what = "rows are routed to the partitions of {} on the fast path";
		break;
	case LoadPath::AppendCreated:
		what = "rows are written frozen into {}";
		break;
	case LoadPath::ReplaceSwap:
		what = "rows go into a new file that is swapped in for that of {}";
		break;
	case LoadPath::ReplaceRouted:
		what = "rows are routed into new files that are swapped in for those of the partitions of {}";
		break;
	case LoadPath::ReplaceInPlace:
		what = "the rows of {} are deleted and new ones inserted in place of a swap";
		break;
	case LoadPath::Sql:
		what = "rows are inserted into {} by SQL";
		break;
	}
	return FormatRuntime(what, destination.name) + ", because " + destination.reason;
}

} // namespace sluice::engine
