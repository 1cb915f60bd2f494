#include "engine/load/sequences.hpp"

#include "core/redact.hpp"
#include "engine/target/remote_destination.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// A sequence that the column owns, or that its default is a plain nextval of.
constexpr const char *kSequences =
	"SELECT a.attname, c.relname, n.nspname, c.relowner, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle, "
	"pg_catalog.has_sequence_privilege(c.oid, 'SELECT'), pg_catalog.has_sequence_privilege(c.oid, 'UPDATE') "
	"FROM (SELECT d.refobjsubid AS attnum, d.objid AS sequence FROM pg_catalog.pg_depend d "
	"WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = "
	"'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = $1::pg_catalog.oid AND d.refobjsubid > 0 AND "
	"d.deptype "
	"IN ('a', 'i') UNION SELECT f.adnum, d.refobjid FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_depend d ON "
	"d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = f.oid AND d.refclassid = "
	"'pg_catalog.pg_class'::pg_catalog.regclass WHERE f.adrelid = $1::pg_catalog.oid AND "
	"pg_catalog.pg_get_expr(f.adbin, "
	"f.adrelid) ~ '^[(]?nextval[(]''([^'']|'''')*''::regclass[)][)]?(::[a-z]+)?$') o "
	"JOIN pg_catalog.pg_class c ON c.oid = o.sequence AND c.relkind = 'S' "
	"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid "
	"JOIN pg_catalog.pg_attribute a ON a.attrelid = $1::pg_catalog.oid AND a.attnum = o.attnum "
	"ORDER BY o.attnum, c.oid";

// pg_sequence is younger than what a destination may be.
constexpr int kFirstVersion = 100000;

// So many values are taken one by one: nextval never goes back, whoever else takes some meanwhile. Farther than that
// nobody gets between a look at the sequence and setval in the same moment.
constexpr int64_t kMostSteps = 100'000;

// Another session may move it between our look and our move, which is then done again.
constexpr int kTries = 3;

pg::SqlResult
Ask(const Destination &destination, const std::string &statement, Oid role,
	const std::vector<pg::SqlValue> &parameters = {}, bool keep_plan = false)
{
	if (destination.remote != nullptr) {
		return destination.remote->Exec(statement, parameters);
	}
	pg::SqlOptions options;
	options.run_as = role;
	options.keep_plan = keep_plan;
	return pg::Sql(statement, parameters, options);
}

bool
IsTracked(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

// Whether any may feed a column of the table: what is asked otherwise is dear for a small load.
bool
HasDefaultOrSequence(Relation relation)
{
	TupleConstr const *constraints = RelationGetDescr(relation)->constr;
	return (constraints != nullptr && constraints->num_defval > 0) ||
		   getOwnedSequences(RelationGetRelid(relation)) != NIL;
}

int
IndexOf(TupleDesc row_type, const std::string &column)
{
	Form_pg_attribute const attribute = FindAttribute(row_type, column);
	return attribute != nullptr ? attribute->attnum - 1 : -1;
}

} // namespace

void
FedSequences::Find(const Destination &destination, const ColumnMatch &match)
{
	RemoteDestination *remote = destination.remote;
	if (remote != nullptr && remote->ServerVersion() < kFirstVersion) {
		return;
	}
	if (remote == nullptr && !pg::Call(HasDefaultOrSequence, destination.relation)) {
		return;
	}
	TupleDesc row_type = remote != nullptr ? remote->RowType() : RelationGetDescr(destination.relation);
	std::string const relation = remote != nullptr ? remote->RelationOid() : Format("{}", destination.oid);
	pg::SqlResult const rows = Ask(destination, kSequences, GetUserId(), {relation}, true);
	for (size_t row = 0; row < rows.Rows(); ++row) {
		FedSequence sequence;
		sequence.column = rows.Text(row, 0);
		int const attribute = IndexOf(row_type, sequence.column);
		if (attribute < 0 || match.source_of[attribute] < 0) {
			continue;
		}
		Oid const type = pg::Call(getBaseType, TupleDescAttr(row_type, attribute)->atttypid);
		if (!IsTracked(type) && type != NUMERICOID) {
			continue;
		}
		sequence.name = pg::QuoteIdentifier(rows.Text(row, 2)) + "." + pg::QuoteIdentifier(rows.Text(row, 1));
		sequence.owner = static_cast<Oid>(rows.Integer(row, 3));
		sequence.state = {rows.Integer(row, 4), rows.Integer(row, 5), rows.Integer(row, 6), 0, false};
		sequence.cycles = rows.IsTrue(row, 7);
		sequence.may_read = rows.IsTrue(row, 8);
		sequence.may_update = rows.IsTrue(row, 9);
		sequence.rounds = !IsTracked(type);
		if (IsTracked(type) && !off_) {
			sequence.extreme = static_cast<int>(extremes_.size());
			extremes_.push_back({attribute, type, sequence.state.increment < 0, sequence.state.minimum,
								 sequence.state.maximum, false, 0});
		}
		sequences_.push_back(std::move(sequence));
	}
}

