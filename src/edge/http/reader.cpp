#include "edge/http/reader.h"

#include <algorithm>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace noroshi::edge::http {

namespace {

namespace beast = boost::beast;

// Extensions of chunks and trailers of one request, all of which are thrown away.
constexpr std::size_t most_thrown_away = 16 * 1024;
constexpr std::size_t longest_size = 15;  // hexadecimal digits: fits 64 bits, and any limit


constexpr std::size_t kept_body = 16 * 1024;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::optional<Method> method_of(std::string_view text) {
    if (text == "GET" || text == "HEAD" || text == "OPTIONS") return Method::get;
    if (text == "POST") return Method::post;
    if (text == "PUT") return Method::put;
    if (text == "PATCH") return Method::patch;
    if (text == "DELETE") return Method::del;
    return {};
}

// Beast does the grammar and calls back; errors of ours are left in `refused`.
class Parser final : public beast::http::basic_parser<true> {
public:
    Parser(Head& head, Request& request) : head_(head), request_(request) {
        header_limit(1u << 20);  // our own limit is checked before
        body_limit(boost::none);
    }

    int hosts = 0;
    int lengths = 0;
    int encodings = 0;
    std::string encoding;
    std::string expect;

private:
    using error_code = beast::error_code;

    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                         int version, error_code&) override {
        head_.method = view(method);
        head_.target = view(target);
        head_.version = version;
    }
    void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                       error_code&) override {
        switch (field) {
        case beast::http::field::host:
            ++hosts;
            head_.host = view(value);
            break;
        case beast::http::field::content_length: ++lengths; break;
        case beast::http::field::transfer_encoding:
            ++encodings;
            encoding = lower(view(value));
            break;
        case beast::http::field::expect: expect = lower(view(value)); break;
        default: break;
        }
        request_.headers.emplace_back(lower(view(name)), view(value));
    }
    void on_header_impl(error_code&) override {}
    // Bodies are not Beast's: its chunk parser stops the process (BOOST_ASSERT(n >= 5), Boost 1.81)
    // when a first and last chunk arrives in pieces.
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, error_code&) override {
        return 0;
    }
    void on_finish_impl(error_code&) override {}
    void on_response_impl(int, beast::string_view, int, error_code&) override {}

    Head& head_;
    Request& request_;
};

// A chunked body (RFC 9112 §7.1), strictly: CRLF and nothing else ends a line, sizes are digits only.
// Takes bytes as they come and keeps none of them but the body.
class Chunks {
public:
    enum class Verdict { more, done, malformed, too_large };

    // Sets how many bytes were used; all of them unless the body is done or wrong.
    Verdict put(std::string_view bytes, std::uint64_t limit, std::string& body, std::size_t& used);

private:
    enum class At {
        size,
        extension,
        size_end,
        data,
        data_cr,
        data_lf,
        line_start,
        line,
        line_end,
        last_lf
    };
    Verdict at_byte(char c, std::uint64_t limit, std::size_t so_far);
    bool thrown_away() { return ++thrown_ <= most_thrown_away; }

    At at_ = At::size;
    std::uint64_t left_ = 0;  // of this chunk
    std::size_t digits_ = 0;
    std::size_t thrown_ = 0;
};

int hexadecimal(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

Chunks::Verdict Chunks::put(std::string_view bytes, std::uint64_t limit, std::string& body,
                            std::size_t& used) {
    used = 0;
    while (used < bytes.size()) {
        if (at_ == At::data) {
            const auto part =
                static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - used));
            body.append(bytes, used, part);
            used += part;
            left_ -= part;
            if (left_ == 0) at_ = At::data_cr;
            continue;
        }
        const auto verdict = at_byte(bytes[used++], limit, body.size());
        if (verdict != Verdict::more) return verdict;
    }
    return Verdict::more;
}

