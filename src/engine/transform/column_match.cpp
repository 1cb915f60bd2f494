#include "engine/transform/column_match.hpp"

#include "core/sqlstate.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

[[noreturn]] void
RefuseExtraColumns(const std::vector<std::string> &missing, const std::string &relation)
{
	throw Error(
		sqlstate::kUndefinedColumn,
		Format("the source has {} that \"{}\" lacks: {}", missing.size() == 1 ? "a column" : "columns", relation,
			   NameList(missing)),
		Format("Add {} to the table with ALTER TABLE ... ADD COLUMN, or say in columns what is to be loaded; the "
			   "option on_new_column can be evolve or discard_value.",
			   missing.size() == 1 ? "it" : "them"));
}

// Columns that the query does not feed: defaults, NULL, or an error before any row is read.
void
CheckUnfed(const MappedQuery &query, const std::vector<int> &source_of, const std::vector<TargetColumn> &columns,
		   const std::string &relation, RunJournal *journal)
{
	std::vector<std::string> defaulted;
	std::vector<std::string> null;
	std::vector<std::string> refused;
	for (size_t i = 0; i < columns.size(); ++i) {
		const TargetColumn &column = columns[i];
		if (source_of[i] < 0 && !column.dropped && !column.generated && !query.IsOwn(column.name)) {
			(column.has_default ? defaulted : column.needs_value ? refused : null).push_back(column.name);
		}
	}
	if (!refused.empty()) {
		ErrorInfo info;
		info.sqlstate = sqlstate::kNotNullViolation;
		info.message =
			Format("the source has no column for {} of \"{}\", which may not be null", NameList(refused), relation);
		info.hint = Format("Give it a value in columns, for example: *, 0 AS {}; or give the table a default.",
						   pg::QuoteIdentifier(refused.front()));
		info.table_name = relation;
		info.column_name = refused.front();
		throw Error(std::move(info));
	}
	if (journal != nullptr && !defaulted.empty()) {
		journal->Info("columns: not in the source, filled with their defaults: " + NameList(defaulted));
	}
	if (journal != nullptr && !null.empty()) {
		journal->Info("columns: not in the source, filled with NULL: " + NameList(null));
	}
}

std::string
ColumnNames(const MappedQuery &query)
{
	std::string names;
	for (int i = 0; i < query.ColumnCount(); ++i) {
		names += (names.empty() ? "" : ", ") + pg::QuoteIdentifier(query.Column(i).name);
	}
	return names;
}

} // namespace

std::vector<TargetColumn>
TargetColumnsOf(Relation destination)
{
	TupleDesc row_type = RelationGetDescr(destination);
	std::vector<char> has_default(row_type->natts + 1);
	pg::Call(leaf::FindDefaults, destination, reinterpret_cast<bool *>(has_default.data()));
	// A BEFORE trigger may still fill what is NULL here.
	bool const filled_later = destination->trigdesc != nullptr && destination->trigdesc->trig_insert_before_row;
	std::vector<TargetColumn> columns;
	for (int i = 0; i < row_type->natts; ++i) {
		Form_pg_attribute attribute = TupleDescAttr(row_type, i);
		columns.push_back({NameStr(attribute->attname), attribute->attisdropped, attribute->attgenerated != '\0',
						   attribute->attnotnull && !filled_later, has_default[i] != 0});
	}
	return columns;
}

std::vector<std::string>
LeftOut(const MappedQuery &query, TupleDesc row_type)
{
	std::set<std::string> there;
	for (int i = 0; i < row_type->natts; ++i) {
		if (!TupleDescAttr(row_type, i)->attisdropped) {
			there.insert(NameStr(TupleDescAttr(row_type, i)->attname));
		}
	}
	return LeftOut(query, there);
}

std::vector<std::string>
LeftOut(const MappedQuery &query, const std::set<std::string> &there)
{
	std::vector<std::string> left_out;
	for (int i = 0; i < query.ColumnCount(); ++i) {
		if (!there.contains(query.Column(i).name)) {
			left_out.emplace_back(query.Column(i).origin);
		}
	}
	return left_out;
}

std::vector<int>
MatchNames(const MappedQuery &query, const std::vector<TargetColumn> &columns, const std::string &relation,
		   RunJournal *journal)
{
	query.CheckOwn();
	std::map<std::string, size_t> positions;
	for (size_t i = 0; i < columns.size(); ++i) {
		if (!columns[i].dropped) {
			positions.emplace(columns[i].name, i);
		}
	}
	std::vector<int> source_of(columns.size() + 1, -1);
	std::vector<std::string> missing;
	std::vector<std::string> left_out;
	std::vector<std::string> generated;
	for (int i = 0; i < query.ColumnCount(); ++i) {
		std::string const name = query.Column(i).name;
		auto found = positions.find(name);
		if (found == positions.end()) {
			(query.MayBeLeftOut(i) ? left_out : missing).push_back(name);
		} else if (columns[found->second].generated) {
			generated.push_back(name);
		} else {
			source_of[found->second] = i;
		}
	}
	if (!missing.empty()) {
		RefuseExtraColumns(missing, relation);
	}
	if (journal != nullptr && !left_out.empty()) {
		journal->Warning(
			query.DiscardsRows()
				? Format("columns: not in \"{}\": {}; rows with a value there are put aside, because on_new_column is "
						 "discard_row",
						 relation, NameList(left_out))
				: Format("columns: not in \"{}\", so not loaded: {}; the option on_new_column says what becomes of "
						 "columns that are new",
						 relation, NameList(left_out)));
	}
	if (journal != nullptr && !generated.empty()) {
		journal->Info("columns: generated by the destination, the source's values are not used: " +
					  NameList(generated));
	}
	CheckUnfed(query, source_of, columns, relation, journal);
	return source_of;
}

