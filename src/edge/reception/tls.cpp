#include "edge/reception/tls.h"

#include <algorithm>
#include <array>
#include <limits>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::reception {

namespace {

SSL* ssl_of(void* session) { return static_cast<SSL*>(session); }

// That the sender holds the key is proved by the handshake; whose it is says the table of senders.
int take_any(int, X509_STORE_CTX*) { return 1; }

}  // namespace

Result<std::shared_ptr<TlsListener>> TlsListener::load(const std::string& certificate,
                                                       const std::string& key) {
    std::shared_ptr<TlsListener> made(new TlsListener);
    const auto refuse = [](const std::string& file) {
        std::array<char, 256> text{};
        ERR_error_string_n(ERR_get_error(), text.data(), text.size());
        return fail(ErrorKind::invalid, "edge.reception.certificate",
                    {{"file", file}, {"reason", text.data()}});
    };
    ERR_clear_error();
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    made->context_ = context;
    if (context == nullptr) return refuse(certificate);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(
        context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    // A session taken up again would have to carry its certificate along.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, take_any);
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        return refuse(certificate);
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        return refuse(key);
    return made;
}

TlsListener::~TlsListener() { SSL_CTX_free(static_cast<SSL_CTX*>(context_)); }

std::unique_ptr<TlsSession> TlsSession::accept(std::shared_ptr<TlsListener> listener, int socket) {
    std::unique_ptr<TlsSession> made(new TlsSession);
    SSL* ssl = SSL_new(static_cast<SSL_CTX*>(listener->context_));
    if (ssl == nullptr) return nullptr;
    made->session_ = ssl;
    made->listener_ = std::move(listener);
    SSL_set_fd(ssl, socket);
    SSL_set_accept_state(ssl);
    return made;
}

TlsSession::~TlsSession() { SSL_free(ssl_of(session_)); }

TlsSession::State TlsSession::state_of(int result) const {
    switch (SSL_get_error(ssl_of(session_), result)) {
    case SSL_ERROR_WANT_READ: return State::waits_to_read;
    case SSL_ERROR_WANT_WRITE: return State::waits_to_write;
    default: return State::ended;
    }
}

TlsSession::State TlsSession::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_of(session_));
    return result == 1 ? State::again : state_of(result);
}

TlsSession::State TlsSession::read(std::span<char> into, std::size_t& got) {
    ERR_clear_error();
    const auto room =
        std::min(into.size(), static_cast<std::size_t>(std::numeric_limits<int>::max()));
    const int result = SSL_read(ssl_of(session_), into.data(), static_cast<int>(room));
    got = result > 0 ? static_cast<std::size_t>(result) : 0;
    return result > 0 ? State::again : state_of(result);
}

std::string TlsSession::fingerprint() const {
    const std::unique_ptr<X509, decltype(&X509_free)> shown(
        SSL_get1_peer_certificate(ssl_of(session_)), &X509_free);
    if (!shown) return {};
    unsigned char* bytes = nullptr;
    const int length = i2d_X509(shown.get(), &bytes);
    if (length <= 0) return {};
    auto digest = to_hex(sha256(
        std::string_view(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length))));
    OPENSSL_free(bytes);
    return digest;
}

bool TlsSession::holds_bytes() const { return SSL_has_pending(ssl_of(session_)) == 1; }

}  // namespace noroshi::edge::reception
