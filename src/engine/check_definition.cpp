// CheckDefinition and AnalyzeDefinition: what create and alter check without connecting or planning (design rule 2).

#include "catalog/pipeline_options.hpp"
#include "core/sqlstate.hpp"
#include "engine/run.hpp"
#include "engine/run_hints.hpp"
#include "engine/run_memory.hpp"
#include "engine/source/drivers.hpp"
#include "engine/source/local_source.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/destination_server.hpp"
#include "engine/transform/definition_syntax.hpp"
#include "pg/relation_lookup.hpp"

namespace sluice::engine {

namespace {

void
CheckMode(const catalog::Pipeline &pipeline)
{
	if (!pipeline.IsContinuous()) {
		return;
	}
	if (!IsContinuous(pipeline, pipeline.owner_oid)) {
		throw Error(sqlstate::kFeatureNotSupported, "mode \"realtime\" is not supported yet",
					"Use mode => 'batch', with a schedule as often as every second.");
	}
	if (LoadModeOf(pipeline) != LoadMode::Append) {
		throw Error(sqlstate::kFeatureNotSupported, "mode \"realtime\" appends rows only", "Use load => 'append'.");
	}
	if (pipeline.destination) {
		throw Error(sqlstate::kFeatureNotSupported, "mode \"realtime\" loads into tables of this database only",
					"Leave destination out, or use mode => 'batch'.");
	}
}

void
CheckTable(const catalog::Pipeline &pipeline)
{
	if (!OidIsValid(FindDestination(pipeline).oid)) {
		pg::Call(leaf::CheckCreateRight, pipeline.destination_table->c_str());
	}
}

// What the source gives beside what the table takes.
void
CheckFit(const MappedQuery &query, const Destination &destination)
{
	if (!OidIsValid(destination.oid)) {
		(void)ColumnDefinitions(query);
		return;
	}
	Relation const relation = pg::Call(try_relation_open, destination.oid, AccessShareLock);
	if (relation == nullptr) {
		throw Error(sqlstate::kUndefinedTable, Format("relation \"{}\" does not exist any more", destination.name),
					"It was dropped while the pipeline was checked: try again.");
	}
	(void)MatchColumns(query, relation, nullptr);
	pg::Call(table_close, relation, AccessShareLock);
}

void
Analyze(const catalog::Pipeline &pipeline)
{
	RunMemory memory;
	MappingInput mapping;
	mapping.columns = pipeline.columns;
	mapping.filter = pipeline.filter;
	mapping.exact = catalog::ReadOptions(pipeline.options).Text("on_loss") == "fail";
	LocalSource(pipeline).Describe(&mapping);
	MappedQuery const query(mapping);
	if (const char *table = pg::Call(leaf::TemporaryTableIn, query.Analyzed())) {
		throw Error(sqlstate::kWrongObjectType, Format("\"{}\", which the pipeline reads, is a temporary table", table),
					pg::kTemporaryHint);
	}
	if (!pipeline.destination) {
		CheckFit(query, FindDestination(pipeline));
	}
	memory.Free();
}

} // namespace

void
CheckDefinition(const catalog::Pipeline &pipeline)
{
	if (pipeline.columns) {
		pg::Call(leaf::CheckSelectList, pipeline.columns->c_str());
	}
	if (pipeline.filter) {
		pg::Call(leaf::CheckCondition, pipeline.filter->c_str());
	}
	CheckSource(pipeline, pipeline.owner_oid);
	CheckMode(pipeline);
	if (pipeline.destination) {
		CheckDestinationServer(*pipeline.destination, pipeline.owner_oid);
	} else if (pipeline.destination_table) {
		CheckTable(pipeline);
	}
}

void
AnalyzeDefinition(const catalog::Pipeline &pipeline)
{
	if (pipeline.source) {
		return;
	}
	try {
		Analyze(pipeline);
	} catch (const Error &error) {
		throw WithHint(error, pipeline);
	}
}

} // namespace sluice::engine
