#include "engine/target/destination.hpp"

#include "catalog/load_choice.hpp"
#include "catalog/pipeline_keys.hpp"
#include "catalog/pipeline_options.hpp"
#include "core/sqlstate.hpp"
#include "engine/target/describe_table.hpp"
#include "engine/target/filled_columns.hpp"
#include "engine/target/foreign_keys.hpp"
#include "engine/target/key_index.hpp"
#include "engine/target/lock_attempt.hpp"
#include "engine/target/partitions.hpp"
#include "engine/target/row_rules.hpp"
#include "pg/constraint_timing.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// Of taking the lock that a table asks for, which changed while it was waited for.
constexpr int kMostAttempts = 5;

// A table that is published is replaced by deleting its rows, which subscribers must find by something: where it will
// have no key, by all columns.
void
IdentifyRows(const Destination &destination, RunJournal &journal)
{
	Relation const relation = pg::Call(table_open, destination.oid, NoLock);
	const char *decoded = destination.mode == LoadMode::Replace ? pg::Call(leaf::WhyDecoded, relation) : nullptr;
	pg::Call(table_close, relation, NoLock);
	if (decoded != nullptr) {
		pg::Sql("ALTER TABLE " + destination.name + " REPLICA IDENTITY FULL");
		journal.Info(Format("the replica identity of {} is FULL, because {}", destination.name, decoded));
	}
}

void
CheckStillThere(const catalog::Pipeline &pipeline, const Destination &destination)
{
	if (pg::Call(pg::leaf::FindRelation, pipeline.destination_table->c_str()) != destination.oid) {
		throw Error(sqlstate::kUndefinedTable, Format("{} was dropped or renamed meanwhile", destination.name),
					"Run the pipeline again.");
	}
}

// Which lock the plan asks for. A replace keeps writers out of anything; for an append that is looked up, under a lock
// that stands in nobody's way and is given back at once.
LoadLock
WantedLock(const catalog::Pipeline &pipeline, Destination *destination, LoadFacts *facts)
{
	if (destination->mode == LoadMode::Append) {
		pg::Call(leaf::LockUntimed, destination->oid, AccessShareLock);
		CheckStillThere(pipeline, *destination);
		destination->relation = pg::Call(table_open, destination->oid, NoLock);
		ReadTargetFacts(destination, facts);
		pg::Call(table_close, std::exchange(destination->relation, nullptr), AccessShareLock);
	}
	return PlanLoad(*facts).lock;
}

void
Take(LoadLock lock, const Destination &destination, const LockPatience &patience, RunJournal &journal)
{
	if (lock == LoadLock::KeepWritersOut) {
		LockTree(destination.oid, ShareRowExclusiveLock, patience,
				 destination.mode == LoadMode::Replace ? "replacing its rows"
				 : Compares(destination.mode)		   ? "comparing its rows"
													   : "checking its foreign keys to itself",
				 journal);
	} else {
		pg::Call(leaf::LockUntimed, destination.oid, RowExclusiveLock);
	}
}

} // namespace

LoadMode
LoadModeOf(const catalog::Pipeline &pipeline)
{
	std::optional<LoadMode> const mode = ParseLoadMode(pipeline.load.value_or(""));
	if (!mode) {
		throw Error(sqlstate::kPipelineIncomplete, "a run needs a load", "Set it with alter_pipeline.");
	}
	if (FindsByKeys(*mode) && catalog::KeyColumns(pipeline).empty()) {
		throw Error(sqlstate::kPipelineIncomplete, Format("load => '{}' needs key_columns", NameOf(*mode)),
					"Name the columns of the destination that say which row is meant, such as its primary key.");
	}
	return *mode;
}

MergeStrategy
MergeStrategyOf(const OptionValues &options)
{
	std::string const strategy = options.Text("merge_strategy");
	return strategy == "insert_only"	 ? MergeStrategy::InsertOnly
		   : strategy == "delete_insert" ? MergeStrategy::DeleteInsert
										 : MergeStrategy::Upsert;
}

Form_pg_attribute
FindAttribute(TupleDesc row_type, const std::string &column)
{
	for (int i = 0; i < row_type->natts; ++i) {
		Form_pg_attribute attribute = TupleDescAttr(row_type, i);
		if (!attribute->attisdropped && column == NameStr(attribute->attname)) {
			return attribute;
		}
	}
	return nullptr;
}

