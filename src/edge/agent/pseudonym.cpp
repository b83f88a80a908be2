#include "edge/agent/pseudonym.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <algorithm>
#include <charconv>
#include <cstring>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::agent {

namespace {

using Address = std::array<std::uint8_t, 16>;

bool bit_at(const Address& address, int i) { return (address[i / 8] >> (7 - i % 8) & 1) != 0; }
void flip(Address& address, int i) {
    address[i / 8] = static_cast<std::uint8_t>(address[i / 8] ^ 1 << (7 - i % 8));
}

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '\\' || c == '$';
}
bool is_address_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
           c == ':';
}

std::string lowered(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

struct Parsed {
    bool v6 = false;
    Address address{};
};

std::optional<Parsed> parse_address(std::string_view text) {
    char buffer[INET6_ADDRSTRLEN + 1];
    if (text.size() < 2 || text.size() >= sizeof buffer) return {};
    std::memcpy(buffer, text.data(), text.size());
    buffer[text.size()] = '\0';
    Parsed parsed;
    if (inet_pton(AF_INET, buffer, parsed.address.data()) == 1) return parsed;
    parsed.v6 = true;
    if (inet_pton(AF_INET6, buffer, parsed.address.data()) == 1) return parsed;
    return {};
}

std::string format(const Parsed& parsed) {
    char buffer[INET6_ADDRSTRLEN];
    inet_ntop(parsed.v6 ? AF_INET6 : AF_INET, parsed.address.data(), buffer, sizeof buffer);
    return buffer;
}

}  // namespace

bool Network::holds(bool is_v6, const Address& other) const {
    if (is_v6 != v6) return false;
    for (int i = 0; i < bits; ++i)
        if (bit_at(address, i) != bit_at(other, i)) return false;
    return true;
}

Result<Network> parse_network(std::string_view text) {
    const auto wrong = [&] {
        return fail(ErrorKind::invalid, "edge.agent.network", {{"text", std::string(text)}});
    };
    const auto slash = text.find('/');
    const auto parsed = parse_address(text.substr(0, slash));
    if (!parsed) return wrong();
    Network network{parsed->v6, parsed->address, parsed->v6 ? 128 : 32};
    if (slash == std::string_view::npos) return network;
    int bits = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc{} || stop != end || bits < 0 || bits > network.bits) return wrong();
    network.bits = bits;
    return network;
}

struct Pseudonyms::Cipher {
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    Cipher() = default;
    Cipher(const Cipher&) = delete;
    ~Cipher() { EVP_CIPHER_CTX_free(context); }
    // One block of AES-128; the context is in ECB mode without padding, so it keeps no state.
    Address of(const Address& block) const {
        Address out{};
        int length = 0;
        EVP_EncryptUpdate(context, out.data(), &length, block.data(), 16);
        return out;
    }
};

Pseudonyms::Pseudonyms(const PseudonymKey& key, PseudonymRules rules)
    : key_(key), rules_(std::move(rules)), cipher_(std::make_unique<Cipher>()) {
    EVP_EncryptInit_ex(cipher_->context, EVP_aes_128_ecb(), nullptr, key_.data(), nullptr);
    EVP_CIPHER_CTX_set_padding(cipher_->context, 0);
    Address second{};
    std::copy(key_.begin() + 16, key_.end(), second.begin());
    pad_ = cipher_->of(second);
    for (auto& suffix : rules_.suffixes) suffix = lowered(suffix);
    for (auto& prefix : rules_.prefixes) prefix = lowered(prefix);
}

Pseudonyms::~Pseudonyms() = default;
Pseudonyms::Pseudonyms(Pseudonyms&&) noexcept = default;

// The function f of Crypto-PAn: the first bit of AES over the first `length` bits of the address,
// followed by the rest of the pad.
bool Pseudonyms::flips(const Address& prefix, int length) const {
    Address block = pad_;
    for (int i = 0; i < length; ++i)
        if (bit_at(block, i) != bit_at(prefix, i)) flip(block, i);
    return (cipher_->of(block)[0] & 0x80) != 0;
}

