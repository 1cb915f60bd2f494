#include "engine/source/postgres/postgres_money.hpp"

#include "core/sqlstate.hpp"
#include "engine/wire/money_within.hpp"

namespace sluice::engine {

const char *
MoneyCast(Oid type)
{
	return type == MONEYOID ? "::pg_catalog.numeric" : type == MONEYARRAYOID ? "::pg_catalog.numeric[]" : nullptr;
}

void
RefuseMoneyWithin(pg::RemoteConnection &remote, const std::vector<TextColumn> &columns)
{
	std::vector<Oid> types;
	types.reserve(columns.size());
	for (const TextColumn &column : columns) {
		types.push_back(column.type);
	}
	MoneyWithin const within = FindMoneyWithin(
		[&remote](const std::string &statement, const std::vector<pg::SqlValue> &parameters) {
			return remote.Exec(statement, parameters);
		},
		types);
	std::string const here = MoneyLocaleHere();
	for (const TextColumn &column : columns) {
		if (within.types.contains(column.type) && within.locale != here) {
			throw Error(sqlstate::kFeatureNotSupported,
						Format("column \"{}\" of the source holds money within another type", column.name),
						"Read the amount as numeric in source_query, such as (value).amount::numeric; or give both "
						"databases the same lc_monetary.",
						Format("Its text means something else here: lc_monetary is \"{}\" there and \"{}\" here.",
							   within.locale, here));
		}
	}
}

} // namespace sluice::engine
