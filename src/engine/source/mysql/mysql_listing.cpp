#include "engine/source/mysql/mysql_listing.hpp"

#include "core/ascii.hpp"
#include "core/mysql_syntax.hpp"
#include "engine/source/mysql/mysql_connection.hpp"
#include "engine/source/mysql/mysql_text.hpp"

namespace sluice::engine {

namespace {

// A user sees there what is open to it. A sequence of MariaDB is no table.
constexpr const char *kTables =
	"SELECT table_schema, table_name, table_type = 'VIEW' FROM information_schema.tables WHERE table_schema NOT IN "
	"('information_schema', 'mysql', 'performance_schema', 'sys') AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', "
	"'VIEW') ORDER BY 1, 2 LIMIT ";

// As FindCursorType() has them for what a column becomes here.
bool
CanBeCursor(const std::string &type)
{
	constexpr std::array<std::string_view, 9> kTypes = {"tinyint", "smallint", "mediumint", "int",		"bigint",
														"decimal", "date",	   "datetime",	"timestamp"};
	return std::any_of(kTypes.begin(), kTypes.end(),
					   [&type](std::string_view known) { return EqualsIgnoringCase(known, type); });
}

class MysqlListing final : public TableListing {
public:
	MysqlListing(const ForeignServer &server, const OptionValues &options)
		: remote_(server, pg::TimeoutsOf(options), options.Boolean("get_public_key"))
	{}

	std::vector<ListedTable> Tables() override
	{
		pg::SqlResult const rows = remote_.Exec(kTables + std::to_string(kMostListed + 1));
		std::vector<ListedTable> tables;
		for (size_t row = 0; row < rows.Rows(); ++row) {
			tables.push_back(
				{.name = {rows.Text(row, 0), rows.Text(row, 1)}, .oid = {}, .by_name_only = rows.Text(row, 2) == "1"});
		}
		return tables;
	}

	TableKeys Keys(const ListedTable &table) override
	{
		std::string const where =
			Format("table_schema = {} AND table_name = {}", Literal(table.name.schema), Literal(table.name.table));
		TableKeys keys;
		pg::SqlResult const columns = remote_.Exec("SELECT column_name, is_nullable = 'NO', data_type FROM "
												   "information_schema.columns WHERE " +
												   where + " ORDER BY ordinal_position");
		for (size_t row = 0; row < columns.Rows(); ++row) {
			keys.columns.push_back(
				{columns.Text(row, 0), columns.Text(row, 1) == "1", CanBeCursor(columns.Text(row, 2))});
		}
		pg::SqlResult const key = remote_.Exec("SELECT column_name FROM information_schema.statistics WHERE " + where +
											   " AND index_name = 'PRIMARY' ORDER BY seq_in_index");
		for (size_t row = 0; row < key.Rows(); ++row) {
			keys.key.push_back(key.Text(row, 0));
		}
		return keys;
	}

private:
	static std::string Literal(const std::string &name)
	{
		return QuoteMysqlText(pg::Call(leaf::TextToMysql, name.c_str()));
	}

	MysqlConnection remote_;
};

} // namespace

std::unique_ptr<TableListing>
ListMysqlTables(const ForeignServer &server, const OptionValues &options)
{
	return std::make_unique<MysqlListing>(server, options);
}

} // namespace sluice::engine
