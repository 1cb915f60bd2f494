#include "pg/sql.hpp"

#include <charconv>

#include "core/sqlstate.hpp"
#include "pg/plan_once.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/spi_call.hpp"

namespace sluice::pg {

namespace {

using PlanMap = std::unordered_map<std::string, SPIPlanPtr>;

// Kept plans of our own statements; leaked with the backend on purpose.
PlanMap &
Plans()
{
	static auto *plans = new PlanMap(); // NOLINT(cppcoreguidelines-owning-memory): lives as long as the backend
	return *plans;
}

bool plan_once = false;

// Another server may answer with fewer than it was asked for.
const SqlValue &
Checked(const std::vector<std::vector<SqlValue>> &rows, size_t row, size_t column)
{
	if (row >= rows.size() || column >= rows[row].size()) {
		throw Error(sqlstate::kProtocolViolation, "a server answered with fewer rows or columns than it was asked for",
					"Look at what the server is.");
	}
	return rows[row][column];
}

std::string
Take(char *text)
{
	std::string copy(text);
	CallNoThrow(pfree, static_cast<void *>(text));
	return copy;
}

} // namespace

const SqlValue &
SqlResult::Cell(size_t row, size_t column) const
{
	return Checked(rows_, row, column);
}

const std::string &
SqlResult::Text(size_t row, size_t column) const
{
	static const std::string empty;
	const SqlValue &cell = Checked(rows_, row, column);
	return cell ? *cell : empty;
}

bool
SqlResult::IsTrue(size_t row, size_t column) const
{
	return Text(row, column) == "t";
}

int64_t
SqlResult::Integer(size_t row, size_t column, int64_t if_null) const
{
	const SqlValue &cell = Checked(rows_, row, column);
	int64_t value = if_null;
	if (cell) {
		std::from_chars(cell->data(), cell->data() + cell->size(), value);
	}
	return value;
}

SqlResult
Sql(const std::string &statement, std::span<const SqlValue> parameters, const SqlOptions &options)
{
	std::vector<const char *> pointers;
	pointers.reserve(parameters.size());
	for (const SqlValue &parameter : parameters) {
		pointers.push_back(parameter ? parameter->c_str() : nullptr);
	}
	leaf::SqlCall call{};
	call.statement = statement.c_str();
	call.parameter_count = static_cast<int>(pointers.size());
	call.parameters = pointers.data();
	call.run_as = options.run_as;
	call.latest_snapshot = options.latest_snapshot;
	call.queues_triggers = options.queues_triggers;
	call.kept = options.keep_plan ? &Plans()[statement] : nullptr;
	call.generic_plan = plan_once;
	leaf::SqlCells cells{};
	Call(leaf::RunSql, &call, &cells);
	SqlResult result;
	result.SetProcessed(cells.processed);
	for (uint64 row = 0; row < cells.rows; ++row) {
		std::vector<SqlValue> values;
		values.reserve(cells.columns);
		for (int column = 0; column < cells.columns; ++column) {
			const char *cell = cells.cells[row * cells.columns + column];
			values.push_back(cell != nullptr ? SqlValue(cell) : std::nullopt);
		}
		result.Add(std::move(values));
	}
	CallNoThrow(MemoryContextDelete, cells.context);
	return result;
}

void
PlanOnce()
{
	plan_once = true;
}

std::string
QuoteIdentifier(std::string_view name)
{
	std::string copy(name);
	// quote_identifier returns its argument when no quotes are needed: copy before freeing anything.
	return Call(quote_identifier, copy.c_str());
}

std::string
QuoteLiteral(std::string_view text)
{
	std::string copy(text);
	return Take(Call(quote_literal_cstr, copy.c_str()));
}

std::string
QualifiedName(Oid relation)
{
	return Take(Call(leaf::QualifiedName, relation));
}

} // namespace sluice::pg
