#include "edge/courier/sip_message.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <openssl/evp.h>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::courier::sip {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}
std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}
// §7.3.3: compact names.
std::string full_name(std::string name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> compact{
        {{"v", "via"},
         {"f", "from"},
         {"t", "to"},
         {"i", "call-id"},
         {"m", "contact"},
         {"c", "content-type"},
         {"l", "content-length"}}};
    for (const auto& [shorter, longer] : compact)
        if (name == shorter) return std::string(longer);
    return name;
}
template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end == text.data()) return {};
    return value;
}
std::string md5(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_md5(), nullptr);
    return to_hex(std::span(out).first(size));
}
// A parameter of a challenge: name="value" or name=value.
std::string parameter(std::string_view header, std::string_view name) {
    for (std::size_t at = 0; (at = header.find(name, at)) != std::string_view::npos; ++at) {
        const bool begins = at == 0 || header[at - 1] == ' ' || header[at - 1] == ',';
        auto rest = header.substr(at + name.size());
        if (!begins || !rest.starts_with('=')) continue;
        rest.remove_prefix(1);
        if (rest.starts_with('"')) {
            rest.remove_prefix(1);
            return std::string(rest.substr(0, rest.find('"')));
        }
        return std::string(trimmed(rest.substr(0, rest.find(','))));
    }
    return {};
}
// Nothing that could end a quoted string or a header.
std::string quoted(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (c != '"' && c != '\\' && c != '\r' && c != '\n') out += c;
    return "\"" + out + "\"";
}

}  // namespace

std::string_view Message::header(std::string_view name) const {
    for (const auto& [known, value] : headers)
        if (known == name) return value;
    return {};
}

std::optional<Message> read(std::string_view datagram) {
    const auto end_of_line = datagram.find("\r\n");
    if (end_of_line == std::string_view::npos) return {};
    Message message;
    const auto first = datagram.substr(0, end_of_line);
    if (first.starts_with("SIP/2.0 ")) {
        const auto status = number_of<int>(first.substr(8));
        if (!status || *status < 100 || *status > 699) return {};
        message.status = *status;
    } else {
        const auto space = first.find(' ');
        const auto second = first.find(' ', space + 1);
        if (space == 0 || space == std::string_view::npos || second == std::string_view::npos ||
            first.substr(second + 1) != "SIP/2.0")
            return {};
        message.method = first.substr(0, space);
        message.uri = first.substr(space + 1, second - space - 1);
    }
    std::size_t at = end_of_line + 2;
    while (true) {
        const auto end = datagram.find("\r\n", at);
        if (end == std::string_view::npos) return {};
        const auto line = datagram.substr(at, end - at);
        at = end + 2;
        if (line.empty()) break;
        if (message.headers.size() == 100) return {};
        if (line.front() == ' ' || line.front() == '\t') {
            if (message.headers.empty()) return {};
            message.headers.back().second += " " + std::string(trimmed(line));
            continue;
        }
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return {};
        message.headers.emplace_back(full_name(lower(trimmed(line.substr(0, colon)))),
                                     trimmed(line.substr(colon + 1)));
    }
    message.body = datagram.substr(at);
    return message;
}

std::string tag_of(std::string_view value) {
    const auto at = value.find(";tag=");
    if (at == std::string_view::npos) return {};
    const auto rest = value.substr(at + 5);
    return std::string(rest.substr(0, rest.find_first_of("; \t>")));
}

std::optional<Challenge> read_challenge(std::string_view header) {
    if (!lower(header.substr(0, 7)).starts_with("digest ")) return {};
    const auto rest = header.substr(7);
    Challenge challenge{parameter(rest, "realm"), parameter(rest, "nonce"),
                        parameter(rest, "opaque"), parameter(rest, "algorithm"),
                        parameter(rest, "qop")};
    if (challenge.nonce.empty()) return {};
    if (!challenge.algorithm.empty() && lower(challenge.algorithm) != "md5") return {};
    return challenge;
}

std::string digest(const Challenge& challenge, std::string_view user, std::string_view password,
                   std::string_view method, std::string_view uri, std::string_view cnonce) {
    const auto join = [](std::initializer_list<std::string_view> parts) {
        std::string out;
        for (const auto part : parts) out += (out.empty() ? "" : ":") + std::string(part);
        return out;
    };
    const std::string first = md5(join({user, challenge.realm, password}));
    const std::string second = md5(join({method, uri}));
    const bool with_qop = challenge.qop.contains("auth");
    const std::string response =
        with_qop ? md5(join({first, challenge.nonce, "00000001", cnonce, "auth", second}))
                 : md5(join({first, challenge.nonce, second}));
    std::string out = "Digest username=" + quoted(user) + ", realm=" + quoted(challenge.realm) +
                      ", nonce=" + quoted(challenge.nonce) + ", uri=" + quoted(uri) +
                      ", response=" + quoted(response) + ", algorithm=MD5";
    if (!challenge.opaque.empty()) out += ", opaque=" + quoted(challenge.opaque);
    if (with_qop) out += ", qop=auth, nc=00000001, cnonce=" + quoted(cnonce);
    return out;
}

