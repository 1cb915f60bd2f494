#include "engine/load/remote_workplace.hpp"

#include "engine/load/keyed_rows.hpp"

namespace sluice::engine {

RemoteWorkplace::RemoteWorkplace(RemoteDestination &destination, const std::vector<std::string> &keys,
								 const CursorColumn *cursor, bool alone)
	: destination_(destination), cursor_(cursor), alone_(alone), columns_(destination.Columns(keys)), rows_(destination)
{}

std::string
RemoteWorkplace::FreeTemporaryName(const char *wanted)
{
	std::string name = wanted;
	for (int i = 2; !Run("SELECT 1 FROM pg_catalog.pg_class AS c WHERE c.relnamespace OPERATOR(pg_catalog.=) "
						 "pg_catalog.pg_my_temp_schema() AND c.relname OPERATOR(pg_catalog.=) $1::pg_catalog.name",
						 {name})
						 .Empty();
		 ++i) {
		name = Format("{}_{}", wanted, i);
	}
	return "pg_temp." + name;
}

void
RemoteWorkplace::Open(const std::string &columns)
{
	if (alone_) {
		destination_.KeepWritersOut("comparing its rows");
	}
	staged_ = FreeTemporaryName("pg_sluice_staged_rows");
	Run("CREATE TEMPORARY TABLE " + staged_ + " " + columns + " ON COMMIT DROP", {});
	destination_.UsePath(SessionPath::Own);
}

ColumnMatch
RemoteWorkplace::Expect(const MappedQuery &query)
{
	shape_ = destination_.StagedShape(query, cursor_ != nullptr ? cursor_->type->oid : InvalidOid, kStagedCursor);
	rows_.Begin(staged_, shape_);
	return shape_.match;
}

void
RemoteWorkplace::Drop()
{
	Run("DROP TABLE " + staged_, {});
	destination_.UsePath(SessionPath::Empty);
}

void
RemoteWorkplace::Set(const char *name, const std::string &value)
{
	settings_.emplace_back(name, Run("SELECT pg_catalog.current_setting($1)", {name}).Text(0, 0));
	Run("SELECT pg_catalog.set_config($1, $2, true)", {name, value});
}

// What is given for this session counts there as well.
void
RemoteWorkplace::TakeMemory(bool is_given)
{
	constexpr int64_t kKilobytes = 16 * 1024;
	int64_t const there = Run("SELECT s.setting FROM pg_catalog.pg_settings AS s WHERE s.name "
							  "OPERATOR(pg_catalog.=) 'work_mem'",
							  {})
							  .Integer(0, 0);
	if (is_given || there < kKilobytes) {
		Set("work_mem", Format("{}kB", is_given ? static_cast<int64_t>(work_mem) : kKilobytes));
	}
}

void
RemoteWorkplace::FindRowsOneByOne()
{
	Set("enable_hashjoin", "off");
	Set("enable_mergejoin", "off");
}

void
RemoteWorkplace::GiveBack()
{
	for (const auto &[name, value] : settings_) {
		Run("SELECT pg_catalog.set_config($1, $2, true)", {name, value});
	}
	settings_.clear();
}

} // namespace sluice::engine