Chunks::Verdict Chunks::at_byte(char c, std::uint64_t limit, std::size_t so_far) {
    const auto expect = [&](char wanted, At next) {
        at_ = next;
        return c == wanted ? Verdict::more : Verdict::malformed;
    };
    switch (at_) {
    case At::size:
        if (const int digit = hexadecimal(c); digit >= 0) {
            if (++digits_ > longest_size) return Verdict::malformed;
            left_ = left_ * 16 + static_cast<unsigned>(digit);
            return Verdict::more;
        }
        if (digits_ == 0) return Verdict::malformed;
        if (c == '\r') return expect('\r', At::size_end);
        at_ = At::extension;
        return c == ';' && thrown_away() ? Verdict::more : Verdict::malformed;
    case At::extension:
        if (c == '\r') return expect('\r', At::size_end);
        return !is_control(c) && thrown_away() ? Verdict::more : Verdict::malformed;
    case At::size_end:
        if (c != '\n') return Verdict::malformed;
        if (left_ > limit || so_far > limit - left_) return Verdict::too_large;
        at_ = left_ > 0 ? At::data : At::line_start;
        digits_ = 0;
        return Verdict::more;
    case At::data: return Verdict::malformed;
    case At::data_cr: return expect('\r', At::data_lf);
    case At::data_lf: return expect('\n', At::size);
    case At::line_start:
        if (c == '\r') return expect('\r', At::last_lf);
        at_ = At::line;
        return !is_control(c) && thrown_away() ? Verdict::more : Verdict::malformed;
    case At::line:
        if (c == '\r') return expect('\r', At::line_end);
        return !is_control(c) && thrown_away() ? Verdict::more : Verdict::malformed;
    case At::line_end: return expect('\n', At::line_start);
    case At::last_lf: return c == '\n' ? Verdict::done : Verdict::malformed;
    }
    return Verdict::malformed;
}

}  // namespace

struct RequestReader::Impl {
    ReaderLimits limits;
    State state = State::head;
    Head head;
    std::shared_ptr<Request> request = std::make_shared<Request>();
    Refusal refused;
    std::uint64_t body_limit = 0;
    Chunks chunks;
    std::size_t scanned = 0;  // of the bytes waiting in state head
    bool begun = false;

    void refuse(int status, std::string key) {
        state = State::refused;
        refused = http::refusal(status, std::move(key));
    }

    std::size_t put_head(std::string_view bytes);
    std::size_t put_body(std::string_view bytes);
    void read_head(std::string_view bytes);
};

std::size_t RequestReader::Impl::put_head(std::string_view bytes) {
    std::size_t skipped = 0;
    if (!begun) {  // RFC 9112 §2.2: empty lines before a request are ignored
        while (bytes.starts_with("\r\n")) {
            bytes.remove_prefix(2);
            skipped += 2;
        }
        if (bytes.empty() || bytes == "\r") return skipped;
        begun = true;
    }
    if (bytes.front() < 'A' || bytes.front() > 'Z') {  // a TLS hello, an unknown protocol
        refuse(400, "edge.http.malformed_request");
        return skipped;
    }
    const auto end = bytes.find("\r\n\r\n", scanned);
    if (end == std::string_view::npos || end + 4 > limits.head) {
        if (bytes.substr(0, limits.target).find('\n') == std::string_view::npos &&
            bytes.size() >= limits.target)
            refuse(414, "edge.http.target_too_long");
        else if (bytes.size() >= limits.head)
            refuse(431, "edge.http.head_too_large");
        scanned = bytes.size() < 3 ? 0 : bytes.size() - 3;
        return skipped;
    }
    read_head(bytes.substr(0, end + 4));
    return state == State::refused ? skipped : skipped + end + 4;
}

