// Direct load: the pages of a new heap are made in private memory and written once, past shared buffers, as
// CLUSTER and CREATE INDEX write theirs. Frozen rows make pages all-visible, and so says the visibility map.
#pragma once

#include "engine/write/row_checks.hpp"
#include "engine/write/row_sample.hpp"
#include "engine/write/shared_pages.hpp"
#include "pg/compat_bulk.hpp"

namespace sluice::engine::leaf {

struct DirectWriter {
	RowChecks checks;
	Relation target; // the destination, or the heap that will replace its own
	pg::compat::NewFork heap;
	SharedPages *shared; // in place of it, or NULL
	Page page;			 // being filled, or NULL
	Size kept_free;
	HeapTupleFields stamp; // who wrote it, of all tuples
	uint16 visibility;	   // of all tuples, for t_infomask
	bool frozen;
	int options; // for the TOAST table, which goes through shared buffers
	MemoryContext scratch;
	RowSample *sample; // NULL: none is wanted
};

// Why pages of this file cannot be made directly: something else may have written to it. NULL when they can.
const char *WhyNotNewFile(Relation target);

// The target is new in this (sub)transaction, empty and without indexes. Frozen: where COPY FREEZE could.
DirectWriter *OpenDirectWriter(Relation destination, Relation target, bool frozen);
// The target is filled by several processes: each block becomes that of one of them. Frozen.
DirectWriter *OpenSharedWriter(Relation destination, Relation target);
// When all of these are done: all pages of the heap are all-visible and all-frozen. Nobody else uses it.
void WriteVisibilityMap(Relation target);
void WriteDirect(DirectWriter *writer, Batch *batch);
// One row that is checked already. What it allocates in the current context may be freed afterwards.
void WriteDirectRow(DirectWriter *writer, TupleDesc row_type, TupleTableSlot *slot);
void CloseDirectWriter(DirectWriter *writer);

} // namespace sluice::engine::leaf
