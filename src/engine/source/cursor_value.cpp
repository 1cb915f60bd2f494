#include "engine/source/cursor_value.hpp"

#include <algorithm>
#include <array>

#include "core/sqlstate.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

std::string
CursorLess(const CursorColumn &column, const std::string &value, const std::string &lag)
{
	using enum CursorType::Kind;
	std::string text;
	switch (column.type->kind) {
	case Integer:
		text = Format("GREATEST(floor($1::numeric - $2::numeric), {})", column.type->least);
		break;
	case Numeric:
		text = "$1::numeric - $2::numeric";
		break;
	case Date:
		text = "$1::date - ceil($2::numeric / 86400)::int";
		break;
	case Time:
		text = Format("$1::{} - make_interval(secs => $2::float8)", column.type->name);
		break;
	case Other:
		if (lag != kNoLag) {
			throw Error(sqlstate::kInvalidParameterValue,
						Format("the option lag needs a cursor that is a number or a time, and \"{}\" is a {}",
							   column.name, column.type->name),
						"Set lag to 0, or take another cursor.");
		}
		text = "$1::uuid";
		break;
	}
	return pg::Sql(column.type->kind == Other ? "SELECT (" + text + ")::text, $2::text" : "SELECT (" + text + ")::text",
				   {value, lag}, Alone())
		.Text(0, 0);
}

bool
IsGreater(const CursorType &type, const std::string &left, const std::string &right)
{
	return pg::Sql(Format("SELECT $1::{0} > $2::{0}", type.name), {left, right}, Alone()).IsTrue(0, 0);
}

bool
IsEndless(const std::string &value)
{
	constexpr std::array<std::string_view, 5> kEndless = {"NaN", "Infinity", "infinity", "-Infinity", "-infinity"};
	return std::find(kEndless.begin(), kEndless.end(), value) != kEndless.end();
}

} // namespace sluice::engine
