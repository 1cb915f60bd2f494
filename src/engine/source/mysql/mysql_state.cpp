#include "engine/source/mysql/mysql_state.hpp"

namespace sluice::engine::leaf {

bool
ChannelFails(MysqlChannel *channel, unsigned number, const char *message)
{
	channel->error.number = number;
	strlcpy(channel->error.state, "HY000", sizeof(channel->error.state));
	strlcpy(channel->error.message, message, sizeof(channel->error.message));
	return false;
}

} // namespace sluice::engine::leaf
