#include "engine/source/postgres/postgres_cut.hpp"

#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "engine/source/postgres/postgres_estimate.hpp"

namespace sluice::engine {

namespace {

constexpr int kTidRangeScan = 140000;
// Of a key: what statistics hold by default, and as many as a source may well be cut into.
constexpr int kMostBounds = 255;

// The tables that hold the rows of this one, itself among them: as the snapshot shows them, with the pages of now.
constexpr const char *kTables =
	"WITH RECURSIVE tree (oid) AS (SELECT $1::pg_catalog.regclass::pg_catalog.oid UNION "
	"SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree t ON i.inhparent OPERATOR(pg_catalog.=) t.oid) "
	"SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind, a.amname OPERATOR(pg_catalog.=) 'heap', "
	"pg_catalog.pg_relation_size(c.oid), pg_catalog.pg_table_size(c.oid), "
	"pg_catalog.has_table_privilege(c.oid, 'SELECT'), "
	"c.relrowsecurity AND c.oid OPERATOR(pg_catalog.<>) $1::pg_catalog.regclass::pg_catalog.oid, "
	"pg_catalog.current_setting('block_size') "
	"FROM tree JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) tree.oid "
	"JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
	"LEFT JOIN pg_catalog.pg_am a ON a.oid OPERATOR(pg_catalog.=) c.relam "
	"WHERE c.relkind OPERATOR(pg_catalog.=) 'f' OR (c.relkind OPERATOR(pg_catalog.<>) 'p' "
	"AND pg_catalog.pg_relation_size(c.oid) IS NOT NULL) ORDER BY c.oid";

// The bounds that ANALYZE has found, those of a whole tree of tables first.
constexpr const char *kHistogram =
	"SELECT b.bound FROM (SELECT s.histogram_bounds FROM pg_catalog.pg_stats s JOIN pg_catalog.pg_class c "
	"ON c.relname OPERATOR(pg_catalog.=) s.tablename JOIN pg_catalog.pg_namespace n "
	"ON n.oid OPERATOR(pg_catalog.=) c.relnamespace AND n.nspname OPERATOR(pg_catalog.=) s.schemaname "
	"WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.regclass::pg_catalog.oid "
	"AND s.attname OPERATOR(pg_catalog.=) $2::pg_catalog.name AND s.histogram_bounds IS NOT NULL "
	"ORDER BY s.inherited DESC LIMIT 1) s, "
	"pg_catalog.unnest(s.histogram_bounds::pg_catalog.text::pg_catalog.text[]) b (bound)";

// Less and not less in the default btree order of a type, as it is looked for in the source's catalogs: by whatever
// name and in whatever schema. What a search_path finds under these names may be another type's (citext's would be
// text's), and then the pieces would overlap.
constexpr const char *kOrder =
	"SELECT pg_catalog.format('OPERATOR(%I.%s)', ln.nspname, l.oprname), "
	"pg_catalog.format('OPERATOR(%I.%s)', gn.nspname, g.oprname) "
	"FROM pg_catalog.pg_type t, pg_catalog.pg_opclass c, pg_catalog.pg_am m, pg_catalog.pg_amop la, "
	"pg_catalog.pg_operator l, pg_catalog.pg_namespace ln, pg_catalog.pg_amop ga, pg_catalog.pg_operator g, "
	"pg_catalog.pg_namespace gn WHERE t.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid "
	"AND m.amname OPERATOR(pg_catalog.=) 'btree' AND c.opcmethod OPERATOR(pg_catalog.=) m.oid AND c.opcdefault "
	"AND (c.opcintype OPERATOR(pg_catalog.=) t.oid OR EXISTS (SELECT FROM pg_catalog.pg_cast k "
	"WHERE k.castsource OPERATOR(pg_catalog.=) t.oid AND k.casttarget OPERATOR(pg_catalog.=) c.opcintype "
	"AND k.castmethod OPERATOR(pg_catalog.=) 'b' AND k.castcontext OPERATOR(pg_catalog.=) 'i') "
	"OR c.opcintype OPERATOR(pg_catalog.=) CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'e' "
	"THEN 'pg_catalog.anyenum'::pg_catalog.regtype WHEN t.typtype OPERATOR(pg_catalog.=) 'r' "
	"THEN 'pg_catalog.anyrange'::pg_catalog.regtype WHEN t.typcategory OPERATOR(pg_catalog.=) 'A' "
	"THEN 'pg_catalog.anyarray'::pg_catalog.regtype END::pg_catalog.oid) "
	"AND la.amopfamily OPERATOR(pg_catalog.=) c.opcfamily AND la.amoplefttype OPERATOR(pg_catalog.=) c.opcintype "
	"AND la.amoprighttype OPERATOR(pg_catalog.=) c.opcintype AND la.amopstrategy OPERATOR(pg_catalog.=) 1 "
	"AND l.oid OPERATOR(pg_catalog.=) la.amopopr AND ln.oid OPERATOR(pg_catalog.=) l.oprnamespace "
	"AND ga.amopfamily OPERATOR(pg_catalog.=) c.opcfamily AND ga.amoplefttype OPERATOR(pg_catalog.=) c.opcintype "
	"AND ga.amoprighttype OPERATOR(pg_catalog.=) c.opcintype AND ga.amopstrategy OPERATOR(pg_catalog.=) 4 "
	"AND g.oid OPERATOR(pg_catalog.=) ga.amopopr AND gn.oid OPERATOR(pg_catalog.=) g.oprnamespace "
	"ORDER BY c.opcintype OPERATOR(pg_catalog.=) t.oid DESC, c.oid LIMIT 1";

// Values at even distances between the least and the greatest; how depends on the type.
std::string
EvenBounds(Oid type, const std::string &key, const std::string &body)
{
	std::string low = key;
	std::string step;
	std::string condition;
	switch (type) {
	case INT2OID:
	case INT4OID:
	case INT8OID:
		low = key + "::pg_catalog.numeric";
		step = "pg_catalog.floor(r.low OPERATOR(pg_catalog.+) ((r.high OPERATOR(pg_catalog.-) r.low) "
			   "OPERATOR(pg_catalog.*) g.i::pg_catalog.numeric OPERATOR(pg_catalog./) {}::pg_catalog.numeric))";
		break;
	case DATEOID:
		step = "r.low OPERATOR(pg_catalog.+) ((r.high OPERATOR(pg_catalog.-) r.low)::pg_catalog.int8 "
			   "OPERATOR(pg_catalog.*) g.i::pg_catalog.int8 OPERATOR(pg_catalog./) {}::pg_catalog.int8)"
			   "::pg_catalog.int4";
		condition = " FILTER (WHERE pg_catalog.isfinite(" + key + "))";
		break;
	case TIMESTAMPOID:
	case TIMESTAMPTZOID:
		step = "r.low OPERATOR(pg_catalog.+) ((r.high OPERATOR(pg_catalog.-) r.low) OPERATOR(pg_catalog.*) "
			   "(g.i::pg_catalog.float8 OPERATOR(pg_catalog./) {}::pg_catalog.float8))";
		condition = " FILTER (WHERE pg_catalog.isfinite(" + key + "))";
		break;
	default:
		return {};
	}
	return "SELECT (" + FormatRuntime(step.c_str(), kMostBounds + 1) +
		   ")::pg_catalog.text FROM (SELECT pg_catalog.min(" + low + ")" + condition + ", pg_catalog.max(" + low + ")" +
		   condition + " FROM " + body +
		   Format(") r (low, high), pg_catalog.generate_series(1, {}) g (i) "
				  "WHERE r.low OPERATOR(pg_catalog.<) r.high",
				  kMostBounds);
}

// The same bounds as the source orders them, each once: as values of the column, whatever its type and collation.
std::vector<std::string>
InOrder(pg::RemoteConnection &remote, const std::string &from, const std::string &key, const std::string &less,
		const pg::SqlResult &found)
{
	std::string values = "SELECT " + key + " FROM " + from + " WHERE false";
	std::set<std::string> seen;
	for (size_t row = 0; row < found.Rows() && seen.size() < kMostBounds; ++row) {
		if (seen.insert(found.Text(row, 0)).second) {
			values += " UNION SELECT " + pg::QuoteLiteral(found.Text(row, 0));
		}
	}
	pg::SqlResult const sorted = remote.Exec("SELECT v.k::pg_catalog.text FROM (" + values +
											 ") v (k) WHERE v.k IS NOT NULL ORDER BY v.k USING " + less);
	std::vector<std::string> bounds;
	for (size_t row = 0; row < sorted.Rows(); ++row) {
		bounds.push_back(sorted.Text(row, 0));
	}
	return bounds;
}

// Each n-th of the bounds, where there are more than wanted.
std::vector<std::string>
Thinned(const std::vector<std::string> &bounds, size_t wanted)
{
	if (bounds.size() <= wanted) {
		return bounds;
	}
	std::vector<std::string> some;
	for (size_t i = 0; i < wanted; ++i) {
		some.push_back(bounds[(i + 1) * bounds.size() / (wanted + 1)]);
	}
	return some;
}

} // namespace

PostgresCut::PostgresCut(const Question &question)
{
	obstacle_ = LookAtPages(question);
	if (obstacle_.empty()) {
		how_ = tables_.size() == 1 ? "ranges of pages" : Format("ranges of pages of {} tables", tables_.size());
		return;
	}
	if (question.key.empty()) {
		obstacle_ += ", and the option stream_key names no column to cut it by";
		return;
	}
	std::string const why = LookAtKey(question);
	obstacle_ = why.empty() ? "" : obstacle_ + ", and " + why;
}

std::string
PostgresCut::LookAtPages(const Question &question)
{
	pg::RemoteConnection &remote = question.remote;
	if (question.relation.empty()) {
		return "the source is a query";
	}
	if (int const version = remote.ServerVersion(); version < kTidRangeScan) {
		return Format("the source is PostgreSQL {}, which cannot read a range of pages", version / 10000);
	}
	// First of all, for the locks that planning leaves: on every table below this one.
	(void)remote.Exec("EXPLAIN SELECT 1 FROM " + question.relation);
	pg::SqlResult const facts = remote.Exec(kTables, {question.relation});
	std::vector<Table> tables;
	int64_t most = 0;
	for (size_t row = 0; row < facts.Rows(); ++row) {
		const std::string &name = facts.Text(row, 0);
		const std::string &kind = facts.Text(row, 1);
		if (kind == "f") {
			return "foreign table " + name + " is part of the source";
		}
		if (kind != "r" && kind != "m") {
			return "the source is not a table";
		}
		if (!facts.IsTrue(row, 5)) {
			return "the source's user has no right to read all of " + name + " by itself";
		}
		if (facts.IsTrue(row, 6)) {
			return name + ", a part of the source, has row-level security of its own";
		}
		int64_t const blocks = facts.Integer(row, 3) / std::max<int64_t>(facts.Integer(row, 7), 1);
		bool const by_pages = facts.IsTrue(row, 2);
		tables.push_back({name, {blocks, by_pages}});
		most += by_pages ? blocks : 1;
		bytes_ += facts.Integer(row, 4);
	}
	if (tables.size() == 1 && !tables.front().extent.by_pages) {
		return "the source's access method is not heap";
	}
	rows_ = EstimateSize(question.remote, "1", question.body).rows;
	most_ = std::min<int64_t>(most, kMaxPieces);
	tables_ = std::move(tables);
	return {};
}

std::string
PostgresCut::FindBounds(const Question &question)
{
	const std::string &key = question.key;
	pg::RemoteConnection &remote = question.remote;
	TupleDesc const row_type = question.rows.RowType();
	int index = 0;
	while (index < row_type->natts && key != NameStr(TupleDescAttr(row_type, index)->attname)) {
		++index;
	}
	// An EXPLAIN leaves locks on whatever is read.
	auto const estimate = EstimateSize(question.remote, "*", question.body);
	if (estimate.reads_elsewhere) {
		return "reads foreign tables, whose snapshots several connections could not share";
	}
	rows_ = estimate.rows;
	bytes_ = estimate.bytes;
	Oid const type = remote.Describe("SELECT " + key_ + " FROM " + question.from).front().type;
	pg::SqlResult const order = remote.Exec(kOrder, {Format("{}", type)});
	if (order.Empty()) {
		return Format("the type of its column \"{}\" has no order", key);
	}
	less_ = order.Text(0, 0);
	not_less_ = order.Text(0, 1);
	how_ = Format("ranges of \"{}\" by its statistics", key);
	pg::SqlResult found;
	if (!question.relation.empty()) {
		found = remote.Exec(kHistogram, {question.relation, key});
	}
	if (found.Empty() && !question.rows.TravelsAsText(index)) {
		how_ = Format("ranges of \"{}\" between its least and greatest value", key);
		std::string const query = EvenBounds(TupleDescAttr(row_type, index)->atttypid, key_, question.body);
		found = query.empty() ? pg::SqlResult() : remote.Exec(query);
	}
	if (!found.Empty()) {
		bounds_ = InOrder(remote, question.from, key_, less_, found);
	}
	if (bounds_.empty()) {
		return Format("its column \"{}\" has no statistics, and is no integer, date or timestamp with several values",
					  key);
	}
	return {};
}

std::string
PostgresCut::LookAtKey(const Question &question)
{
	const std::string &key = question.key;
	TupleDesc const row_type = question.rows.RowType();
	bool known = false;
	for (int i = 0; i < row_type->natts; ++i) {
		known = known || key == NameStr(TupleDescAttr(row_type, i)->attname);
	}
	if (!known) {
		return Format("it has no column \"{}\", which the option stream_key names", key);
	}
	key_ = pg::QuoteIdentifier(key);
	std::string why;
	std::optional<Error> const failure = question.remote.Try([&] { why = FindBounds(question); });
	if (failure) {
		// What the source says of the statements: the type may have no order, the user no right.
		std::string const state = SqlStateText(failure->State()).substr(0, 2);
		if (state != "42" && state != "22" && state != "0A") {
			throw *failure;
		}
		return Format("its column \"{}\" cannot be cut into ranges: {}", key, Redact(failure->what()));
	}
	most_ = static_cast<int64_t>(bounds_.size()) + 1;
	return why;
}

std::vector<SourcePiece>
PostgresCut::Pieces(int streams) const
{
	std::vector<SourcePiece> pieces;
	int const wanted = PieceCount(bytes_, streams);
	if (key_.empty()) {
		std::vector<TableExtent> extents;
		for (const Table &table : tables_) {
			extents.push_back(table.extent);
		}
		for (const std::vector<PageRange> &ranges : CutTables(extents, wanted)) {
			SourcePiece piece;
			for (const PageRange &range : ranges) {
				SourceSpan span{tables_[range.table].relation, ""};
				std::string pages = range.end > 0 ? Format("pages {} to {}", range.first, range.end - 1)
												  : Format("pages {} to the last one", range.first);
				if (range.first > 0 || range.end > 0) {
					span.condition = Format("ctid OPERATOR(pg_catalog.>=) '({},0)'::pg_catalog.tid", range.first);
					span.condition +=
						range.end > 0 ? Format(" AND ctid OPERATOR(pg_catalog.<) '({},0)'::pg_catalog.tid", range.end)
									  : "";
				} else {
					pages = "all pages";
				}
				if (piece.spans.empty()) {
					piece.label = pages + " of " + span.relation;
				}
				piece.spans.push_back(std::move(span));
			}
			if (ranges.size() > 1) {
				piece.label += Format(" and {} more tables", ranges.size() - 1);
			}
			pieces.push_back(std::move(piece));
		}
		return pieces;
	}
	// Nulls are smaller than everything here: the first piece has them.
	std::vector<std::string> const bounds = Thinned(bounds_, static_cast<size_t>(wanted - 1));
	for (size_t i = 0; i <= bounds.size(); ++i) {
		SourcePiece piece;
		std::string condition;
		auto const add = [&](const char *sign, const std::string &operation, const std::string &bound) {
			std::string const literal = pg::QuoteLiteral(bound);
			piece.label += (condition.empty() ? "rows where " : " AND ") + key_ + sign + literal;
			condition += Format("{}{} {} {}", condition.empty() ? "" : " AND ", key_, operation, literal);
		};
		if (i > 0) {
			add(" >= ", not_less_, bounds[i - 1]);
		}
		if (i < bounds.size()) {
			add(" < ", less_, bounds[i]);
		}
		piece.spans.push_back({"", i == 0 ? condition + " OR " + key_ + " IS NULL" : condition});
		pieces.push_back(std::move(piece));
	}
	return pieces;
}

} // namespace sluice::engine
