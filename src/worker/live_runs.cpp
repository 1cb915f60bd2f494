#include "worker/live_runs.hpp"

#include "core/sqlstate.hpp"
#include "core/uuid.hpp"
#include "pg/guard.hpp"

namespace sluice::worker {

std::vector<LiveRun>
LiveRuns(Oid database)
{
	std::vector<LiveRun> live;
	if (Shared() == nullptr) {
		return live;
	}
	int const max = Shared()->run_slots;
	std::vector<RunSlot> slots(max);
	std::vector<int> indexes(max);
	int const count = pg::Call(leaf::CopyRuns, database, slots.data(), indexes.data(), max);
	live.reserve(count);
	for (int i = 0; i < count; ++i) {
		live.push_back({indexes[i], UuidText(slots[i].run), UuidText(slots[i].pipeline), slots[i]});
	}
	return live;
}

std::vector<StopRequest>
OpenStops(Oid database)
{
	if (Shared() == nullptr) {
		return {};
	}
	std::vector<StopRequest> stops(kMaxStopRequests);
	stops.resize(pg::Call(leaf::CopyStops, database, stops.data(), kMaxStopRequests));
	return stops;
}

std::string
RoleText(Oid role)
{
	const char *name = pg::Call(GetUserNameFromId, role, true);
	return name != nullptr ? Format("role \"{}\"", name) : Format("role with OID {}", role);
}

pg_uuid_t
UuidFromText(const std::string &text)
{
	std::optional<UuidBytes> const bytes = ParseUuid(text);
	if (!bytes) {
		throw Error(sqlstate::kInternalError, Format("\"{}\" is not a uuid", text));
	}
	pg_uuid_t uuid;
	static_assert(sizeof(uuid.data) == sizeof(UuidBytes));
	std::copy(bytes->begin(), bytes->end(), uuid.data);
	return uuid;
}

std::string
UuidText(const pg_uuid_t &uuid)
{
	UuidBytes bytes;
	std::copy(std::begin(uuid.data), std::end(uuid.data), bytes.begin());
	return FormatUuid(bytes);
}

} // namespace sluice::worker
