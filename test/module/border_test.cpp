// Test-only module: sends every kind of failure through every kind of entry of the border (src/pg/guard),
// and counts the C++ objects that are still alive afterwards. Never installed with the extension.
#include <fstream>
#include <limits>

#include <sys/resource.h>

#include "core/sqlstate.hpp"
#include "pg/guard.hpp"
#include "pg/sql.hpp"

extern "C" {
SLUICE_EXPORT const Pg_magic_struct *PG_MAGIC_FUNCTION_NAME(void);
PG_MODULE_MAGIC;
SLUICE_EXPORT void SluiceTestWorkerMain(Datum arg);
}

namespace {

using sluice::Error;
using sluice::ErrorInfo;
namespace pg = sluice::pg;

int live_probes = 0;

struct Probe {
	Probe() : text(100, 'x') { ++live_probes; }
	~Probe() { --live_probes; }
	Probe(const Probe &) = delete;
	Probe &operator=(const Probe &) = delete;
	std::string text;
};

void
RunStatement(const char *statement)
{
	SPI_connect();
	SPI_execute(statement, false, 0);
	SPI_finish();
}

void
WaitForever()
{
	for (;;) {
		(void)WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH, -1, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

// So much that nothing large can be had any more, where it is called.
void
LimitMemory(void * /*argument*/)
{
	long pages = 0;
	FILE *const file = fopen("/proc/self/statm", "re");
	if (file == nullptr || fscanf(file, "%ld", &pages) != 1) {
		abort();
	}
	fclose(file);
	rlimit const used{static_cast<rlim_t>(pages) * getpagesize(), RLIM_INFINITY};
	setrlimit(RLIMIT_AS, &used);
}

// An error that can be raised, with a detail that cannot be copied.
void
RaiseLarge()
{
	constexpr Size kLarge = Size{64} << 20;
	auto *const detail = static_cast<char *>(palloc(kLarge));
	memset(detail, 'x', kLarge - 1);
	detail[kLarge - 1] = '\0';
	ErrorContextCallback last{error_context_stack, LimitMemory, nullptr};
	error_context_stack = &last;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("large"), errdetail_internal("%s", detail)));
}

[[noreturn]] void
ThrowRich()
{
	ErrorInfo info;
	info.sqlstate = sluice::sqlstate::kInvalidParameterValue;
	info.message = "rich error";
	info.detail = "the detail";
	info.hint = "the hint";
	info.context = "the context";
	info.schema_name = "s";
	info.table_name = "t";
	info.column_name = "c";
	info.datatype_name = "d";
	info.constraint_name = "k";
	throw Error(std::move(info));
}

// One failure of the named kind, with objects alive on the way.
void
Fail(const std::string &kind, const std::string &statement)
{
	Probe const probe;
	std::vector<Probe> const many(3);
	if (kind == "error") {
		ThrowRich();
	} else if (kind == "std") {
		throw std::runtime_error("standard error");
	} else if (kind == "bad_alloc") {
		volatile size_t const huge = std::numeric_limits<size_t>::max() / 4;
		std::vector<char> const block(huge);
	} else if (kind == "int") {
		throw 42; // NOLINT(misc-throw-by-value-catch-by-reference): the border must survive it
	} else if (kind == "postgres") {
		pg::Call(RunStatement, statement.c_str());
	} else if (kind == "large") {
		pg::Call(RaiseLarge);
	} else if (kind == "kept") {
		pg::SqlOptions kept;
		kept.keep_plan = true;
		pg::Sql(statement, {}, kept);
	} else if (kind == "wait") {
		pg::Call(WaitForever);
	}
}

std::string
TextArgument(FunctionCallInfo fcinfo, int index)
{
	return pg::Call(text_to_cstring, DatumGetTextPP(PG_GETARG_DATUM(index)));
}

Datum
TextResult(const std::string &text)
{
	return PointerGetDatum(pg::Call(cstring_to_text_with_len, text.data(), static_cast<int>(text.size())));
}

void
FailAtCommit(XactEvent event, void * /*arg*/)
{
	pg::Entry([event] {
		if (event == XACT_EVENT_PRE_COMMIT) {
			Fail("error", "");
		}
	});
}

std::string
ErrorText(const std::optional<Error> &error)
{
	return error ? sluice::SqlStateText(error->State()) + " " + error->what() : "none";
}

// The library is found through dynamic_library_path. False: there is no slot.
bool
TryWorker(const char *kind, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker;
	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_notify_pid = MyProcPid;
	worker.bgw_main_arg = ObjectIdGetDatum(MyDatabaseId);
	strlcpy(worker.bgw_library_name, "sluice_test", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "SluiceTestWorkerMain", sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_name, "sluice border test", sizeof(worker.bgw_name));
	strlcpy(worker.bgw_type, "sluice border test", sizeof(worker.bgw_type));
	strlcpy(worker.bgw_extra, kind, sizeof(worker.bgw_extra));
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

void
RegisterWorker(const char *kind, BackgroundWorkerHandle **handle)
{
	if (!TryWorker(kind, handle)) {
		ereport(ERROR, (errmsg("no worker slot")));
	}
}

void
ConnectWorker(Oid database)
{
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
}

long
ResidentKilobytes()
{
	std::ifstream status("/proc/self/status");
	std::string word;
	while (status >> word) {
		if (word == "RssAnon:") {
			long kilobytes = 0;
			status >> kilobytes;
			return kilobytes;
		}
	}
	return 0;
}

int commit_pause = 0;

void
PauseAtCommit(XactEvent event, void * /*argument*/)
{
	if (event == XACT_EVENT_COMMIT && commit_pause > 0) {
		pg_usleep(std::exchange(commit_pause, 0) * 1000L);
	}
}

} // namespace

void
SluiceTestWorkerMain(Datum arg)
{
	pg::EntryOrLog([arg] {
		std::string const kind = MyBgworkerEntry->bgw_extra;
		pg::Call(ConnectWorker, DatumGetObjectId(arg));
		pg::Call(StartTransactionCommand);
		Fail(kind, "SELECT 1/0");
		pg::Call(CommitTransactionCommand);
	});
}

// fail(kind text, statement text) returns void
SLUICE_FUNCTION(sluice_test_fail)
{
	Fail(TextArgument(fcinfo, 0), TextArgument(fcinfo, 1));
	PG_RETURN_VOID();
}

// swallow(kind text, statement text) returns text: the error a subtransaction rolled back
SLUICE_FUNCTION(sluice_test_swallow)
{
	std::string const kind = TextArgument(fcinfo, 0);
	std::string const statement = TextArgument(fcinfo, 1);
	std::optional<Error> const swallowed = pg::Subtransaction([&] { Fail(kind, statement); });
	rlimit const unlimited{RLIM_INFINITY, RLIM_INFINITY};
	setrlimit(RLIMIT_AS, &unlimited);
	return TextResult(ErrorText(swallowed));
}

// many(kind text, statement text, times int) returns int: growth of the backend in kB
SLUICE_FUNCTION(sluice_test_many)
{
	std::string const kind = TextArgument(fcinfo, 0);
	std::string const statement = TextArgument(fcinfo, 1);
	int const times = PG_GETARG_INT32(2);
	long before = 0;
	for (int i = 0; i < times; ++i) {
		// The first thousand fill caches and free lists.
		if (i == std::min(1000, times / 2)) {
			before = ResidentKilobytes();
		}
		pg::Subtransaction([&] { Fail(kind, statement); });
	}
	return Int32GetDatum(static_cast<int32>(ResidentKilobytes() - before));
}

// fail_at_commit() returns void: an exception inside a transaction callback
SLUICE_FUNCTION(sluice_test_fail_at_commit)
{
	pg::Call(RegisterXactCallback, FailAtCommit, static_cast<void *>(nullptr));
	PG_RETURN_VOID();
}

// commit_slowly(milliseconds int) returns int: how long this commit takes after others see it
SLUICE_FUNCTION(sluice_test_commit_slowly)
{
	commit_pause = PG_GETARG_INT32(0);
	pg::Call(RegisterXactCallback, PauseAtCommit, static_cast<void *>(nullptr));
	PG_RETURN_INT32(commit_pause);
}

SLUICE_FUNCTION(sluice_test_commit_again)
{
	pg::Call(UnregisterXactCallback, FailAtCommit, static_cast<void *>(nullptr));
	PG_RETURN_VOID();
}

// worker(kind text) returns void: a background worker that fails that way; waits for its end
SLUICE_FUNCTION(sluice_test_worker)
{
	std::string const kind = TextArgument(fcinfo, 0);
	BackgroundWorkerHandle *handle = nullptr;
	pg::Call(RegisterWorker, kind.c_str(), &handle);
	pg::Call(WaitForBackgroundWorkerShutdown, handle);
	PG_RETURN_VOID();
}

// take_workers() returns int: workers that wait until they are terminated, in all slots that were free
SLUICE_FUNCTION(sluice_test_take_workers)
{
	int taken = 0;
	BackgroundWorkerHandle *handle = nullptr;
	while (pg::Call(TryWorker, static_cast<const char *>("wait"), &handle)) {
		++taken;
	}
	PG_RETURN_INT32(taken);
}

// live() returns text: objects that outlived their scope, and whether an exception is still current
SLUICE_FUNCTION(sluice_test_live)
{
	return TextResult(
		sluice::Format("{} objects, exception {}", live_probes, std::current_exception() ? "still current" : "none"));
}
