#include "core/redact.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

struct RedactCase {
	const char *text;
	const char *redacted;
};

void
Check(const std::vector<RedactCase> &cases)
{
	for (const RedactCase &c : cases) {
		EXPECT_EQ(Redact(c.text), c.redacted);
	}
}

TEST(Redact, Conninfo)
{
	Check({
		{"host=db password=geheim dbname=x", "host=db password=*** dbname=x"},
		{"password = 'a b\\'c' dbname=x", "password = '***' dbname=x"},
		{"password='it''s' dbname=x", "password='***' dbname=x"},
		{"password=a\\ b dbname=x", "password=*** dbname=x"},
		{"PASSWORD=x", "PASSWORD=***"},
		{"sslpassword=x passfile=/y", "sslpassword=*** passfile=/y"},
		{"password='not closed", "password='***"},
		{"password=ends\\", "password=***"},
		{"password=", "password="},
		{"password", "password"},
		{"user=u pwd=x;secret=y token:z", "user=u pwd=*** token:***"},
		{"client_secret=a api_key=b access_token=c", "client_secret=*** api_key=*** access_token=***"},
		{"password==x", "password==***"},
		{"password=$ecret$ x=1", "password=*** x=1"},
	});
}

TEST(Redact, Urls)
{
	Check({
		{"postgres://bob:geheim@db:5432/shop", "postgres://bob:***@db:5432/shop"},
		{"to postgresql://bob:a:b/c?d@e@db/shop failed", "to postgresql://bob:***@db/shop failed"},
		{"mysql://u:@h and https://u:p@h/x", "mysql://u:***@h and https://u:***@h/x"},
		{"postgres://bob@db:5432/shop", "postgres://bob@db:5432/shop"},
		{"postgres://db:5432/shop?sslmode=require", "postgres://db:5432/shop?sslmode=require"},
		{"postgres://db/shop?user=u&password=p", "postgres://db/shop?user=u&password=***"},
		{"://", "://"},
	});
}

TEST(Redact, EnvironmentAndCommandLines)
{
	Check({
		{"PGPASSWORD=x psql", "PGPASSWORD=*** psql"},
		{"MYSQL_PWD='x' mysql", "MYSQL_PWD='***' mysql"},
		{"export PGPASSWORD=\"x y\"", "export PGPASSWORD=\"***\""},
		{"mysql --password=x -u root", "mysql --password=*** -u root"},
		{"mysql --password x -u root", "mysql --password *** -u root"},
		{"Authorization: Bearer abc\nHost: h", "Authorization:***\nHost: h"},
	});
}

TEST(Redact, SqlAndJson)
{
	Check({
		{"OPTIONS (user 'u', password 'p''w')", "OPTIONS (user 'u', password '***')"},
		{"ALTER ROLE r PASSWORD E'a\\'b' LOGIN", "ALTER ROLE r PASSWORD E'***' LOGIN"},
		{"ALTER ROLE r PASSWORD'x'", "ALTER ROLE r PASSWORD'***'"},
		{"ALTER ROLE r PASSWORD $$x y$$ LOGIN", "ALTER ROLE r PASSWORD *** LOGIN"},
		{"ALTER ROLE r PASSWORD $q$x y$q$ LOGIN", "ALTER ROLE r PASSWORD *** LOGIN"},
		{"IDENTIFIED BY 'x'", "IDENTIFIED BY '***'"},
		{"{\"user\": \"u\", \"password\": \"p\\\"w\", \"a\": 1}", "{\"user\": \"u\", \"password\": \"***\", \"a\": 1}"},
		{"{'token':'p', 'a':1}", "{'token':'***', 'a':1}"},
		{"password => 'x', a => 1", "password => '***', a => 1"},
		{"OPTIONS (password_required 'false', password 'p')", "OPTIONS (password_required 'false', password '***')"},
		{"password '...''x', password '...x'", "password '***', password '***'"},
	});
}

TEST(Redact, LeavesAloneWhatIsNoSecret)
{
	for (const char *const text :
		 {"", "password authentication failed for user \"bob\"", "fe_sendauth: no password supplied",
		  "Access denied for user 'u'@'h' (using password: YES)", "(using password: NO)", "password_required 'false'",
		  "must be changed or password_required=false set", "OPTIONS (password '...')",
		  "invalid value for parameter \"password_encryption\": \"x\"", "SELECT password::text FROM t",
		  "duplicate key value violates unique constraint \"token_pkey\"", "column \"secret\" does not exist",
		  "time is 10:30:00 at host db:5432", "größe=3 \xF0\x9F\x98\x80"}) {
		EXPECT_EQ(Redact(text), text);
	}
}

// The literals of a source, those that follow each other as one.
std::vector<std::string>
Literals(const std::filesystem::path &file)
{
	std::vector<std::string> literals;
	std::ifstream source(file);
	std::string line;
	bool joins = false;
	while (std::getline(source, line)) {
		joins = joins && line.find_first_not_of(" \t") == line.find('"');
		bool comment = false;
		for (size_t at = 0; at < line.size() && !comment; ++at) {
			comment = line.compare(at, 2, "//") == 0;
			if (line.compare(at, 3, "'\"'") == 0) {
				at += 2;
			} else if (line[at] == '"' && !comment) {
				std::string literal;
				for (++at; at < line.size() && line[at] != '"'; ++at) {
					at += line[at] == '\\' ? 1 : 0;
					literal += line[at];
				}
				if (joins) {
					literals.back() += literal;
				} else {
					literals.push_back(std::move(literal));
				}
				joins = true;
			} else if (line[at] != ' ' && line[at] != '\t') {
				joins = false;
			}
		}
	}
	return literals;
}

TEST(Redact, LeavesAloneWhatWeSay)
{
	size_t seen = 0;
	for (const auto &entry : std::filesystem::recursive_directory_iterator(SLUICE_SOURCES)) {
		std::string const extension = entry.path().extension();
		if (extension != ".cpp" && extension != ".hpp") {
			continue;
		}
		for (const std::string &literal : Literals(entry.path())) {
			EXPECT_EQ(Redact(literal), literal) << entry.path();
			seen += literal.find("password_required 'false'") != std::string::npos ? 1 : 0;
		}
	}
	EXPECT_GE(seen, 2U) << "the literals are not read as they should";
}

TEST(Redact, KnowsNamesOfSecrets)
{
	for (const char *const name : {"password", "sslpassword", "SECRET_ACCESS_KEY", "oauth_client_secret", "api-key"}) {
		EXPECT_TRUE(IsNameOfSecret(name)) << name;
	}
	for (const char *const name :
		 {"user", "host", "passfile", "sslkey", "password_required", "password_encryption", ""}) {
		EXPECT_FALSE(IsNameOfSecret(name)) << name;
	}
}

} // namespace
} // namespace sluice::test