void RequestReader::Impl::read_head(std::string_view bytes) {
    if (bytes.find('\n') >= limits.target) return refuse(414, "edge.http.target_too_long");
    std::size_t lines = 0;
    for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
        ++lines;
        // Obsolete folding; a field line that begins with a space is the same thing.
        if (at + 1 < bytes.size() && (bytes[at + 1] == ' ' || bytes[at + 1] == '\t'))
            return refuse(400, "edge.http.malformed_request");
    }
    if (lines > limits.fields + 2) return refuse(431, "edge.http.head_too_large");

    Parser parser(head, *request);
    beast::error_code error;
    const auto used = parser.put({bytes.data(), bytes.size()}, error);
    if (error == beast::http::error::bad_version) return refuse(505, "edge.http.version");
    if (error || used != bytes.size() || !parser.is_header_done())
        return refuse(400, "edge.http.malformed_request");

    if (parser.hosts > 1 || (parser.hosts == 0 && head.version >= 11) ||
        head.host.find_first_of(" \t,/@") != std::string::npos)
        return refuse(400, "edge.http.host");
    if (parser.lengths > 1 || (parser.lengths > 0 && parser.encodings > 0) ||
        (parser.encodings > 0 && head.version < 11))
        return refuse(400, "edge.http.ambiguous_length");
    if (parser.lengths == 1) {
        const auto text = request->header("content-length").value_or("");
        if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
            return refuse(400, "edge.http.ambiguous_length");
        head.content_length = parser.content_length().value_or(0);
    }
    if (parser.encodings > 1 || (parser.encodings == 1 && parser.encoding != "chunked"))
        return refuse(501, "edge.http.transfer_encoding");
    head.chunked = parser.encodings == 1;
    if (!parser.expect.empty() && head.version >= 11) {
        if (parser.expect != "100-continue") return refuse(417, "edge.http.expectation");
        head.expects_continue = head.has_body();
    }
    head.keep_alive = parser.keep_alive();

    const auto method = method_of(head.method);
    if (!method) return refuse(501, "edge.http.method_unknown");
    request->method = *method;
    state = head.has_body() ? State::held : State::complete;
}

std::size_t RequestReader::Impl::put_body(std::string_view bytes) {
    auto& body = request->body;
    if (!head.chunked) {
        const auto part = static_cast<std::size_t>(
            std::min<std::uint64_t>(*head.content_length - body.size(), bytes.size()));
        body.append(bytes, 0, part);
        if (body.size() == *head.content_length) state = State::complete;
        return part;
    }
    std::size_t used = 0;
    switch (chunks.put(bytes, body_limit, body, used)) {
    case Chunks::Verdict::more: break;
    case Chunks::Verdict::done: state = State::complete; break;
    case Chunks::Verdict::malformed: refuse(400, "edge.http.malformed_request"); break;
    case Chunks::Verdict::too_large: refuse(413, "edge.http.body_too_large"); break;
    }
    return used;
}

RequestReader::RequestReader(const ReaderLimits& limits) : impl_(std::make_unique<Impl>()) {
    impl_->limits = limits;
}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

RequestReader::State RequestReader::state() const { return impl_->state; }

std::size_t RequestReader::put(std::string_view bytes) {
    if (bytes.empty()) return 0;
    if (impl_->state == State::head) return impl_->put_head(bytes);
    if (impl_->state == State::body) return impl_->put_body(bytes);
    return 0;
}

void RequestReader::accept_body(std::uint64_t limit) {
    ASSERT(impl_->state == State::held);
    if (impl_->head.content_length.value_or(0) > limit)
        return impl_->refuse(413, "edge.http.body_too_large");
    impl_->body_limit = limit;
    impl_->chunks = {};
    // A long body is believed only as it arrives.
    impl_->request->body.reserve(
        std::min<std::uint64_t>(impl_->head.content_length.value_or(0), 1u << 20));
    impl_->state = State::body;
}

bool RequestReader::begun() const { return impl_->begun; }
const Head& RequestReader::head() const { return impl_->head; }
const std::shared_ptr<Request>& RequestReader::request() const { return impl_->request; }
const Refusal& RequestReader::refusal() const { return impl_->refused; }

void RequestReader::next() {
    impl_->state = State::head;
    impl_->head = {};
    // Nobody else holds it: keep its memory for the next one.
    if (impl_->request.use_count() == 1) {
        impl_->request->headers.clear();
        impl_->request->query.clear();
        impl_->request->captures.clear();
        impl_->request->principal.reset();
        if (impl_->request->body.capacity() > kept_body) impl_->request->body = {};
        impl_->request->body.clear();
    } else {
        impl_->request = std::make_shared<Request>();
    }
    impl_->refused = {};
    impl_->scanned = 0;
    impl_->begun = false;
}

}  // namespace noroshi::edge::http
