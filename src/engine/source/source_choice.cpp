#include "engine/source/source_choice.hpp"

#include "catalog/pipeline_options.hpp"
#include "engine/source/foreign/foreign_relation.hpp"
#include "engine/source/mysql/mysql_parameters.hpp"
#include "engine/source/postgres/postgres_source.hpp"

namespace sluice::engine {

SourceChoice
ChooseSource(const catalog::Pipeline &pipeline, Oid server)
{
	ForeignServer *found = pg::Call(GetForeignServer, server);
	if (PostgresSource::Handles(*found)) {
		return {SourceKind::Postgres, ""};
	}
	ForeignDataWrapper *wrapper = pg::Call(GetForeignDataWrapper, found->fdwid);
	if (strcmp(wrapper->fdwname, "mysql_fdw") != 0) {
		return {SourceKind::Executor, ""};
	}
	if (catalog::ReadOptions(pipeline.options).Text("mysql_source") == "fdw") {
		return {SourceKind::Executor, "read through mysql_fdw, because the option mysql_source asks for it"};
	}
	if (std::string const obstacle = MysqlObstacle(*found); !obstacle.empty()) {
		return {SourceKind::Executor, "read through mysql_fdw, because " + obstacle};
	}
	if (pipeline.source_table && !ForeignRelation::FindLocal(*pipeline.source_table, server).empty()) {
		return {SourceKind::Executor,
				"read through mysql_fdw, because source_table is a foreign table of this database"};
	}
	return {SourceKind::Mysql,
			"read by pg_sluice itself in MySQL's binary protocol, because the option mysql_source is auto"};
}

} // namespace sluice::engine
