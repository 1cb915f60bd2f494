// The beginning of a connection to a MySQL server: its greeting, TLS, and the proof of who we are. Whether there is TLS
// is decided before anything is told.
//
// Leaf regime, as the channel.
#pragma once

#include "engine/source/mysql/mysql_state.hpp"

namespace sluice::engine::leaf {

bool LogIn(MysqlLink *link);
// Takes a packet for what went wrong; always false.
bool FailsWith(MysqlChannel *channel, const unsigned char *packet, Size length);

} // namespace sluice::engine::leaf
