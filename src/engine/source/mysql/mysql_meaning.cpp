#include "engine/source/mysql/mysql_meaning.hpp"

#include "engine/wire/collation_text.hpp"

namespace sluice::engine {

namespace {

// utf8mb4_0900_bin, utf8mb4_nopad_bin: texts are equal where their bytes are, and are ordered as their bytes are.
bool
ComparesBytes(std::string_view collation)
{
	return collation.ends_with("_0900_bin") || collation.ends_with("_nopad_bin");
}

// Blanks at the end of a char are nothing on either side; those of a varchar are something here.
bool
IsEqualityTheSame(Oid type, std::string_view collation)
{
	return ComparesBytes(collation) || (type == BPCHAROID && collation.ends_with("_bin"));
}

bool
IsOrderTheSame(std::string_view collation, bool here_by_code_point)
{
	return here_by_code_point && ComparesBytes(collation) &&
		   (collation.starts_with("utf8") || collation.starts_with("ascii"));
}

} // namespace

std::vector<ColumnMeaning>
FindMysqlMeaning(const std::vector<MysqlDescribed> &columns)
{
	std::string const here = DatabaseCollation(AskHere);
	bool const by_code_point = SameCollation(here, "libc C C UTF8");
	std::vector<ColumnMeaning> meaning(columns.size());
	for (size_t i = 0; i < columns.size(); ++i) {
		const MysqlDescribed &column = columns[i];
		ColumnMeaning &found = meaning[i];
		found.name = column.name;
		if (OidIsValid(pg::Call(get_typcollation, column.type))) {
			bool const labels = column.kind == leaf::MysqlFilterKind::Labels;
			found.type.order_differs = labels || !IsOrderTheSame(column.collation, by_code_point);
			found.type.equality_differs = !IsEqualityTheSame(column.type, column.collation);
			found.collations =
				labels ? Format("It is an enum or a set, which MySQL orders by numbers and compares by the collation "
								"{}",
								column.collation.empty() ? "of its column" : column.collation)
					   : Format("Its collation is {} there and {} here",
								column.collation.empty() ? "unknown" : column.collation, here);
		} else if (column.type == UUIDOID) {
			found.type.order_differs = true;
			found.collations = "MariaDB orders a uuid by its parts, in another order than this database";
			found.named_order = pg::QuoteIdentifier(column.name) + "::text COLLATE \"C\"";
		}
	}
	return meaning;
}

} // namespace sluice::engine
