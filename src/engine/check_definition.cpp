// CheckDefinition and AnalyzeDefinition: what create and alter check without connecting or planning (design rule 2).

#include "catalog/loaded_shape.hpp"
#include "catalog/pipeline_options.hpp"
#include "core/sqlstate.hpp"
#include "engine/command/run_script.hpp"
#include "engine/load/load_facts.hpp"
#include "engine/load/row_balance.hpp"
#include "engine/run.hpp"
#include "engine/run_hints.hpp"
#include "engine/run_memory.hpp"
#include "engine/source/drivers.hpp"
#include "engine/source/local_source.hpp"
#include "engine/target/describe_table.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/destination_server.hpp"
#include "engine/transform/column_choice.hpp"
#include "engine/transform/column_options.hpp"
#include "engine/transform/definition_syntax.hpp"
#include "engine/transform/reshape.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

// all: of each column.
void
RequireSelectRight(Oid relation, bool all)
{
	if (pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(relation, GetUserId(), ACL_SELECT, all ? ACLMASK_ALL : ACLMASK_ANY) != ACLCHECK_OK) {
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to read rows from \"%s\"", get_rel_name(relation)),
				 errhint("Grant it to the owner of the pipeline: GRANT SELECT ON %s TO %s.",
						 pg::leaf::QualifiedName(relation), quote_identifier(GetUserNameFromId(GetUserId(), false)))));
	}
}

// Whether only SQL can load it.
bool
NeedsSql(Oid destination, bool replace)
{
	Relation relation = try_relation_open(destination, AccessShareLock);
	if (relation == nullptr) {
		return false;
	}
	TableTraits traits;
	DescribeTable(relation, replace, &traits);
	relation_close(relation, AccessShareLock);
	return traits.needs_sql[0] != '\0';
}

} // namespace

} // namespace leaf

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
	if (pipeline.cursor_column) {
		throw Error(sqlstate::kInvalidParameterValue, "cursor_column has no meaning in mode \"realtime\"",
					"Leave it out: the source itself tells how far it is read.");
	}
	if (pipeline.destination) {
		throw Error(sqlstate::kFeatureNotSupported, "mode \"realtime\" loads into tables of this database only",
					"Leave destination out, or use mode => 'batch'.");
	}
}

// A table elsewhere is changed by nobody but who owns it there.
void
CheckDriftOptions(const catalog::Pipeline &pipeline, const OptionValues &options)
{
	CheckDiscardRow(options);
	if (!pipeline.destination) {
		return;
	}
	for (const char *option : {"on_new_column", "on_missing_column", "on_changed_type"}) {
		if (options.Text(option) == "evolve") {
			throw Error(sqlstate::kFeatureNotSupported,
						Format("{} cannot be \"evolve\" where the destination is at another server", option),
						"Alter the table there when a run asks for it.");
		}
	}
}

// As far as it is known without the source.
void
CheckReject(const catalog::Pipeline &pipeline, const OptionValues &options)
{
	if (!RejectLimit::Parse(options.Text("max_rejects"))) {
		throw Error(sqlstate::kInvalidParameterValue,
					Format("max_rejects cannot be \"{}\"", options.Text("max_rejects")),
					"Give a number of rows up to 1000000, or a percentage of those that are read: 5%.");
	}
	if (options.Text("on_reject") != "quarantine" || !pipeline.destination_table) {
		return;
	}
	if (pipeline.IsContinuous()) {
		throw Error(sqlstate::kFeatureNotSupported, "on_reject cannot be \"quarantine\" in mode \"realtime\"",
					"Use mode => 'batch', with a schedule as often as every second.");
	}
	LoadFacts facts = FactsOf(pipeline, options, LoadModeOf(pipeline));
	facts.remote = pipeline.destination.has_value();
	facts.name = *pipeline.destination_table;
	if (!facts.remote) {
		Destination destination = FindDestination(pipeline);
		destination.relation =
			OidIsValid(destination.oid) ? pg::Call(try_relation_open, destination.oid, AccessShareLock) : nullptr;
		if (destination.relation != nullptr) {
			ReadTargetFacts(&destination, &facts);
			pg::Call(relation_close, std::exchange(destination.relation, nullptr), AccessShareLock);
		}
	}
	if (std::string const why = WhyNoQuarantine(facts); !why.empty()) {
		throw Error(sqlstate::kFeatureNotSupported,
					Format("rows that do not fit into {} cannot be put aside, because {}", facts.name, why),
					"Leave on_reject out, or load into a plain table.");
	}
}

void
CheckTable(const catalog::Pipeline &pipeline, const OptionValues &options)
{
	Destination const destination = FindDestination(pipeline);
	if (!OidIsValid(destination.oid)) {
		pg::Call(leaf::CheckCreateRight, pipeline.destination_table->c_str());
	}
	CheckAlone(pipeline, destination, FactsOf(pipeline, options, destination.mode).compare);
}