namespace {

// current: of a history, whose index is one of current rows alone.
std::string
KeyIndexOf(Relation relation, const std::vector<std::string> &keys, const std::string &current)
{
	std::vector<const char *> names;
	names.reserve(keys.size());
	for (const std::string &key : keys) {
		names.push_back(key.c_str());
	}
	const char *const name = pg::Call(leaf::FindKeyIndex, relation, static_cast<int>(names.size()),
									  static_cast<const char *const *>(names.data()),
									  current.empty() ? static_cast<const char *>(nullptr) : current.c_str());
	return name != nullptr ? name : "";
}

// Rows are found in tables.
void
CheckKeysIn(const Destination &destination)
{
	char const kind = pg::Call(get_rel_relkind, destination.oid);
	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE) {
		throw Error(sqlstate::kWrongObjectType,
					Format("load => '{}' needs a table, and {} is none", NameOf(destination.mode), destination.name),
					"Load into the table behind it, or use load => 'append' or 'replace'.");
	}
	for (const std::string &key : destination.keys) {
		if (pg::Call(get_attnum, destination.oid, key.c_str()) <= 0) {
			throw Error(sqlstate::kUndefinedColumn,
						Format("{} has no column \"{}\", which is a key", destination.name, key),
						"key_columns name columns of the destination.");
		}
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
	destination.mode = LoadModeOf(pipeline);
	destination.oid = pg::Call(pg::leaf::FindRelation, pipeline.destination_table->c_str());
	if (OidIsValid(destination.oid)) {
		pg::Call(leaf::CheckKind, destination.oid);
		destination.name = pg::QualifiedName(destination.oid);
	}
	if (FindsByKeys(destination.mode)) {
		destination.keys = catalog::KeyColumns(pipeline);
		OptionValues const options = catalog::ReadOptions(pipeline.options);
		destination.strategy = MergeStrategyOf(options);
		destination.deletes = destination.mode == LoadMode::Mirror && !options.IsGiven("soft_delete_column");
		if (OidIsValid(destination.oid)) {
			CheckKeysIn(destination);
		}
	}
	return destination;
}

void
CheckLoadRights(const Destination &destination, const ColumnMatch *match)
{
	pg::Call(leaf::CheckInsertRight, destination.oid, match != nullptr ? match->source_of.data() : nullptr,
			 match != nullptr ? RelationGetNumberOfAttributes(destination.relation) : 0);
	CheckRightsBesideInsert(destination, match);
}

void
CheckRightsBesideInsert(const Destination &destination, const ColumnMatch *match)
{
	if (destination.mode == LoadMode::Replace) {
		pg::Call(leaf::CheckReplaceRight, destination.oid);
	}
	if (!FindsByKeys(destination.mode)) {
		return;
	}
	AclMode rights = ACL_SELECT;
	if (Compares(destination.mode)) {
		rights |= destination.deletes ? ACL_UPDATE | ACL_DELETE : ACL_UPDATE;
	} else if (destination.strategy == MergeStrategy::Upsert) {
		rights |= ACL_UPDATE;
	} else if (destination.strategy == MergeStrategy::DeleteInsert) {
		rights |= ACL_DELETE;
		// Where somebody else has just inserted a row of that key, ON CONFLICT updates it.
		if (destination.relation != nullptr && !KeyIndexOf(destination.relation, destination.keys, "").empty()) {
			rights |= ACL_UPDATE;
		}
	}
	pg::Call(leaf::CheckMergeRight, destination.oid, rights, match != nullptr ? match->source_of.data() : nullptr,
			 match != nullptr ? RelationGetNumberOfAttributes(destination.relation) : 0);
}

void
CheckAlone(const catalog::Pipeline &pipeline, const Destination &destination, const ComparePlan &compare)
{
	if (!Compares(destination.mode) || !compare.finds_gone || !compare.scope.empty()) {
		return;
	}
	bool const shared = destination.remote != nullptr
							? catalog::IsLoadedByOthersThere(pipeline)
							: OidIsValid(destination.oid) && catalog::IsLoadedByOthers(pipeline, destination.oid);
	if (shared) {
		throw Error(sqlstate::kInvalidParameterValue,
					Format("another pipeline loads {} as well, and its rows would be taken for gone", destination.name),
					"Say which rows are this one's by a condition on the destination's columns: {\"scope\": "
					"\"region = 'eu'\"} in options.");
	}
}

void
CreateDestination(const catalog::Pipeline &pipeline, const MappedQuery &query, const CreatedTable &table,
				  Destination *destination, RunJournal &journal)
{
	pg::Sql(table.create);
	destination->oid = pg::Call(pg::leaf::FindRelation, pipeline.destination_table->c_str());
	if (!OidIsValid(destination->oid)) {
		throw Error(sqlstate::kUndefinedTable, Format("{} vanished after it was created", destination->name),
					"An event trigger may have dropped or renamed it.");
	}
	destination->created = true;
	destination->name = pg::QualifiedName(destination->oid);
	for (const std::string &statement : table.comments) {
		pg::Sql(statement);
	}
	destination->indexes = table.indexes;
	if (!table.has_key) {
		IdentifyRows(*destination, journal);
	}
	destination->relation = pg::Call(table_open, destination->oid, NoLock);
	TellCreated(table, journal);
	for (const std::string &missing : query.MissingTypes()) {
		journal.Warning(missing);
	}
}

void
ReadTargetFacts(Destination *destination, LoadFacts *facts)
{
	bool const replace = destination->mode == LoadMode::Replace;
	facts->mode = destination->mode;
	facts->name = destination->name;
	if (destination->relation == nullptr) {
		facts->created = true;
		facts->name = pg::Call(leaf::NewName, destination->name.c_str());
		const char *decoded = pg::Call(leaf::WhyNewDecoded, destination->name.c_str());
		facts->decoded = decoded != nullptr ? decoded : "";
		return;
	}
	Relation const relation = destination->relation;
	leaf::TableTraits &traits = destination->traits;
	pg::Call(leaf::DescribeTable, relation, replace, &traits);
	if (FindsByKeys(destination->mode)) {
		facts->merge.key_index = KeyIndexOf(relation, destination->keys,
											destination->mode == LoadMode::History ? facts->compare.current : "");
	}
	CheckFilledColumns(
		destination->mode, destination->name, destination->name,
		[relation](const std::string &column) {
			Form_pg_attribute const attribute = FindAttribute(RelationGetDescr(relation), column);
			return attribute != nullptr ? std::optional(attribute->atttypid) : std::nullopt;
		},
		&facts->compare);
	facts->no_walk = FindsByKeys(destination->mode) ? pg::Call(leaf::WhyNotWalked, relation) : "";
	facts->created = destination->created;
	facts->is_table = traits.kind == RELKIND_RELATION || traits.kind == RELKIND_PARTITIONED_TABLE;
	facts->partitioned = traits.kind == RELKIND_PARTITIONED_TABLE;
	facts->index_count = traits.index_count;
	facts->has_unique = facts->quarantine && traits.index_count > 0 && pg::Call(leaf::HasUnique, relation);
	if (facts->quarantine && destination->mode == LoadMode::Merge) {
		facts->unforeseen = WhyUnforeseen(destination->oid, facts->merge.key_index);
	}
	facts->no_swap = traits.no_swap;
	facts->needs_sql = traits.needs_sql;
	if (facts->needs_sql.empty()) {
		facts->needs_sql = DistributedBy(AskHere, Format("{}", destination->oid));
	}
	facts->no_try = facts->quarantine ? WhyNotTried(AskHere, Format("{}", destination->oid)) : "";
	facts->foreign_keys.clear();
	facts->deferred_keys.clear();
	facts->refers_to_itself = false;
	if (traits.foreign_keys != nullptr) {
		traits.foreign_keys->may_wait = facts->may_defer;
		for (int i = 0; i < traits.foreign_keys->count; ++i) {
			const leaf::ForeignKey &key = traits.foreign_keys->keys[i];
			pg::ConstraintTiming const timing =
				facts->may_defer && key.deferrable ? pg::TimingOf(key.constraint) : pg::ConstraintTiming::Immediate;
			bool const deferred = timing == pg::ConstraintTiming::Deferred;
			(deferred ? facts->deferred_keys : facts->foreign_keys).emplace_back(key.name);
			if (timing == pg::ConstraintTiming::Mixed && facts->needs_sql.empty()) {
				facts->needs_sql = Format("foreign key \"{}\" is deferred for some partitions only", key.name);
			}
		}
		facts->refers_to_itself =
			pg::Call(leaf::RefersToItself, relation, static_cast<const leaf::ForeignKeyList *>(traits.foreign_keys));
	}
	facts->empty = false;
	if (facts->needs_sql.empty() && !replace) {
		facts->empty = pg::Call(leaf::IsEmpty, relation);
		facts->no_fill = traits.no_fill[0] != '\0' ? traits.no_fill : pg::Call(leaf::WhyNotFilled, relation);
	}
	if (destination->created) {
		const char *decoded = pg::Call(leaf::WhyDecoded, relation);
		facts->decoded = decoded != nullptr ? decoded : "";
	}
}

LoadLock
LockDestination(const catalog::Pipeline &pipeline, Destination *destination, LoadFacts *facts,
				const LockPatience &patience, RunJournal &journal)
{
	// Rights first: without any, nobody may hold up a table.
	CheckLoadRights(*destination);
	for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
		LoadLock const lock = WantedLock(pipeline, destination, facts);
		Take(lock, *destination, patience, journal);
		CheckStillThere(pipeline, *destination);
		if (RefusesReplace(pipeline, *destination)) {
			throw ReplaceNotChosen(*destination);
		}
		CheckAlone(pipeline, *destination, facts->compare);
		destination->relation = pg::Call(table_open, destination->oid, NoLock);
		ReadTargetFacts(destination, facts);
		if (PlanLoad(*facts).lock <= lock) {
			CheckReplaceByDelete(*destination, *facts);
			return lock;
		}
		// It was changed before it was locked. A lock is never made stronger while it is held: two runs that do so
		// could only wait for each other.
		pg::Call(table_close, std::exchange(destination->relation, nullptr), RowExclusiveLock);
	}
	throw Error(sqlstate::kLockNotAvailable, Format("{} is changed again and again", destination->name),
				"Run the pipeline when nobody alters the table.");
}

