#include "edge/http/net.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>

namespace noroshi::edge::http {

namespace {

constexpr std::size_t tls_record = 16 * 1024;

Stream::Moved moved_or(ssize_t count, Stream::Then wait) {
    if (count > 0) return {Stream::Then::again, static_cast<std::size_t>(count)};
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {wait, 0};
    if (count < 0 && errno == EINTR) return {Stream::Then::again, 0};
    return {Stream::Then::ended, 0};
}

class Plain final : public Stream {
public:
    using Stream::Stream;
    Moved read(std::span<char> into) override {
        return moved_or(::recv(socket_.native_handle(), into.data(), into.size(), 0),
                        Then::readable);
    }
    Moved write(std::span<const iovec> pieces) override {
        if (pieces.size() == 1)
            return moved_or(::send(socket_.native_handle(), pieces[0].iov_base, pieces[0].iov_len,
                                   MSG_NOSIGNAL),
                            Then::writable);
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(pieces.data());
        message.msg_iovlen = pieces.size();
        return moved_or(::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL), Then::writable);
    }
};

class Tls final : public Stream {
public:
    Tls(Socket socket, std::shared_ptr<TlsContext> context, SSL* ssl)
        : Stream(std::move(socket)), context_(std::move(context)), ssl_(ssl) {
        SSL_set_fd(ssl_, socket_.native_handle());
        SSL_set_accept_state(ssl_);
    }
    ~Tls() override { SSL_free(ssl_); }

    Moved handshake() override {
        ERR_clear_error();
        return result(SSL_do_handshake(ssl_));
    }
    Moved read(std::span<char> into) override {
        ERR_clear_error();
        return result(
            SSL_read(ssl_, into.data(), static_cast<int>(std::min(into.size(), tls_record))));
    }
    Moved write(std::span<const iovec> pieces) override {
        // One record for all of it: two would be two system calls. The same pieces offered again
        // give the same bytes, which is what SSL_write asks of a repetition.
        static thread_local std::array<char, tls_record> record;
        std::string_view bytes;
        if (pieces.size() == 1) {
            bytes = {static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len};
        } else {
            std::size_t filled = 0;
            for (const auto& piece : pieces) {
                const auto part = std::min(piece.iov_len, record.size() - filled);
                std::memcpy(record.data() + filled, piece.iov_base, part);
                filled += part;
                if (filled == record.size()) break;
            }
            bytes = {record.data(), filled};
        }
        ERR_clear_error();
        return result(
            SSL_write(ssl_, bytes.data(), static_cast<int>(std::min(bytes.size(), tls_record))));
    }
    bool holds_bytes() const override { return SSL_has_pending(ssl_) == 1; }
    void end_sending() override {
        ERR_clear_error();
        if (SSL_is_init_finished(ssl_)) SSL_shutdown(ssl_);
        Stream::end_sending();
    }

private:
    Moved result(int count) {
        if (count > 0) return {Then::again, static_cast<std::size_t>(count)};
        switch (SSL_get_error(ssl_, count)) {
        case SSL_ERROR_WANT_READ: return {Then::readable, 0};
        case SSL_ERROR_WANT_WRITE: return {Then::writable, 0};
        default: return {Then::ended, 0};
        }
    }

    std::shared_ptr<TlsContext> context_;
    SSL* ssl_;
};

// We speak HTTP/1.1 only; a client that offers a list without it is told so by the handshake.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_length,
                    const unsigned char* offered, unsigned offered_length, void*) {
    static constexpr unsigned char ours[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* found = nullptr;
    const int result =
        SSL_select_next_proto(&found, chosen_length, ours, sizeof ours, offered, offered_length);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::string openssl_reason() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    return text.data();
}

}  // namespace

void Stream::end_sending() {
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

Result<std::shared_ptr<TlsContext>> TlsContext::load(const std::string& certificate,
                                                     const std::string& key) {
    std::shared_ptr<TlsContext> made(new TlsContext);
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    made->context_ = context;
    const auto refuse = [](const std::string& file) {
        return fail(ErrorKind::invalid, "edge.http.certificate",
                    {{"file", file}, {"reason", openssl_reason()}});
    };
    ERR_clear_error();
    if (context == nullptr) return refuse(certificate);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    // Tickets resume sessions without memory of ours.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        return refuse(certificate);
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        return refuse(key);
    return made;
}

TlsContext::~TlsContext() { SSL_CTX_free(static_cast<SSL_CTX*>(context_)); }

std::unique_ptr<Stream> plain_stream(Socket socket) {
    return std::make_unique<Plain>(std::move(socket));
}

std::unique_ptr<Stream> tls_stream(Socket socket, std::shared_ptr<TlsContext> context) {
    SSL* ssl = SSL_new(static_cast<SSL_CTX*>(context->context_));
    if (ssl == nullptr) return nullptr;
    return std::make_unique<Tls>(std::move(socket), std::move(context), ssl);
}

Result<asio::ip::tcp::acceptor> listen_on(asio::io_context& context, const std::string& address,
                                          std::uint16_t port, Share share) {
    using asio::ip::tcp;
    boost::system::error_code error;
    const auto refuse = [&] {
        return fail(
            ErrorKind::unavailable, "edge.http.cannot_listen",
            {{"address", address + ":" + std::to_string(port)}, {"reason", error.message()}});
    };
    const auto ip = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
    if (error) return refuse();
    const tcp::endpoint endpoint(ip, port);
    if (share == Share::first && port != 0) {
        // Two processes that both ask for SO_REUSEPORT would silently share the port and answer
        // each other's clients. Without it the bind fails while another one listens.
        tcp::acceptor probe(context);
        probe.open(endpoint.protocol(), error);
        if (!error) probe.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) probe.bind(endpoint, error);
        if (error) return refuse();
    }
    tcp::acceptor acceptor(context);
    acceptor.open(endpoint.protocol(), error);
    if (error) return refuse();
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    const int on = 1;
    ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    // A listener on :: takes IPv4 too.
    if (ip.is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
    acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(4096, error);
    if (!error) acceptor.non_blocking(true, error);
    if (error) return refuse();
    return acceptor;
}

}  // namespace noroshi::edge::http
