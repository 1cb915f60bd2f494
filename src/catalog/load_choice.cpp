#include "catalog/load_choice.hpp"

#include <algorithm>

#include "catalog/statement.hpp"
#include "core/identifier.hpp"

namespace sluice::catalog {

namespace {

bool
MayBeSame(const std::string &left, const std::string &right)
{
	std::vector<NamePart> const one = SplitNameParts(left);
	std::vector<NamePart> const other = SplitNameParts(right);
	auto const folded = [](const NamePart &part) {
		std::string text = part.text;
		std::transform(text.begin(), text.end(), text.begin(),
					   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
		return part.quoted ? part.text : text;
	};
	return folded(one.back()) == folded(other.back()) &&
		   (one.size() != other.size() || folded(one.front()) == folded(other.front()));
}

} // namespace

bool
MayReplace(const std::string &pipeline_id, Oid relation)
{
	return Execute("SELECT d.load_chosen OR s.created_relation = $2::oid FROM sluice.pipeline_definitions d LEFT JOIN "
				   "sluice.pipeline_state s ON s.pipeline_id = d.id WHERE d.id = $1::uuid",
				   {pipeline_id, Number(relation)})
		.IsTrue(0, 0);
}

bool
IsLoadedByOthers(const Pipeline &pipeline, Oid relation)
{
	// A role of a restored dump may be missing.
	return !Execute("SELECT FROM sluice.pipeline_definitions d JOIN pg_roles r ON r.oid = d.owner_oid WHERE "
					"d.destination_table = $1 AND d.destination IS NULL AND d.id <> $2::uuid AND "
					"has_table_privilege(r.oid, $3::oid, 'INSERT') LIMIT 1",
					{pipeline.destination_table, pipeline.id, Number(relation)})
				.Empty();
}

bool
IsLoadedByOthersThere(const Pipeline &pipeline)
{
	pg::SqlResult const others =
		Execute("SELECT d.destination_table FROM sluice.pipeline_definitions d JOIN pg_roles r ON r.oid = d.owner_oid "
				"JOIN pg_foreign_server f ON f.srvname = d.destination WHERE d.destination = $1::name AND d.id <> "
				"$2::uuid AND d.destination_table IS NOT NULL AND has_server_privilege(r.oid, f.oid, 'USAGE')",
				{pipeline.destination, pipeline.id});
	for (size_t row = 0; row < others.Rows(); ++row) {
		if (MayBeSame(*pipeline.destination_table, others.Text(row, 0))) {
			return true;
		}
	}
	return false;
}

} // namespace sluice::catalog