void
TryToKeepWritersOut(Destination *destination, LoadFacts *facts)
{
	if (TryLockTree(destination->oid, ShareRowExclusiveLock)) {
		// Only now nobody has just written to it, and its partitions stay as they are.
		ReadTargetFacts(destination, facts);
	} else {
		facts->in_use = "another session is about to write to it";
	}
}

void
CheckReplaceByDelete(const Destination &destination, const LoadFacts &facts)
{
	LoadPath const path = PlanLoad(facts).path;
	if (facts.mode != LoadMode::Replace || (path != LoadPath::ReplaceInPlace && path != LoadPath::Sql)) {
		return;
	}
	try {
		pg::Call(leaf::CheckDelete, destination.oid);
	} catch (const Error &error) {
		if (error.State() != sqlstate::kObjectNotInPrerequisiteState) {
			throw;
		}
		throw Error(
			error.State(), Format("the rows of {} cannot be replaced, because it is published", destination.name),
			"Give the table that is named a primary key or run ALTER TABLE ... REPLICA IDENTITY FULL; or publish "
			"no deletes of it.",
			Format("A published table is replaced by deleting its rows: {}.", error.what()));
	}
}

bool
RefusesReplace(const catalog::Pipeline &pipeline, const Destination &destination)
{
	return destination.mode == LoadMode::Replace && OidIsValid(destination.oid) &&
		   !catalog::MayReplace(pipeline.id, destination.oid);
}

Error
ReplaceNotChosen(const Destination &destination)
{
	return Error(
		sqlstate::kInvalidParameterValue,
		Format("load must be given, because {} exists and this pipeline did not create it", destination.name),
		"Say alter_pipeline(..., load => 'append') to add the rows of every run to it, or load => 'replace' to "
		"replace all rows that are in it.",
		"replace was chosen because the table did not exist; then it replaces only what the pipeline created.");
}

} // namespace sluice::engine
