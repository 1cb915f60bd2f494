#include "engine/load/fed_columns.hpp"

#include "engine/target/remote_destination.hpp"
#include "engine/write/foreseen_rules.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

void
InitAttribute(TupleDesc row_type, int number, const FormData_pg_attribute *like, Oid type, int32 modifier)
{
	auto const attribute = static_cast<AttrNumber>(number);
	TupleDescInitEntry(row_type, attribute, NameStr(like->attname), type, modifier, 0);
	if (like->atttypid == type) {
		TupleDescInitEntryCollation(row_type, attribute, like->attcollation);
	}
}

// types, modifiers: as each attribute of the table will have them; added: what comes behind them.
TupleDesc
WiderRowType(TupleDesc table, const Oid *types, const int32 *modifiers, TupleDesc created, const int *added,
			 int added_count)
{
	TupleDesc const row_type = CreateTemplateTupleDesc(table->natts + added_count);
	for (int i = 0; i < table->natts; ++i) {
		if (TupleDescAttr(table, i)->attisdropped) {
			TupleDescCopyEntry(row_type, static_cast<AttrNumber>(i + 1), table, static_cast<AttrNumber>(i + 1));
		} else {
			InitAttribute(row_type, i + 1, TupleDescAttr(table, i), types[i], modifiers[i]);
		}
	}
	for (int i = 0; i < added_count; ++i) {
		Form_pg_attribute const attribute = TupleDescAttr(created, added[i]);
		InitAttribute(row_type, table->natts + i + 1, attribute, attribute->atttypid, attribute->atttypmod);
	}
	return row_type;
}

TupleDesc
PartOf(TupleDesc all, const int *attributes, int count)
{
	TupleDesc const part = CreateTemplateTupleDesc(count);
	for (int i = 0; i < count; ++i) {
		Form_pg_attribute const attribute = TupleDescAttr(all, attributes[i]);
		InitAttribute(part, i + 1, attribute, attribute->atttypid, attribute->atttypmod);
	}
	return part;
}

} // namespace

} // namespace leaf

namespace {

// std::vector<bool> has no array behind it.
const bool *
Flags(const std::vector<char> &flags)
{
	static_assert(sizeof(bool) == sizeof(char));
	return reinterpret_cast<const bool *>(flags.data());
}

} // namespace

FedColumns::FedColumns(const MappedQuery &query, const Destination &destination, const Evolution &change)
{
	if (destination.remote != nullptr && destination.remote->Exists()) {
		destination.remote->Prepare(query, DeclaredTable());
		row_type_ = destination.remote->RowType();
		ColumnMatch const match = destination.remote->Match(query);
		source_of_ = match.source_of;
		unwelcome_ = match.unwelcome;
	} else if (OidIsValid(destination.oid)) {
		Relation const table = pg::Call(table_open, destination.oid, AccessShareLock);
		bool const by_keys = FindsByKeys(destination.mode);
		bool const foreseeable = pg::Call(leaf::HasForeseeableRows, table, by_keys);
		Describe(query, table, change);
		FindUnsure(table, by_keys, foreseeable);
		table_ = pg::Call(leaf::CopyOfTable, table);
		pg::Call(table_close, table, AccessShareLock);
		if (foreseeable) {
			FindRules(destination, change);
		}
	} else {
		// Refuses what no column can be.
		(void)ColumnDefinitions(query);
		row_type_ = pg::Call(leaf::CreatedRowType, query.Analyzed());
		for (int i = 0; i < query.ColumnCount(); ++i) {
			source_of_.push_back(i);
		}
	}
	for (int i = 0; i < row_type_->natts; ++i) {
		if (source_of_[i] >= 0) {
			fed_.push_back(i);
		}
	}
	int const count = static_cast<int>(fed_.size());
	fed_.push_back(-1); // an array even without one
	shown_ = pg::Call(leaf::PartOf, row_type_, static_cast<const int *>(fed_.data()), count);
}

