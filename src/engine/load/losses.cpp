#include "engine/load/losses.hpp"

#include "catalog/pipeline_keys.hpp"
#include "core/sqlstate.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/transform/plain_type.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// What is assigned to one column of the destination.
struct Assignment {
	std::string name;
	leaf::PlainType from{};
	leaf::PlainType to{};
	AssignmentFit fit;
};

TupleDesc
RowTypeOf(const Destination &destination)
{
	return destination.remote != nullptr ? destination.remote->RowType() : RelationGetDescr(destination.relation);
}

std::string
NameOf(const Destination &destination)
{
	return destination.remote != nullptr ? destination.remote->Label() : destination.name;
}

Assignment
AssignmentTo(const MappedQuery &query, int index, Oid type, int32 modifier)
{
	const leaf::OutputColumn &column = query.Column(index);
	return {column.name, pg::Call(leaf::PlainTypeOf, column.type, column.type_modifier),
			pg::Call(leaf::PlainTypeOf, type, modifier),
			pg::Call(leaf::FitOfColumn, query.Analyzed(), index, type, modifier)};
}

// It fitted when it was loaded last, and does no longer.
bool
IsDrift(const Assignment &now, const catalog::LoadedColumn &before)
{
	return before.type_text != now.from.text && now.fit.fit != Fit::Fits &&
		   pg::Call(leaf::FitOfTypes, before.type, before.modifier, now.to.type, now.to.modifier,
					pg::Call(leaf::ClockChanges, static_cast<const char *>(nullptr)))
				   .fit == Fit::Fits;
}

std::vector<Assignment>
Assignments(const MappedQuery &query, const Destination &destination, const ColumnMatch &match)
{
	TupleDesc row_type = RowTypeOf(destination);
	std::vector<Assignment> assignments;
	for (int i = 0; i < row_type->natts; ++i) {
		int const source = match.source_of[i];
		if (source < 0) {
			continue;
		}
		Form_pg_attribute attribute = TupleDescAttr(row_type, i);
		assignments.push_back(AssignmentTo(query, source, attribute->atttypid, attribute->atttypmod));
	}
	return assignments;
}

bool
HasColumn(const Destination &destination, const std::string &name)
{
	if (destination.remote != nullptr) {
		return destination.remote->HasColumn(name);
	}
	Form_pg_attribute const attribute = FindAttribute(RelationGetDescr(destination.relation), name);
	return attribute != nullptr && attribute->attgenerated == '\0';
}

// Saying anew what is loaded forgets the shape of the last load.
std::string
HowToAccept(const catalog::Pipeline &pipeline)
{
	return Format("SELECT alter_pipeline({}, {})", pg::QuoteLiteral(pipeline.name),
				  pipeline.columns ? "columns => " + pg::QuoteLiteral(*pipeline.columns) : "reset => '{columns}'");
}

[[noreturn]] void
ThrowGone(const catalog::Pipeline &pipeline, const catalog::LoadedColumn &column, const std::string &destination,
		  bool is_key)
{
	std::string const name = pg::QuoteIdentifier(column.name);
	ErrorInfo info;
	info.sqlstate = sqlstate::kUndefinedColumn;
	info.message = Format("column {} is gone from the source", name);
	info.detail = Format("The last load read it as {}; without it {} in {} would get no values any more.",
						 column.type_text, name, destination);
	info.hint = is_key
					? Format("It is a key or the cursor, which always stops the pipeline: bring it back, or say in "
							 "columns what {} is to hold from now on.",
							 name)
					: Format("Bring it back; or say in columns what {} is to hold from now on; or accept the source as "
							 "it is now, which leaves it without values: {}.",
							 name, HowToAccept(pipeline));
	info.column_name = column.name;
	throw Error(std::move(info));
}

[[noreturn]] void
ThrowNoFit(const catalog::Pipeline &pipeline, const catalog::LoadedColumn &last, const Assignment &now,
		   const std::string &destination)
{
	std::string const name = pg::QuoteIdentifier(now.name);
	ErrorInfo info;
	info.sqlstate = sqlstate::kDatatypeMismatch;
	info.message = Format("column {} has become {} at the source, which does not fit into {} of {} without loss", name,
						  now.from.text, now.to.text, destination);
	info.detail = Format("The last load read it as {}. Now {}.", last.type_text, now.fit.why);
	info.hint =
		Format("Widen the destination: ALTER TABLE ... ALTER {} TYPE {}; or say that it is meant with a cast in "
			   "columns: {}::{} AS {}; or accept the source as it is now: {}.",
			   name, now.from.text, name, now.to.text, name, HowToAccept(pipeline));
	info.column_name = now.name;
	throw Error(std::move(info));
}

std::string
LossText(const Assignment &assignment, const std::string &destination)
{
	return Format("column {} is {} at the source and {} in {}: {}", pg::QuoteIdentifier(assignment.name),
				  assignment.from.text, assignment.to.text, destination, assignment.fit.why);
}

} // namespace

std::vector<catalog::LoadedColumn>
ShapeOf(const MappedQuery &query)
{
	std::vector<catalog::LoadedColumn> shape;
	shape.reserve(query.ColumnCount());
	for (int i = 0; i < query.ColumnCount(); ++i) {
		const leaf::OutputColumn &column = query.Column(i);
		leaf::PlainType const plain = pg::Call(leaf::PlainTypeOf, column.type, column.type_modifier);
		shape.push_back({column.name, plain.text, plain.type, plain.modifier});
	}
	return shape;
}

