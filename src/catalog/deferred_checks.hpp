// Foreign keys that a transaction still has to check. A row of the table lives in the transaction that wrote it: the
// server calls its trigger when the constraint is due, at COMMIT at the latest, and with that the row goes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pg/prelude.hpp"

namespace sluice::catalog {

struct DeferredCheck {
	enum class File { Same, Other, Gone };
	// Rows that a load added to a table: in that one from a block on.
	struct Part {
		Oid partition;
		BlockNumber first_block;
		File file = File::Same; // whether the partition still has the file that it had
	};
	Oid constraint = InvalidOid;
	Oid table = InvalidOid; // that was loaded
	Oid loaded_by = InvalidOid;
	std::optional<std::vector<Part>> parts; // nothing: all rows are to be looked at
	TransactionId written_by = InvalidTransactionId;
};

void AddDeferredCheck(const DeferredCheck &check);
// Takes the row away. Nothing when it was taken before.
std::optional<DeferredCheck> TakeDeferredCheck(const std::string &row);

struct DeferredRow {
	std::string row;
	Oid constraint;
};
std::vector<DeferredRow> ListDeferredChecks();

} // namespace sluice::catalog
