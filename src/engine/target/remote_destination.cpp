#include "engine/target/remote_destination.hpp"

#include "catalog/pipeline_keys.hpp"
#include "catalog/reject_store.hpp"
#include "catalog/watermark.hpp"
#include "core/duration.hpp"
#include "core/identifier.hpp"
#include "core/redact.hpp"
#include "core/retry_policy.hpp"
#include "core/sqlstate.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/lock_attempt.hpp"
#include "engine/wire/money_within.hpp"
#include "engine/wire/remote_session.hpp"
#include "pg/foreign_catalog.hpp"
#include "pg/foreign_server.hpp"

namespace sluice::engine {

namespace {

// By which amounts are read that are sent as numbers.
constexpr const char *kMoneyLocale = "C";

constexpr const char *kCascades =
	"SELECT k.conname, k.conrelid::pg_catalog.regclass FROM pg_catalog.pg_constraint k WHERE k.confrelid "
	"OPERATOR(pg_catalog.=) $1::pg_catalog.oid AND k.contype OPERATOR(pg_catalog.=) 'f' "
	"AND k.confdeltype OPERATOR(pg_catalog.=) ANY ('{c,n,d}'::pg_catalog.\"char\"[]) LIMIT 1";

constexpr const char *kPublished =
	"SELECT 1 FROM pg_catalog.pg_publication_tables p JOIN pg_catalog.pg_namespace n ON n.nspname "
	"OPERATOR(pg_catalog.=) p.schemaname JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid "
	"AND c.relname OPERATOR(pg_catalog.=) p.tablename WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid LIMIT 1";
// The first versions that have them.
constexpr int kPublications = 100000;
constexpr int kIdentity = 100000;
constexpr int kNullsNotDistinct = 150000;

// MAINTAIN exists from 17 on.
constexpr const char *kMayAnalyze =
	"SELECT pg_catalog.pg_has_role(c.relowner, 'USAGE') OR CASE WHEN "
	"pg_catalog.current_setting('server_version_num')::pg_catalog.int4 OPERATOR(pg_catalog.>=) 170000 THEN "
	"pg_catalog.has_table_privilege(c.oid, 'MAINTAIN') ELSE false END "
	"FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid "
	"AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog.\"char\"[])";

std::vector<std::string>
KeysOf(const catalog::Pipeline &pipeline, LoadMode mode)
{
	return FindsByKeys(mode) ? catalog::KeyColumns(pipeline) : std::vector<std::string>();
}

const char *
BeginFor(RemoteDestination::Purpose purpose)
{
	switch (purpose) {
	case RemoteDestination::Purpose::Load:
		return "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
	case RemoteDestination::Purpose::Compare:
		return "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE";
	case RemoteDestination::Purpose::Explain:
		break;
	}
	return "BEGIN READ ONLY";
}

// As SQL would fold it.
std::string
FoldedName(const NamePart &part)
{
	std::string name = part.text;
	if (!part.quoted) {
		for (char &c : name) {
			c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
		}
	}
	return name;
}

} // namespace

Error
AtDestination(const Error &error, const std::string &server)
{
	ErrorInfo info = error.Info();
	if (IsSourceOutage(error.State())) {
		info.sqlstate = sqlstate::kDestinationLost;
	} else if (error.State() == sqlstate::kInsufficientPrivilege && info.hint.empty()) {
		info.hint = Format("Grant what is missing at server \"{}\", to the role that the user mapping names.", server);
	} else {
		return error;
	}
	return Error(std::move(info));
}

RemoteDestination::RemoteDestination(const catalog::Pipeline &pipeline, const OptionValues &options, Purpose purpose,
									 RunJournal &journal)
	: pipeline_(pipeline), journal_(journal), purpose_(purpose), mode_(LoadModeOf(pipeline)),
	  strategy_(MergeStrategyOf(options)),
	  deletes_(mode_ == LoadMode::Mirror && !options.IsGiven("soft_delete_column")),
	  remote_options_{pg::TimeoutsOf(options), 0, true}, patience_{options.DurationMicroseconds("swap_lock_timeout"),
																   options.Integer("swap_lock_attempts")},
	  create_options_(CreateOptionsOf(options, mode_, KeysOf(pipeline, mode_)))
{
	if (!pipeline.destination_table) {
		throw Error(sqlstate::kPipelineIncomplete, "a run needs a destination_table", "Set it with alter_pipeline.");
	}
	try {
		remote_ = Connect();
		remote_->Exec(BeginFor(purpose));
		pg::SqlResult const own = remote_->Exec("SELECT pg_catalog.current_setting('search_path'), "
												"pg_catalog.current_setting('synchronous_commit')");
		own_path_ = own.Text(0, 0);
		commits_lazily_ = own.Text(0, 1) == "off";
		FindTable(*pipeline.destination_table);
		Pin(*remote_);
		ledger_.emplace(*remote_, schema_, purpose == Purpose::Load);
		if (purpose == Purpose::Load) {
			if (ledger_->IsUsable()) {
				ledger_->Clean(*remote_, pipeline.id);
			}
			remote_->Exec("COMMIT");
		}
	} catch (const Error &error) {
		throw AtDestination(error, *pipeline.destination);
	}
	int const version = remote_->ServerVersion();
	journal.Info(Format("connected to destination server \"{}\" (PostgreSQL {}.{})", *pipeline.destination,
						version / 10000, version % 10000));
	if (purpose == Purpose::Load && !HasLedger()) {
		journal.Warning("this run may load its rows twice if it is lost at its end, because the ledger " +
						LedgerText());
	}
}

std::unique_ptr<pg::RemoteConnection>
RemoteDestination::Connect() const
{
	return std::make_unique<pg::RemoteConnection>(
		*pg::Call(GetForeignServerByName, pipeline_.destination->c_str(), false), remote_options_);
}

void
RemoteDestination::Pin(pg::RemoteConnection &remote) const
{
	// What it has committed must survive a crash of the server, or 'success' here would be a lie.
	PinRemoteTransaction(remote, DestinationSession, pipeline_.timezone,
						 commits_lazily_ ? "SET LOCAL search_path = ''; SET LOCAL synchronous_commit = local"
										 : "SET LOCAL search_path = ''");
}

void
RemoteDestination::FindTable(const std::string &name)
{
	relation_ = LookForRemoteRelation(*remote_, *pipeline_.destination, name, "destination table", journal_);
	if (relation_) {
		if (relation_->kind == RELKIND_MATVIEW) {
			throw Error(sqlstate::kWrongObjectType, Format("cannot load rows into \"{}\"", name),
						"A destination is a table, a partitioned table, a view or a foreign table.");
		}
		schema_ = relation_->schema;
		table_ = relation_->qualified;
	} else {
		std::vector<NamePart> const parts = SplitNameParts(name);
		if (parts.size() == 2) {
			schema_ = FoldedName(parts.front());
		} else {
			pg::SqlResult const current = remote_->Exec("SELECT pg_catalog.current_schema()");
			if (current.Empty() || !current.Cell(0, 0)) {
				throw Error(
					sqlstate::kUndefinedTable,
					Format("no schema at server \"{}\" was selected to create \"{}\" in", *pipeline_.destination, name),
					"Write schema.table in destination_table, or set the remote role's search_path.");
			}
			schema_ = current.Text(0, 0);
		}
		table_ = pg::QuoteIdentifier(schema_) + "." + pg::QuoteIdentifier(FoldedName(parts.back()));
	}
	label_ = Format("{} of server \"{}\"", table_, *pipeline_.destination);
}

pg::SqlResult
RemoteDestination::Exec(const std::string &statement, const std::vector<pg::SqlValue> &parameters)
{
	try {
		return remote_->Exec(statement, parameters);
	} catch (const Error &error) {
		throw AtDestination(error, *pipeline_.destination);
	}
}

void
RemoteDestination::RunStatements(const std::vector<std::string> &statements, const std::function<void(int64_t)> &done)
{
	UsePath(SessionPath::Own);
	for (const std::string &statement : statements) {
		done(Exec(statement).Processed());
	}
	UsePath(SessionPath::Own);
	if (!created_) {
		FindTable(*pipeline_.destination_table);
	}
	try {
		Pin(*remote_);
	} catch (const Error &error) {
		throw AtDestination(error, *pipeline_.destination);
	}
}

std::optional<Error>
RemoteDestination::Try(const std::function<void()> &work)
{
	try {
		return remote_->Try(work);
	} catch (const Error &error) {
		throw AtDestination(error, *pipeline_.destination);
	}
}

void
RemoteDestination::UsePath(SessionPath path)
{
	Exec("SELECT pg_catalog.set_config('search_path', $1, true)",
		 {path == SessionPath::Own ? own_path_ : std::string()});
}

std::optional<LoadedRun>
RemoteDestination::Begin(const std::string &root_run, const std::string &attempt, bool only_look)
{
	root_run_ = root_run;
	attempt_ = attempt;
	try {
		remote_->Exec("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
		Pin(*remote_);
		if (!ledger_->IsUsable()) {
			if (only_look) {
				throw Error(sqlstate::kLostAtDestination,
							"the run was lost, and whether its rows are at the destination "
							"is not known",
							"Look there before you run the pipeline again.",
							Format("The ledger {} cannot be used: {}.", ledger_->Name(), ledger_->WhyNot()));
			}
			return std::nullopt;
		}
		std::optional<LoadedRun> loaded = ledger_->Claim(*remote_, pipeline_, root_run_, attempt_);
		if (pipeline_.cursor_column) {
			TakeOverWatermark();
		}
		if (loaded) {
			remote_->Exec("ROLLBACK");
			remote_.reset();
		} else if (only_look) {
			throw Error(
				sqlstate::kLostAtDestination, "the run was lost before its rows were committed at the destination",
				"Nothing of it was loaded: retry_run, or trigger the pipeline again.",
				Format("Its id is not in the ledger {} of server \"{}\".", ledger_->Name(), *pipeline_.destination));
		}
		return loaded;
	} catch (const Error &error) {
		throw AtDestination(error, *pipeline_.destination);
	}
}

// Runs that were lost between the commit there and the one here, one behind the other, each from exactly where the one
// before it left off. A watermark that the user has set since, or of what the pipeline was before, is none of theirs.
void
RemoteDestination::TakeOverWatermark()
{
	std::vector<CommittedMove> moves = ledger_->LostMoves(*remote_, pipeline_.id);
	while (!moves.empty()) {
		std::string const now = catalog::FindWatermark(pipeline_.id).fingerprint;
		auto const next =
			std::find_if(moves.begin(), moves.end(), [&now](const CommittedMove &move) { return move.from == now; });
		if (next == moves.end()) {
			return;
		}
		catalog::WatermarkState const state = ledger_->MovedTo(*remote_, pipeline_.id, next->run);
		catalog::TakeOverWatermark(pipeline_.id, state);
		catalog::UnpackRejects(pipeline_.id, ledger_->Rejects(*remote_, pipeline_.id, next->run));
		journal_.Warning(Format("run {} had committed its rows in {} before it was lost: the watermark {} is taken "
								"over from the ledger there",
								next->run, label_, state.value.value_or("that is not set")));
		moves.erase(next);
	}
}

// types: what of them is missing there.
CreatedTable
RemoteDestination::PlanNewTable(const MappedQuery &query, const DeclaredTable &declared, RemoteTypes *types)
{
	UsePath(SessionPath::Own);
	*types = FindRemoteTypes(*remote_, *pipeline_.destination, query);
	UsePath(SessionPath::Empty);
	create_options_.nulls_equal = remote_->ServerVersion() >= kNullsNotDistinct;
	create_options_.identity = remote_->ServerVersion() >= kIdentity;
	return PlanTable(query, declared, create_options_, table_, &types->texts);
}

Destination
RemoteDestination::AsDestination()
{
	Destination destination;
	destination.remote = this;
	destination.name = label_;
	destination.mode = mode_;
	destination.created = !Exists();
	destination.keys = KeysOf(pipeline_, mode_);
	return destination;
}

void
RemoteDestination::Prepare(const MappedQuery &query, const DeclaredTable &declared)
{
	if (!relation_) {
		RemoteTypes types;
		CreatedTable const table = PlanNewTable(query, declared, &types);
		if (types.extension) {
			throw Error(*types.extension);
		}
		UsePath(SessionPath::Own);
		Exec(table.create);
		for (const std::string &statement : table.comments) {
			Exec(statement);
		}
		UsePath(SessionPath::Empty);
		for (const std::string &line : types.missing) {
			journal_.Warning(line);
		}
		created_ = true;
		relation_ = LookForRemoteRelation(*remote_, *pipeline_.destination, table_, "destination table", journal_);
		if (!relation_) {
			throw Error(sqlstate::kUndefinedTable, Format("{} vanished after it was created", label_),
						"An event trigger may have dropped or renamed it.");
		}
		TellCreated(table, journal_);
		indexes_ = table.indexes;
		if (!table.has_key) {
			IdentifyRows();
		}
	}
	try {
		TakeShape(query);
	} catch (const Error &error) {
		throw AtDestination(error, *pipeline_.destination);
	}
}

// As where this database creates a table: the next replace deletes rows, which subscribers must find.
void
RemoteDestination::IdentifyRows()
{
	if (mode_ == LoadMode::Replace && remote_->ServerVersion() >= kPublications &&
		!Exec(kPublished, {relation_->oid}).Empty()) {
		Exec("ALTER TABLE " + table_ + " REPLICA IDENTITY FULL");
		journal_.Info(Format("the replica identity of {} is FULL, because it is published there", label_));
	}
}

void
RemoteDestination::TakeShape(const MappedQuery &query)
{
	columns_ = ReadRemoteColumns(*remote_, relation_->oid);
	shape_ = MatchRemote(query, columns_, table_, &journal_);
	RefuseMoneyWithin();
}

// Such values travel as text, which the server there reads by its own locale, or by C where other columns are money.
void
RemoteDestination::RefuseMoneyWithin()
{
	std::vector<Oid> types;
	types.reserve(shape_.unknown.size());
	for (const RemoteColumn &column : shape_.unknown) {
		types.push_back(column.type_there);
	}
	MoneyWithin const within =
		FindMoneyWithin([this](const std::string &statement,
							   const std::vector<pg::SqlValue> &parameters) { return Exec(statement, parameters); },
						types);
	std::string const here = MoneyLocaleHere();
	std::string const there = shape_.has_money ? kMoneyLocale : within.locale;
	for (const RemoteColumn &column : shape_.unknown) {
		if (within.types.contains(column.type_there) && (within.locale != here || there != here)) {
			throw Error(
				sqlstate::kFeatureNotSupported,
				Format("column \"{}\" of {} holds money within type {}", column.target.name, label_, column.type_text),
				"Let the amount there be numeric, or load it into a column of its own; or give both databases "
				"lc_monetary = 'C'.",
				Format("The text of such a value means something else there: lc_monetary is \"{}\" here and "
					   "\"{}\" there{}.",
					   here, within.locale,
					   shape_.has_money ? ", and amounts of other columns are read by \"C\"" : ""));
		}
	}
}

// After rows were staged: the same columns, fed by another query.
ColumnMatch
RemoteDestination::Match(const MappedQuery &query) const
{
	ColumnMatch match = shape_.match;
	match.target_list = pg::Call(leaf::BuildTargetListFor, query.Analyzed(), shape_.row_type,
								 static_cast<const int *>(match.source_of.data()));
	return match;
}

std::string
RemoteDestination::CopyStatement(const std::string &table, const RemoteShape &shape)
{
	return Format("COPY {}{} FROM STDIN (FORMAT {})", table,
				  shape.column_list.empty() ? std::string() : " (" + shape.column_list + ")",
				  shape.binary ? "binary" : "text");
}

void
RemoteDestination::RefuseCascade()
{
	pg::SqlResult const keys = Exec(kCascades, {relation_->oid});
	if (!keys.Empty()) {
		throw Error(sqlstate::kFeatureNotSupported,
					Format("cannot replace the rows of table {} by deleting them", label_),
					"Load with append, or declare that foreign key with ON DELETE NO ACTION.",
					Format("Foreign key \"{}\" of table \"{}\" would delete or change rows there.", keys.Text(0, 0),
						   keys.Text(0, 1)));
	}
}

void
RemoteDestination::KeepWritersOut(const char *what_for)
{
	if (!IsTable()) {
		return;
	}
	int64_t const milliseconds = std::max<int64_t>(patience_.timeout / kMillisecond, 1);
	for (int64_t attempt = 1; attempt <= patience_.attempts; ++attempt) {
		std::optional<Error> const failure = Try([&] {
			Exec(Format("SET LOCAL lock_timeout = {}", milliseconds));
			Exec("LOCK TABLE " + table_ + " IN SHARE ROW EXCLUSIVE MODE");
			Exec("SET LOCAL lock_timeout = 0");
		});
		if (!failure) {
			return;
		}
		if (failure->State() != sqlstate::kLockNotAvailable) {
			throw *failure;
		}
		journal_.Warning(Format("{} is in use: the lock for {} was not available within {}, attempt {} "
								"of {}",
								label_, what_for, FormatDuration(patience_.timeout), attempt, patience_.attempts));
		if (attempt < patience_.attempts) {
			pg::Call(leaf::PauseForLock);
		}
	}
	throw Error(
		sqlstate::kLockNotAvailable, Format("could not lock {} for {}", label_, what_for),
		"Another session there uses it: pg_locks and pg_stat_activity show which. The options swap_lock_timeout "
		"and swap_lock_attempts say how long a run waits.");
}

// Amounts are sent as plain numbers. What is stored for one depends on how many digits the locale there has after the
// point: the locale C, by which the numbers are read, has two.
void
RemoteDestination::ReadMoneyAsNumbers()
{
	pg::SqlResult const one = Exec("SELECT pg_catalog.encode(pg_catalog.cash_send(1::pg_catalog.numeric"
								   "::pg_catalog.money), 'hex'), pg_catalog.current_setting('lc_monetary')");
	if (one.Text(0, 0) != "0000000000000064") {
		throw Error(
			sqlstate::kFeatureNotSupported,
			Format("cannot load amounts of money into {}: its lc_monetary \"{}\" has not two digits after the point",
				   label_, one.Text(0, 1)),
			"Let the column there be numeric.");
	}
	Exec(Format("SET LOCAL lc_monetary = '{}'", kMoneyLocale));
}

void
RemoteDestination::DeleteOldRows(LoadMode mode)
{
	if (mode != LoadMode::Replace || created_) {
		return;
	}
	RefuseCascade();
	// The rows are to be those of this run alone.
	KeepWritersOut("replacing its rows");
	pg::SqlResult const deleted = Exec("DELETE FROM " + table_);
	deleted_ = deleted.Processed() > 0;
	journal_.Info(Format("{} old rows deleted", deleted.Processed()));
}

void
RemoteDestination::StartCopy(const std::string &table, const RemoteShape &shape)
{
	if (shape.has_money) {
		ReadMoneyAsNumbers();
	}
	try {
		remote_->CopyIn(CopyStatement(table, shape));
	} catch (const Error &error) {
		throw AtDestination(error, *pipeline_.destination);
	}
}

int64_t
RemoteDestination::EndCopy()
{
	try {
		return remote_->EndCopyIn();
	} catch (const Error &error) {
		throw AtDestination(error, *pipeline_.destination);
	}
}

void
RemoteDestination::RefuseRows()
{
	try {
		remote_->GiveUpCopy();
	} catch (const Error &error) {
		throw AtDestination(error, *pipeline_.destination);
	}
	Exec("ROLLBACK TO SAVEPOINT pg_sluice_rows");
	TakeRows();
}

void
RemoteDestination::Record(const catalog::RunCounters &counters, const std::string &rejects)
{
	if (!ledger_->IsUsable()) {
		return;
	}
	try {
		ledger_->Record(*remote_, pipeline_.id, root_run_, counters, rejects);
	} catch (const Error &error) {
		throw AtDestination(error, *pipeline_.destination);
	}
}

void
RemoteDestination::MakeIndexes()
{
	engine::MakeIndexes(indexes_, journal_, [this](const std::string &statement) { Exec(statement); });
}

void
RemoteDestination::Analyze()
{
	pg::SqlResult const may = Exec(kMayAnalyze, {relation_->oid});
	if (may.Empty()) {
		return;
	}
	if (!may.IsTrue(0, 0)) {
		journal_.Info(Format("{} is not analyzed, because the remote role does not own it", label_));
		return;
	}
	std::optional<Error> const failure = Try([&] { Exec("ANALYZE " + table_); });
	if (!failure) {
		journal_.Info(Format("{} analyzed", label_));
		return;
	}
	journal_.Warning(Format("{} could not be analyzed: {}", label_, Redact(failure->what())));
}

} // namespace sluice::engine
