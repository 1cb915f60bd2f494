// RemoteDestination: the COMMIT there, and what happens when nobody says how it ended.

#include "core/sqlstate.hpp"
#include "engine/target/remote_destination.hpp"

namespace sluice::engine {

void
RemoteDestination::Commit()
{
	std::optional<Error> const failure = pg::Subtransaction([this] {
		// For the triggers that were deferred to the end.
		UsePath(SessionPath::Own);
		Exec("COMMIT");
	});
	if (!failure) {
		remote_.reset();
		return;
	}
	if (!remote_->IsBroken() && failure->State() != sqlstate::kDestinationLost) {
		// The server said no: nothing is there.
		journal_.EnterPhase(RunPhase::Finishing);
		throw *failure;
	}
	// Nobody said whether the transaction was committed.
	remote_.reset();
	std::optional<bool> committed;
	std::optional<Error> const unanswered = pg::Subtransaction([this, &committed] {
		try {
			committed = AskWhetherCommitted();
		} catch (const Error &error) {
			throw AtDestination(error, *pipeline_.destination);
		}
	});
	if (committed.value_or(false)) {
		return;
	}
	ErrorInfo info = failure->Info();
	info.sqlstate = sqlstate::kDestinationLost;
	if (committed) {
		journal_.EnterPhase(RunPhase::Finishing);
		info.message = Format("the connection to server \"{}\" was lost during COMMIT; nothing was committed there",
							  *pipeline_.destination);
	} else {
		info.message =
			Format("the connection to server \"{}\" was lost during COMMIT; whether the rows are there is not "
				   "known",
				   *pipeline_.destination);
		if (unanswered) {
			info.detail = unanswered->Info().message;
		}
		info.hint = ledger_->IsUsable() ? "Another attempt looks it up in the ledger there."
										: "Look there before you run the pipeline again.";
	}
	throw Error(std::move(info));
}

// Over another connection. The answer holds for ever: a transaction that is still open there is waited for.
std::optional<bool>
RemoteDestination::AskWhetherCommitted() const
{
	if (!ledger_->IsUsable()) {
		return std::nullopt;
	}
	std::unique_ptr<pg::RemoteConnection> const remote = Connect();
	remote->Exec("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
	Pin(*remote);
	bool const committed = ledger_->Claim(*remote, pipeline_, root_run_, attempt_).has_value();
	remote->Exec("ROLLBACK");
	return committed;
}

} // namespace sluice::engine