Address Pseudonyms::forward(const Address& address, int bits, int kept) const {
    Address out = address;
    for (int i = kept; i < bits; ++i)
        if (flips(address, i)) flip(out, i);
    return out;
}

Address Pseudonyms::backward(const Address& address, int bits, int kept) const {
    Address plain = address;
    // Bit by bit: what stands before bit i is plain already.
    for (int i = kept; i < bits; ++i)
        if (flips(plain, i)) flip(plain, i);
    return plain;
}

const Network* Pseudonyms::network_of(bool v6, const Address& address) const {
    for (const auto& network : rules_.own)
        if (network.holds(v6, address)) return &network;
    return nullptr;
}

std::string Pseudonyms::token_of(std::string_view name) {
    static constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    const auto digest = hmac_sha256(
        std::string_view(reinterpret_cast<const char*>(key_.data()), key_.size()), lowered(name));
    std::string token = "x-";
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits = bits << 8 | digest[i];
    for (int i = 0; i < 12; ++i, bits <<= 5) token.push_back(alphabet[bits >> 59]);
    if (known_.emplace(token, std::string(name)).second) fresh_.emplace(token, std::string(name));
    return token;
}

std::map<std::string, std::string> Pseudonyms::take_new_names() {
    return std::exchange(fresh_, {});
}

std::string Pseudonyms::replace(std::string_view line) {
    std::string out;
    out.reserve(line.size() + 16);
    std::size_t i = 0;
    while (i < line.size()) {
        const char c = line[i];
        const bool starts_word = i == 0 || (!is_name_char(line[i - 1]) && line[i - 1] != ':');
        if (starts_word && is_address_char(c)) {
            auto end = i;
            while (end < line.size() && is_address_char(line[end])) ++end;
            // "10.0.0.1:443" and a full stop behind an address are no part of it.
            auto run = line.substr(i, end - i);
            while (run.ends_with('.') || run.ends_with(':')) run.remove_suffix(1);
            auto parsed = parse_address(run);
            if (!parsed && std::ranges::count(run, ':') == 1) {
                run = run.substr(0, run.find(':'));
                parsed = parse_address(run);
            }
            const bool ends_word = i + run.size() >= line.size() ||
                                   !is_name_char(line[i + run.size()]) ||
                                   line[i + run.size()] == '.';
            if (parsed && ends_word) {
                if (const auto* network = network_of(parsed->v6, parsed->address)) {
                    parsed->address =
                        forward(parsed->address, parsed->v6 ? 128 : 32, network->bits);
                    out += format(*parsed);
                } else {
                    out += run;
                }
                i += run.size();
                continue;
            }
        }
        if (starts_word && is_name_char(c)) {
            auto end = i;
            while (end < line.size() && is_name_char(line[end])) ++end;
            auto word = line.substr(i, end - i);
            while (word.size() > 1 && word.ends_with('.')) word.remove_suffix(1);
            const auto low = lowered(word);
            const auto suffix = std::ranges::find_if(rules_.suffixes, [&](const auto& one) {
                return low.size() > one.size() && low.ends_with(one);
            });
            const auto prefix = std::ranges::find_if(rules_.prefixes, [&](const auto& one) {
                return low.size() > one.size() && low.starts_with(one);
            });
            if (suffix != rules_.suffixes.end())
                out += token_of(word.substr(0, word.size() - suffix->size())) + *suffix;
            else if (prefix != rules_.prefixes.end())
                out += std::string(word.substr(0, prefix->size())) +
                       token_of(word.substr(prefix->size()));
            else
                out += word;
            i += word.size();
            continue;
        }
        out.push_back(c);
        ++i;
    }
    return out;
}

std::optional<std::string> Pseudonyms::reveal_address(std::string_view text) const {
    auto parsed = parse_address(text);
    if (!parsed) return {};
    if (const auto* network = network_of(parsed->v6, parsed->address))
        parsed->address = backward(parsed->address, parsed->v6 ? 128 : 32, network->bits);
    return format(*parsed);
}

}  // namespace noroshi::edge::agent
