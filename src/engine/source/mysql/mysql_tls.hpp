// TLS of a channel to a MySQL server: what is trusted, and whose name the certificate has to bear.
//
// Leaf regime; raises nothing.
#pragma once

#include "engine/source/mysql/mysql_state.hpp"

namespace sluice::engine::leaf {

// channel->tls, ready to shake hands.
bool PrepareTls(MysqlChannel *channel, const MysqlTarget *target);
// False, with what OpenSSL last had to say.
bool FailsInTls(MysqlChannel *channel, const char *what);
void FreeTls(MysqlChannel *channel);

} // namespace sluice::engine::leaf
