#include "engine/source/mysql/mysql_login.hpp"

#include "engine/source/mysql/mysql_auth.hpp"
#include "engine/source/mysql/mysql_channel.hpp"

namespace sluice::engine::leaf {

namespace {

// Nothing that comes before the first statement is larger.
constexpr Size kLongestLoginPacket = 65536;
constexpr Size kLongestPassword = 512;
constexpr const char *kNative = "mysql_native_password";
constexpr const char *kCachingSha2 = "caching_sha2_password";
constexpr const char *kSha256 = "sha256_password";
constexpr const char *kEd25519 = "client_ed25519";
constexpr const char *kParsec = "parsec";

struct Login {
	MysqlLink *link;
	MysqlChannel *channel;
	std::string_view password;
	unsigned char scramble[kParsecScramble];
	char plugin[64];
	bool told; // the password was sent, or what stands for it
};

bool
Is(const Login *login, const char *plugin)
{
	return strcmp(login->plugin, plugin) == 0;
}

bool
CannotAuthenticate(Login *login)
{
	char message[256];
	snprintf(message, sizeof(message), "Authentication plugin '%s' is not supported, or did not work out",
			 login->plugin);
	return ChannelFails(login->channel, kMysqlPlugin, message);
}

// Whether the password itself may be told: nobody else can hear it.
bool
IsPrivate(const Login *login)
{
	return login->channel->tls != nullptr || login->channel->is_local;
}

bool
TellPassword(Login *login)
{
	char text[kLongestPassword + 1] = {};
	memcpy(text, login->password.data(), login->password.size());
	bool const sent = ChannelWrite(login->channel, text, login->password.size() + 1);
	explicit_bzero(text, sizeof(text));
	return sent;
}

bool
AskForKey(Login *login, unsigned char request)
{
	if (!login->link->target->takes_public_key) {
		return ChannelFails(login->channel, kMysqlTls,
							"The server wants the password itself, and there is no TLS to send it through");
	}
	return ChannelWrite(login->channel, &request, 1);
}

bool
TellEncrypted(Login *login, std::string_view pem)
{
	constexpr Size kLongest = 4096;
	unsigned char encrypted[kLongest];
	if (!login->link->target->takes_public_key || login->told) {
		return CannotAuthenticate(login);
	}
	Size const length = EncryptPassword(login->password, login->scramble, pem, encrypted, sizeof(encrypted));
	login->told = true;
	return length > 0 ? ChannelWrite(login->channel, encrypted, length) : CannotAuthenticate(login);
}

// The server named another way to authenticate, with a scramble of its own.
bool
Switch(Login *login, const unsigned char *packet, Size length)
{
	MysqlAuthSwitch wanted;
	MysqlAnswer answer;
	if (WireFault const fault = ReadMysqlAuthSwitch(MysqlPacket(packet, length), &wanted); fault != nullptr) {
		return ChannelFails(login->channel, kMysqlMalformed, fault);
	}
	Size const name = std::min(wanted.plugin.size(), sizeof(login->plugin) - 1);
	for (Size i = 0; i < name; ++i) {
		char const c = wanted.plugin[i];
		login->plugin[i] = c > ' ' && c <= '~' ? c : '?';
	}
	login->plugin[name] = '\0';
	memset(login->scramble, 0, sizeof(login->scramble));
	memcpy(login->scramble, wanted.data.data(), std::min(wanted.data.size(), sizeof(login->scramble)));
	Size const scramble = Is(login, kEd25519) || Is(login, kParsec) ? kParsecScramble : mysql::kScramble;
	if (wanted.data.size() > kParsecScramble || wanted.data.size() < scramble) {
		return CannotAuthenticate(login);
	}
	if (Is(login, kParsec)) {
		return ChannelWrite(login->channel, "", 0);
	}
	if (Is(login, kSha256)) {
		return IsPrivate(login) ? TellPassword(login) : AskForKey(login, 1);
	}
	bool const good = (Is(login, kNative) && AnswerNative(login->password, login->scramble, &answer)) ||
					  (Is(login, kCachingSha2) && AnswerCachingSha2(login->password, login->scramble, &answer)) ||
					  (Is(login, kEd25519) && SignEd25519(login->password, wanted.data, &answer));
	return good ? ChannelWrite(login->channel, answer.bytes, answer.length) : CannotAuthenticate(login);
}

// More of the way that was agreed on.
bool
GoOn(Login *login, std::string_view data)
{
	constexpr char kFast = 3;
	constexpr char kFull = 4;
	constexpr unsigned char kRequest = 2;
	if (Is(login, kCachingSha2) && data.size() == 1 && data[0] == kFast) {
		return true;
	}
	if (Is(login, kCachingSha2) && data.size() == 1 && data[0] == kFull) {
		return IsPrivate(login) ? TellPassword(login) : AskForKey(login, kRequest);
	}
	if ((Is(login, kCachingSha2) || Is(login, kSha256)) && data.size() > 1) {
		return TellEncrypted(login, data);
	}
	unsigned char answer[kParsecAnswer];
	if (Is(login, kParsec) && SignParsec(login->password, login->scramble, data, answer)) {
		return ChannelWrite(login->channel, answer, sizeof(answer));
	}
	return CannotAuthenticate(login);
}

bool
Authenticate(Login *login)
{
	constexpr int kMostRounds = 10;
	for (int round = 0; round < kMostRounds; ++round) {
		unsigned char *packet = nullptr;
		Size length = 0;
		if (!ChannelRead(login->channel, kLongestLoginPacket, &packet, &length)) {
			return false;
		}
		unsigned char const kind = length > 0 ? *packet : mysql::kLocalFile;
		if (kind == mysql::kOk) {
			return true;
		}
		if (kind == mysql::kError) {
			return FailsWith(login->channel, packet, length);
		}
		bool good = false;
		if (kind == mysql::kEnd && length > 1) {
			good = Switch(login, packet, length);
		} else if (kind == mysql::kMoreData) {
			good = GoOn(login, {reinterpret_cast<const char *>(packet) + 1, length - 1});
		} else if (kind == mysql::kNextFactor) {
			good = ChannelFails(login->channel, kMysqlPlugin, "The account wants more than one proof of who it is");
		} else if (kind == mysql::kEnd && Is(login, kParsec)) {
			good = CannotAuthenticate(login);
		} else {
			good = ChannelFails(login->channel, kMysqlMalformed, "The server neither lets us in nor refuses.");
		}
		if (!good) {
			return false;
		}
	}
	return ChannelFails(login->channel, kMysqlMalformed, "The server asks for a proof without end.");
}

// "5.5.5-10.11.6-MariaDB-...": the first number is for clients that fear others.
void
TakeVersion(MysqlLink *link, std::string_view version)
{
	constexpr std::string_view kPretended = "5.5.5-";
	link->is_mariadb = version.find("MariaDB") != std::string_view::npos;
	if (version.starts_with(kPretended)) {
		link->is_mariadb = true;
		version.remove_prefix(kPretended.size());
	}
	version = version.substr(0, std::min(version.find('-'), sizeof(link->version) - 1));
	for (Size i = 0; i < version.size(); ++i) {
		link->version[i] = version[i] > ' ' && version[i] <= '~' ? version[i] : '?';
	}
	link->version[version.size()] = '\0';
}

bool
Introduce(Login *login, const MysqlGreeting *greeting, uint32 capabilities, uint32 mariadb_capabilities)
{
	MysqlAnswer answer;
	bool const sha2 = greeting->plugin == kCachingSha2;
	strlcpy(login->plugin, sha2 ? kCachingSha2 : kNative, sizeof(login->plugin));
	if (!(sha2 ? AnswerCachingSha2(login->password, login->scramble, &answer)
			   : AnswerNative(login->password, login->scramble, &answer))) {
		return CannotAuthenticate(login);
	}
	unsigned char packet[kMysqlLongestLogin];
	Size const length = WriteMysqlLogin({capabilities,
										 mariadb_capabilities,
										 login->link->target->user,
										 {answer.bytes, answer.length},
										 login->plugin,
										 "pg_sluice"},
										packet);
	if (length == 0) {
		return ChannelFails(login->channel, kMysqlHandshake, "The user's name is too long.");
	}
	return ChannelWrite(login->channel, packet, length);
}

} // namespace

bool
FailsWith(MysqlChannel *channel, const unsigned char *packet, Size length)
{
	MysqlServerError error;
	if (length == 0 || *packet != mysql::kError) {
		return ChannelFails(channel, kMysqlMalformed, "The server answers something else than it was asked.");
	}
	if (WireFault const fault = ReadMysqlError(MysqlPacket(packet, length), &error); fault != nullptr) {
		return ChannelFails(channel, kMysqlMalformed, fault);
	}
	// Not past the end of what is there, and no zero within.
	char message[sizeof(channel->error.message)];
	Size const bytes = std::min(error.message.size(), sizeof(message) - 1);
	std::replace_copy(error.message.begin(), error.message.begin() + bytes, message, '\0', ' ');
	message[bytes] = '\0';
	ChannelFails(channel, error.number, message);
	if (!error.state.empty()) {
		strlcpy(channel->error.state, "HY000", sizeof(channel->error.state));
		for (Size i = 0; i < error.state.size() && i < sizeof(channel->error.state) - 1; ++i) {
			char const c = error.state[i];
			channel->error.state[i] = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ? c : '0';
		}
	}
	return false;
}

bool
LogIn(MysqlLink *link)
{
	MysqlChannel *channel = &link->channel;
	Login login{link, channel, link->target->password, {}, {}, false};
	unsigned char *packet = nullptr;
	Size length = 0;
	MysqlGreeting greeting;
	if (login.password.size() > kLongestPassword) {
		return ChannelFails(channel, kMysqlHandshake, "The password is too long.");
	}
	if (!ChannelRead(channel, kLongestLoginPacket, &packet, &length)) {
		return false;
	}
	if (length > 0 && *packet == mysql::kError) {
		return FailsWith(channel, packet, length);
	}
	if (WireFault const fault = ReadMysqlGreeting(MysqlPacket(packet, length), &greeting); fault != nullptr) {
		return ChannelFails(channel, kMysqlMalformed, fault);
	}
	bool const offered = greeting.Has(mysql::kTls);
	if (link->target->needs_tls && !offered) {
		return ChannelFails(channel, kMysqlTls, "The server does not offer TLS, which the server's ssl options demand");
	}
	bool const tls = offered && (!channel->is_local || link->target->needs_tls);
	uint32 capabilities = mysql::kLongPassword | mysql::kLongFlag | mysql::kProtocol41 | mysql::kTransactions |
						  mysql::kSecureConnection | mysql::kPluginAuth | mysql::kPluginAuthLength |
						  mysql::kConnectAttributes | mysql::kMultiFactor;
	capabilities &= greeting.capabilities | mysql::kLongPassword;
	uint32 mariadb_capabilities = 0;
	if (greeting.IsMariadb()) {
		mariadb_capabilities = greeting.mariadb_capabilities & mysql::kExtendedMetadata;
		capabilities &= ~mysql::kLongPassword;
	}
	link->extended = mariadb_capabilities != 0;
	link->connection = greeting.connection;
	memcpy(login.scramble, greeting.scramble, mysql::kScramble);
	TakeVersion(link, greeting.version);
	// What the greeting says of plugins is gone with the next packet, and it is not needed longer.
	char plugin[64] = {};
	memcpy(plugin, greeting.plugin.data(), std::min(greeting.plugin.size(), sizeof(plugin) - 1));
	greeting.plugin = plugin;
	if (tls) {
		capabilities |= mysql::kTls;
		unsigned char request[kMysqlTlsRequest];
		WriteMysqlTlsRequest(capabilities, mariadb_capabilities, request);
		if (!ChannelWrite(channel, request, sizeof(request)) || !ChannelStartTls(channel, link->target)) {
			return false;
		}
	}
	return Introduce(&login, &greeting, capabilities, mariadb_capabilities) && Authenticate(&login);
}

} // namespace sluice::engine::leaf
