#include "engine/load/staged_rows.hpp"

#include "pg/relation_lookup.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

std::string
FreeTemporaryName(const char *wanted)
{
	std::string name = wanted;
	for (int i = 2; OidIsValid(pg::Call(pg::leaf::FindTemporary, name.c_str())); ++i) {
		name = Format("{}_{}", wanted, i);
	}
	return "pg_temp." + name;
}

void
StagedRows::Open(const std::string &columns, const std::string &rules)
{
	pg::Call(pg::leaf::RequireTemporaryRight);
	name_ = FreeTemporaryName("pg_sluice_staged_rows");
	pg::Sql("CREATE TEMPORARY TABLE " + name_ + " " + columns + " ON COMMIT DROP");
	if (!rules.empty()) {
		pg::Sql(Format("ALTER TABLE {} {}", name_, rules));
	}
	table_ = pg::Call(table_open, pg::Call(pg::leaf::FindTemporary, name_.c_str() + strlen("pg_temp.")), NoLock);
	writer_ = pg::Call(leaf::OpenHeapWriter, table_, table_, TABLE_INSERT_SKIP_FSM | TABLE_INSERT_FROZEN);
}

void
StagedRows::Close()
{
	rows_ = writer_->checks.rows;
	pg::Call(leaf::CloseHeapWriter, std::exchange(writer_, nullptr));
	pg::Call(table_close, std::exchange(table_, nullptr), NoLock);
	pg::Call(CommandCounterIncrement);
}

void
StagedRows::Drop()
{
	if (!name_.empty()) {
		pg::Sql("DROP TABLE " + name_);
		name_.clear();
	}
}

} // namespace sluice::engine
