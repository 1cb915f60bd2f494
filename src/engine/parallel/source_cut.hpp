// How the source of a load in streams is cut into pieces of which each row is in exactly one: ranges of pages of its
// tables, or ranges of the values of a column.
#pragma once

#include <string>
#include <vector>

#include "core/parallel_choice.hpp"
#include "engine/source/postgres/postgres_source.hpp"

namespace sluice::engine {

struct SourcePiece {
	std::string label; // "pages 0 to 99 of public.orders"
	std::vector<SourceSpan> spans;
};

class SourceCut {
public:
	// Looks at the source, in the snapshot of that connection, and keeps its tables from being changed until it ends.
	// key: the option stream_key, or ''.
	SourceCut(PostgresSource &source, const std::string &key);

	// Why it cannot be cut; '' when it can.
	const std::string &Obstacle() const { return obstacle_; }
	int64_t Most() const { return most_; }
	int64_t Bytes() const { return bytes_; }
	int64_t Rows() const { return rows_; }

	std::vector<SourcePiece> Pieces(int streams) const;
	// Of what, in words: "ranges of pages".
	const std::string &How() const { return how_; }

private:
	struct Table {
		std::string relation;
		TableExtent extent;
	};

	std::string LookAtPages(PostgresSource &source);
	std::string LookAtKey(PostgresSource &source, const std::string &key);
	std::string FindBounds(PostgresSource &source, const std::string &key);

	std::string obstacle_;
	std::string how_;
	int64_t most_ = 0;
	int64_t bytes_ = 0;
	int64_t rows_ = 0;
	std::vector<Table> tables_; // by pages
	std::string key_;			// quoted, by values
	std::string less_;			// its operators, qualified
	std::string not_less_;
	std::vector<std::string> bounds_; // between them, ascending in the source's own order
};

} // namespace sluice::engine
