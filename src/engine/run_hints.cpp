#include "engine/run_hints.hpp"

#include "core/sqlstate.hpp"

namespace sluice::engine {

namespace {

struct Advice {
	std::string_view code; // a SQLSTATE, or the two characters of a class
	const char *hint;	   // {} is the owner
};

// The first that fits counts.
constexpr Advice kAdvice[] = {
	{"22003",
	 "A value is too large for its column: widen the column, or cast or leave out such rows with columns and filter."},
	{"22001", "A value is too long for its column: widen the column, or cut it with left() in columns."},
	{"22P02", "Clean the value in columns, or leave such rows out with filter."},
	{"22", "Clean the value in columns, or leave such rows out with filter."},
	{"23502", "Give it a value with COALESCE in columns, or leave such rows out with filter."},
	{"23505",
	 "The source has a row twice, or it was loaded before: load with replace, or leave such rows out with filter."},
	{"23514", "Leave such rows out with filter, or change them in columns."},
	{"23503", "Load the referenced rows first, or leave such rows out with filter."},
	{"23", "Leave such rows out with filter, or change them in columns."},
	{"3F000", "Create the schema, or name another one in destination_table."},
	{"HV", "Check the server's options and its user mapping, and that the source can be reached."},
	{"55006", "This session itself still uses the table: close its cursors first."},
	{"42501", "A pipeline has the rights of its owner \"{}\" and no others: GRANT what is missing to that role."},
	{"42",
	 "columns and filter are SQL over the source's columns, also as source.name; what they make together is shown."},
};

} // namespace

Error
WithHint(const Error &error, const catalog::Pipeline &pipeline)
{
	if (!error.Info().hint.empty()) {
		return error;
	}
	std::string const state = SqlStateText(error.State());
	for (const Advice &advice : kAdvice) {
		if (state.starts_with(advice.code)) {
			ErrorInfo info = error.Info();
			info.hint = FormatRuntime(advice.hint, pipeline.owner);
			return Error(std::move(info));
		}
	}
	return error;
}

} // namespace sluice::engine