std::optional<Media> read_sdp(std::string_view body) {
    Media media;
    bool in_audio = false;
    bool seen = false;
    for (std::size_t at = 0; at < body.size();) {
        const auto end = std::min(body.find('\n', at), body.size());
        const auto line = trimmed(body.substr(at, end - at));
        at = end + 1;
        if (line.starts_with("m=")) {
            in_audio = line.starts_with("m=audio ") && !seen;
            if (!in_audio) continue;
            seen = true;
            auto rest = line.substr(8);
            const auto port = number_of<std::uint16_t>(rest);
            if (!port) return {};
            media.port = *port;
            const auto profile = rest.find("RTP/AVP");
            const std::string types = profile == std::string_view::npos
                                          ? ""
                                          : std::string(rest.substr(profile + 7)) + " ";
            media.speaks_mu_law = types.contains(" 0 ");
            media.speaks_a_law = types.contains(" 8 ");
        } else if (line.starts_with("c=IN IP4 ") || line.starts_with("c=IN IP6 ")) {
            if (in_audio || media.address.empty())
                media.address = line.substr(9, line.substr(9).find_first_of("/ "));
        } else if (in_audio && line.starts_with("a=rtpmap:")) {
            const auto type = number_of<int>(line.substr(9));
            if (type && *type >= 96 && *type < 128 && line.contains("telephone-event/8000"))
                media.event_type = *type;
        }
    }
    if (!seen || media.port == 0 || media.address.empty()) return {};
    return media;
}

std::string write_sdp(std::string_view address, std::uint16_t port, std::uint64_t session) {
    const std::string id = std::to_string(session);
    const std::string family = address.contains(':') ? "IP6 " : "IP4 ";
    const std::string at(address);
    return "v=0\r\no=noroshi " + id + " " + id + " IN " + family + at + "\r\ns=call\r\nc=IN " +
           family + at + "\r\nt=0 0\r\nm=audio " + std::to_string(port) +
           " RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 "
           "telephone-event/8000\r\n"
           "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";
}

std::string rtp(int type, std::uint16_t sequence, std::uint32_t timestamp, std::uint32_t source,
                bool first, std::string_view payload) {
    std::string out{static_cast<char>(0x80), static_cast<char>(type | (first ? 0x80 : 0x00)),
                    static_cast<char>(sequence >> 8), static_cast<char>(sequence & 0xFF)};
    for (const auto word : {timestamp, source})
        for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(word >> shift & 0xFF);
    out += payload;
    return out;
}

std::optional<Press> read_press(std::string_view packet, int event_type) {
    if (packet.size() < 16 || event_type < 0) return {};
    auto octet = [&](std::size_t at) { return static_cast<std::uint8_t>(packet[at]); };
    if (octet(0) >> 6 != 2 || (octet(1) & 0x7F) != event_type) return {};
    std::size_t head = 12 + std::size_t{4} * (octet(0) & 0x0F);
    if ((octet(0) & 0x10) != 0) {
        if (packet.size() < head + 4) return {};
        head +=
            4 + std::size_t{4} * static_cast<std::size_t>(octet(head + 2) << 8 | octet(head + 3));
    }
    if (packet.size() < head + 4) return {};
    constexpr std::string_view keys = "0123456789*#";
    if (octet(head) >= keys.size()) return {};
    std::uint32_t timestamp = 0;
    for (std::size_t i = 4; i < 8; ++i) timestamp = timestamp << 8 | octet(i);
    return Press{keys[octet(head)], timestamp};
}

std::optional<char> read_info(std::string_view content_type, std::string_view body) {
    auto key_of = [](std::string_view text) -> std::optional<char> {
        text = trimmed(text);
        if (text.empty() || !std::string_view("0123456789*#").contains(text.front())) return {};
        return text.front();
    };
    if (content_type.starts_with("application/dtmf-relay")) {
        const auto at = lower(body).find("signal=");
        if (at == std::string::npos) return {};
        return key_of(body.substr(at + 7));
    }
    if (content_type.starts_with("application/dtmf")) return key_of(body);
    return {};
}

}  // namespace noroshi::edge::courier::sip
