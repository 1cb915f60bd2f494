#include "engine/source/run_input.hpp"

#include "core/sqlstate.hpp"
#include "engine/source/mysql/mysql_source.hpp"
#include "engine/source/mysql/mysql_wrapper.hpp"
#include "engine/source/postgres/postgres_source.hpp"
#include "engine/source/source_choice.hpp"
#include "engine/target/table_facts.hpp"
#include "engine/transform/definition_syntax.hpp"
#include "engine/transform/star.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

std::string
QueryAsFromItem(const std::string &query)
{
	// On lines of its own, so that a comment at its end does not swallow the parenthesis.
	return std::string("(\n") + pg::Call(leaf::CheckQuery, query.c_str()) + "\n)";
}

std::string
LocalRelation(const std::string &source_table)
{
	Oid const relation = pg::Call(leaf::FindRelation, source_table.c_str());
	if (!OidIsValid(relation)) {
		throw Error(sqlstate::kUndefinedTable, Format("relation \"{}\" does not exist", source_table),
					"It is the pipeline's source in this database: create it, or change source_table.");
	}
	char const kind = pg::Call(get_rel_relkind, relation);
	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE && kind != RELKIND_VIEW &&
		kind != RELKIND_MATVIEW && kind != RELKIND_FOREIGN_TABLE) {
		throw Error(sqlstate::kWrongObjectType, Format("cannot read rows from \"{}\"", source_table),
					"A source is a table, a view, a materialized view or a foreign table.");
	}
	return pg::QualifiedName(relation);
}

namespace {

// A list of columns without those that "*" leaves out; nothing where it leaves out none.
std::optional<std::string>
VisibleColumns(const std::vector<ColumnMeaning> &meaning)
{
	std::string list;
	for (const ColumnMeaning &column : meaning) {
		if (!column.is_hidden) {
			list += (list.empty() ? "source." : ", source.") + pg::QuoteIdentifier(column.name);
		}
	}
	bool const hides =
		std::any_of(meaning.begin(), meaning.end(), [](const ColumnMeaning &column) { return column.is_hidden; });
	return hides && !list.empty() ? std::optional(list) : std::nullopt;
}

} // namespace

RunInput::RunInput(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal &journal,
				   const SourceSlice *slice)
{
	if (pipeline.source_table.has_value() == pipeline.source_query.has_value()) {
		throw Error(sqlstate::kPipelineIncomplete, "a run needs either a source_table or a source_query",
					"Set one of them with alter_pipeline.");
	}
	fetch_ = {options.Integer("fetch_size"), options.IsGiven("fetch_size")};
	mapping_.columns = pipeline.columns;
	mapping_.filter = pipeline.filter;
	mapping_.exact = options.Text("on_loss") == "fail";
	// They were checked when the pipeline was made; what is pasted into a statement is checked where it is.
	if (pipeline.columns) {
		pg::Call(leaf::CheckSelectList, pipeline.columns->c_str());
	}
	if (pipeline.filter) {
		pg::Call(leaf::CheckCondition, pipeline.filter->c_str());
	}

	if (!pipeline.source) {
		mapping_.from =
			pipeline.source_query ? QueryAsFromItem(*pipeline.source_query) : LocalRelation(*pipeline.source_table);
		label_ = pipeline.source_query ? "a query of this database" : mapping_.from + " of this database";
		return;
	}
	Oid const server = CheckServer(*pipeline.source, GetUserId());
	SourceChoice const choice = ChooseSource(pipeline, server);
	if (!choice.reason.empty()) {
		journal.Info(Format("server \"{}\" is {}", *pipeline.source, choice.reason));
	}
	if (choice.kind == SourceKind::Postgres) {
		auto postgres = std::make_unique<PostgresSource>(pipeline, journal, slice);
		postgres_ = postgres.get();
		remote_ = std::move(postgres);
	} else if (choice.kind == SourceKind::Mysql) {
		remote_ = std::make_unique<MysqlSource>(pipeline, journal);
	}
	if (remote_) {
		mapping_.stream = remote_->RowType();
		for (int i = 0; i < mapping_.stream->natts; ++i) {
			mapping_.travels_as_text.push_back(remote_->TravelsAsText(i));
		}
		mapping_.meaning = remote_->Meaning();
		if (std::optional<std::string> const visible = VisibleColumns(mapping_.meaning)) {
			std::string const columns = pipeline.columns.value_or("source.*");
			mapping_.columns = pg::Call(leaf::ReplaceStars, columns.c_str(), visible->c_str());
		}
		label_ = remote_->Label();
	} else {
		foreign_.emplace(pipeline, server, fetch_, journal);
		counts_ =
			std::string_view(pg::Call(GetForeignDataWrapper, pg::Call(GetForeignServer, server)->fdwid)->fdwname) ==
			kMysqlWrapper;
		mapping_.from = foreign_->Name();
		label_ = mapping_.from;
	}
	label_ += Format(" of server \"{}\"{}", *pipeline.source, remote_ ? "" : " through the executor");
}

void
RunInput::CheckTables(const MappedQuery &query, RunJournal &journal) const
{
	if (CheckMysqlTables(query, GetUserId()) && !counts_) {
		journal.Warning("whether mysql_fdw read all rows cannot be seen in a query: it ends without an error where it "
						"cannot hold one");
	}
}

void
RunInput::CountBefore(const MappedQuery &query, RunJournal &journal)
{
	if (counts_ && query.Analyzed()->query->hasAggs) {
		journal.Warning(
			"columns use an aggregate, so whether mysql_fdw read all rows cannot be seen: it ends without an "
			"error where it cannot hold one");
	} else if (counts_) {
		count_query_ = query.Text();
		count_before_ = CountMysqlRows(count_query_);
	}
}

void
RunInput::Finish(int64_t rows)
{
	if (!count_query_.empty()) {
		CheckMysqlRows(count_before_, CountMysqlRows(count_query_), rows, label_);
	}
	if (foreign_) {
		foreign_->Finish();
	}
}

} // namespace sluice::engine