std::optional<int64_t>
FedSequences::ExtremeOf(const FedSequence &sequence, const Destination &destination) const
{
	if (watched_ && sequence.extreme >= 0) {
		const leaf::Extreme &extreme = extremes_[sequence.extreme];
		return extreme.any ? std::optional<int64_t>(extreme.value) : std::nullopt;
	}
	bool const down = sequence.state.increment < 0;
	std::string const column = pg::QuoteIdentifier(sequence.column);
	std::string value = Format("pg_catalog.{}({})", down ? "min" : "max", column);
	if (sequence.rounds) {
		value = Format("pg_catalog.{}({})", down ? "floor" : "ceil", value);
	}
	std::string const table = destination.remote != nullptr ? destination.remote->Table() : destination.name;
	pg::SqlResult const rows = Ask(destination,
								   Format("SELECT {}::pg_catalog.int8 FROM {} WHERE {} BETWEEN ({}) AND ({})", value,
										  table, column, sequence.state.minimum, sequence.state.maximum),
								   destination.traits.owner);
	return rows.Empty() || !rows.Cell(0, 0) ? std::nullopt : std::optional<int64_t>(rows.Integer(0, 0));
}

bool
FedSequences::ReadState(FedSequence *sequence, const Destination &destination) const
{
	if (destination.remote != nullptr && !sequence->may_read) {
		return false;
	}
	pg::SqlResult const now = Ask(destination, "SELECT last_value, is_called FROM " + sequence->name, sequence->owner);
	sequence->state.last_value = now.Integer(0, 0);
	sequence->state.is_called = now.IsTrue(0, 1);
	return true;
}

void
FedSequences::MoveOne(FedSequence *sequence, const Destination &destination)
{
	std::optional<int64_t> const extreme = ExtremeOf(*sequence, destination);
	if (!extreme) {
		return;
	}
	std::string const column = pg::QuoteIdentifier(sequence->column);
	std::optional<int64_t> first;
	int64_t last = 0;
	for (int tries = 0; tries < kTries; ++tries) {
		bool const known = ReadState(sequence, destination);
		std::optional<int64_t> const target = SequenceTarget(sequence->state, *extreme);
		if (known && !target) {
			break;
		}
		if (!known || !sequence->may_update) {
			std::string const role =
				destination.remote != nullptr
					? Ask(destination, "SELECT pg_catalog.quote_ident(CURRENT_USER)", InvalidOid).Text(0, 0)
					: pg::QuoteIdentifier(pg::Call(GetUserNameFromId, GetUserId(), false));
			journal_.Warning(Format(
				"sequence {} {} the value {} that was loaded into {}, and {} may not move it: an INSERT that takes "
				"a value from it may fail. GRANT {} ON SEQUENCE {} TO {}",
				sequence->name, known ? "is behind" : "may be behind", *extreme, column, role,
				known ? "UPDATE" : "SELECT, UPDATE", sequence->name, role));
			return;
		}
		first = first.value_or(sequence->state.last_value);
		last = *target;
		int64_t const steps = SequenceSteps(sequence->state, *target);
		std::string const name = pg::QuoteLiteral(sequence->name) + "::pg_catalog.regclass";
		std::string const move =
			steps <= kMostSteps && !sequence->cycles
				? Format("SELECT pg_catalog.max(pg_catalog.nextval({})) FROM pg_catalog.generate_series(1, {})", name,
						 steps)
				: Format("SELECT pg_catalog.setval({}, {})", name, *target);
		(void)Ask(destination, move, GetUserId());
	}
	if (first) {
		journal_.Info(Format("sequence {} moved from {} to {}, past the value {} that was loaded into {}",
							 sequence->name, *first, last, *extreme, column));
	}
}

void
FedSequences::Move(const Destination &destination)
{
	if (off_) {
		return;
	}
	for (FedSequence &sequence : sequences_) {
		auto const move = [&] { MoveOne(&sequence, destination); };
		std::optional<Error> const failure =
			destination.remote != nullptr ? destination.remote->Try(move) : pg::Subtransaction(move);
		if (!failure) {
			continue;
		}
		journal_.Warning(Format("sequence {} could not be moved past the values loaded into {}: {}", sequence.name,
								pg::QuoteIdentifier(sequence.column), Redact(failure->what())));
	}
}

std::vector<std::string>
FedSequences::Describe() const
{
	std::vector<std::string> lines;
	lines.reserve(sequences_.size());
	for (const FedSequence &sequence : sequences_) {
		lines.push_back(
			Format("sequences: {} of column {} {}", sequence.name, pg::QuoteIdentifier(sequence.column),
				   off_ ? "stays as it is, because the option sequences is off" : "is moved past the values loaded"));
	}
	return lines;
}

} // namespace sluice::engine
