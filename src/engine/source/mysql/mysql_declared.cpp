#include "engine/source/mysql/mysql_declared.hpp"

#include "core/ascii.hpp"
#include "core/mysql_syntax.hpp"
#include "engine/source/mysql/mysql_text.hpp"

namespace sluice::engine {

namespace {

// Names of columns are found whatever their case is.
const MysqlNamed *
Find(const std::vector<MysqlNamed> &columns, const std::string &name)
{
	auto const exact = std::find_if(columns.begin(), columns.end(),
									[&name](const MysqlNamed &column) { return column.there == name; });
	if (exact != columns.end()) {
		return &*exact;
	}
	auto const found = std::find_if(columns.begin(), columns.end(), [&name](const MysqlNamed &column) {
		return EqualsIgnoringCase(column.there, name);
	});
	return found != columns.end() ? &*found : nullptr;
}

void
ReadIndexes(const pg::SqlResult &rows, const std::vector<MysqlNamed> &columns, DeclaredTable *declared)
{
	for (size_t row = 0; row < rows.Rows(); ++row) {
		const std::string &name = rows.Text(row, 0);
		if (declared->indexes.empty() || declared->indexes.back().name != name) {
			if (declared->indexes.size() == kMostIndexes) {
				return;
			}
			DeclaredIndex index;
			index.name = name;
			index.primary = name == "PRIMARY";
			index.unique = rows.Text(row, 1) == "1";
			declared->indexes.push_back(std::move(index));
		}
		DeclaredIndex &index = declared->indexes.back();
		if (rows.Text(row, 2) != "BTREE") {
			index.obstacle = "it is of the kind " + rows.Text(row, 2);
		} else if (!rows.Cell(row, 3)) {
			index.obstacle = "it is over an expression";
		} else if (rows.Text(row, 4) == "1") {
			index.obstacle = Format("it holds only the beginning of column \"{}\"", rows.Text(row, 3));
		}
		const MysqlNamed *const column = Find(columns, rows.Text(row, 3));
		bool const descending = rows.Text(row, 5) == "1";
		index.parts.push_back({column != nullptr ? column->here : rows.Text(row, 3), descending, descending});
	}
}

} // namespace

DeclaredTable
ReadMysqlDeclared(MysqlConnection &remote, const SourceName &table, const std::vector<MysqlNamed> &columns)
{
	std::string const where = Format("table_schema = {} AND table_name = {}",
									 QuoteMysqlText(pg::Call(leaf::TextToMysql, table.schema.c_str())),
									 QuoteMysqlText(pg::Call(leaf::TextToMysql, table.table.c_str())));
	DeclaredTable declared;
	pg::SqlResult const found = remote.Exec("SELECT table_comment FROM information_schema.tables WHERE " + where +
											" AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')");
	if (found.Empty()) {
		return declared;
	}
	declared.comment = CommentIn(found, 0, 0);
	pg::SqlResult const rows =
		remote.Exec("SELECT column_name, is_nullable = 'NO', extra LIKE '%auto_increment%', column_comment FROM "
					"information_schema.columns WHERE " +
					where);
	for (size_t row = 0; row < rows.Rows(); ++row) {
		if (const MysqlNamed *const column = Find(columns, rows.Text(row, 0))) {
			bool const not_null = rows.Text(row, 1) == "1" && !column->may_become_null;
			declared.columns[column->here] = {not_null, rows.Text(row, 2) == "1", CommentIn(rows, row, 3), "", ""};
		}
	}
	ReadIndexes(remote.Exec("SELECT index_name, non_unique = 0, index_type, column_name, sub_part IS NOT NULL, "
							"collation = 'D' FROM information_schema.statistics WHERE " +
							where + " ORDER BY index_name = 'PRIMARY' DESC, index_name, seq_in_index"),
				columns, &declared);
	return declared;
}

} // namespace sluice::engine
