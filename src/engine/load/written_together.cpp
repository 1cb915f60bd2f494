#include "engine/load/written_together.hpp"

namespace sluice::engine {

std::vector<int64_t>
WriteTogether(Workplace &place, const std::vector<std::string> &statements)
{
	// What RETURNING gives is kept until the end.
	if (statements.size() == 1) {
		return {static_cast<int64_t>(place.Run(statements.front()).Processed())};
	}
	std::string text;
	std::string counts;
	for (size_t i = 0; i < statements.size(); ++i) {
		text += Format("{}w{} AS ({}", text.empty() ? "WITH " : ", ", i, statements[i]);
		// A key that one statement gives free is taken by the next: nothing else says in which order they run.
		if (i > 0) {
			text += Format(" AND (SELECT pg_catalog.count(*) FROM w{}) OPERATOR(pg_catalog.>=) 0", i - 1);
		}
		text += " RETURNING 1)";
		counts += Format("{}(SELECT pg_catalog.count(*) FROM w{})", counts.empty() ? " SELECT " : ", ", i);
	}
	pg::SqlResult const result = statements.empty() ? pg::SqlResult() : place.Run(text + counts);
	std::vector<int64_t> written;
	for (size_t i = 0; i < statements.size(); ++i) {
		written.push_back(result.Integer(0, i));
	}
	return written;
}

} // namespace sluice::engine
