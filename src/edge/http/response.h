#pragma once
// Writes a Reply as bytes: one buffer for status line, fields and a short body; a long or shared
// body follows without being copied. Fields with CR, LF or NUL in their value are never written.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "edge/http/route.h"
#include "kernel/time/time.h"

namespace noroshi::edge::http {

// Which security fields an answer carries.
enum class Surface {
    api,   // never cached, never rendered
    page,  // the web client: scripts, styles and images of our own only
    open   // for the public: no scripts at all, but may be framed and read by other sites
};

struct Manner {
    Surface surface = Surface::api;
    bool keep_alive = true;
    bool http10 = false;
    bool head_only = false;  // answer to HEAD
    bool secure = false;     // over TLS, here or at a proxy: HSTS, Secure cookies
    std::string_view date;   // see DateField
    std::string_view request_id;
};

struct Outgoing {
    std::string head;                           // and a short body
    std::string body;                           // what `rest` looks at, if it is our own
    std::shared_ptr<const std::string> shared;  // or if it is shared
    std::string_view rest;                      // sent after head
    std::size_t size() const { return head.size() + rest.size(); }
    void clear();
};

// Fills `out` (cleared first). Applies If-None-Match (304) and a single Range (206, 416) of
// `request` where they make sense; `request` may be null. Returns the status written.
int write_response(Outgoing& out, Reply&& reply, const Request* request, const Manner& manner);

// The same from complete header lines and a body that is already there.
int write_prepared(Outgoing& out, int status, std::string_view fields,
                   const std::shared_ptr<const std::string>& body, const Manner& manner);

// The head of a stream of events, whose body never ends.
void write_event_head(Outgoing& out, bool chunked, const Manner& manner);

// The Date field's value (RFC 9110 IMF-fixdate), formatted once a second. One thread.
class DateField {
public:
    std::string_view at(Instant now);

private:
    std::chrono::sys_seconds second_{};
    std::string text_;
};

// Does an If-None-Match value name this ETag? Weak comparison; "*" names every one.
bool names_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace noroshi::edge::http
