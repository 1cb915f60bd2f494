// SQL from C++: one statement in, text cells out. For catalog work and set-up, never for the hot path.
//
// Parameters and results are text; the statement casts ($1::uuid). The whole call (switching the user,
// planning, running, copying the cells out) is one leaf function behind one guard, so an error leaves
// nothing half-switched: the transaction's abort restores user and settings.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pg/guard.hpp"

namespace sluice::pg {

using SqlValue = std::optional<std::string>;

struct SqlOptions {
	// Run as this role in a security-restricted operation with search_path = pg_catalog, pg_temp;
	// InvalidOid: as the current user, with the session's settings.
	Oid run_as = InvalidOid;
	// See what has been committed up to now, even under REPEATABLE READ. Reads only.
	bool latest_snapshot = false;
	// Not security-restricted: triggers are deferred in no such operation. For our own fixed statements, which run no
	// code of others.
	bool queues_triggers = false;
	// Keep the plan for the life of the backend, keyed by the text. For our own fixed statements.
	bool keep_plan = false;
};

class SqlResult {
public:
	size_t Rows() const { return rows_.size(); }
	bool Empty() const { return rows_.empty(); }
	// Rows the statement returned, or wrote when it returns none.
	uint64_t Processed() const { return processed_; }
	// Throws Error 08P01 where there is none: what a server answers need not be what it was asked.
	const SqlValue &Cell(size_t row, size_t column) const;
	// The cell's text; '' for NULL.
	const std::string &Text(size_t row, size_t column) const;
	bool IsTrue(size_t row, size_t column) const;
	int64_t Integer(size_t row, size_t column, int64_t if_null = 0) const;

	void Add(std::vector<SqlValue> row) { rows_.push_back(std::move(row)); }
	void SetProcessed(uint64_t processed) { processed_ = processed; }

private:
	std::vector<std::vector<SqlValue>> rows_;
	uint64_t processed_ = 0;
};

// Runs one statement in the current transaction (an active snapshot is taken when there is none).
SqlResult Sql(const std::string &statement, std::span<const SqlValue> parameters, const SqlOptions &options);

inline SqlResult
Sql(const std::string &statement, std::initializer_list<SqlValue> parameters = {}, const SqlOptions &options = {})
{
	return Sql(statement, std::span<const SqlValue>(parameters.begin(), parameters.size()), options);
}

// quote_identifier, quote_literal_cstr and "schema.relation" for use in statements.
std::string QuoteIdentifier(std::string_view name);
std::string QuoteLiteral(std::string_view text);
std::string QualifiedName(Oid relation);

} // namespace sluice::pg
