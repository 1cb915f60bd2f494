#include "engine/load/load_facts.hpp"

#include "catalog/pipeline_keys.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/write/direct_writer.hpp"

namespace sluice::engine {

LoadFacts
FactsOf(const catalog::Pipeline &pipeline, const OptionValues &options, LoadMode mode)
{
	LoadFacts facts;
	facts.by_cursor = pipeline.cursor_column.has_value();
	if (FindsByKeys(mode)) {
		facts.merge.keys = catalog::KeyColumns(pipeline);
		facts.merge.strategy = MergeStrategyOf(options);
		facts.merge.memory_is_given = options.IsGiven("work_mem");
		facts.merge.last_wins = options.Text("on_tie") == "last";
	}
	facts.compare.may_be_empty = options.Text("on_empty") == "load";
	if (Compares(mode)) {
		facts.compare.scope = options.Text("scope");
		facts.compare.max_deletes = options.Text("max_deletes");
		facts.compare.finds_gone = mode == LoadMode::Mirror || !facts.by_cursor;
		facts.compare.mark_column = mode == LoadMode::Mirror ? options.Text("soft_delete_column") : "";
		facts.compare.valid_from = options.Text("valid_from_column");
		facts.compare.valid_to = options.Text("valid_to_column");
		facts.compare.current = options.Text("current_column");
	}
	facts.mode = mode;
	facts.direct = options.Text("direct") != "off";
	facts.keep_indexes = options.Text("indexes") == "keep";
	facts.analyze = options.Text("analyze") != "off";
	facts.quarantine = options.Text("on_reject") == "quarantine";
	return facts;
}

void
ReadRemoteFacts(const Destination &destination, LoadFacts *facts)
{
	facts->name = destination.name;
	facts->table = destination.remote->Table();
	facts->remote = true;
	facts->created = destination.created;
	facts->is_table = destination.remote->IsTable();
	if (FindsByKeys(destination.mode)) {
		destination.remote->ReadKeyFacts(facts);
	} else if (facts->quarantine) {
		facts->no_try = destination.remote->WhyNotTried();
	}
}

void
AddQueryFacts(const RunInput &input, const MappedQuery &query, LoadFacts *facts)
{
	facts->over_wire = input.Wire() != nullptr && !query.IsReshaped();
	facts->query_needs_sql = query.NeedsSql();
}

void
AddFileFacts(const Destination &destination, LoadFacts *facts)
{
	if (destination.created && destination.relation != nullptr) {
		const char *why = pg::Call(leaf::WhyNotNewFile, destination.relation);
		facts->not_new_file = why != nullptr ? why : "";
	}
}

} // namespace sluice::engine
