// How much has come over a TCP connection: libpq does not say what it holds. Without server headers, which do not
// agree with the system's.
#pragma once

#include <cstdint>

namespace sluice::pg {

// Bytes that have been read from the socket since it was opened; -1 where the system cannot tell (no TCP).
int64_t BytesReadFrom(int socket) noexcept;

} // namespace sluice::pg
