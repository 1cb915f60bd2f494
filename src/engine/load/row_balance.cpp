#include "engine/load/row_balance.hpp"

#include "core/sqlstate.hpp"
#include "engine/source/drivers.hpp"

namespace sluice::engine {

namespace {

Error
NotCounted()
{
	return Error(sqlstate::kFeatureNotSupported, "verify cannot be \"count\" for this source",
				 "Rows are counted in the snapshot that they are read from: by a PostgreSQL or MySQL server that "
				 "pg_sluice reads by itself. Leave verify out.");
}

Error
Miscounted(int64_t rows, const char *what, const LoadCounts &counts)
{
	ErrorInfo info;
	info.sqlstate = sqlstate::kInternalError;
	info.message = Format("{} rows were {}, and {} are accounted for", rows, what, counts.Arrived());
	info.detail = Format("inserted {}, updated {}, unchanged {}, duplicate {}, rejected {}", counts.inserted,
						 counts.updated, counts.unchanged, counts.duplicate, counts.rejected);
	info.hint = "Nothing was loaded. This is a bug of pg_sluice: please report it, with the log of the run.";
	return Error(std::move(info));
}

} // namespace

void
CheckVerify(const catalog::Pipeline &pipeline, const OptionValues &options)
{
	if (options.Text("verify") == "count" && (!IsReadOverWire(pipeline) || pipeline.IsContinuous())) {
		throw NotCounted();
	}
}

std::optional<int64_t>
CountSource(const OptionValues &options, RunInput &input)
{
	if (options.Text("verify") != "count") {
		return std::nullopt;
	}
	std::optional<int64_t> const counted = input.Wire() != nullptr ? input.Wire()->CountRows() : std::nullopt;
	if (!counted) {
		throw NotCounted();
	}
	return counted;
}

void
CompareCount(int64_t counted, int64_t read, RunJournal &journal)
{
	if (counted != read) {
		throw Error(sqlstate::kCountDiffers, Format("the source counts {} rows, and {} were read", counted, read),
					"Nothing was loaded. A table without transactions (MyISAM), or a source_query with random(), gives "
					"others each time; else run it again, and report it if that says the same.",
					"Both were asked in the run's snapshot of the source, by the same conditions.");
	}
	journal.Info(Format("verify: the source counts {} rows in the run's snapshot, as many as were read", counted));
}

void
RequireAllCounted(int64_t given, const LoadCounts &counts, bool suppressed)
{
	if (counts.Arrived() > given || (counts.Arrived() < given && !suppressed)) {
		throw Miscounted(given, "given to the load", counts);
	}
}

int64_t
FilteredOf(int64_t read, const LoadCounts &counts)
{
	if (counts.Arrived() > read) {
		throw Miscounted(read, "read", counts);
	}
	return read - counts.Arrived();
}

} // namespace sluice::engine
