#include "engine/load/evolve.hpp"

#include "core/sqlstate.hpp"
#include "engine/load/losses.hpp"
#include "engine/target/lock_attempt.hpp"
#include "engine/transform/plain_type.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

using catalog::LoadedColumn;

struct Policy {
	bool added;
	bool missing;
	bool changed;
};

const LoadedColumn *
FindLoaded(const std::vector<LoadedColumn> &last, const std::string &name)
{
	auto const found =
		std::find_if(last.begin(), last.end(), [&name](const LoadedColumn &column) { return column.name == name; });
	return found != last.end() ? &*found : nullptr;
}

// A type that holds all values of both.
WiderType
FindWiderType(const leaf::OutputColumn &column, Form_pg_attribute attribute)
{
	auto const fits = [](Oid from, int32 from_modifier, Oid to, int32 to_modifier) {
		return pg::Call(leaf::FitOfTypes, from, from_modifier, to, to_modifier,
						pg::Call(leaf::ClockChanges, static_cast<const char *>(nullptr)))
				   .fit == Fit::Fits;
	};
	if (fits(attribute->atttypid, attribute->atttypmod, column.kept_type, column.kept_modifier)) {
		return {column.kept_type, column.kept_modifier, pg::Call(leaf::ColumnTypeText, &column)};
	}
	if (attribute->atttypid != NUMERICOID || column.kept_type != NUMERICOID) {
		return {};
	}
	// Each has digits that the other lacks, before the point or after it.
	auto const scale = [](int32 modifier) { return (modifier - VARHDRSZ) & 0x7ff; };
	auto const whole = [&scale](int32 modifier) { return (((modifier - VARHDRSZ) >> 16) & 0xffff) - scale(modifier); };
	int const after = std::max(scale(attribute->atttypmod), scale(column.kept_modifier));
	int const before = std::max(whole(attribute->atttypmod), whole(column.kept_modifier));
	constexpr int kMostDigits = 1000; // that numeric can declare
	constexpr int kNegative = 0x400;
	bool const plain = scale(attribute->atttypmod) < kNegative && scale(column.kept_modifier) < kNegative;
	if (!plain || before + after > kMostDigits) {
		return {};
	}
	return {NUMERICOID, (((before + after) << 16) | after) + VARHDRSZ, Format("numeric({},{})", before + after, after)};
}

void
AddNew(const MappedQuery &query, TupleDesc row_type, Evolution *plan, std::vector<std::string> *changes)
{
	for (int i = 0; i < query.ColumnCount(); ++i) {
		const leaf::OutputColumn &column = query.Column(i);
		if (FindAttribute(row_type, column.name) == nullptr) {
			plan->added.push_back(i);
			changes->push_back("ADD COLUMN " + pg::QuoteIdentifier(column.name) + " " +
							   pg::Call(leaf::ColumnTypeText, &column));
		}
	}
}

void
Widen(const MappedQuery &query, TupleDesc row_type, const std::vector<LoadedColumn> &last, Evolution *plan,
	  std::vector<std::string> *changes)
{
	for (int i = 0; i < query.ColumnCount(); ++i) {
		const leaf::OutputColumn &column = query.Column(i);
		Form_pg_attribute attribute = FindAttribute(row_type, column.name);
		const LoadedColumn *const before = FindLoaded(last, column.name);
		if (attribute == nullptr || attribute->attgenerated != '\0' || before == nullptr ||
			!HasDrifted(query, i, *before, attribute->atttypid, attribute->atttypmod)) {
			continue;
		}
		if (WiderType const wider = FindWiderType(column, attribute); OidIsValid(wider.type)) {
			changes->push_back("ALTER COLUMN " + pg::QuoteIdentifier(column.name) + " TYPE " + wider.text);
			plan->widened.emplace(column.name, wider);
		}
	}
}

void
AllowNull(const MappedQuery &query, TupleDesc row_type, const std::vector<LoadedColumn> &last,
		  const std::set<std::string> &keys, Evolution *plan, std::vector<std::string> *changes)
{
	std::set<std::string> given;
	for (int i = 0; i < query.ColumnCount(); ++i) {
		given.insert(query.Column(i).name);
	}
	for (const LoadedColumn &column : last) {
		Form_pg_attribute attribute = FindAttribute(row_type, column.name);
		if (!given.contains(column.name) && !keys.contains(column.name) && attribute != nullptr &&
			attribute->attnotnull && !attribute->atthasdef && attribute->attidentity == '\0') {
			changes->push_back("ALTER COLUMN " + pg::QuoteIdentifier(column.name) + " DROP NOT NULL");
			plan->nullable.insert(column.name);
		}
	}
}

} // namespace

Evolution
PlanEvolution(const catalog::Pipeline &pipeline, const OptionValues &options, const MappedQuery &query,
			  const Destination &destination, const std::vector<LoadedColumn> &last)
{
	Evolution plan;
	Policy const policy{options.Text("on_new_column") == "evolve", options.Text("on_missing_column") == "evolve",
						options.Text("on_changed_type") == "evolve"};
	bool const any = policy.added || policy.missing || policy.changed;
	if (!any || destination.remote != nullptr || !OidIsValid(destination.oid) || pipeline.IsContinuous()) {
		return plan;
	}
	char const kind = pg::Call(get_rel_relkind, destination.oid);
	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE) {
		return plan;
	}
	pg::Call(leaf::LockUntimed, destination.oid, static_cast<LOCKMODE>(AccessShareLock));
	Relation const relation = pg::Call(table_open, destination.oid, NoLock);
	std::vector<std::string> changes;
	if (policy.added) {
		AddNew(query, RelationGetDescr(relation), &plan, &changes);
	}
	if (policy.changed) {
		Widen(query, RelationGetDescr(relation), last, &plan, &changes);
	}
	if (policy.missing) {
		AllowNull(query, RelationGetDescr(relation), last, KeysOf(pipeline, relation), &plan, &changes);
	}
	pg::Call(table_close, relation, static_cast<LOCKMODE>(AccessShareLock));
	for (const std::string &change : changes) {
		plan.statement += (plan.statement.empty() ? "ALTER TABLE " + destination.name + " " : ", ") + change;
	}
	return plan;
}

void
Evolve(const std::string &statement, const std::string &destination_table, const LockPatience &patience,
	   RunJournal &journal)
{
	Oid const table = pg::Call(pg::leaf::FindRelation, destination_table.c_str());
	if (!OidIsValid(table)) {
		throw Error(sqlstate::kUndefinedTable, Format("{} was dropped or renamed meanwhile", destination_table),
					"Run the pipeline again.");
	}
	LockTable(table, AccessExclusiveLock, patience, "changing its columns as the source's have", journal);
	pg::Sql(statement);
	journal.Warning(statement);
}

} // namespace sluice::engine
