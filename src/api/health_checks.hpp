// Whether runs can start on this server: what pipeline_health and validate_pipeline both tell.
#pragma once

#include "core/check_report.hpp"
#include "pg/sql.hpp"
#include "worker/control.hpp"

namespace sluice::api {

// preload, recovery, enabled
void CheckServer(const worker::HealthFacts &facts, CheckReport &report);
// worker_slots. queued: runs of this database
void CheckSlots(const worker::HealthFacts &facts, int64_t queued, CheckReport &report);
bool LacksSlots(const worker::HealthFacts &facts, int64_t queued);

// As rows of check_name, verdict, message, hint.
std::vector<std::vector<pg::SqlValue>> RowsOf(const CheckReport &report);

} // namespace sluice::api
