// Prints due instants, for the tests that compare them with what others say. Standard input holds lines
// "zone<TAB>after<TAB>count<TAB>schedule"; each is answered by a line of instants, in seconds since 1970, or by
// "error: ...". Zones are the C library's.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

#include "core/error.hpp"
#include "core/schedule.hpp"

namespace {

// The zone of the process, which is set line by line.
class SystemZone final : public sluice::Zone {
public:
	int OffsetAt(int64_t utc_seconds) const override
	{
		time_t const at = utc_seconds;
		tm local{};
		localtime_r(&at, &local);
		return static_cast<int>(local.tm_gmtoff);
	}
};

std::string
NextField(std::string *line)
{
	size_t const end = std::min(line->find('\t'), line->size());
	std::string field = line->substr(0, end);
	line->erase(0, end + 1);
	return field;
}

std::string
Answer(std::string line)
{
	std::string const zone = NextField(&line);
	int64_t at = std::stoll(NextField(&line));
	int const count = std::stoi(NextField(&line));
	setenv("TZ", (":" + zone).c_str(), 1);
	tzset();
	std::string answer;
	try {
		sluice::Schedule const schedule = sluice::Schedule::Parse(line);
		for (int i = 0; i < count; ++i) {
			std::optional<int64_t> const next = schedule.NextAfter(at, SystemZone());
			if (!next) {
				break;
			}
			answer += (answer.empty() ? "" : " ") + std::to_string(*next);
			at = *next;
		}
	} catch (const sluice::Error &error) {
		return std::string("error: ") + error.what();
	}
	return answer;
}

} // namespace

int
main()
{
	std::ifstream input("/dev/stdin");
	for (std::string line; std::getline(input, line);) {
		std::fputs((Answer(line) + "\n").c_str(), stdout);
	}
	return 0;
}
