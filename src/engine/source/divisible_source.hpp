// A source that several connections can read at once, each a part of its rows, as one snapshot shows them: what loads
// in parallel need of one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::engine {

// A part of what the pipeline reads, or of one of the tables that its table consists of.
struct SourceSpan {
	std::string relation;  // quoted and qualified, that table alone; '': what the pipeline reads
	std::string condition; // as the source understands it; '': all of it
};

// Some of the source's rows, as a snapshot that another connection holds there shows them.
struct SourceSlice {
	std::string snapshot;
	std::vector<SourceSpan> spans;
};

struct SourcePiece {
	std::string label; // "pages 0 to 99 of public.orders"
	std::vector<SourceSpan> spans;
};

// How a source is cut into pieces of which each row is in exactly one.
class SourceCut {
public:
	SourceCut() = default;
	virtual ~SourceCut() = default;
	SourceCut(const SourceCut &) = delete;
	SourceCut &operator=(const SourceCut &) = delete;

	// Why it cannot be cut; '' when it can.
	const std::string &Obstacle() const { return obstacle_; }
	int64_t Most() const { return most_; }
	int64_t Bytes() const { return bytes_; }
	int64_t Rows() const { return rows_; }
	// Of what, in words: "ranges of pages".
	const std::string &How() const { return how_; }
	// For so many connections.
	virtual std::vector<SourcePiece> Pieces(int streams) const = 0;

protected:
	std::string obstacle_;
	std::string how_;
	int64_t most_ = 0;
	int64_t bytes_ = 0;
	int64_t rows_ = 0;
};

class DivisibleSource {
public:
	DivisibleSource() = default;
	virtual ~DivisibleSource() = default;
	DivisibleSource(const DivisibleSource &) = delete;
	DivisibleSource &operator=(const DivisibleSource &) = delete;

	// Looks at the source, in the snapshot of this connection, and keeps its tables from being changed until it ends.
	// key: the column to cut by where there is no better way, or ''.
	virtual std::unique_ptr<SourceCut> Cut(const std::string &key) = 0;
	// Other connections may read what this one sees, until it ends.
	virtual std::string ExportSnapshot() = 0;
	// Of one that was opened with a slice: the next Start reads these.
	virtual void Restrict(const std::vector<SourceSpan> &spans) = 0;
	// What is read and how its columns are, to see that two connections mean the same.
	virtual std::string Shape() const = 0;
	// That it is still there, for a connection that nothing is read through.
	virtual void KeepAlive() = 0;
	// The connection is of no use any more.
	virtual bool IsBroken() const = 0;
	// Another connection in its place, with a snapshot of its own. Throws Error 55000 where it finds something else.
	virtual void Reconnect() = 0;
};

} // namespace sluice::engine
