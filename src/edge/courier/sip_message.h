#pragma once
// As much of SIP (RFC 3261), SDP (RFC 4566, 3264), HTTP digest (RFC 2617) and RTP (RFC 3550, 4733) as
// one outgoing telephone call needs. Bytes from outside; limits are held. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace noroshi::edge::courier::sip {

struct Message {
    std::string method;  // of a request; empty: a response
    std::string uri;
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;  // full names in lower case, in order
    std::string body;

    std::string_view header(std::string_view name) const;  // the first; empty: none
};
// A whole datagram. Nothing if it is not SIP.
std::optional<Message> read(std::string_view datagram);
std::string tag_of(std::string_view from_or_to);

struct Challenge {
    std::string realm, nonce, opaque, algorithm, qop;
};
std::optional<Challenge> read_challenge(std::string_view header);
// The value of Authorization or Proxy-Authorization; MD5 only, as telephone systems do.
std::string digest(const Challenge& challenge, std::string_view user, std::string_view password,
                   std::string_view method, std::string_view uri, std::string_view cnonce);

struct Media {
    std::string address;
    std::uint16_t port = 0;
    bool speaks_mu_law = false;  // PCMU, payload type 0
    bool speaks_a_law = false;   // PCMA, payload type 8
    int event_type = -1;         // payload type of telephone-event; -1: none
};
std::optional<Media> read_sdp(std::string_view body);
std::string write_sdp(std::string_view address, std::uint16_t port, std::uint64_t session);

// RFC 3550 §5.1: 160 octets of G.711 every 20 ms; type 0 is µ-law, 8 A-law (RFC 3551 §6).
std::string rtp(int type, std::uint16_t sequence, std::uint32_t timestamp, std::uint32_t source,
                bool first, std::string_view payload);
// RFC 4733 §2.3: the key of a telephone-event packet, and the timestamp by which the packets of one
// press belong together.
struct Press {
    char key = 0;  // '0'-'9', '*', '#'
    std::uint32_t timestamp = 0;
};
std::optional<Press> read_press(std::string_view packet, int event_type);
// "Signal=1" of an INFO's application/dtmf-relay, or "1" of application/dtmf.
std::optional<char> read_info(std::string_view content_type, std::string_view body);

}  // namespace noroshi::edge::courier::sip
