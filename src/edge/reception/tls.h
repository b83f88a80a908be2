#pragma once
// TLS for lines (RFC 5425): TLS 1.2 or later, the sender shows a certificate and is known by its
// fingerprint; nobody needs to have signed it. Never blocks.

#include <memory>
#include <span>
#include <string>

#include "kernel/result.h"

namespace noroshi::edge::reception {

class TlsListener {
public:
    // PEM files. Errors: invalid edge.reception.certificate {file, reason}.
    static Result<std::shared_ptr<TlsListener>> load(const std::string& certificate,
                                                     const std::string& key);
    ~TlsListener();
    TlsListener(const TlsListener&) = delete;
    TlsListener& operator=(const TlsListener&) = delete;

private:
    friend class TlsSession;
    TlsListener() = default;
    void* context_ = nullptr;  // SSL_CTX
};

class TlsSession {
public:
    enum class State { again, waits_to_read, waits_to_write, ended };

    // Null: no memory. The socket stays the caller's.
    static std::unique_ptr<TlsSession> accept(std::shared_ptr<TlsListener> listener, int socket);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    // `again`: done.
    State handshake();
    // `again`: `got` bytes were read.
    State read(std::span<char> into, std::size_t& got);
    // SHA-256 of the certificate that was shown, hex; empty: none was. After the handshake.
    std::string fingerprint() const;
    bool holds_bytes() const;  // decrypted already: the socket need not become readable

private:
    TlsSession() = default;
    State state_of(int result) const;
    std::shared_ptr<TlsListener> listener_;
    void* session_ = nullptr;  // SSL
};

}  // namespace noroshi::edge::reception
