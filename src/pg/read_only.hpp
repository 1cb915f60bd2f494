// While it lives, what would write in this database is an error (25006), as in a read-only transaction.
#pragma once

extern "C" {
#include "access/xact.h"
}

namespace sluice::pg {

class ReadOnlyScope {
public:
	ReadOnlyScope() : before_(XactReadOnly) { XactReadOnly = true; }
	// An error also ends the (sub)transaction around it, which has its own way back.
	~ReadOnlyScope() { XactReadOnly = before_; }
	ReadOnlyScope(const ReadOnlyScope &) = delete;
	ReadOnlyScope &operator=(const ReadOnlyScope &) = delete;

private:
	bool before_;
};

} // namespace sluice::pg