std::set<std::string>
KeysOf(const catalog::Pipeline &pipeline, Relation destination)
{
	std::vector<std::string> const columns = catalog::KeyColumns(pipeline);
	std::set<std::string> keys(columns.begin(), columns.end());
	if (pipeline.cursor_column) {
		keys.insert(*pipeline.cursor_column);
	}
	if (destination != nullptr) {
		Bitmapset const *primary = pg::Call(RelationGetIndexAttrBitmap, destination, INDEX_ATTR_BITMAP_PRIMARY_KEY);
		TupleDesc row_type = RelationGetDescr(destination);
		for (int i = 0; i < row_type->natts; ++i) {
			if (pg::Call(bms_is_member, i + 1 - FirstLowInvalidHeapAttributeNumber, primary)) {
				keys.insert(NameStr(TupleDescAttr(row_type, i)->attname));
			}
		}
	}
	return keys;
}

void
CheckGone(const catalog::Pipeline &pipeline, const OptionValues &options,
		  const std::vector<catalog::LoadedColumn> &last, const MappedQuery &query, const Destination &destination,
		  RunJournal &journal)
{
	if (last.empty() || destination.created) {
		return;
	}
	std::set<std::string> names;
	for (int i = 0; i < query.ColumnCount(); ++i) {
		names.insert(query.Column(i).name);
	}
	bool const freeze = options.Text("on_missing_column") == "freeze";
	std::set<std::string> const keys = KeysOf(pipeline, destination.relation);
	for (const catalog::LoadedColumn &column : last) {
		if (names.contains(column.name) || !HasColumn(destination, column.name)) {
			continue;
		}
		if (freeze || keys.contains(column.name)) {
			ThrowGone(pipeline, column, NameOf(destination), keys.contains(column.name));
		}
		journal.Warning(
			Format("columns: {} is gone from the source and gets no values, because on_missing_column is {}",
				   pg::QuoteIdentifier(column.name), options.Text("on_missing_column")));
	}
}

bool
HasDrifted(const MappedQuery &query, int column, const catalog::LoadedColumn &before, Oid type, int32 modifier)
{
	return IsDrift(AssignmentTo(query, column, type, modifier), before);
}

void
CheckDrift(const catalog::Pipeline &pipeline, const OptionValues &options,
		   const std::vector<catalog::LoadedColumn> &last, const MappedQuery &query, const Destination &destination,
		   const ColumnMatch &match, RunJournal &journal)
{
	if (last.empty() || destination.created) {
		return;
	}
	for (const Assignment &now : Assignments(query, destination, match)) {
		auto const before = std::find_if(
			last.begin(), last.end(), [&now](const catalog::LoadedColumn &column) { return column.name == now.name; });
		if (before == last.end() || !IsDrift(now, *before)) {
			continue;
		}
		if (options.Text("on_changed_type") != "discard_row") {
			ThrowNoFit(pipeline, *before, now, NameOf(destination));
		}
		journal.Warning(
			Format("columns: {} has become {} at the source; rows with a value that {} of {} cannot hold are "
				   "put aside, because on_changed_type is discard_row",
				   pg::QuoteIdentifier(now.name), now.from.text, now.to.text, NameOf(destination)));
	}
}

std::vector<LossLine>
LossLines(const MappedQuery &query, const Destination &destination, const ColumnMatch &match)
{
	std::vector<LossLine> lines;
	if (destination.created) {
		return lines;
	}
	std::vector<LossLine> failures;
	bool const exact = query.IsExact();
	for (const Assignment &assignment : Assignments(query, destination, match)) {
		std::string const text = "columns: " + LossText(assignment, NameOf(destination));
		if (assignment.fit.fit == Fit::Loses) {
			lines.push_back({!exact, text + (exact ? "; a value that would be changed fails the run"
												   : "; a cast in columns says that it is meant")});
		} else if (assignment.fit.fit == Fit::MayFail) {
			failures.push_back({false, text});
		}
	}
	lines.insert(lines.end(), failures.begin(), failures.end());
	return lines;
}

std::vector<std::string>
LossesBetween(const std::string &source_table, Oid destination, const std::string &destination_table,
			  const std::string &timezone)
{
	bool const clock_changes = pg::Call(leaf::ClockChanges, timezone.c_str());
	pg::SqlOptions options;
	options.run_as = GetUserId();
	pg::SqlResult const pairs = pg::Sql(
		"SELECT d.attname, s.atttypid, s.atttypmod, d.atttypid, d.atttypmod FROM pg_attribute s JOIN pg_attribute d "
		"ON d.attname = s.attname WHERE s.attrelid = $1::oid AND d.attrelid = $2::oid AND s.attnum > 0 AND "
		"d.attnum > 0 AND NOT s.attisdropped AND NOT d.attisdropped AND d.attgenerated = '' ORDER BY d.attnum",
		{Format("{}", pg::Call(pg::leaf::FindRelation, source_table.c_str())), Format("{}", destination)}, options);
	std::vector<std::string> losses;
	for (size_t row = 0; row < pairs.Rows(); ++row) {
		auto const type = [&](size_t column) {
			return pg::Call(leaf::PlainTypeOf, static_cast<Oid>(pairs.Integer(row, column)),
							static_cast<int32>(pairs.Integer(row, column + 1)));
		};
		leaf::PlainType const from = type(1);
		leaf::PlainType const to = type(3);
		Assignment const assignment{
			pairs.Text(row, 0), from, to,
			pg::Call(leaf::FitOfTypes, from.type, from.modifier, to.type, to.modifier, clock_changes)};
		if (assignment.fit.fit == Fit::Loses) {
			losses.push_back(LossText(assignment, destination_table));
		}
	}
	return losses;
}

} // namespace sluice::engine