void
CheckZone(const MappedQuery &query, int column, const std::string &target, const std::string &relation)
{
	const ColumnMeaning *source = query.UnknownZoneOf(column);
	if (source == nullptr) {
		return;
	}
	std::string const name = pg::QuoteIdentifier(query.Column(column).name);
	throw Error(sqlstate::kDatatypeMismatch,
				Format("column \"{}\" has no time zone, which \"{}\" of \"{}\" needs", query.Column(column).name,
					   target, relation),
				Format("Say in columns of which zone it is, for example: {} AT TIME ZONE 'UTC' AS {}.",
					   pg::QuoteIdentifier(source->name), name),
				source->zone + ".");
}

ColumnMatch
MatchColumns(const MappedQuery &query, Relation destination, RunJournal *journal)
{
	ColumnMatch match;
	match.source_of = MatchNames(query, TargetColumnsOf(destination), RelationGetRelationName(destination), journal);
	TupleDesc const row_type = RelationGetDescr(destination);
	for (int i = 0; i < row_type->natts; ++i) {
		Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
		match.stamped.push_back(match.source_of[i] >= 0 && query.IsStamp(match.source_of[i]));
		if (match.source_of[i] >= 0 && pg::Call(getBaseType, attribute->atttypid) == TIMESTAMPTZOID) {
			CheckZone(query, match.source_of[i], NameStr(attribute->attname), RelationGetRelationName(destination));
		}
	}
	match.target_list = pg::Call(leaf::BuildTargetList, query.Analyzed(), destination,
								 static_cast<const int *>(match.source_of.data()));
	if (query.DiscardsRows()) {
		match.unwelcome = LeftOut(query, row_type);
	}
	if (query.IsExact()) {
		for (int i = 0; i < row_type->natts; ++i) {
			Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
			match.checked.push_back(match.source_of[i] >= 0 &&
									pg::Call(leaf::FitOfColumn, query.Analyzed(), match.source_of[i],
											 attribute->atttypid, attribute->atttypmod)
											.fit == Fit::Loses);
		}
	}
	return match;
}

std::string
ColumnDefinitions(const MappedQuery &query, const std::vector<std::string> *types,
				  const std::vector<std::string> *constraints)
{
	std::string list;
	for (int i = 0; i < query.ColumnCount(); ++i) {
		const leaf::OutputColumn &column = query.Column(i);
		list += list.empty() ? "(" : ", ";
		list += pg::QuoteIdentifier(column.name) + " ";
		list += types != nullptr ? types->at(static_cast<size_t>(i)) : pg::Call(leaf::ColumnTypeText, &column);
		list += constraints != nullptr ? constraints->at(static_cast<size_t>(i)) : "";
	}
	return list.empty() ? "()" : list + ")";
}

std::string
InsertStatement(const MappedQuery &query, const ColumnMatch &match, Relation destination,
				const std::string &qualified_name)
{
	TupleDesc row_type = RelationGetDescr(destination);
	std::string names;
	std::string values;
	for (int i = 0; i < row_type->natts; ++i) {
		int const source = match.source_of[i];
		if (source < 0) {
			continue;
		}
		Form_pg_attribute attribute = TupleDescAttr(row_type, i);
		std::string const name = pg::QuoteIdentifier(NameStr(attribute->attname));
		names += (names.empty() ? "" : ", ") + name;
		std::string const mapped = "mapped." + name;
		std::string value = pg::Call(leaf::CastText, &query.Column(source), mapped.c_str());
		if (pg::Call(leaf::NeedsExplicitCast, query.Analyzed(), source, attribute->atttypid)) {
			value = pg::Call(leaf::ReadAsText, query.Column(source).type, attribute->atttypid, value.c_str());
		}
		if (!match.checked.empty() && match.checked[i]) {
			value = pg::Call(leaf::AssignExactlyText, value.c_str(), attribute->atttypid, attribute->atttypmod,
							 static_cast<const char *>(NameStr(attribute->attname)));
		}
		values += (values.empty() ? "" : ", ") + value;
	}
	// As COPY does, an identity column takes the source's value.
	return Format("INSERT INTO {}{} OVERRIDING SYSTEM VALUE\nSELECT {} FROM (\n{}\n) AS mapped{}", qualified_name,
				  names.empty() ? "" : " (" + names + ")", values, query.Text(),
				  query.IsRenamed() ? " (" + ColumnNames(query) + ")" : "");
}

} // namespace sluice::engine
