#include "engine/transform/column_meaning.hpp"

#include "core/sqlstate.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

Error
ExtensionMissing(const std::string &column, const std::string &type, const std::string &extension,
				 const std::string &where, bool is_there)
{
	return Error(sqlstate::kUndefinedObject,
				 Format("column \"{}\" is of type {} of the extension \"{}\", which {} does not have", column, type,
						extension, where),
				 Format("Run {} in {}; or load it as text: \"column_types\": {{\"{}\": \"text\"}} in options.",
						is_there ? Format("ALTER EXTENSION {} UPDATE", pg::QuoteIdentifier(extension))
								 : Format("CREATE EXTENSION {}", pg::QuoteIdentifier(extension)),
						where, column));
}

Error
RefuseMeaning(const ColumnMeaning &column, Clause clause, const std::string &not_there)
{
	std::string const quoted = pg::QuoteIdentifier(column.name);
	std::string const what = clause == Clause::Columns ? "columns" : "filter";
	bool const by_type = !column.why_not.empty();
	std::string detail = by_type ? column.why_not + "." : column.collations + ".";
	if (!not_there.empty()) {
		detail += " The source cannot apply the filter, because " + not_there + ".";
	}
	std::string hint =
		by_type ? Format("Make that type known here, or compute with it in source_query, at the source. What is only "
						 "loaded needs neither, nor does its text: {}::text.",
						 quoted)
				: Format("Say by which rules, for example {}, or compute it in source_query, at the source.",
						 column.named_order.empty() ? quoted + " COLLATE \"C\"" : column.named_order);
	if (clause == Clause::Filter) {
		hint += " A filter of comparisons with literals alone is applied by the source.";
	}
	return Error(
		sqlstate::kDatatypeMismatch,
		by_type ? Format("{} cannot compute with column \"{}\" of type {} here", what, column.name, column.source_type)
				: Format("{} cannot compare column \"{}\" here as the source does", what, column.name),
		std::move(hint), std::move(detail));
}

} // namespace sluice::engine
