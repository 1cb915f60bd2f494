#include "engine/target/remote_target.hpp"

#include "core/sqlstate.hpp"
#include "engine/wire/type_shape.hpp"
#include "engine/wire/wire_type.hpp"

namespace sluice::engine {

namespace {

// attgenerated and attidentity are read as JSON, because older servers lack them.
constexpr const char *kColumns =
	"SELECT a.attname, pg_catalog.to_jsonb(a) ->> 'attgenerated' <> '', "
	"a.attnotnull AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = a.attrelid "
	"AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 7 = 7), "
	"a.atthasdef OR COALESCE(pg_catalog.to_jsonb(a) ->> 'attidentity', '') <> '' OR y.typdefault IS NOT NULL, "
	"b.oid, b.typmod, pg_catalog.format_type(a.atttypid, a.atttypmod) "
	"FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid, LATERAL ("
	"WITH RECURSIVE behind (oid, typmod, kind, base, base_typmod) AS ("
	"SELECT t.oid, a.atttypmod, t.typtype, t.typbasetype, t.typtypmod FROM pg_catalog.pg_type t WHERE t.oid = "
	"a.atttypid "
	"UNION ALL SELECT t.oid, d.base_typmod, t.typtype, t.typbasetype, t.typtypmod FROM behind d "
	"JOIN pg_catalog.pg_type t ON t.oid = d.base WHERE d.kind = 'd') "
	"SELECT e.oid, e.typmod FROM behind e WHERE e.kind <> 'd') b "
	"WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

bool
IsKnownHere(Oid type)
{
	char const kind = type < kFirstOidOfOneServer ? pg::Call(get_typtype, type) : '\0';
	return kind != '\0' && kind != TYPTYPE_PSEUDO;
}

// COPY cannot cast: an amount is sent as a number, which the destination reads by the locale C.
Oid
SentAs(Oid type)
{
	return type == MONEYOID ? NUMERICOID : type == MONEYARRAYOID ? NUMERICARRAYOID : type;
}

// Such a number has no more digits than an amount by the locale C, so what would be rounded there is seen here.
int32
ModifierSent(Oid type, int32 modifier)
{
	constexpr int32 kDigits = 19;
	constexpr int32 kScale = 2;
	return SentAs(type) != type ? ((kDigits << 16) | kScale) + VARHDRSZ : modifier;
}

struct FedColumn {
	const char *name;
	Oid type;
	int32 typmod;
};

TupleDesc
BuildRowType(int count, const FedColumn *columns)
{
	TupleDesc row_type = CreateTemplateTupleDesc(count);
	for (int i = 0; i < count; ++i) {
		TupleDescInitEntry(row_type, static_cast<AttrNumber>(i + 1), columns[i].name, columns[i].type,
						   columns[i].typmod, 0);
	}
	return row_type;
}

// Why rows cannot travel in binary; empty when they can.
std::string
WhyText(const std::vector<const RemoteColumn *> &fed)
{
	std::vector<std::string> columns;
	for (const RemoteColumn *column : fed) {
		if (!OidIsValid(column->type) || !TravelsInBinary(column->type)) {
			columns.push_back(Format("{} ({})", column->target.name, column->type_text));
		}
	}
	if (!columns.empty()) {
		return "there is no binary form that is safe between servers for " + NameList(columns);
	}
	// Send functions convert text to the session's encoding, and what is written inline is not converted.
	return pg_get_client_encoding() == GetDatabaseEncoding() ? std::string()
															 : "client_encoding is not the encoding of this database";
}

} // namespace

std::vector<RemoteColumn>
ReadRemoteColumns(pg::RemoteConnection &remote, const std::string &relation_oid)
{
	pg::SqlResult const rows = remote.Exec(kColumns, {relation_oid});
	std::vector<RemoteColumn> columns;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		RemoteColumn column;
		column.target = {rows.Text(row, 0), false, rows.IsTrue(row, 1), rows.IsTrue(row, 2), rows.IsTrue(row, 3)};
		auto const type = static_cast<Oid>(rows.Integer(row, 4));
		if (IsKnownHere(type)) {
			column.type = type;
			column.typmod = static_cast<int32>(rows.Integer(row, 5));
		}
		column.type_there = type;
		column.type_text = rows.Text(row, 6);
		columns.push_back(std::move(column));
	}
	return columns;
}

RemoteShape
MatchRemote(const MappedQuery &query, const std::vector<RemoteColumn> &columns, const std::string &relation,
			RunJournal *journal)
{
	std::vector<TargetColumn> targets;
	targets.reserve(columns.size());
	for (const RemoteColumn &column : columns) {
		targets.push_back(column.target);
	}
	std::vector<int> const source_of = MatchNames(query, targets, relation, journal);

	RemoteShape shape;
	std::vector<const RemoteColumn *> fed;
	std::vector<FedColumn> sent;
	for (size_t i = 0; i < columns.size(); ++i) {
		if (source_of[i] < 0) {
			continue;
		}
		const RemoteColumn &column = columns[i];
		const leaf::OutputColumn &output = query.Column(source_of[i]);
		bool const known = OidIsValid(column.type);
		if (column.type == TIMESTAMPTZOID) {
			CheckZone(query, source_of[i], column.target.name, relation);
		}
		fed.push_back(&column);
		if (!known) {
			shape.unknown.push_back(column);
		}
		shape.has_money = shape.has_money || SentAs(column.type) != column.type;
		sent.push_back({column.target.name.c_str(), known ? SentAs(column.type) : output.type,
						known ? ModifierSent(column.type, column.typmod) : output.type_modifier});
		shape.match.source_of.push_back(source_of[i]);
		shape.match.stamped.push_back(query.IsStamp(source_of[i]));
		shape.fed.push_back(column);
		shape.column_list += (shape.column_list.empty() ? "" : ", ") + pg::QuoteIdentifier(column.target.name);
	}
	if (fed.empty() && !columns.empty()) {
		throw Error(sqlstate::kUndefinedColumn, Format("the source has no column for any of \"{}\"", relation),
					"Name the columns to load in columns.");
	}
	shape.match.source_of.push_back(-1);
	shape.row_type = pg::Call(BuildRowType, static_cast<int>(sent.size()), static_cast<const FedColumn *>(sent.data()));
	shape.match.target_list = pg::Call(leaf::BuildTargetListFor, query.Analyzed(), shape.row_type,
									   static_cast<const int *>(shape.match.source_of.data()));
	if (query.DiscardsRows()) {
		std::set<std::string> there;
		for (const RemoteColumn &column : columns) {
			there.insert(column.target.name);
		}
		shape.match.unwelcome = LeftOut(query, there);
	}
	std::string const why_text = WhyText(fed);
	shape.binary = why_text.empty();
	if (journal != nullptr) {
		journal->Info(shape.binary ? std::string("rows are sent in binary form")
								   : "rows are sent as text, because " + why_text);
	}
	return shape;
}

} // namespace sluice::engine
