#include "worker/log.hpp"

#include "core/redact.hpp"
#include "core/text_bounds.hpp"
#include "pg/guard.hpp"

namespace sluice::worker {

namespace {

void
Emit(int sqlstate, const char *message, const char *detail, const char *hint, const char *context)
{
	ereport(LOG,
			(errcode(sqlstate), errmsg_internal("%s", message), *detail != '\0' ? errdetail_internal("%s", detail) : 0,
			 *hint != '\0' ? errhint("%s", hint) : 0, *context != '\0' ? errcontext("%s", context) : 0,
			 errhidestmt(true), errhidecontext(*context == '\0')));
}

} // namespace

void
Log(const std::string &message, const std::string &hint)
{
	pg::Call(Emit, 0, message.c_str(), "", hint.c_str(), "");
}

void
LogError(const std::string &what, const Error &error)
{
	const ErrorInfo &info = error.Info();
	std::string const message = what + ": " + Redact(CutMessage(info.message));
	std::string const detail = Redact(CutMessage(info.detail));
	std::string const hint = Redact(CutMessage(info.hint));
	std::string const context = Redact(CutMessage(info.context));
	pg::Call(Emit, info.sqlstate, message.c_str(), detail.c_str(), hint.c_str(), context.c_str());
}

} // namespace sluice::worker
