// The columns of pipeline_definitions that are members of Pipeline: one line each, from which follows how they are
// read, written, kept as a version, compared, given as arguments and reset.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "catalog/pipeline.hpp"
#include "core/text_bounds.hpp"
#include "pg/sql.hpp"

namespace sluice::catalog {

using PipelineMember =
	std::variant<std::string Pipeline::*, std::optional<std::string> Pipeline::*, std::vector<std::string> Pipeline::*,
				 Oid Pipeline::*, int Pipeline::*, bool Pipeline::*>;

// What a column is used for, as bits.
enum PipelineUse : unsigned {
	kRead = 0,		// always
	kWritten = 1,	// by create_pipeline and alter_pipeline
	kVersioned = 2, // part of a version
	kResettable = 4,
	kLoaded = 8,	// says what is loaded: the source's shape is another one when it changes
	kTravels = 16,	// decides how rows travel: what a run would do is checked again when it changes
	kBetween = 32,	// says from where to where: how far it is loaded means nothing any more when it changes
	kScripted = 64, // a key of apply_pipeline's definition
};

struct PipelineColumn {
	const char *name; // of the column, of the argument, and of the key in a version
	const char *type;
	PipelineMember member;
	unsigned uses = kRead;
	Oid argument = InvalidOid;		// its type in create_pipeline and alter_pipeline; InvalidOid: it is none
	std::optional<Text> bound = {}; // of an argument's text

	bool Is(unsigned use) const { return (uses & use) != 0; }
};

// Those that are arguments are in the order of the arguments, which begin at position 1.
std::span<const PipelineColumn> PipelineColumns();
const PipelineColumn &ColumnOf(PipelineMember member);

// One column's value, as a statement's parameter.
pg::SqlValue CellOf(const PipelineColumn &column, const Pipeline &pipeline);
void SetCell(const PipelineColumn &column, const pg::SqlValue &cell, Pipeline *pipeline);
void CopyCell(const PipelineColumn &column, const Pipeline &from, Pipeline *to);

// Whether a column of that use differs.
bool Differ(const Pipeline &left, const Pipeline &right, unsigned use);

} // namespace sluice::catalog
