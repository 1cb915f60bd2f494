#include "worker/session_reset.hpp"

#include <link.h>

#include "worker/worker_session.hpp"

extern "C" {
#include "commands/prepare.h"
#include "commands/sequence.h"
#include "utils/fmgrprotos.h"
#include "utils/portal.h"
#include "utils/ps_status.h"
}

namespace sluice::worker::leaf {

namespace {

bool
EndsWith(const char *text, const char *end)
{
	size_t const length = strlen(text);
	size_t const tail = strlen(end);
	return length >= tail && strcmp(text + length - tail, end) == 0;
}

int
CountLibrary(dl_phdr_info *library, size_t /*size*/, void *count)
{
	*static_cast<int *>(count) += EndsWith(library->dlpi_name, "/plpgsql.so") ? 0 : 1;
	return 0;
}

void
ForgetSeed()
{
	uint64 bits = 0;
	if (!pg_strong_random(&bits, sizeof(bits))) {
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	}
	double const seed = static_cast<double>(bits) / static_cast<double>(PG_UINT64_MAX) * 2 - 1;
	(void)DirectFunctionCall1(setseed, Float8GetDatum(seed));
}

} // namespace

int
CountLibraries()
{
	int count = 0;
	(void)dl_iterate_phdr(CountLibrary, &count);
	return count;
}

void
NameProcess(const char *name)
{
	init_ps_display(name);
	SetForProcess("application_name", name);
}

void
ResetSession()
{
	PortalHashTableDeleteAll();
	SetPGVariable("session_authorization", NIL, false);
	DropAllPreparedStatements();
	LockReleaseAll(USER_LOCKMETHOD, true);
	ResetTempTableNamespace();
	ResetSequenceCaches();
	ForgetSeed();
}

} // namespace sluice::worker::leaf
