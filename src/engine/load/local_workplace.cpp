#include "engine/load/local_workplace.hpp"

#include "engine/target/key_index.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

void
SetForLevel(const char *name, const char *value)
{
	(void)set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

int
TakeMemory(bool is_given)
{
	constexpr int kKilobytes = 16 * 1024;
	int const level = NewGUCNestLevel();
	if (!is_given && work_mem < kKilobytes) {
		SetForLevel("work_mem", "16MB");
	}
	return level;
}

void
FindRowsOneByOne()
{
	SetForLevel("enable_hashjoin", "off");
	SetForLevel("enable_mergejoin", "off");
}

void
LeaveLevel(int level)
{
	AtEOXact_GUC(true, level);
}

} // namespace

} // namespace leaf

LocalWorkplace::LocalWorkplace(Destination &destination, const std::vector<std::string> &keys, const ColumnMatch &match,
							   std::string rules)
	: table_(destination.name), oid_(destination.oid), rules_(std::move(rules))
{
	TupleDesc const row_type = RelationGetDescr(destination.relation);
	for (int i = 0; i < row_type->natts; ++i) {
		if (match.source_of[static_cast<size_t>(i)] < 0) {
			continue;
		}
		Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
		WorkColumn column{NameStr(attribute->attname),
						  pg::Call(format_type_with_typemod, attribute->atttypid, attribute->atttypmod),
						  attribute->attidentity != ATTRIBUTE_IDENTITY_ALWAYS, match.stamped[static_cast<size_t>(i)]};
		column.number = attribute->attnum;
		if (OidIsValid(attribute->attcollation)) {
			column.type += Format(" COLLATE {}", pg::Call(leaf::CollationName, attribute->attcollation));
		}
		if (std::find(keys.begin(), keys.end(), column.name) != keys.end()) {
			Oid const base = pg::Call(getBaseType, attribute->atttypid);
			column.equals = pg::Call(leaf::EqualityOf, base);
			column.sortable = pg::Call(leaf::CanBeSorted, base);
			column.is_fixed = pg::Call(leaf::EqualMeansSame, base, attribute->attcollation);
		}
		columns_.push_back(std::move(column));
	}
	pg::Call(table_close, std::exchange(destination.relation, nullptr), NoLock);
}

int64_t
LocalWorkplace::Close()
{
	staged_.Close();
	return staged_.Rows();
}

void
LocalWorkplace::TakeMemory(bool is_given)
{
	level_ = pg::Call(leaf::TakeMemory, is_given);
}

void
LocalWorkplace::FindRowsOneByOne()
{
	pg::Call(leaf::FindRowsOneByOne);
}

void
LocalWorkplace::GiveBack()
{
	pg::Call(leaf::LeaveLevel, level_);
}

} // namespace sluice::engine
