// A socket to a MySQL server, with or without TLS, and its packets. Never blocking from the first byte on: every wait
// goes through the latch with a deadline, and interrupts are served before each read, also while bytes keep coming.
//
// Leaf regime. What only waiting can raise (an interrupt, silence) is raised; what goes wrong otherwise is false, and
// channel->error tells it. A channel that is leaving raises nothing: waits end at the deadline.
#pragma once

#include "engine/source/mysql/mysql_state.hpp"

namespace sluice::engine::leaf {

bool ChannelConnect(MysqlChannel *channel, const MysqlTarget *target);
// The handshake, and the check of the certificate where there is something to check it by.
bool ChannelStartTls(MysqlChannel *channel, const MysqlTarget *target);
// One packet's content, joined from several where it is large. Valid until the next call; may be written to.
bool ChannelRead(MysqlChannel *channel, Size limit, unsigned char **packet, Size *length);
// content: what one packet can hold.
bool ChannelWrite(MysqlChannel *channel, const void *content, Size length);
// Sends what goes at once, and closes. Never waits, never raises.
void ChannelClose(MysqlChannel *channel, const void *farewell, Size length);

} // namespace sluice::engine::leaf
