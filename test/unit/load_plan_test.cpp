#include "core/load_plan.hpp"

#include <gtest/gtest.h>

#include "core/format.hpp"

namespace sluice {

namespace {

constexpr int64_t kGigabyte = int64_t{1} << 30;

LoadFacts
Table(LoadMode mode)
{
	LoadFacts facts;
	facts.mode = mode;
	facts.name = "s.t";
	return facts;
}

LoadFacts
Append()
{
	return Table(LoadMode::Append);
}

LoadFacts
Replace()
{
	return Table(LoadMode::Replace);
}

LoadFacts
Merge()
{
	LoadFacts facts = Table(LoadMode::Merge);
	facts.merge.keys = {"id", "at"};
	facts.merge.key_index = "t_key";
	return facts;
}

LoadFacts
Mirror()
{
	LoadFacts facts = Merge();
	facts.mode = LoadMode::Mirror;
	facts.compare.max_deletes = "50%";
	return facts;
}

LoadFacts
History()
{
	LoadFacts facts = Mirror();
	facts.mode = LoadMode::History;
	facts.compare.current = "is_current";
	return facts;
}

template <typename Change>
LoadFacts
With(LoadFacts facts, Change change)
{
	change(facts);
	return facts;
}

std::string
Told(const LoadFacts &facts)
{
	return Join(PlanLoad(facts).Lines("12 ranges of pages"), "\n");
}

// Three streams could read the source.
void
Shared(LoadFacts &facts)
{
	facts.parallel = {.option = "3", .most = 12, .bytes = kGigabyte, .cores = 8, .free_workers = 8};
}

struct PathCase {
	const char *what;
	LoadFacts facts;
	LoadPath path;
	LoadLock lock;
	bool fills_empty;
	bool direct;
	bool analyze;
};

TEST(LoadPlan, FactsLeadToAPath)
{
	const PathCase cases[] = {
		{"append", Append(), LoadPath::Append, LoadLock::Write, false, false, false},
		{"append to partitions", With(Append(), [](auto &f) { f.partitioned = true; }), LoadPath::AppendRouted,
		 LoadLock::Write, false, false, false},
		{"its keys lead back to it", With(Append(), [](auto &f) { f.refers_to_itself = true; }), LoadPath::Append,
		 LoadLock::KeepWritersOut, false, false, false},
		{"but SQL checks them", With(Append(), [](auto &f) { f.refers_to_itself = true, f.needs_sql = "x"; }),
		 LoadPath::Sql, LoadLock::Write, false, false, false},
		{"append, by SQL", With(Append(), [](auto &f) { f.needs_sql = "it has triggers"; }), LoadPath::Sql,
		 LoadLock::Write, false, false, false},
		{"empty without indexes", With(Append(), [](auto &f) { f.empty = true; }), LoadPath::Append, LoadLock::Write,
		 false, false, false},
		{"empty with indexes", With(Append(), [](auto &f) { f.empty = true, f.index_count = 2; }),
		 LoadPath::ReplaceSwap, LoadLock::Write, true, true, true},
		{"empty partitions", With(Append(), [](auto &f) { f.empty = f.partitioned = true, f.index_count = 2; }),
		 LoadPath::ReplaceRouted, LoadLock::Write, true, true, true},
		{"empty, but in use", With(Append(), [](auto &f) { f.empty = true, f.index_count = 2, f.in_use = "it is"; }),
		 LoadPath::Append, LoadLock::Write, false, false, false},
		{"empty, but decoded", With(Append(), [](auto &f) { f.empty = true, f.index_count = 2, f.no_fill = "it is"; }),
		 LoadPath::Append, LoadLock::Write, false, false, false},
		{"empty, but not wanted",
		 With(Append(), [](auto &f) { f.empty = true, f.index_count = 2, f.keep_indexes = true; }), LoadPath::Append,
		 LoadLock::Write, false, false, false},
		{"empty, but by SQL", With(Append(), [](auto &f) { f.empty = true, f.index_count = 2, f.needs_sql = "x"; }),
		 LoadPath::Sql, LoadLock::Write, false, false, false},
		{"streams fill an empty one", With(Append(), [](auto &f) { f.empty = true, Shared(f); }), LoadPath::ReplaceSwap,
		 LoadLock::Write, true, true, true},
		{"replace", Replace(), LoadPath::ReplaceSwap, LoadLock::KeepWritersOut, false, true, true},
		{"replace, not directly", With(Replace(), [](auto &f) { f.direct = false; }), LoadPath::ReplaceSwap,
		 LoadLock::KeepWritersOut, false, false, true},
		{"replace, not analyzed", With(Replace(), [](auto &f) { f.analyze = false; }), LoadPath::ReplaceSwap,
		 LoadLock::KeepWritersOut, false, true, false},
		{"replace partitions", With(Replace(), [](auto &f) { f.partitioned = true; }), LoadPath::ReplaceRouted,
		 LoadLock::KeepWritersOut, false, true, true},
		{"replace what is published", With(Replace(), [](auto &f) { f.no_swap = "it is published"; }),
		 LoadPath::ReplaceInPlace, LoadLock::KeepWritersOut, false, false, true},
		{"replace a view", With(Replace(), [](auto &f) { f.needs_sql = "it is a view", f.is_table = false; }),
		 LoadPath::Sql, LoadLock::KeepWritersOut, false, false, false},
		{"create", With(Append(), [](auto &f) { f.created = true; }), LoadPath::AppendCreated, LoadLock::None, false,
		 true, true},
		{"create to replace", With(Replace(), [](auto &f) { f.created = true; }), LoadPath::AppendCreated,
		 LoadLock::None, false, true, true},
		{"created, and decoded", With(Replace(), [](auto &f) { f.created = true, f.decoded = "it is"; }),
		 LoadPath::AppendCreated, LoadLock::None, false, false, true},
		{"created, and meddled with", With(Append(), [](auto &f) { f.created = true, f.needs_sql = "it has rules"; }),
		 LoadPath::Sql, LoadLock::None, false, false, true},
		{"elsewhere", With(Replace(), [](auto &f) { f.remote = true; }), LoadPath::Remote, LoadLock::None, false, false,
		 true},
		{"merge", Merge(), LoadPath::Merge, LoadLock::Write, false, false, false},
		{"merge by SQL all the same", With(Merge(), [](auto &f) { f.needs_sql = "it has triggers"; }), LoadPath::Merge,
		 LoadLock::Write, false, false, false},
		{"merge into an empty one", With(Merge(), [](auto &f) { f.empty = true, f.index_count = 2; }), LoadPath::Merge,
		 LoadLock::Write, false, false, false},
		{"create to merge", With(Merge(), [](auto &f) { f.created = true; }), LoadPath::Merge, LoadLock::None, false,
		 false, true},
		{"mirror", Mirror(), LoadPath::Mirror, LoadLock::KeepWritersOut, false, false, false},
		{"mirror by SQL all the same", With(Mirror(), [](auto &f) { f.needs_sql = "it has triggers"; }),
		 LoadPath::Mirror, LoadLock::KeepWritersOut, false, false, false},
		{"create to mirror", With(Mirror(), [](auto &f) { f.created = true; }), LoadPath::Mirror, LoadLock::None, false,
		 false, true},
		{"history", History(), LoadPath::History, LoadLock::KeepWritersOut, false, false, false},
		{"merge elsewhere", With(Merge(), [](auto &f) { f.remote = true; }), LoadPath::Merge, LoadLock::None, false,
		 false, false},
		{"mirror elsewhere", With(Mirror(), [](auto &f) { f.remote = true; }), LoadPath::Mirror,
		 LoadLock::KeepWritersOut, false, false, false},
		{"a history created elsewhere", With(History(), [](auto &f) { f.remote = f.created = true; }),
		 LoadPath::History, LoadLock::None, false, false, true},
		{"append elsewhere", With(Append(), [](auto &f) { f.remote = true; }), LoadPath::Remote, LoadLock::None, false,
		 false, false},
	};
	for (const PathCase &one : cases) {
		SCOPED_TRACE(one.what);
		LoadPlan const plan = PlanLoad(one.facts);
		EXPECT_EQ(plan.path, one.path);
		EXPECT_EQ(plan.lock, one.lock);
		EXPECT_EQ(plan.mode, one.facts.mode);
		EXPECT_EQ(plan.fills_empty, one.fills_empty);
		EXPECT_EQ(plan.direct, one.direct);
		EXPECT_EQ(plan.analyze, one.analyze);
	}
}

TEST(LoadPlan, StreamsNeedANewFile)
{
	struct Case {
		LoadFacts facts;
		const char *obstacle;
	};
	const Case cases[] = {
		{Replace(), ""},
		{With(Append(), [](auto &f) { f.empty = true; }), ""},
		{With(Append(), [](auto &f) { f.created = true; }), ""},
		{With(Append(), [](auto &f) { f.created = true, f.not_shaped = "an event trigger"; }), "an event trigger"},
		{With(Append(), [](auto &f) { f.created = true, f.decoded = "it is published"; }), "it is published"},
		{Append(), "the destination has rows already, and several can only fill a new file that is swapped in"},
		{With(Append(), [](auto &f) { f.empty = true, f.in_use = "it is in use"; }),
		 "the empty destination cannot be filled by a swap: it is in use"},
		{With(Append(), [](auto &f) { f.empty = true, f.keep_indexes = true; }),
		 "the empty destination cannot be filled by a swap: the option indexes is keep"},
		{With(Replace(), [](auto &f) { f.partitioned = true; }),
		 "several can only fill a new file that is swapped in, and that is not the way here"},
		{With(Replace(), [](auto &f) { f.remote = true; }), "the destination is at another server"},
		{Merge(), "several can only fill a new file that is swapped in, and that is not the way here"},
		{With(Append(), [](auto &f) { f.created = f.by_cursor = true; }), "rows are read by a cursor"},
	};
	for (const Case &one : cases) {
		SCOPED_TRACE(one.obstacle);
		EXPECT_EQ(WhyNotParallel(one.facts), one.obstacle);
		LoadPlan const plan = PlanLoad(With(one.facts, Shared));
		EXPECT_EQ(plan.streams, one.obstacle[0] == '\0' ? 3 : 1);
		EXPECT_EQ(plan.streams_reason, one.obstacle[0] == '\0' ? "the option streams says so" : one.obstacle);
		EXPECT_EQ(PlanLoad(one.facts).streams, 1) << "nobody asked";
		EXPECT_EQ(PlanLoad(one.facts).streams_reason, "");
	}
	LoadFacts const view = With(Replace(), [](auto &f) { Shared(f), f.parallel.obstacle = "the source is a view"; });
	EXPECT_EQ(PlanLoad(view).streams_reason, "the source is a view");
}

TEST(LoadPlan, RowsAreStagedForSql)
{
	EXPECT_FALSE(PlanLoad(Append()).staged);
	EXPECT_FALSE(PlanLoad(With(Append(), [](auto &f) { f.query_needs_sql = "it sorts"; })).staged);
	EXPECT_FALSE(PlanLoad(With(Append(), [](auto &f) { f.over_wire = true; })).staged);
	EXPECT_TRUE(PlanLoad(With(Append(), [](auto &f) { f.over_wire = true, f.query_needs_sql = "it sorts"; })).staged);
	EXPECT_TRUE(PlanLoad(With(Append(), [](auto &f) { f.over_wire = true, f.needs_sql = "it is a view"; })).staged);
}

TEST(LoadPlan, EverythingIsTold)
{
	EXPECT_EQ(Told(Append()), "path: rows are appended to s.t on the fast path, because it is a plain table without "
							  "triggers");
	EXPECT_EQ(Told(With(Replace(),
						[](auto &f) {
							f.index_count = 2;
							f.foreign_keys = {"a", "b"};
							f.over_wire = true;
							f.analyze = false;
							Shared(f);
						})),
			  "path: rows go into a new file that is swapped in for that of s.t, because it is a plain table without "
			  "triggers\n"
			  "guards: the run fails where the source gives no row while there are some\n"
			  "direct load: pages are built in memory and written once, because the file is new\n"
			  "indexes: 2 built on the new file before the swap\n"
			  "foreign keys: \"a\", \"b\" checked by one query each after the load\n"
			  "transform: row by row, without staging\n"
			  "analyze: s.t is not analyzed, because the option analyze is off\n"
			  "streams: 3 streams over 12 ranges of pages, because the option streams says so");
	EXPECT_EQ(Told(With(Append(),
						[](auto &f) {
							f.empty = f.refers_to_itself = true;
							f.index_count = 1;
							f.foreign_keys = {"up"};
							f.in_use = "another session is about to write to it";
						})),
			  "path: rows are appended to s.t on the fast path, because it is a plain table without triggers\n"
			  "lock: other writers wait until the end, because s.t has foreign keys to itself\n"
			  "indexes: 1 kept up row by row, because another session is about to write to it\n"
			  "foreign keys: \"up\" checked by one query after the load");
	EXPECT_EQ(Told(With(Append(), [](auto &f) { f.deferred_keys = {"up"}; })),
			  "path: rows are appended to s.t on the fast path, because it is a plain table without triggers\n"
			  "foreign keys: \"up\" checked by one query when the transaction ends, to which it is deferred");
	EXPECT_EQ(Told(With(Append(),
						[](auto &f) {
							f.foreign_keys = {"a", "b"};
							f.deferred_keys = {"c", "d"};
						})),
			  "path: rows are appended to s.t on the fast path, because it is a plain table without triggers\n"
			  "foreign keys: \"a\", \"b\" checked by one query each after the load; \"c\", \"d\" checked by one query "
			  "each when "
			  "the transaction ends, to which they are deferred");
	EXPECT_EQ(Told(With(Append(), [](auto &f) { f.over_wire = true, f.needs_sql = "it is a view"; })),
			  "path: rows are inserted into s.t by SQL, because it is a view\n"
			  "transform: by SQL over the staged rows, because only SQL inserts them");
	EXPECT_EQ(Told(With(Append(), [](auto &f) { f.created = true, f.direct = false; })),
			  "path: rows are written frozen into s.t, because this run creates it\n"
			  "direct load is not used, because the option direct is off");
}

TEST(LoadPlan, AMergeTellsItsKeys)
{
	auto const told = [](const LoadFacts &facts) { return Told(facts); };
	EXPECT_NE(told(Merge()).find("keys: rows are found by (id, at), unique index \"t_key\""), std::string::npos);
	EXPECT_TRUE(PlanLoad(Merge()).warnings.empty());
	LoadFacts const bare = With(Merge(), [](auto &f) { f.merge.key_index.clear(); });
	EXPECT_NE(told(bare).find("for which there is no unique index"), std::string::npos);
	LoadFacts const elsewhere =
		With(bare, [](auto &f) { f.remote = true, f.name = "s.t of server x", f.table = "s.t"; });
	EXPECT_NE(PlanLoad(elsewhere).warnings.at(0).find("CREATE UNIQUE INDEX ON s.t (id, at)"), std::string::npos);
	ASSERT_EQ(PlanLoad(bare).warnings.size(), 1);
	EXPECT_NE(PlanLoad(bare).warnings.front().find("CREATE UNIQUE INDEX ON s.t (id, at)"), std::string::npos);
	LoadFacts const created = With(bare, [](auto &f) { f.created = true; });
	EXPECT_NE(told(created).find("the primary key that the table gets"), std::string::npos);
	EXPECT_TRUE(PlanLoad(created).warnings.empty());
	for (MergeStrategy const strategy :
		 {MergeStrategy::Upsert, MergeStrategy::InsertOnly, MergeStrategy::DeleteInsert}) {
		EXPECT_NE(told(With(Merge(), [&](auto &f) { f.merge.strategy = strategy; })).find("\nmerge: "),
				  std::string::npos);
	}
	EXPECT_EQ(told(Append()).find("keys: "), std::string::npos);
}

TEST(LoadPlan, WhatIsGoneIsTold)
{
	EXPECT_EQ(
		Told(Mirror()),
		"path: rows are compared with those of s.t as they come, and those that are new or differ are staged, because "
		"load is mirror\n"
		"lock: other writers wait until the end, because rows are compared with those of s.t\n"
		"keys: rows are found by (id, at), unique index \"t_key\"\n"
		"mirror: rows that differ are updated, rows whose key is not there are inserted, rows that are gone from the "
		"source are deleted, all others stay untouched\n"
		"guards: the run fails where more than 50% of the rows would be deleted, and where the source gives no row "
		"while "
		"there are some");
	LoadFacts const marks = With(Mirror(), [](auto &f) {
		f.compare.mark_column = "gone";
		f.compare.scope = "region = 'eu'";
		f.compare.may_be_empty = true;
	});
	EXPECT_NE(Told(marks).find("are marked in \"gone\""), std::string::npos);
	EXPECT_NE(Told(marks).find("scope: of s.t only rows that fit region = 'eu' count"), std::string::npos);
	EXPECT_NE(Told(marks).find("is allowed, because on_empty is load"), std::string::npos);
	EXPECT_EQ(Told(With(Mirror(), [](auto &f) { f.created = true; })).find("guards: "), std::string::npos);
	EXPECT_TRUE(PlanLoad(Mirror()).walks);
	EXPECT_TRUE(PlanLoad(Merge()).walks);
	EXPECT_TRUE(PlanLoad(With(Merge(), [](auto &f) { f.by_cursor = true; })).walks);
	EXPECT_FALSE(PlanLoad(With(Mirror(), [](auto &f) { f.by_cursor = true; })).walks);
	EXPECT_FALSE(PlanLoad(Append()).walks);
	EXPECT_FALSE(PlanLoad(With(Mirror(), [](auto &f) { f.created = true; })).walks);
	EXPECT_NE(Told(marks).find("by SQL, because load is mirror, and scope is a condition of SQL"), std::string::npos);
	LoadFacts const partitioned = With(Mirror(), [](auto &f) { f.no_walk = "it is partitioned"; });
	EXPECT_FALSE(PlanLoad(partitioned).walks);
	EXPECT_NE(Told(partitioned).find("by SQL, because load is mirror, and it is partitioned"), std::string::npos);

	LoadFacts const replace = Replace();
	EXPECT_TRUE(PlanLoad(replace).refuses_empty);
	EXPECT_NE(Told(replace).find("guards: the run fails where the source gives no row while there are some"),
			  std::string::npos);
	EXPECT_FALSE(PlanLoad(With(replace, [](auto &f) { f.compare.may_be_empty = true; })).refuses_empty);
	EXPECT_FALSE(PlanLoad(With(replace, [](auto &f) { f.created = true; })).refuses_empty);
	EXPECT_FALSE(PlanLoad(Append()).refuses_empty);

	LoadFacts const by_cursor = With(History(), [](auto &f) {
		f.compare.finds_gone = false;
		f.merge.key_index.clear();
	});
	EXPECT_NE(Told(History()).find("\nhistory: "), std::string::npos);
	EXPECT_NE(Told(by_cursor).find("are not noticed, because rows are read by a cursor"), std::string::npos);
	EXPECT_EQ(Told(by_cursor).find("guards: "), std::string::npos);
	ASSERT_EQ(PlanLoad(by_cursor).warnings.size(), 1);
	EXPECT_NE(PlanLoad(by_cursor).warnings.front().find("ON s.t (id, at) WHERE is_current"), std::string::npos);
	EXPECT_NE(WhyNoQuarantine(Mirror()).find("take them for gone"), std::string::npos);
	EXPECT_EQ(WhyNoQuarantine(Merge()), "");
	EXPECT_EQ(WhyNoQuarantine(With(Append(), [](auto &f) { f.foreign_keys = {"a"}; })), "");
	EXPECT_EQ(WhyNoQuarantine(With(Append(), [](auto &f) { f.remote = true; })), "");
	EXPECT_EQ(WhyNoQuarantine(With(Replace(),
								   [](auto &f) {
									   f.remote = true;
									   f.no_try = "it has rules";
								   })),
			  "it has rules");
	EXPECT_NE(WhyNoQuarantine(With(Merge(), [](auto &f) { f.remote = true; })).find("at another server"),
			  std::string::npos);
	EXPECT_NE(WhyNoQuarantine(With(Append(), [](auto &f) { f.refers_to_itself = true; })).find("to itself"),
			  std::string::npos);
	LoadFacts const triggers = With(Append(), [](auto &f) { f.needs_sql = "it has triggers"; });
	EXPECT_EQ(WhyNoQuarantine(triggers), "");
	EXPECT_EQ(WhyNoQuarantine(With(triggers, [](auto &f) { f.no_try = "it has rules"; })), "it has rules");
	LoadFacts const parted = With(Append(), [](auto &f) { f.quarantine = f.partitioned = true; });
	EXPECT_EQ(WhyNoQuarantine(parted), "");
	EXPECT_EQ(PlanLoad(parted).path, LoadPath::Sql);
	EXPECT_EQ(WhyNoQuarantine(With(Append(), [](auto &f) { f.no_try = "no matter"; })), "");
	EXPECT_EQ(WhyNoQuarantine(With(Merge(), [](auto &f) { f.unforeseen = "it has triggers"; })), "it has triggers");
}

TEST(LoadPlan, ModesAreWords)
{
	EXPECT_EQ(ParseLoadMode("append"), LoadMode::Append);
	EXPECT_EQ(ParseLoadMode("replace"), LoadMode::Replace);
	EXPECT_EQ(ParseLoadMode("merge"), LoadMode::Merge);
	EXPECT_EQ(ParseLoadMode("upsert"), std::nullopt);
	for (LoadMode const mode :
		 {LoadMode::Append, LoadMode::Replace, LoadMode::Merge, LoadMode::Mirror, LoadMode::History}) {
		EXPECT_EQ(ParseLoadMode(NameOf(mode)), mode);
	}
	EXPECT_TRUE(FindsByKeys(LoadMode::Merge));
	EXPECT_FALSE(FindsByKeys(LoadMode::Replace));
	EXPECT_FALSE(Compares(LoadMode::Merge));
	EXPECT_TRUE(Compares(LoadMode::History));
	EXPECT_EQ(ParseLoadMode(""), std::nullopt);
}

} // namespace

} // namespace sluice