void
FedColumns::Describe(const MappedQuery &query, Relation table, const Evolution &change)
{
	TupleDesc const now = RelationGetDescr(table);
	const char *const name = RelationGetRelationName(table);
	std::vector<TargetColumn> columns = TargetColumnsOf(table);
	std::vector<Oid> types(columns.size() + 1);
	std::vector<int32> modifiers(columns.size() + 1);
	for (int i = 0; i < now->natts; ++i) {
		auto const wider = change.widened.find(columns[i].name);
		bool const same = wider == change.widened.end();
		types[i] = same ? TupleDescAttr(now, i)->atttypid : wider->second.type;
		modifiers[i] = same ? TupleDescAttr(now, i)->atttypmod : wider->second.modifier;
		columns[i].needs_value = columns[i].needs_value && !change.nullable.contains(columns[i].name);
	}
	for (int const column : change.added) {
		columns.push_back({query.Column(column).name});
	}
	source_of_ = MatchNames(query, columns, name, nullptr);
	row_type_ = pg::Call(leaf::WiderRowType, now, static_cast<const Oid *>(types.data()),
						 static_cast<const int32 *>(modifiers.data()), pg::Call(leaf::CreatedRowType, query.Analyzed()),
						 change.added.data(), static_cast<int>(change.added.size()));
	for (int i = 0; i < row_type_->natts; ++i) {
		Form_pg_attribute const attribute = TupleDescAttr(row_type_, i);
		if (source_of_[i] >= 0 && pg::Call(getBaseType, attribute->atttypid) == TIMESTAMPTZOID) {
			CheckZone(query, source_of_[i], NameStr(attribute->attname), name);
		}
	}
	if (query.DiscardsRows()) {
		unwelcome_ = LeftOut(query, now);
	}
}

// What a merge updates keeps the values that it has; other loads by keys fill some columns by themselves. Where no rule
// is looked at no default is asked for either.
void
FedColumns::FindUnsure(Relation table, bool by_keys, bool foreseeable)
{
	TupleDesc const now = RelationGetDescr(table);
	unsure_.assign(row_type_->natts + 1, 0);
	for (int i = 0; i < now->natts; ++i) {
		bool const is_unfed = source_of_[i] < 0 && TupleDescAttr(now, i)->attgenerated == '\0';
		unsure_[i] = is_unfed && (by_keys || !foreseeable) ? 1 : 0;
	}
	pg::Call(leaf::FindUnsure, table, static_cast<const int *>(source_of_.data()),
			 reinterpret_cast<bool *>(unsure_.data()));
}

void
FedColumns::FindRules(const Destination &destination, const Evolution &change)
{
	TupleDesc const table = RelationGetDescr(table_);
	std::vector<char> retyped(table->natts + 1);
	std::vector<char> nullable(table->natts + 1);
	std::vector<char> keys(table->natts + 1);
	for (int i = 0; i < table->natts; ++i) {
		std::string const name = NameStr(TupleDescAttr(table, i)->attname);
		retyped[i] = change.widened.contains(name) ? 1 : 0;
		nullable[i] = change.nullable.contains(name) ? 1 : 0;
		bool const is_key = std::find(destination.keys.begin(), destination.keys.end(), name) != destination.keys.end();
		keys[i] = FindsByKeys(destination.mode) && is_key ? 1 : 0;
	}
	leaf::Foreseen const foreseen{Flags(unsure_), Flags(retyped), Flags(nullable), Flags(keys)};
	rules_ = pg::Call(leaf::ForeseenRules, table_, &foreseen);
}

List *
FedColumns::TargetList(const MappedQuery &query) const
{
	const int *const source_of = source_of_.data();
	return table_ == nullptr
			   ? pg::Call(leaf::BuildTargetListFor, query.Analyzed(), row_type_, source_of)
			   : pg::Call(leaf::BuildWiderTargetList, query.Analyzed(), row_type_, table_, source_of, Flags(unsure_));
}

} // namespace sluice::engine
