// A destination at another PostgreSQL: one connection, one transaction there, which ends right before the local
// one does. A server of postgres_fdw and its user mapping say where and as whom, as for a source.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/load_plan.hpp"
#include "core/option_registry.hpp"
#include "core/run_journal.hpp"
#include "engine/target/created_table.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/pending_commit.hpp"
#include "engine/target/remote_ledger.hpp"
#include "engine/target/remote_target.hpp"
#include "engine/target/remote_types.hpp"
#include "engine/target/timed_lock.hpp"
#include "engine/target/work_column.hpp"
#include "engine/wire/remote_relation.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

// The search_path there.
enum class SessionPath { Own, Empty };

class RemoteDestination final : public PendingCommit {
public:
	enum class Purpose { Load, Explain, Compare };

	// The server was checked. Connects, pins the session, looks for the table and the ledger. To explain nothing is
	// ever written, to compare nothing but a temporary table, in one snapshot. Throws Error; what tells that the server
	// cannot be reached has SQLSTATE SL010 here and in all that follows.
	RemoteDestination(const catalog::Pipeline &pipeline, const OptionValues &options, Purpose purpose,
					  RunJournal &journal);

	// Begins the transaction of that attempt. What an earlier one of the run has committed, if one has: then nothing is
	// to be loaded. With only_look SL009 is thrown otherwise. A watermark that lost runs have moved is taken over in
	// either case.
	std::optional<LoadedRun> Begin(const std::string &root_run, const std::string &attempt, bool only_look);

	// Creates the table where there is none, after what the source says of its own, and matches the query's columns to
	// it.
	void Prepare(const MappedQuery &query, const DeclaredTable &declared);
	ColumnMatch Match(const MappedQuery &query) const;
	const RemoteShape &Shape() const { return shape_; }
	TupleDesc RowType() const { return shape_.row_type; }
	// Of a replace, under the lock that keeps other writers out.
	void DeleteOldRows(LoadMode mode);
	bool HasDeleted() const { return deleted_; }
	// The server takes rows on Connection(). table: this one or another, qualified.
	void StartCopy(const std::string &table, const RemoteShape &shape);
	// Returns how many rows the server has taken.
	int64_t EndCopy();

	// Of a load by keys, once prepared. What its plan has to know; throws Error where the table is not one for it.
	void ReadKeyFacts(LoadFacts *facts);
	// The columns that are loaded, with the operators of those that are keys.
	std::vector<WorkColumn> Columns(const std::vector<std::string> &keys);
	// The same columns as they are staged, fed by a query; behind them one of that type for the cursor, unless it is
	// InvalidOid.
	RemoteShape StagedShape(const MappedQuery &query, Oid cursor, const char *cursor_name) const;
	// Until the end, and readers go on. Throws Error 55P03; what_for: "comparing its rows".
	void KeepWritersOut(const char *what_for);
	// From now on the server takes rows that may not fit, until TakeRows or, whatever came of it, RefuseRows.
	void BeginTrial() { Exec("SAVEPOINT pg_sluice_rows"); }
	void TakeRows() { Exec("RELEASE SAVEPOINT pg_sluice_rows"); }
	void RefuseRows();
	// The last thing before the commit: what the run has done, into the ledger. rejects: the rows that it put aside, as
	// catalog::PackRejects gives them.
	void Record(const catalog::RunCounters &counters, const std::string &rejects);
	pg::leaf::Remote *Connection() { return remote_->Plain(); }
	void MakeIndexes();
	void Analyze();
	void Commit() override;

