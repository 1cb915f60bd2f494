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
	{"22003", "A value is too large for its column: widen the column."},
	{"22001", "A value is too long for its column: widen the column."},
	{"22P02", "Correct such values in the source, or by an expression in columns."},
	{"22", "Correct such values in the source, or by an expression in columns."},
	{"23502", "Give it a value with COALESCE in columns."},
	{"23505",
	 "The source has a row twice, or it was loaded before: load with replace, or select what is new with filter."},
	{"23514", "Correct such rows in the source, or by expressions in columns."},
	{"23503", "Load the referenced rows first."},
	{"23", "Correct such rows in the source, or by expressions in columns."},
	{"3F000", "Create the schema, or name another one in destination_table."},
	{"HV", "Check the server's options and its user mapping, and that the source can be reached."},
	{"55006", "This session itself still uses the table: close its cursors first."},
	{"42501", "A pipeline has the rights of its owner \"{}\" and no others: GRANT what is missing to that role."},
	{"42",
	 "columns and filter are SQL over the source's columns, also as source.name; what they make together is shown."},
};

constexpr const char *kInsideFunction = "It was raised inside a function, which the context names: a trigger of the "
										"destination, or one that the pipeline's SQL calls.";

Error
With(const Error &error, std::string hint)
{
	ErrorInfo info = error.Info();
	info.hint = std::move(hint);
	return Error(std::move(info));
}

// What another server said of a statement: there the user mapping's role counts, and no owner, columns or filter of
// ours.
std::string
HintOfSource(const std::string &state, const catalog::Pipeline &pipeline)
{
	if (state == "42501") {
		return Format("Grant what is missing at server \"{}\" to the role that the user mapping names; where row-level "
					  "security hides rows from it, it needs BYPASSRLS there.",
					  *pipeline.source);
	}
	if (state.starts_with("42")) {
		return Format("{} is read at server \"{}\" by the role that the user mapping names: try it there as that role.",
					  pipeline.source_query ? "source_query" : "source_table", *pipeline.source);
	}
	return {};
}

// PostgreSQL says it in the first line of the context: PL/pgSQL function f() line 3 at RAISE. In others it says who
// called us.
bool
IsInsideFunction(const ErrorInfo &info)
{
	return info.context.substr(0, info.context.find('\n')).find("function ") != std::string::npos;
}

} // namespace

Error
WithHint(const Error &error, const catalog::Pipeline &pipeline)
{
	std::string const state = SqlStateText(error.State());
	if (pipeline.source && error.Info().context.find("at server \"" + *pipeline.source + "\"") != std::string::npos) {
		std::string hint = HintOfSource(state, pipeline);
		if (!hint.empty() && error.Info().hint.empty()) {
			return With(error, std::move(hint));
		}
	}
	if (!error.Info().hint.empty()) {
		return error;
	}
	bool const inside = state != "42501" && IsInsideFunction(error.Info());
	if (!inside && state.starts_with("42") && state != "42501" && !pipeline.source && pipeline.source_query &&
		!pipeline.columns && !pipeline.filter) {
		return With(error, "source_query is run as the owner, with the search_path that is stored in the pipeline.");
	}
	for (const Advice &advice : kAdvice) {
		if (state.starts_with(advice.code)) {
			return With(error, inside ? kInsideFunction : FormatRuntime(advice.hint, pipeline.owner));
		}
	}
	return error;
}

Error
OfALook(const Error &error)
{
	if (error.State() != sqlstate::kReadOnlyTransaction || !error.Info().hint.empty()) {
		return error;
	}
	return With(error,
				"Who only looks writes nothing: what writes in columns, filter, transform or source_query, such as "
				"nextval(), is done by runs alone.");
}

} // namespace sluice::engine
