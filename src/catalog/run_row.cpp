#include "catalog/run_row.hpp"

namespace sluice::catalog {

RunRow
ReadRun(const pg::SqlResult &rows, size_t row)
{
	RunRow run;
	size_t column = 0;
	run.id = rows.Text(row, column++);
	run.pipeline_id = rows.Text(row, column++);
	run.pipeline_name = rows.Text(row, column++);
	run.pipeline_version = static_cast<int>(rows.Integer(row, column++));
	run.owner_oid = static_cast<Oid>(rows.Integer(row, column++));
	run.status = rows.Text(row, column++);
	run.reason = rows.Cell(row, column++);
	run.cause = rows.Text(row, column++);
	run.if_running = rows.Text(row, column++);
	run.triggered_by = rows.Cell(row, column++);
	run.root_run = rows.Text(row, column++);
	run.batch = rows.Text(row, column++);
	run.attempt = static_cast<int>(rows.Integer(row, column++));
	run.source = rows.Cell(row, column++);
	run.phase = ParsePhase(rows.Cell(row, column++).value_or(""));
	run.error_sqlstate = rows.Cell(row, column++);
	run.error_message = rows.Cell(row, column++);
	run.lost_before = rows.Cell(row, column++);
	run.due = rows.Integer(row, column++);
	run.is_slice = rows.IsTrue(row, column++);
	run.repair = rows.Cell(row, column++);
	run.from_this_transaction =
		pg::Call(TransactionIdIsCurrentTransactionId, static_cast<TransactionId>(rows.Integer(row, column++)));
	return run;
}

} // namespace sluice::catalog