	// It, as far as it is looked at.
	Destination AsDestination();
	// "public.t of server "x"", for messages.
	const std::string &Label() const { return label_; }
	const std::string &Server() const { return *pipeline_.destination; }
	// Qualified, and its OID there.
	const std::string &Table() const { return table_; }
	const std::string &RelationOid() const { return relation_->oid; }
	// That takes values from a load; once prepared.
	bool HasColumn(const std::string &name) const
	{
		const RemoteColumn *const column = FindColumn(name);
		return column != nullptr && !column->target.generated;
	}
	bool Exists() const { return relation_.has_value(); }
	bool Created() const { return created_; }
	// With partitions or without; so is one that is still to be created.
	bool IsTable() const
	{
		return !relation_ || relation_->kind == RELKIND_RELATION || relation_->kind == RELKIND_PARTITIONED_TABLE;
	}
	// Whether COPY puts rows into that one and no other table.
	bool IsOneTable() const { return relation_ && relation_->kind == RELKIND_RELATION; }
	// Why rows that do not fit cannot be told from the others, or might be forgotten, as "because" goes on; '' when
	// neither is so.
	std::string WhyNotTried();
	int ServerVersion() const { return remote_->ServerVersion(); }
	// By which names are found there: triggers, defaults and types as in any session of the remote role; what we ask of
	// the catalogs is asked with an empty one.
	void UsePath(SessionPath path);
	// One statement in the transaction there, with an empty search_path before the rows and after them.
	pg::SqlResult Exec(const std::string &statement, const std::vector<pg::SqlValue> &parameters = {});
	// Statements of the user's, as in a session of the remote role's own; done: how many rows each was about. They may
	// make the table.
	void RunStatements(const std::vector<std::string> &statements, const std::function<void(int64_t)> &done);
	// Work there that may fail, as RemoteConnection's.
	std::optional<Error> Try(const std::function<void()> &work);
	// What keeps the remote role from what a load does there, with what to grant; '' where nothing does.
	std::string WhyNotAllowed(std::string *hint);
	// Throws Error 42501 with the same.
	void RequireRights();
	// From now on the transaction there only reads, but for temporary tables.
	void OnlyRead() { Exec("SET TRANSACTION READ ONLY"); }
	// Whether a run that is lost at its end can be told from one that was not, and what is in the way.
	bool HasLedger() const { return (ledger_->IsUsable() || ledger_->IsMissing()) && KeepsWatermark(); }
	std::string LedgerText() const;
	// What a run would do, for explain_pipeline.
	std::vector<std::string> Describe(const MappedQuery *query, const DeclaredTable &declared, bool analyze);

private:
	const RemoteColumn *FindColumn(const std::string &name) const; // NULL: there is none
	std::unique_ptr<pg::RemoteConnection> Connect() const;
	void Pin(pg::RemoteConnection &remote) const;
	void FindTable(const std::string &name);
	CreatedTable PlanNewTable(const MappedQuery &query, const DeclaredTable &declared, RemoteTypes *types);
	void IdentifyRows();
	void TakeShape(const MappedQuery &query);
	void RefuseCascade();
	void RefuseMoneyWithin();
	void ReadMoneyAsNumbers();
	std::optional<bool> AskWhetherCommitted() const;
	// Whether the ledger has a place for the watermark, where there is one.
	bool KeepsWatermark() const { return !pipeline_.cursor_column || ledger_->HoldsState(); }
	void TakeOverWatermark();
	static std::string CopyStatement(const std::string &table, const RemoteShape &shape);
	std::string RightsText() const;
	std::string KeyIndex(const std::vector<std::string> &keys, const std::string &current);

	const catalog::Pipeline &pipeline_;
	RunJournal &journal_;
	Purpose purpose_;
	LoadMode mode_;
	MergeStrategy strategy_;
	bool deletes_; // of a mirror: what is gone is not marked
	pg::RemoteOptions remote_options_;
	LockPatience patience_;
	CreateOptions create_options_;
	std::unique_ptr<pg::RemoteConnection> remote_;
	std::string own_path_;		  // the remote user's search_path
	bool commits_lazily_ = false; // unless told otherwise
	std::optional<RemoteRelation> relation_;
	bool created_ = false;
	bool deleted_ = false;			   // old rows, by this run
	std::vector<std::string> indexes_; // of a created one
	std::string table_;				   // qualified
	std::string schema_;
	std::string label_;
	std::optional<RemoteLedger> ledger_;
	RemoteShape shape_;
	std::vector<RemoteColumn> columns_;
	std::string root_run_;
	std::string attempt_;
};

// The error of something that talked to a destination: an outage is not the source's, a missing right is missing there.
Error AtDestination(const Error &error, const std::string &server);

} // namespace sluice::engine