// What the source gives beside what the table takes.
void
CheckFit(const MappedQuery &query, const Destination &destination)
{
	if (!OidIsValid(destination.oid)) {
		query.CheckOwn();
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
CheckNoTemporary(const MappedQuery &query)
{
	if (const char *table = pg::Call(leaf::TemporaryTableIn, query.Analyzed())) {
		throw Error(sqlstate::kWrongObjectType, Format("\"{}\", which the pipeline reads, is a temporary table", table),
					pg::kTemporaryHint);
	}
}

void
Analyze(const catalog::Pipeline &pipeline, bool starts_afresh)
{
	RunMemory memory;
	MappingInput mapping;
	mapping.columns = pipeline.columns;
	mapping.filter = pipeline.filter;
	OptionValues const options = catalog::ReadOptions(pipeline.options);
	ReadColumnOptions(options, &mapping);
	ReadOwnColumns(pipeline, options, &mapping);
	ReadLeaveOut(pipeline, options, !starts_afresh && !catalog::LoadedShape(pipeline.id).empty(), &mapping);
	if (options.Text("on_new_column") == "evolve") {
		mapping.leave_out = LeaveOut::All; // a run adds what is missing
	}
	LocalSource(pipeline).Describe(&mapping);
	ChooseColumns(&mapping);
	if (!options.IsGiven("transform")) {
		AddLoadColumns(options, {}, &mapping);
	}
	MappedQuery const query(mapping);
	CheckNoTemporary(query);
	std::optional<MappedQuery> reshaped;
	if (std::optional<MappingInput> over = ReshapedMapping(options, query, {})) {
		over->leave_out = options.Text("on_new_column") == "evolve" ? LeaveOut::All : LeaveOut::None;
		CheckNoTemporary(reshaped.emplace(*over));
	}
	if (!pipeline.destination) {
		CheckFit(reshaped ? *reshaped : query, FindDestination(pipeline));
	}
	memory.Free();
}

} // namespace

void
CheckDefinition(const catalog::Pipeline &pipeline)
{
	if (pipeline.command) {
		CheckCommand(pipeline);
		return;
	}
	if (pipeline.columns) {
		pg::Call(leaf::CheckSelectList, pipeline.columns->c_str());
	}
	if (pipeline.filter) {
		pg::Call(leaf::CheckCondition, pipeline.filter->c_str());
	}
	OptionValues const options = catalog::ReadOptions(pipeline.options);
	if (options.IsGiven("scope")) {
		pg::Call(leaf::CheckScope, options.Text("scope").c_str());
	}
	MappingInput types;
	ReadColumnOptions(options, &types);
	CheckExcluded(types, pipeline.columns);
	CheckDriftOptions(pipeline, options);
	CheckReshape(pipeline, options);
	CheckScripts(pipeline, options);
	CheckSource(pipeline, pipeline.owner_oid);
	CheckVerify(pipeline, options);
	CheckMode(pipeline);
	CheckReject(pipeline, options);
	if (pipeline.destination) {
		CheckDestinationServer(*pipeline.destination, pipeline.owner_oid);
	} else if (pipeline.destination_table) {
		CheckTable(pipeline, options);
	}
}

std::vector<MissingRight>
MissingRights(const catalog::Pipeline &pipeline)
{
	if (pipeline.command) {
		return {};
	}
	std::vector<MissingRight> missing;
	auto const note = [&](const std::function<void()> &check) {
		std::optional<Error> const failure = pg::Subtransaction(check);
		if (failure && failure->State() == sqlstate::kInsufficientPrivilege) {
			const ErrorInfo &info = failure->Info();
			// The server's own error, about a schema, has none.
			missing.push_back(
				{info.message, info.hint.empty()
								   ? Format("Grant it to the owner of the pipeline: GRANT USAGE ON SCHEMA ... TO {}.",
											pg::QuoteIdentifier(pipeline.owner))
								   : info.hint});
		}
	};
	if (!pipeline.source && pipeline.source_table) {
		note([&pipeline] {
			// Its schema, too, may be out of reach.
			Oid const source = pg::Call(pg::leaf::FindRelation, pipeline.source_table->c_str());
			if (OidIsValid(source)) {
				pg::Call(leaf::RequireSelectRight, source, !pipeline.columns);
			}
		});
	}
	Destination const destination = pipeline.destination ? Destination{} : FindDestination(pipeline);
	bool const replaces = destination.mode == LoadMode::Replace;
	if (OidIsValid(destination.oid)) {
		note([&] { pg::Call(leaf::CheckInsertRight, destination.oid, static_cast<const int *>(nullptr), 0); });
		note([&] { CheckRightsBesideInsert(destination); });
	}
	bool const stages =
		FindsByKeys(destination.mode) || (pipeline.source && OidIsValid(destination.oid) && IsReadOverWire(pipeline) &&
										  pg::Call(leaf::NeedsSql, destination.oid, replaces));
	if ((stages || (pipeline.source && ImportsTable(pipeline))) && !pg::Call(pg::leaf::MayMakeTemporary)) {
		note([] { pg::Call(pg::leaf::RequireTemporaryRight); });
	}
	return missing;
}

void
AnalyzeDefinition(const catalog::Pipeline &pipeline, bool starts_afresh)
{
	// A command is not looked at more closely: its statements may make what the next ones need.
	if (pipeline.source || pipeline.command) {
		return;
	}
	try {
		Analyze(pipeline, starts_afresh);
	} catch (const Error &error) {
		throw WithHint(error, pipeline);
	}
}

} // namespace sluice::engine
