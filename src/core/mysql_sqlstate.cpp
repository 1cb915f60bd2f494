#include "core/mysql_sqlstate.hpp"

#include <algorithm>
#include <array>

#include "core/sqlstate.hpp"

namespace sluice {

namespace {

struct Translation {
	unsigned number;
	int sqlstate;
};

// In the order of MySQL's numbers. Those from 2000 to 2999 are the client library's own.
constexpr std::array kTranslations = {
	Translation{1021, SqlState("53100")}, // disk full
	Translation{1037, SqlState("53200")}, // out of memory
	Translation{1038, SqlState("53200")}, // out of sort memory
	Translation{1040, SqlState("53300")}, // too many connections
	Translation{1041, SqlState("53200")}, // out of resources
	Translation{1044, SqlState("42501")}, // access denied to a database
	Translation{1045, SqlState("28P01")}, // access denied, user or password
	Translation{1049, SqlState("3D000")}, // unknown database
	Translation{1052, SqlState("42702")}, // ambiguous column
	Translation{1053, SqlState("57P01")}, // shutdown in progress
	Translation{1054, SqlState("42703")}, // unknown column
	Translation{1060, SqlState("42701")}, // duplicate column
	Translation{1064, SqlState("42601")}, // syntax
	Translation{1065, SqlState("42601")}, // empty query
	Translation{1105, SqlState("HV000")}, // unknown error
	Translation{1114, SqlState("53100")}, // a temporary table is full
	Translation{1129, SqlState("28000")}, // host blocked
	Translation{1130, SqlState("28000")}, // host not allowed
	Translation{1142, SqlState("42501")}, // no right on a table
	Translation{1143, SqlState("42501")}, // no right on a column
	Translation{1146, SqlState("42P01")}, // no such table
	Translation{1153, SqlState("54000")}, // packet too large
	Translation{1203, SqlState("53300")}, // user has too many connections
	Translation{1205, SqlState("55P03")}, // lock wait timeout
	Translation{1213, SqlState("40P01")}, // deadlock
	Translation{1226, SqlState("53300")}, // user's resources are used up
	Translation{1227, SqlState("42501")}, // a privilege is missing
	Translation{1235, SqlState("0A000")}, // not supported
	Translation{1251, SqlState("28000")}, // authentication protocol not supported
	Translation{1295, SqlState("0A000")}, // no prepared statement of that kind
	Translation{1305, SqlState("42883")}, // no such function
	Translation{1317, SqlState("57014")}, // interrupted
	Translation{1356, SqlState("42P01")}, // view over something that is gone
	Translation{1365, SqlState("22012")}, // division by zero
	Translation{1370, SqlState("42501")}, // no right on a routine
	Translation{1690, SqlState("22003")}, // out of range
	Translation{1698, SqlState("28P01")}, // access denied without a password
	Translation{1792, SqlState("25006")}, // read-only transaction
	Translation{1820, SqlState("28000")}, // password must be changed
	Translation{1862, SqlState("28000")}, // password expired
	Translation{1927, SqlState("57P01")}, // connection was killed (MariaDB)
	Translation{1969, SqlState("57014")}, // max_statement_time (MariaDB)
	Translation{2002, SqlState("08001")}, // cannot connect through a socket file
	Translation{2003, SqlState("08001")}, // cannot connect to the host
	Translation{2004, SqlState("08001")}, // cannot create a socket
	Translation{2005, SqlState("08001")}, // unknown host
	Translation{2006, SqlState("08006")}, // server has gone away
	Translation{2008, SqlState("53200")}, // out of memory here
	Translation{2012, SqlState("08001")}, // error in the handshake
	Translation{2013, SqlState("08006")}, // connection lost
	Translation{2020, SqlState("54000")}, // packet too large
	Translation{2026, SqlState("08001")}, // TLS
	Translation{2027, SqlState("08P01")}, // malformed packet
	Translation{2055, SqlState("08006")}, // connection lost
	Translation{2058, SqlState("28000")}, // authentication plugin
	Translation{2059, SqlState("28000")}, // authentication plugin cannot be loaded or is not allowed
	Translation{2061, SqlState("28000")}, // authentication plugin said no
	Translation{3024, SqlState("57014")}, // max_execution_time
	Translation{3118, SqlState("28000")}, // account locked
	Translation{3169, SqlState("57P01")}, // session was killed
	Translation{4031, SqlState("57P05")}, // disconnected for inactivity
	Translation{4151, SqlState("28000")}, // account locked (MariaDB)
};

static_assert(std::is_sorted(kTranslations.begin(), kTranslations.end(),
							 [](const Translation &a, const Translation &b) { return a.number < b.number; }));

// Classes that mean the same on both sides.
constexpr std::array<std::string_view, 6> kSharedClasses = {"08", "22", "23", "25", "28", "40"};

struct AccountAdvice {
	unsigned number;
	const char *hint;
};

constexpr const char *kLocked = "Let it be unlocked at the source, with ALTER USER ... ACCOUNT UNLOCK.";
constexpr const char *kExpired = "Let it have a new password at the source, and give the user mapping the same.";
constexpr const char *kFromHere = "Let the account connect from this host, at the source.";

constexpr std::array kOfAccounts = {
	AccountAdvice{1129, kFromHere}, AccountAdvice{1130, kFromHere}, AccountAdvice{1820, kExpired},
	AccountAdvice{1862, kExpired},	AccountAdvice{3118, kLocked},	AccountAdvice{4151, kLocked},
};

struct Advice {
	int sqlstate;
	const char *hint;
};

constexpr std::array kAdvice = {
	Advice{SqlState("08001"), "Check that the source is up, and the options of the server and the user mapping."},
	Advice{SqlState("08006"), "Check that the source is up, then run the pipeline again."},
	Advice{SqlState("08P01"), "Check that the server speaks MySQL's protocol, and what lies between it and here."},
	Advice{SqlState("28P01"), "Check username and password of the user mapping."},
	Advice{SqlState("28000"),
		   "Ask for an account that authenticates with mysql_native_password, caching_sha2_password, "
		   "sha256_password, ed25519 or parsec, and that may connect from this host."},
	Advice{SqlState("42501"), "Grant what is missing to the user of the mapping, at the source."},
	Advice{SqlState("42601"), "source_query is one SELECT in the SQL of the source."},
	Advice{SqlState("42702"), "source_query is one SELECT in the SQL of the source."},
	Advice{SqlState("42703"), "source_query is one SELECT in the SQL of the source."},
	Advice{SqlState("42883"), "source_query is one SELECT in the SQL of the source."},
	Advice{SqlState("42P01"), "Check the name and what the user of the mapping may see at the source."},
	Advice{SqlState("3D000"), "Check the name and what the user of the mapping may see at the source."},
	Advice{SqlState("57014"), "Somebody at the source ended the query, or a limit of that server did."},
	Advice{SqlState("25006"), "A source is only read: leave out what writes."},
	Advice{SqlState("HV000"), "This is an error of the source: look it up there."},
};

} // namespace

int
MysqlSqlState(unsigned number, std::string_view its_state)
{
	const auto *const found = std::lower_bound(kTranslations.begin(), kTranslations.end(), number,
											   [](const Translation &t, unsigned wanted) { return t.number < wanted; });
	if (found != kTranslations.end() && found->number == number) {
		return found->sqlstate;
	}
	int const same = SqlStateFromText(std::string(its_state));
	bool const shared =
		std::find(kSharedClasses.begin(), kSharedClasses.end(), its_state.substr(0, 2)) != kSharedClasses.end();
	return same != 0 && shared ? same : SqlState("HV000");
}

std::string
MysqlHint(unsigned number, int sqlstate)
{
	const auto *const of_account =
		std::find_if(kOfAccounts.begin(), kOfAccounts.end(),
					 [number](const AccountAdvice &advice) { return advice.number == number; });
	if (of_account != kOfAccounts.end()) {
		return of_account->hint;
	}
	const auto *const found = std::find_if(kAdvice.begin(), kAdvice.end(),
										   [sqlstate](const Advice &advice) { return advice.sqlstate == sqlstate; });
	return found == kAdvice.end() ? std::string() : found->hint;
}

} // namespace sluice
