#include <gtest/gtest.h>

#include "core/cron.hpp"

namespace sluice::test {
namespace {

TEST(CronDescribe, SaysItInEnglish)
{
	struct {
		const char *schedule;
		const char *text;
	} const cases[] = {
		{"0 2 * * *", "every day at 02:00"},
		{"*/15 * * * *", "every 15 minutes"},
		{"5 * * * *", "at minute 5 of every hour"},
		{"30 2 * * 1,5", "at 02:30 on Monday and Friday"},
		{"0 0 1 * *", "every month on day 1 at 00:00"},
		{"* * * * *", "every minute"},
		{"@hourly", "every hour"},
		{"@daily", "every day at 00:00"},
		{"@weekly", "at 00:00 on Sunday"},
		{"@monthly", "every month on day 1 at 00:00"},
		{"@yearly", "every year on 1 January at 00:00"},
		{"0,30 * * * *", "every 30 minutes"},
		{"*/7 * * * *", "at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour"},
		{"0-10,30 * * * *", "at minutes 0 to 10 and 30 of every hour"},
		{"0 */2 * * *", "every 2 hours"},
		{"5 */2 * * *", "every 2 hours from 00:05 to 22:05"},
		{"0 */12 * * *", "every day at 00:00 and 12:00"},
		{"0 9-17 * * 1-5", "every hour from 09:00 to 17:00 from Monday to Friday"},
		{"*/5 9-17 * * *", "every 5 minutes from 09:00 to 17:55"},
		{"* 9 * * *", "every minute from 09:00 to 09:59"},
		{"* 9,17 * * *", "every minute of the hours 9 and 17"},
		{"0,30 8,12 * * *", "every day at 08:00, 08:30, 12:00 and 12:30"},
		{"7,21,40 8-11,20 * * *", "at minutes 7, 21 and 40 of the hours 8 to 11 and 20"},
		{"0 22-2 * * *", "every day at 00:00, 01:00, 02:00, 22:00 and 23:00"},
		{"0 2 * 3 *", "every day in March at 02:00"},
		{"0 2 * 4-9 *", "every day from April to September at 02:00"},
		{"*/15 * * 3,5 *", "every 15 minutes in March and May"},
		{"0 2 * 12 SAT,SUN", "at 02:00 on Saturday and Sunday in December"},
		{"0 6 1,15 * *", "every month on days 1 and 15 at 06:00"},
		{"0 6 1 1,7 *", "at 06:00 on day 1 of January and July"},
		{"0 6 1 4-9 *", "at 06:00 on day 1 of every month from April to September"},
		{"*/15 * 1 * *", "every 15 minutes on day 1 of every month"},
		{"0 0 13 * FRI", "at 00:00 on day 13 and on every Friday, of every month"},
		{"0 0 1-31 * FRI", "every day at 00:00"},
		{"0 0 1,* * FRI", "every day at 00:00"},
		{"0 0 */10 * *", "every month on days 1, 11, 21 and 31 at 00:00"},
		{"0 0 */10 * FRI", "at 00:00 on every Friday if that is one of days 1, 11, 21 and 31, of every month"},
		{"0 0 */10 1 FRI#2,MON",
		 "at 00:00 on every Monday and on the second Friday if that is one of days 1, 11, 21 and 31, of January"},
		{"0 0 13 * */2", "at 00:00 on day 13 if that is Tuesday, Thursday, Saturday or Sunday, of every month"},
		{"0 0 L * */2,FRI#1", "at 00:00 on the last day if that is Tuesday, Thursday, Saturday or Sunday or the first "
							  "Friday, of every month"},
		{"0 0 */10 * */3",
		 "at 00:00 on every Wednesday, Saturday and Sunday if that is one of days 1, 11, 21 and 31, of every month"},
		{"0 0 1-31 * *", "every day at 00:00"},
		{"0 0 * * 0-6", "every day at 00:00"},
		{"0 0 * * FRI-MON", "at 00:00 on Monday and Friday to Sunday"},
		{"0 0 29 2 *", "every year on 29 February at 00:00"},
		{"5-59/15 * * * *", "every 15 minutes from minute 5 of the hour on"},
		{"0 0 2 * * *", "every day at 02:00"},
		{"30 0 2 * * *", "every day at 02:00:30"},
		{"30 0 2,14 * * MON", "at 02:00:30 and 14:00:30 on Monday"},
		{"* * * * * *", "every second"},
		{"*/10 * * * * *", "every 10 seconds"},
		{"*/10 * * * * MON-FRI", "every 10 seconds from Monday to Friday"},
		{"30 * * * * *", "at second 30 of every minute"},
		{"5,10 * 9-17 * * *", "at seconds 5 and 10 of every minute of the hours 9 to 17"},
		{"*/15 0,30 * * * *", "every 15 seconds of minutes 0 and 30 of every hour"},
		{"*/15 * 9 * * *", "every 15 seconds of the hour 9"},
		{"7 */20 9-17 * * *", "at second 7 of minutes 0, 20 and 40 of the hours 9 to 17"},
		{"0 2 L * *", "every month on the last day at 02:00"},
		{"0 2 L-1 * *", "every month on the day before the last at 02:00"},
		{"0 2 L-3 * *", "every month on the 3rd day before the last at 02:00"},
		{"0 2 L-12 * *", "every month on the 12th day before the last at 02:00"},
		{"0 2 L-22 * *", "every month on the 22nd day before the last at 02:00"},
		{"0 2 L-21,L * *", "every month on the 21st day before the last and the last day at 02:00"},
		{"0 2 LW * *", "every month on the last weekday at 02:00"},
		{"0 2 15W * *", "every month on the weekday nearest to day 15 at 02:00"},
		{"0 2 1,15,L * *", "every month on days 1 and 15 and the last day at 02:00"},
		{"0 2 L 12 *", "at 02:00 on the last day of December"},
		{"0 2 L 3,6,9,12 *", "at 02:00 on the last day of March, June, September and December"},
		{"0 2 1,L 12 *", "at 02:00 on day 1 and the last day of December"},
		{"0 2 * * FRIL", "every month on the last Friday at 02:00"},
		{"0 2 * * 5#2", "every month on the second Friday at 02:00"},
		{"0 2 * * 7#1,0L,TUE#3", "every month on the third Tuesday and the first and last Sunday at 02:00"},
		{"*/15 * * 1 5#2", "every 15 minutes on the second Friday of January"},
		{"0 2 * * MON,FRI#2", "at 02:00 on every Monday and on the second Friday, of every month"},
		{"0 2 L * FRI", "at 02:00 on the last day and on every Friday, of every month"},
	};
	for (const auto &c : cases) {
		EXPECT_EQ(Cron::Parse(c.schedule).Describe(), c.text) << c.schedule;
	}
}

} // namespace
} // namespace sluice::test
