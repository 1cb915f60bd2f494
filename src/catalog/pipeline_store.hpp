// Typed access to the tables that say what pipelines are: definitions, versions, due times, state.
// The only place, with run_store, that knows their SQL and that writes them. Each call is one or a few
// single statements run as the extension's owner in a security-restricted operation (design rule 1);
// rights are checked by the caller before.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/pipeline.hpp"
#include "core/clock_memory.hpp"
#include "core/error.hpp"

namespace sluice::catalog {

// The pipeline with this id, whoever asks; nothing when there is none.
std::optional<Pipeline> FindPipeline(const std::string &id);
// Whether a version of it belonged to another role.
bool HadAnotherOwner(const std::string &id, Oid owner);

// The same, locked until the end of the transaction, as it is now: whoever rewrites a definition reads it
// through this, so that two who do never undo each other's work. The scheduler never takes this lock.
std::optional<Pipeline> LockPipeline(const std::string &id);

// The pipeline of that owner with that name, whoever asks.
std::optional<Pipeline> FindOwned(Oid owner, const std::string &name);
// Those that role sees, of one owner or of all, by owner and name.
std::vector<Pipeline> PipelinesOf(std::optional<Oid> owner, Oid role);

// What pipeline_versions holds of that definition, whatever the pipeline is like now; owner_oid is left to the caller.
std::optional<Pipeline> FindVersion(const std::string &id, int version);

// Finds what a user named: a name, owner/name or id, among the pipelines that role may use (design
// section 3, "Naming a pipeline"). Not there and no right are the same error (42704); two that fit are
// an error that lists them (42P09).
Pipeline ResolvePipeline(const std::string &identifier, Oid role);
// That error.
Error NoSuchPipeline(const std::string &identifier);

// Write a definition, its version row, its state and due rows. created_by and times are filled in.
// False: the owner has a pipeline of that name, and nothing was written.
[[nodiscard]] bool InsertPipeline(const Pipeline &pipeline, std::optional<TimestampTz> next_due);
// Writes version + 1; next_due as given (nothing: no schedule).
void UpdatePipeline(const Pipeline &pipeline, std::optional<TimestampTz> next_due);
// That a name cannot be had.
Error NameTaken(const std::string &name, const std::string &owner);
void RenamePipeline(const std::string &id, const std::string &new_name);
void DeletePipeline(const std::string &id, bool keep_history);
void SetPaused(const std::string &id, bool paused, const std::optional<std::string> &reason,
			   std::optional<TimestampTz> next_due);
// Stands for the names of all roles: another one when a role was renamed, created or dropped.
std::string RoleNames();
// Writes role names anew where a role was renamed; reads every pipeline. False when a locked row was left out.
bool RefreshOwnerNames();

struct DuePipeline {
	std::string id;
	TimestampTz due;
	ClockMemory memory;
};
// Due rows at or before now, oldest first, locked; rows that others hold are passed over.
std::vector<DuePipeline> LockDue(TimestampTz now, int limit);
// Also where there is no row yet, as in a copy restored from a dump. Waits for locks: not for the scheduler.
void WriteNextDue(const std::string &id, std::optional<TimestampTz> next_due);
void SetNextDue(const std::string &id, std::optional<TimestampTz> next_due, const ClockMemory &memory);
// It is due no more until it is planned anew.
void ClearNextDue(const std::string &id);
// Nothing: no schedule, not known yet (a restored copy), or paused.
std::optional<TimestampTz> NextDueOf(const std::string &id);

// The relation that a run of this pipeline created as its destination; InvalidOid when none did.
Oid CreatedRelation(const std::string &id);
void RememberCreatedRelation(const std::string &id, Oid relation);

} // namespace sluice::catalog
