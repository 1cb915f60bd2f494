#include "engine/wire/money_within.hpp"

namespace sluice::engine {

namespace {

// Servers before 14 have no multiranges, so that column is read as JSON.
constexpr const char *kMoneyWithin =
	"WITH RECURSIVE parts (top, oid) AS (SELECT t.oid, t.oid FROM pg_catalog.pg_type t "
	"WHERE t.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[]) UNION SELECT p.top, x.oid FROM parts p "
	"JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) p.oid, LATERAL ("
	"SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) t.typrelid "
	"AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped "
	"UNION ALL SELECT t.typelem UNION ALL SELECT t.typbasetype UNION ALL "
	"SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid OPERATOR(pg_catalog.=) t.oid "
	"OR (pg_catalog.to_jsonb(r) OPERATOR(pg_catalog.->>) 'rngmultitypid') OPERATOR(pg_catalog.=) "
	"t.oid::pg_catalog.text) x (oid)) "
	"SELECT DISTINCT p.top, pg_catalog.current_setting('lc_monetary') FROM parts p "
	"WHERE p.oid OPERATOR(pg_catalog.=) 'pg_catalog.money'::pg_catalog.regtype::pg_catalog.oid";

} // namespace

MoneyWithin
FindMoneyWithin(const AskServer &ask, const std::vector<Oid> &types)
{
	MoneyWithin within;
	std::string list;
	for (Oid const type : types) {
		if (type >= kFirstOidOfOneServer) {
			list += (list.empty() ? "" : ",") + Format("{}", type);
		}
	}
	if (list.empty()) {
		return within;
	}
	pg::SqlResult const found = ask(kMoneyWithin, {"{" + list + "}"});
	for (size_t row = 0; row < found.Rows(); ++row) {
		within.types.insert(static_cast<Oid>(found.Integer(row, 0)));
		within.locale = found.Text(row, 1);
	}
	return within;
}

std::string
MoneyLocaleHere()
{
	return pg::Call(GetConfigOption, static_cast<const char *>("lc_monetary"), false, false);
}

} // namespace sluice::engine
