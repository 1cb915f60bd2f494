// How a table or query of another PostgreSQL is cut: into ranges of pages of its tables, or ranges of the values of a
// column.
#pragma once

#include <string>
#include <vector>

#include "core/parallel_choice.hpp"
#include "engine/source/divisible_source.hpp"
#include "engine/source/wire_source.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

class PostgresCut final : public SourceCut {
public:
	struct Question {
		pg::RemoteConnection &remote;
		const WireSource &rows;
		const std::string &relation; // the table, quoted and qualified; '' when the source is a query
		const std::string &from;	 // what the pipeline reads: a FROM item
		const std::string &body;	 // and with the condition that the source applies
		const std::string &key;
	};

	explicit PostgresCut(const Question &question);

	std::vector<SourcePiece> Pieces(int streams) const override;

private:
	struct Table {
		std::string relation;
		TableExtent extent;
	};

	std::string LookAtPages(const Question &question);
	std::string LookAtKey(const Question &question);
	std::string FindBounds(const Question &question);

	std::vector<Table> tables_; // by pages
	std::string key_;			// quoted, by values
	std::string less_;			// its operators, qualified
	std::string not_less_;
	std::vector<std::string> bounds_; // between them, ascending in the source's own order
};

} // namespace sluice::engine
