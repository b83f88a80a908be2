#pragma once
// Reads one request after another from a connection's bytes. Knows nothing of sockets: bytes are
// put in, a Request comes out. Beast's parser does the grammar of the head; what it lets through
// although two readers might understand it differently (request smuggling) is refused here, and
// bodies are read by ourselves:
//
//   Content-Length twice, or beside Transfer-Encoding · Transfer-Encoding other than "chunked", or in
//   HTTP/1.0 · obsolete line folding · no Host or two in HTTP/1.1 · bare line feeds · trailers are
//   read and thrown away
//
// One thread at a time.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/http/problem.h"
#include "edge/http/route.h"

namespace noroshi::edge::http {

struct ReaderLimits {
    std::size_t head = 64 * 1024;   // bytes of request line and fields; 431
    std::size_t target = 8 * 1024;  // bytes of the request line; 414
    std::size_t fields = 100;       // 431
};

// The request line and what the fields say about the connection.
struct Head {
    std::string method;  // as written
    std::string target;  // as written
    std::string host;
    int version = 11;  // 10 or 11
    bool keep_alive = false;
    bool chunked = false;
    bool expects_continue = false;
    std::optional<std::uint64_t> content_length;
    bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

class RequestReader {
public:
    explicit RequestReader(const ReaderLimits& limits = {});
    ~RequestReader();
    RequestReader(RequestReader&&) noexcept;
    RequestReader& operator=(RequestReader&&) noexcept;

    enum class State {
        head,      // the head is not complete
        held,      // the head is complete, a body follows: decide with accept_body()
        body,      // the body is not complete
        complete,  // take the request, then next()
        refused    // see refusal(); the connection cannot be used further
    };
    State state() const;
    // `bytes`: everything received and not yet used, in one piece. Returns how many were used; the
    // rest is put again together with what follows. Uses nothing in `held`, `complete`, `refused`.
    std::size_t put(std::string_view bytes);
    // Refuses with 413 if the body is announced longer, or becomes longer, than `limit` bytes.
    void accept_body(std::uint64_t limit);
    // A request has begun: bytes of its head have been seen.
    bool begun() const;

    const Head& head() const;
    // method, headers and body are set; path and the rest are the caller's.
    const std::shared_ptr<Request>& request() const;
    const Refusal& refusal() const;
    // Ready for the next request of the connection.
    void next();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace noroshi::edge::http
