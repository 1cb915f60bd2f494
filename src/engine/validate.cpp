// ValidateRun: everything that a run would stumble over, check by check.

#include "engine/validate.hpp"

#include "engine/known_secrets.hpp"
#include "engine/run_hints.hpp"
#include "engine/run_memory.hpp"
#include "engine/validate_look.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

bool
IsCommand(const catalog::Pipeline &pipeline)
{
	return pipeline.command.has_value();
}

bool
IsLoad(const catalog::Pipeline &pipeline)
{
	return !pipeline.command;
}

bool
IsRemote(const catalog::Pipeline &pipeline)
{
	return pipeline.destination.has_value();
}

bool
HasCursor(const catalog::Pipeline &pipeline)
{
	return IsLoad(pipeline) && pipeline.cursor_column.has_value();
}

bool
HasSource(const catalog::Pipeline &pipeline)
{
	return pipeline.source.has_value();
}

struct Check {
	const char *name;
	const char *needs; // checks that have been made without an error
	bool connects;
	bool (*applies)(const catalog::Pipeline &pipeline);
	void (*run)(Look *look);
};

constexpr Check kChecks[] = {
	{"command", "", false, IsCommand, SeeCommand},
	{"definition", "", false, IsLoad, SeeDefinition},
	{"columns", "", false, IsLoad, SeeColumns},
	{"filter", "", false, IsLoad, SeeFilter},
	{"source_server", "", false, HasSource, SeeSourceServer},
	{"source_connection", "source_server", true, HasSource, SeeSourceConnection},
	{"source", "definition columns filter source_connection", true, IsLoad, SeeSource},
	{"transform", "source", true, IsLoad, SeeTransform},
	{"cursor", "transform", true, HasCursor, SeeCursor},
	{"source_rights", "transform", true, IsLoad, SeeSourceRights},
	{"temporary", "definition source_server", false, IsLoad, SeeTemporary},
	{"destination_server", "", false, IsRemote, SeeDestinationServer},
	{"destination_connection", "destination_server", true, IsRemote, SeeDestinationConnection},
	{"destination", "definition destination_connection", false, IsLoad, SeeDestination},
	{"destination_rights", "destination", false, IsLoad, SeeDestinationRights},
	{"ledger", "destination", false, IsRemote, SeeLedger},
	{"load", "destination", false, IsLoad, SeeLoad},
	{"column_match", "transform destination", true, IsLoad, SeeColumnMatch},
	{"drift", "column_match", true, IsLoad, SeeDrift},
	{"path", "column_match", true, IsLoad, SeePath},
};

std::optional<std::string>
FailedNeed(const Check &check, const CheckReport &report)
{
	std::string_view names = check.needs;
	while (!names.empty()) {
		std::string name(names.substr(0, names.find(' ')));
		if (report.Failed(name)) {
			return name;
		}
		names.remove_prefix(std::min(names.size(), name.size() + 1));
	}
	return std::nullopt;
}

void
Fail(const Error &error, Look *look)
{
	Error const told = WithHint(OfALook(WithoutSecrets(error)), look->pipeline);
	const ErrorInfo &info = told.Info();
	look->report.Error(look->check, info.detail.empty() ? info.message : info.message + ": " + info.detail,
					   info.hint.empty() ? std::nullopt : std::optional(info.hint));
}

void
Make(const Check &check, const std::string &why_not_connected, Look *look)
{
	look->check = check.name;
	if (std::optional<std::string> const failed = FailedNeed(check, look->report)) {
		look->report.NotChecked(check.name, "see " + *failed);
	} else if (check.connects && !why_not_connected.empty()) {
		look->report.NotChecked(check.name, why_not_connected, "Ask connected as that role, or as a member of it.");
	} else if (std::optional<Error> const failure = pg::Subtransaction([&] { check.run(look); })) {
		Fail(*failure, look);
	}
}

} // namespace

void
ValidateRun(const catalog::Pipeline &pipeline, const std::string &why_not_connected, CheckReport *report)
{
	RememberMappedSecrets(GetUserId());
	RunMemory memory;
	{
		Look look{pipeline, *report};
		for (const Check &check : kChecks) {
			if (check.applies(pipeline)) {
				Make(check, why_not_connected, &look);
			}
		}
		if (look.input) {
			look.input->Leave(0);
		}
	}
	memory.Free();
}

} // namespace sluice::engine
