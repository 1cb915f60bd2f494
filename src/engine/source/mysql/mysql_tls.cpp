#include "engine/source/mysql/mysql_tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace sluice::engine::leaf {

namespace {

// Nobody sits at a terminal who could be asked.
int
NoPassphrase(char * /*buffer*/, int /*size*/, int /*writing*/, void * /*data*/)
{
	return 0;
}

bool
IsAddress(const char *host)
{
	unsigned char address[16];
	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

bool
LoadFiles(SSL_CTX *context, const MysqlTarget *target)
{
	const char *const certificate = target->ssl_cert != nullptr ? target->ssl_cert : target->ssl_key;
	const char *const key = target->ssl_key != nullptr ? target->ssl_key : target->ssl_cert;
	if (certificate != nullptr && (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
								   SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)) {
		return false;
	}
	bool const verifies = target->ssl_ca != nullptr || target->ssl_capath != nullptr;
	if (verifies && SSL_CTX_load_verify_locations(context, target->ssl_ca, target->ssl_capath) != 1) {
		return false;
	}
	SSL_CTX_set_verify(context, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
	// TLS 1.3 has ciphers of its own, with names of their own.
	return target->ssl_cipher == nullptr || SSL_CTX_set_cipher_list(context, target->ssl_cipher) == 1 ||
		   SSL_CTX_set_ciphersuites(context, target->ssl_cipher) == 1;
}

bool
ExpectName(SSL *tls, const char *host)
{
	if (IsAddress(host)) {
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) == 1;
	}
	return SSL_set1_host(tls, host) == 1 && SSL_set_tlsext_host_name(tls, host) == 1;
}

} // namespace

bool
FailsInTls(MysqlChannel *channel, const char *what)
{
	char reason[256] = "the connection was lost";
	bool const verifies = channel->tls != nullptr && SSL_get_verify_mode(channel->tls) != SSL_VERIFY_NONE;
	long const verified = verifies ? SSL_get_verify_result(channel->tls) : X509_V_OK;
	if (verified != X509_V_OK) {
		strlcpy(reason, X509_verify_cert_error_string(verified), sizeof(reason));
	} else if (unsigned long const number = ERR_peek_last_error(); number != 0) {
		ERR_error_string_n(number, reason, sizeof(reason));
	}
	ERR_clear_error();
	char message[512];
	snprintf(message, sizeof(message), "%s: %s", what, reason);
	return ChannelFails(channel, kMysqlTls, message);
}

bool
PrepareTls(MysqlChannel *channel, const MysqlTarget *target)
{
	ERR_clear_error();
	channel->tls_context = SSL_CTX_new(TLS_client_method());
	if (channel->tls_context == nullptr) {
		return FailsInTls(channel, "could not begin TLS");
	}
	SSL_CTX_set_default_passwd_cb(channel->tls_context, NoPassphrase);
	// A call returns after each record: a server that sends nothing but tickets must not keep it.
	SSL_CTX_clear_mode(channel->tls_context, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_mode(channel->tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(channel->tls_context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	if (!LoadFiles(channel->tls_context, target)) {
		return FailsInTls(channel, "could not use the server's ssl options");
	}
	channel->tls = SSL_new(channel->tls_context);
	if (channel->tls == nullptr || SSL_set_fd(channel->tls, channel->socket) != 1 ||
		!ExpectName(channel->tls, target->host)) {
		return FailsInTls(channel, "could not begin TLS");
	}
	return true;
}

void
FreeTls(MysqlChannel *channel)
{
	SSL_free(channel->tls);
	channel->tls = nullptr;
	SSL_CTX_free(channel->tls_context);
	channel->tls_context = nullptr;
}

} // namespace sluice::engine::leaf
