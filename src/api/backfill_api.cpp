// backfill_pipeline.

#include "api/arguments.hpp"
#include "api/as_owner.hpp"
#include "api/definition.hpp"
#include "api/rights.hpp"
#include "api/trigger.hpp"
#include "catalog/backfill.hpp"
#include "catalog/run_store.hpp"
#include "catalog/statement.hpp"
#include "core/load_plan.hpp"
#include "core/number_text.hpp"
#include "core/sqlstate.hpp"
#include "worker/control.hpp"

namespace sluice::api {

namespace {

using catalog::CursorSlice;
using catalog::Pipeline;

constexpr size_t kMostSlices = 10'000;

struct Range {
	std::string start;
	std::string end;
	std::optional<std::string> slice;

	// Whether the cursor is a number; else it is a time.
	bool IsNumeric() const { return IsNumberText(slice.value_or(start)); }
	const char *Type() const { return IsNumeric() ? "numeric" : "timestamptz"; }
};

bool
IsTrue(const std::string &condition, std::initializer_list<pg::SqlValue> values)
{
	return pg::Sql("SELECT " + condition, values).IsTrue(0, 0);
}

// Times go by the calendar of the pipeline's time zone: a slice of a day has 23 hours once a year.
std::string
StatementFor(const Range &range)
{
	if (!range.slice) {
		return Format("SELECT $1::{0}::text UNION ALL SELECT $2::{0}::text WHERE $3 IS NULL", range.Type());
	}
	// A series in a select list is not made as a whole before its first rows are used.
	std::string const within =
		range.IsNumeric() ? "SELECT s.at FROM (SELECT generate_series($1::numeric, $2::numeric, $3::numeric) AS at) s"
						  : "SELECT s.at::timestamptz FROM (SELECT generate_series($1::timestamptz::timestamp, "
							"$2::timestamptz::timestamp, $3::interval) AS at) s";
	return Format("SELECT $1::{0}::text UNION ALL (SELECT b.at::text FROM ({1}) b (at) WHERE b.at > $1::{0} AND b.at < "
				  "$2::{0} LIMIT {2}) UNION ALL SELECT $2::{0}::text",
				  range.Type(), within, kMostSlices);
}

std::vector<CursorSlice>
SlicesOf(const Range &range)
{
	if (range.slice && !IsTrue(range.IsNumeric() ? "$1::numeric > 0" : "$1::interval > interval '0'", {range.slice})) {
		throw Error(sqlstate::kInvalidParameterValue, "slice must be greater than zero",
					"Give an interval such as '1 day' where the cursor is a time, a number where it is one.");
	}
	if (!IsTrue(Format("$1::{0} < $2::{0}", range.Type()), {range.start, range.end})) {
		throw Error(sqlstate::kInvalidParameterValue, "range_end must be greater than range_start",
					"range_start is part of the range, range_end is not.");
	}
	pg::SqlResult const bounds = pg::Sql(StatementFor(range), {range.start, range.end, range.slice});
	if (bounds.Rows() > kMostSlices + 1) {
		throw Error(sqlstate::kProgramLimitExceeded, Format("the range has more than {} slices", kMostSlices),
					"Make the slices larger, or backfill a part of the range.");
	}
	std::vector<CursorSlice> slices;
	for (size_t row = 1; row < bounds.Rows(); ++row) {
		slices.push_back({bounds.Text(row - 1, 0), bounds.Text(row, 0)});
	}
	return slices;
}

// What an append has not read yet it will read, and it would append it twice.
void
RequireLoaded(const Pipeline &pipeline, const Range &range)
{
	std::optional<std::string> const watermark = catalog::Watermark(pipeline.id);
	if (!watermark) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("pipeline \"{}\" has loaded nothing yet", pipeline.name),
					"Run it once, and then backfill what is before its watermark.");
	}
	if (IsTrue(Format("$1::{0} > $2::{0}", range.Type()), {range.end, watermark})) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("the range goes beyond the watermark {}, and the next run would append those rows again",
						   *watermark),
					catalog::kBackfillEndHint);
	}
}

void
RequireCursor(const Pipeline &pipeline)
{
	if (!pipeline.cursor_column) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("pipeline \"{}\" has no cursor_column", pipeline.name),
					"A backfill reads ranges of it. Without one each run reads everything: use trigger_pipeline.");
	}
}

std::string
Backfill(const Pipeline &pipeline, const Range &range, bool newest_first)
{
	RequireCursor(pipeline);
	RequireStartable(pipeline);
	// As the caller, by the pipeline's clock.
	Pipeline here = Defaults();
	here.owner_oid = GetUserId();
	here.owner = catalog::CurrentUserName();
	here.timezone = pipeline.timezone;
	here.search_path = "pg_catalog";
	std::vector<CursorSlice> slices;
	std::optional<LoadMode> const mode = ParseLoadMode(pipeline.load.value_or(""));
	bool const finds_by_keys = mode && FindsByKeys(*mode);
	AsOwner(here, [&] {
		slices = SlicesOf(range);
		if (!finds_by_keys) {
			RequireLoaded(pipeline, range);
		}
	});
	Notice(Format("backfill of pipeline \"{}\": {} run{}, from {} to before {}", pipeline.name, slices.size(),
				  slices.size() == 1 ? "" : "s", slices.front().from, slices.back().to));
	if (!finds_by_keys) {
		Warning(Format("pipeline \"{}\" appends: rows of this range that are in its destination come a second time",
					   pipeline.name),
				"Delete them there first; or give the pipeline key_columns.");
	}
	if (newest_first) {
		std::reverse(slices.begin(), slices.end());
	}
	std::string root = catalog::InsertSlices(pipeline, slices, catalog::CurrentUserName());
	worker::PokeAtCommit();
	return root;
}

} // namespace

} // namespace sluice::api

SLUICE_PIPELINE_FUNCTION(sluice_backfill_pipeline)
{
	namespace api = sluice::api;
	api::Range const range{api::RequiredArgument(fcinfo, 1, "range_start"),
						   api::RequiredArgument(fcinfo, 2, "range_end"), api::Argument(fcinfo, 3)};
	bool const newest_first = api::FlagArgument(fcinfo, 4, false);
	sluice::catalog::Pipeline const found = api::FindForUse(pipeline);
	api::RequirePreload("backfill_pipeline");
	return api::Result(api::Backfill(found, range, newest_first), UUIDOID);
}
