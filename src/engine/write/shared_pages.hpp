// New pages at the end of a heap that several processes extend at the same time, and that nobody reads meanwhile: made
// in private memory and written once, as those of a direct load, but which blocks they become is known when they are
// written. Leaf code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

inline constexpr int kSharedPages = 32; // the most that one WAL record takes

struct SharedPages {
	Relation relation;
	char *pages;
	int count; // that are full and not written
};

SharedPages *OpenSharedPages(Relation relation);
// Memory for the next page, with anything in it.
Page TakeSharedPage(SharedPages *shared);
// It is complete, but for the place that its rows name as their own.
void PutSharedPage(SharedPages *shared);
void CloseSharedPages(SharedPages *shared);

} // namespace sluice::engine::leaf
